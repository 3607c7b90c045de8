package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
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

// A resolver refuses a file that is not the roster's, and a line that reads otherwise.
func TestResolverRefusesAnotherFile(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: acmeMapping(t)}
	var file bytes.Buffer
	if err := rostergen.New(4, 2000).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	stored := rosterOf(t, file.Bytes(), o, 0)
	f, err := batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, other := range map[string]string{"empty": "", "no header": "a,b\n1,2\n", "other columns": strings.Replace(file.String(), "City", "Town", 1)} {
		if _, err := intake.NewResolver(t.Context(), strings.NewReader(other), int64(len(other)), o, f); err == nil {
			t.Errorf("a file that is %s was taken for the roster's", name)
		}
	}
	resolve, err := intake.NewResolver(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), o, f)
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(file.Bytes(), '\n') + 1
	length := bytes.IndexByte(file.Bytes()[first:], '\r')
	good := batch.LineRef{Number: 2, Offset: int64(first), Length: int32(length), Hash: batch.Seed(0).Line(file.Bytes()[first : first+length])}
	into := batch.NewBlock(len(o.Mapping.Fields()))
	if err := resolve([]batch.LineRef{good}, into); err != nil || into.Rows() != 1 || into.Row(0, o.Mapping.Fields()).Email == "" {
		t.Errorf("the first line is not read: %v", err)
	}
	for name, spoil := range map[string]func(*batch.LineRef){
		"at another place":     func(l *batch.LineRef) { l.Offset = 0 },
		"shorter":              func(l *batch.LineRef) { l.Length-- },
		"of another hash":      func(l *batch.LineRef) { l.Hash = batch.Hash{Lo: 1} },
		"behind the end":       func(l *batch.LineRef) { l.Offset = int64(file.Len()) },
		"in front of the file": func(l *batch.LineRef) { l.Offset = -1 },
		"of no length":         func(l *batch.LineRef) { l.Length = 0 },
		"of a negative length": func(l *batch.LineRef) { l.Length = -1 },
		"huge":                 func(l *batch.LineRef) { l.Length = 1 << 30 },
		"far away":             func(l *batch.LineRef) { l.Offset = math.MaxInt64 },
	} {
		l := good
		spoil(&l)
		if err := resolve([]batch.LineRef{good, l}, into); !errors.Is(err, intake.ErrReadOtherwise) {
			t.Errorf("a line that is %s: %v, want %v", name, err, intake.ErrReadOtherwise)
		}
	}
	// What has the right hash and is no record, or more than one, is no row.
	for name, size := range map[string]int{"part of a line": length / 2, "two lines": length + 2 + bytes.IndexByte(file.Bytes()[first+length+2:], '\r')} {
		l := batch.LineRef{Number: 2, Offset: int64(first), Length: int32(size), Hash: batch.Seed(0).Line(file.Bytes()[first : first+size])}
		for _, o := range []intake.Options{o, intake.Serially(o)} {
			resolve, err := intake.NewResolver(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), o, f)
			if err != nil {
				t.Fatal(err)
			}
			if err := resolve([]batch.LineRef{l}, into); !errors.Is(err, intake.ErrReadOtherwise) {
				t.Errorf("%s: %v, want %v", name, err, intake.ErrReadOtherwise)
			}
		}
	}
}

// What reads lines ends with the context that it was made with, and is not made where that has ended.
func TestResolverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: acmeMapping(t)}
	var file bytes.Buffer
	if err := rostergen.New(4, 50).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	stored := rosterOf(t, file.Bytes(), o, 0)
	f, err := batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []batch.LineRef
	eachRow(t, stored, memory.DefaultAllocator, func(b *batch.RosterBatch, i int) { lines = append(lines, b.Line(i)) })
	ctx, cancel := context.WithCancel(t.Context())
	resolve, err := intake.NewResolver(ctx, bytes.NewReader(file.Bytes()), int64(file.Len()), o, f)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := resolve(lines, batch.NewBlock(len(o.Mapping.Fields()))); !errors.Is(err, context.Canceled) {
		t.Errorf("lines were read to %v, want %v", err, context.Canceled)
	}
	if _, err := intake.NewResolver(ctx, bytes.NewReader(file.Bytes()), int64(file.Len()), o, f); !errors.Is(err, context.Canceled) {
		t.Errorf("it was made with %v, want %v", err, context.Canceled)
	}
}

// However long the lines are, those of a batch are together no longer than bounds what reading them again takes.
func TestBatchesAreOfFewBytes(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: small()}
	var file bytes.Buffer
	file.WriteString(head)
	for i := range 300 {
		fmt.Fprintf(&file, "Ana,Roy,ana%d@acme.example,%d,active,,Finance,%s\n", i, i, strings.Repeat("x", 50_000))
	}
	for name, o := range map[string]intake.Options{"in blocks": o, "serially": intake.Serially(o)} {
		sums := map[*batch.RosterBatch]int{}
		eachRow(t, rosterOf(t, file.Bytes(), o, 0), memory.DefaultAllocator, func(b *batch.RosterBatch, i int) { sums[b] += int(b.Line(i).Length) })
		for _, sum := range sums {
			if sum > 2<<20 {
				t.Errorf("%s: a batch is of %d bytes", name, sum)
			}
		}
	}
}

// Resolvers may be used by many goroutines at once, for any lines in any number, and hold what they read to what reading the file says.
func TestResolverReadsPickedLines(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: acmeMapping(t)}
	var file bytes.Buffer
	if err := rostergen.New(5, 6000).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	var want []batch.Row
	all := o
	all.Rows = func(b *batch.Block) error {
		for i := range b.Rows() {
			want = append(want, b.Row(i, o.Mapping.Fields()))
		}
		return nil
	}
	stored := rosterOf(t, file.Bytes(), all, 0)
	f, err := batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []batch.LineRef
	eachRow(t, stored, memory.DefaultAllocator, func(b *batch.RosterBatch, i int) { lines = append(lines, b.Line(i)) })
	resolve, err := intake.NewResolver(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), o, f)
	if err != nil {
		t.Fatal(err)
	}
	var every sync.WaitGroup
	for _, step := range []int{1, 2, 7, 50, 1999} {
		every.Go(func() {
			var picked []batch.LineRef
			for i := step / 2; i < len(lines); i += step {
				picked = append(picked, lines[i])
			}
			into := batch.NewBlock(len(o.Mapping.Fields()))
			for range 3 {
				if err := resolve(picked, into); err != nil || into.Rows() != len(picked) {
					t.Errorf("%d rows of %d lines, %v", into.Rows(), len(picked), err)
					return
				}
			}
			for i, l := range picked {
				if got := into.Row(i, o.Mapping.Fields()); !cmp.Equal(got, want[l.Number-2]) || into.Offset[i] != l.Offset {
					t.Errorf("every %dth line: row %d is not what reading the file says", step, l.Number)
					return
				}
			}
		})
	}
	every.Wait()
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
