package batchtest_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/roster"
)

var fields = []roster.Field{roster.City, roster.Email, roster.UniqueID}

// person returns a row that takes part.
func person(number int, id, city string) batch.Row {
	email := id + "@x.example"
	return batch.Row{Number: number, UniqueID: id, Email: email, Cells: []batch.Cell{{Text: city, Absent: city == ""}, {Text: email}, {Text: id}}}
}

// open returns a roster of rows, the noted of which are marked as such, and of what became of some.
func open(t *testing.T, rows []batch.Row, noted map[int]bool, dropped, aside []int32) *batch.RosterFile {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, fields, alloc)
	if err != nil {
		t.Fatal(err)
	}
	for part := range 2 { // in two batches
		b := &batch.Block{}
		for _, r := range rows[part*len(rows)/2 : (part+1)*len(rows)/2] {
			if err := b.Add(r, fields, 0); err != nil {
				t.Fatal(err)
			}
			if noted[r.Number] {
				b.Kind[b.Rows()-1] = batch.Noted
			}
		}
		if err := w.WriteBlock(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Settle(dropped, batchtest.Aside(aside)), w.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// Rows of every kind come back: those that take part and those set aside late as they are resolved, those set aside from the first as they stand in the roster, and those that were dropped not at all.
func TestRowsOfEveryKind(t *testing.T) {
	t.Parallel()
	early := batch.Row{Number: 4, Aside: true, UniqueID: "early"}
	rows := []batch.Row{person(2, "accepted", "Bern"), person(3, "noted", ""), early, person(5, "dropped", "Genf"), person(6, "late", "Chur"), person(7, "late and noted", "Sion")}
	f := open(t, rows, map[int]bool{3: true, 7: true}, []int32{5}, []int32{6, 7})
	got, err := batchtest.Rows(f, batchtest.Resolver(fields, 0, rows))
	if err != nil {
		t.Fatal(err)
	}
	late := func(r batch.Row) batch.Row {
		return batch.Row{Number: r.Number, Aside: true, UniqueID: r.UniqueID, Email: r.Email}
	}
	if diff := cmp.Diff([]batch.Row{rows[0], rows[1], early, late(rows[4]), late(rows[5])}, got); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

// A resolver that fails, that there is not, or that gives other rows than it was asked for is an error.
func TestRowsThatAreNotResolved(t *testing.T) {
	t.Parallel()
	rows := []batch.Row{person(2, "a", "Bern"), person(3, "b", "Bern")}
	f := open(t, rows, nil, nil, nil)
	whole := batchtest.Resolver(fields, 0, rows)
	if _, err := batchtest.Rows(f, nil); !errors.Is(err, batch.ErrNoResolver) {
		t.Errorf("without a resolver: %v, want %v", err, batch.ErrNoResolver)
	}
	broken := errors.New("broken")
	if _, err := batchtest.Rows(f, func([]batch.LineRef, *batch.Block) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("with a broken resolver: %v", err)
	}
	for name, resolve := range map[string]batch.Resolver{
		"that lacks a row":        batchtest.Resolver(fields, 0, rows[:1]),
		"that gives none":         func(_ []batch.LineRef, into *batch.Block) error { into.Reset(); return nil },
		"that gives another":      func(_ []batch.LineRef, into *batch.Block) error { return whole([]batch.LineRef{{Number: 3}}, into) },
		"of rows of other fields": batchtest.Resolver(fields[:2], 0, rows),
	} {
		if got, err := batchtest.Rows(f, resolve); err == nil {
			t.Errorf("with a resolver %s: %d rows", name, len(got))
		}
	}
}

// A resolver fills a block with the rows of lines in their order, and with nothing that was in it before. A row that was set aside has no line.
func TestResolver(t *testing.T) {
	t.Parallel()
	rows := []batch.Row{person(2, "a", "Bern"), {Number: 3, Aside: true, Email: "c@x.example"}, person(3, "b", ""), {Number: 4, Aside: true}}
	resolve := batchtest.Resolver(fields, 7, rows)
	into := batch.NewBlock(len(fields))
	for range 2 {
		if err := resolve([]batch.LineRef{{Number: 2}, {Number: 3}}, into); err != nil {
			t.Fatal(err)
		}
		var got []batch.Row
		for i := range into.Rows() {
			got = append(got, into.Row(i, fields))
		}
		if diff := cmp.Diff([]batch.Row{rows[0], rows[2]}, got); diff != "" {
			t.Fatalf("rows differ (-want +got):\n%s", diff)
		}
	}
	if got, want := into.IDKey[1], batch.Seed(7).Key([]byte("b")); got != want {
		t.Errorf("key %x, want that under the seed, %x", got, want)
	}
	if err := resolve([]batch.LineRef{{Number: 4}}, into); err == nil {
		t.Error("a row that was set aside was read by its line")
	}
}
