package intake_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

// readKnowing reads a file with the lines of a roster known, and returns its summary, its roster, and how many lines these were.
func readKnowing(t failer, file []byte, o intake.Options, known []byte) (summary roster.Summary, stored []byte, passed int, err error) {
	t.Helper()
	if known != nil {
		old, err := batch.OpenRoster(bytes.NewReader(known), int64(len(known)), memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		if o.Known, err = intake.LoadKnown(contextOf(t), old, 1<<30); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, o.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	summary, err = intake.Read(contextOf(t), bytes.NewReader(file), o, w)
	if err := errors.Join(err, w.Close()); err != nil || summary.Verdict != roster.Accepted {
		return summary, nil, 0, err
	}
	if o.Known != nil {
		passed = o.Known.Passed()
	}
	return summary, out.Bytes(), passed, nil
}

// rosterOf reads a file that is accepted into a roster.
func rosterOf(t failer, file []byte, o intake.Options, seed batch.Seed) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, o.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	w.SetSeed(seed)
	if _, err = intake.Read(contextOf(t), bytes.NewReader(file), o, w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A file whose lines were known comes to the same as the file read whole, however it differs from the one before: lines changed, spoiled, moved, repeated, and cut into blocks anywhere.
func TestKnownLinesComeToTheSame(t *testing.T) {
	t.Parallel()
	thinned, shared := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCrowd(rt)
		before := []byte(c.head + strings.Join(c.lines, ""))
		size := rapid.IntRange(64, 2000).Draw(rt, "block")
		o := intake.InBlocks(intake.Options{Mapping: c.mapping, Delimiter: rune(c.delimiter[0])}, size, rapid.IntRange(1, 3).Draw(rt, "workers"))
		known := rosterOf(rt, before, o, 0)

		lines := slices.Clone(c.lines)
		if rapid.Bool().Draw(rt, "shuffled") {
			lines = rapid.Permutation(lines).Draw(rt, "order")
		}
		lines = slices.Concat(lines, lines[:rapid.IntRange(0, min(1, len(lines))).Draw(rt, "repeated")])
		file := []byte(c.head + strings.Join(lines, ""))
		for range rapid.IntRange(0, 3).Draw(rt, "damages") {
			file = spoil(rt, c, file)
		}
		want, whole, _, err := readKnowing(rt, file, o, nil)
		if err != nil {
			rt.Fatal(err)
		}
		got, thin, passed, err := readKnowing(rt, file, o, known)
		if errors.Is(err, intake.ErrKnownShared) {
			shared++
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if passed > 0 {
			thinned++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("summary (-whole +known):\n%s\n%q", diff, file)
		}
		if !bytes.Equal(whole, thin) {
			rt.Fatalf("the rosters differ (-whole +known):\n%s\n%q", cmp.Diff(indexOf(rt, whole, memory.DefaultAllocator), indexOf(rt, thin, memory.DefaultAllocator)), file)
		}
	})
	if thinned == 0 || shared == 0 {
		t.Errorf("%d files had known lines and %d shared one: neither must be none", thinned, shared)
	}
}

// In a month's file nearly all lines are known, and of them nothing is kept but keys and hashes.
func TestMostLinesOfAMonthAreKnown(t *testing.T) {
	t.Parallel()
	const people = 3000
	company := rostergen.New(3, people)
	var before, after bytes.Buffer
	if err := company.WriteCSV(&before); err != nil {
		t.Fatal(err)
	}
	company.Next(rostergen.Delta{Joiners: 30, Leavers: 30, Changed: 150, OnLeave: 8})
	if err := company.WriteCSV(&after); err != nil {
		t.Fatal(err)
	}
	o := intake.Options{Mapping: acmeMapping(t)}
	known := rosterOf(t, before.Bytes(), o, 0)
	want, whole, _, err := readKnowing(t, after.Bytes(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, thin, passed, err := readKnowing(t, after.Bytes(), o, known)
	if err != nil {
		t.Fatal(err)
	}
	if passed < people*9/10 {
		t.Errorf("%d of %d lines were known", passed, people)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-whole +known):\n%s", diff)
	}
	if !bytes.Equal(whole, thin) {
		t.Errorf("the rosters differ")
	}

	// What was read under other rules, or under another header, counts for nothing.
	other := o
	other.Mapping.Columns = slices.Clone(o.Mapping.Columns)
	last := len(other.Mapping.Columns) - 1
	other.Mapping.Columns[last].Translate = map[string]string{"x": "en-US"}
	if _, _, passed, err := readKnowing(t, after.Bytes(), other, known); err != nil || passed > 0 {
		t.Errorf("%d lines were known under another mapping, %v", passed, err)
	}
	renamed := bytes.Replace(after.Bytes(), []byte("First Name"), []byte("first  name"), 1)
	if _, _, passed, err := readKnowing(t, renamed, o, known); err != nil || passed < people*9/10 {
		t.Errorf("%d lines were known under a title that is the same, %v", passed, err)
	}
	swapped := bytes.Replace(after.Bytes(), []byte("First Name,Last Name"), []byte("Last Name,First Name"), 1)
	if _, _, passed, err := readKnowing(t, swapped, o, known); err != nil || passed > 0 {
		t.Errorf("%d lines were known under another order of columns, %v", passed, err)
	}
}

// acmeMapping is the mapping of the example tenant.
func acmeMapping(t *testing.T) mapping.Mapping {
	t.Helper()
	data, err := os.ReadFile("../../deploy/tenants/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := tenantfile.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return file.Mapping
}
