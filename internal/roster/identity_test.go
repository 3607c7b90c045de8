package roster

import (
	"testing"

	"pgregory.net/rapid"
)

// The short cut for plain names gives what the long way gives.
func TestPlainNamesFoldAlike(t *testing.T) {
	t.Parallel()
	plain, other := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[A-Ca-z' .-]{0,8}`), rapid.StringMatching("[ A-Za-z\t\n\u00e9\u0130\u00df\u0301\u00a0\x00\x7f]{0,8}"), rapid.String()).Draw(t, "name")
		if isPlainName(s) {
			plain++
		} else {
			other++
		}
		if got, want := foldName(s), foldAnyName(s); got != want {
			t.Fatalf("%q folds to %q, want %q", s, got, want)
		}
	})
	if plain == 0 || other == 0 {
		t.Errorf("%d names were plain and %d not", plain, other)
	}
}

// So does the short cut for addresses.
func TestPlainAddressesFoldAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[A-Ca-z@. ]{0,8}`), rapid.StringMatching("[ A-Za-z@\t\n\v\f\r\u00e9\u0130\u00df\u0301\u00a0\u0085\x00\x1c\x1f\x7f]{0,8}"), rapid.String()).Draw(t, "address")
		if got, want := FoldEmail(s), foldAnyEmail(s); got != want {
			t.Fatalf("%q folds to %q, want %q", s, got, want)
		}
	})
}
