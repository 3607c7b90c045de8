package batch_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// A block gives its rows back as they were added, without their cells where it has none.
func TestRowsOfABlock(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole, index := batch.NewBlock(len(fields)), &batch.Block{}
		var want []batch.Row
		for i := range rapid.IntRange(1, 20).Draw(t, "rows") {
			want = append(want, drawRow(t, i+2))
			if err := errors.Join(whole.Add(want[i], fields, 0), index.Add(want[i], fields, 0)); err != nil {
				t.Fatal(err)
			}
		}
		for i, row := range want {
			if diff := cmp.Diff(row, whole.Row(i, fields)); diff != "" {
				t.Fatal(diff)
			}
			row.Cells = nil
			if diff := cmp.Diff(row, index.Row(i, fields)); diff != "" {
				t.Fatalf("without cells: %s", diff)
			}
		}
	})
}

// Keys and hashes of rows are those of members who have the same values.
func TestHashesOfRowsAreThoseOfMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewGoAllocator()
		seed := batch.Seed(rapid.Uint64().Draw(t, "seed"))
		var rows []batch.Row
		var members []directory.Member
		for i := range rapid.IntRange(1, 30).Draw(t, "rows") {
			r := drawRow(t, i+2)
			m := directory.Member{ID: batch.NumberID(i).String(), Values: map[roster.Field]string{roster.Email: r.Email, roster.UniqueID: r.UniqueID, roster.City: r.Cell(2).Text}}
			rows, members = append(rows, r), append(members, m)
		}
		f := open(t, write(t, alloc, fields, func(w *batch.RosterWriter) error {
			w.SetSeed(seed)
			return added(rows)(w)
		}), alloc)
		defer f.Close()
		s, err := batch.SnapshotOf(batch.SnapshotHead{Fields: fields, Hashed: fields, Seed: seed}, each(members), alloc)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		b, err := f.Batch(0)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		m, err := s.Members(0)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Release()
		for i, row := range rows {
			if b.IDKey[i] != m.IDKey[i] || b.EmailKey[i] != m.EmailKey[i] {
				t.Fatalf("keys of row %d differ from its member's", row.Number)
			}
			whole := !row.Aside && !slices.ContainsFunc(row.Cells, func(c batch.Cell) bool { return c.Absent })
			if got, want := b.Hash(i), (batch.Hash{Hi: m.RowHi[i], Lo: m.RowLo[i]}); whole && got != want || !whole && !got.IsZero() {
				t.Fatalf("hash %v of row %d, whole: %t, member's %v", got, row.Number, whole, want)
			}
		}
	})
}

// What a row says about the two fields that decide is told by its state, and by nothing else.
func TestStates(t *testing.T) {
	t.Parallel()
	all := []roster.Field{roster.Status, roster.Email, roster.ProgramEligibility, roster.City}
	none := batch.Cell{Absent: true}
	said := func(text string) batch.Cell { return batch.Cell{Text: text} }
	tests := []struct {
		status, eligibility batch.Cell
		want                batch.State
	}{
		{said(roster.StatusActive), said(roster.Eligible), batch.SaysActive | batch.SaysEligible},
		{said(roster.StatusInactive), said(roster.Ineligible), batch.SaysInactive | batch.SaysIneligible},
		{said(roster.StatusActive), none, batch.SaysActive}, {none, said(roster.Ineligible), batch.SaysIneligible},
		{none, none, 0}, {said(""), said(""), 0},
		{said(roster.Eligible), said(roster.StatusActive), 0},
	}
	var rows []batch.Row
	for i, test := range tests {
		rows = append(rows, batch.Row{Number: i + 2, Email: "a@x.example", Cells: []batch.Cell{test.status, said("a@x.example"), test.eligibility, said(roster.StatusActive)}})
	}
	rows = append(rows, batch.Row{Number: len(rows) + 2, Aside: true, Email: roster.StatusActive})
	f := open(t, write(t, checked(t), all, added(rows)), checked(t))
	defer f.Close()
	b, err := f.Batch(0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for i, test := range append(tests, tests[4]) {
		if got := b.State[i]; got != test.want {
			t.Errorf("row %d, status %v, eligibility %v: state %b, want %b", i+2, test.status, test.eligibility, got, test.want)
		}
	}
}
