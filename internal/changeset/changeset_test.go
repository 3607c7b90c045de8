package changeset

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
)

func sample() []Change {
	return []Change{
		{Op: Delete, Removal: true, Member: "m1", Version: 3, Email: "b@x.example"},
		{Op: Create, Row: 7, Email: "a@x.example", Fields: []FieldChange{{Field: roster.Email, After: "a@x.example"}}},
		{Op: Deactivate, Member: "m2", Version: 1, Row: 3, Email: "c@x.example"},
		{Op: Deactivate, Removal: true, Member: "m5", Version: 1, Email: "a@x.example"},
		{Op: Update, Member: "m3", Version: 1, Row: 2, Email: "z@x.example", Fields: []FieldChange{{Field: roster.Email, Before: "y@x.example", After: "z@x.example"}}},
		{Op: Update, Member: "m4", Version: 1, Row: 4, Email: "B@x.example", Fields: []FieldChange{{Field: roster.City, Before: "Bern", After: "Basel"}}},
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	want := []string{"m3", "m4", "m2", "", "m5", "m1"} // an address that moves, then by folded address; creations; removals
	for range 20 {
		changes := sample()
		rand.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		Sort(changes)
		var got []string
		for _, c := range changes {
			got = append(got, c.Member)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Fatalf("order (-got +want):\n%s", diff)
		}
	}
}

// Every part of a change counts: no two of these change sets have one digest.
func TestDigestCoversEverything(t *testing.T) {
	t.Parallel()
	variants := map[string]func([]Change) []Change{
		"as it is":        func(c []Change) []Change { return c },
		"one less":        func(c []Change) []Change { return c[:5] },
		"another order":   func(c []Change) []Change { slices.Reverse(c); return c },
		"another op":      func(c []Change) []Change { c[0].Op = Deactivate; return c },
		"no removal":      func(c []Change) []Change { c[0].Removal = false; return c },
		"another member":  func(c []Change) []Change { c[0].Member = "m9"; return c },
		"another version": func(c []Change) []Change { c[0].Version++; return c },
		"another row":     func(c []Change) []Change { c[1].Row++; return c },
		"another value":   func(c []Change) []Change { c[5].Fields[0].After = "Bern"; return c },
		"another before":  func(c []Change) []Change { c[5].Fields[0].Before = "Chur"; return c },
		"another field":   func(c []Change) []Change { c[5].Fields[0].Field = roster.Country; return c },
		"text moved between neighbours": func(c []Change) []Change {
			c[5].Fields[0].Before, c[5].Fields[0].After = "Ber", "nBasel"
			return c
		},
	}
	seen := map[Digest]string{}
	for name, change := range variants {
		d := NewDigester("file", "mapping")
		for _, c := range change(sample()) {
			d.Add(c)
		}
		digest := d.Digest()
		if !digest.Valid() {
			t.Errorf("%s: %q is not a digest", name, digest)
		}
		if other, twice := seen[digest]; twice {
			t.Errorf("%q and %q have one digest", name, other)
		}
		seen[digest] = name
	}
	if NewDigester("file", "mapping").Digest() == NewDigester("filem", "apping").Digest() {
		t.Error("file and mapping run into each other")
	}
}

// The encoding is a contract: digests that were recorded are computed again from the changes. Changes that are kept as bytes have the same.
func TestDigestIsStable(t *testing.T) {
	t.Parallel()
	const want = "sha256:87547ff1bd89b05e6f0ae88ff61b2ea2a05a61bc170d3e6e3905cc0c5f9a09fb"
	added, encoded := NewDigester("file", "mapping"), NewDigester("file", "mapping")
	var b []byte
	for _, c := range sample() {
		added.Add(c)
		b = AppendHead(b, Head[[]byte]{c.Op, c.Removal, []byte(c.Member), c.Version, c.Row, []byte(c.UniqueID), []byte(c.Email), len(c.Fields)})
		for _, f := range c.Fields {
			b = AppendField(b, f.Field, []byte(f.Before), []byte(f.After))
		}
	}
	encoded.AddEncoded(b)
	if added.Digest() != want {
		t.Errorf("digest %s, want %s", added.Digest(), want)
	}
	if encoded.Digest() != want {
		t.Errorf("encoded from bytes: digest %s, want %s", encoded.Digest(), want)
	}
}
