package batch_test

import (
	"testing"

	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// The key of an address is that of its folded form, of whatever length it is and wherever in it a capital or another character stands.
func TestEmailIsFolded(t *testing.T) {
	t.Parallel()
	ascii := rapid.SampledFrom([]string{"a", "z", "@", "[", "abcdefgh", "A", "Z"})
	mixed := rapid.SampledFrom([]string{"a", "z", "@", "[", "`", "{", ".", "~", "0", "abcdefgh", "A", "Z", "É", "é", "e\u0301", "ß", " ", "\t", "\u00A0"})
	seed := batch.Seed(5)
	rapid.Check(t, func(t *rapid.T) {
		address, piece := "", rapid.SampledFrom([]*rapid.Generator[string]{ascii, mixed}).Draw(t, "of")
		for range rapid.IntRange(0, 20).Draw(t, "pieces") {
			address += piece.Draw(t, "piece")
		}
		if got, want := seed.Email([]byte(address)), seed.Key([]byte(roster.FoldEmail(address))); got != want {
			t.Fatalf("the key of %q is %x, that of its folded form %x", address, got, want)
		}
	})
}
