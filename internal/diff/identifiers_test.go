package diff

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// Folding neither makes nor takes what marks a text: no letter becomes one of the marks, and none joins with a mark before it.
func TestFoldingKeepsMarks(t *testing.T) {
	t.Parallel()
	for r := range unicode.MaxRune {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) {
			continue // nothing is assigned
		}
		for _, text := range []string{string(r), "5" + string(r), "@" + string(r)} {
			if folded := roster.FoldEmail(text); marked([]byte(folded)) != marked([]byte(text)) {
				t.Errorf("%+q becomes %+q", text, folded)
			}
		}
	}
}

// An identifier is found in the fields of a new person exactly where one of them says it, as it stands or folded.
func TestIdentifiersAreFoundAsTheyStandOrFolded(t *testing.T) {
	t.Parallel()
	texts := []string{"", " ", "a", "A", "a@x", "A@X ", "ab12", "AB12", "\u00c9 5", "\u00e9 5", "e\u0301 5", "\u212a1", "k1", "anna", "Anna", "\u00e9l\u00e9onore", "\u00c9l\u00e9onore", strings.Repeat("x", 80), strings.Repeat("X", 90)}
	rapid.Check(t, func(t *rapid.T) {
		seed := batch.Seed(rapid.Uint64().Draw(t, "seed"))
		gone := rapid.SliceOfN(rapid.SampledFrom(texts), 0, 3).Draw(t, "identifiers")
		set := &identifierSet{seed: seed, hashes: map[batch.Hash]struct{}{}}
		for _, g := range gone {
			set.add([]byte(g), seed.Cell([]byte(g)))
		}
		w, want := changeWriter{}, false
		d := w.begin()
		d.op = changeset.Create
		for i, text := range rapid.SliceOfN(rapid.SampledFrom(texts), 0, 3).Draw(t, "fields") {
			d.add(i, nil, []byte(text))
			want = want || slices.Contains(gone, text) || slices.Contains(gone, roster.FoldEmail(text))
		}
		if got := set.in(appendChange(nil, d)); got != want {
			t.Errorf("found: %v, want %v", got, want)
		}
	})
}
