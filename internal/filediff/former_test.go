package filediff

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// What a batch of members holds, texts as they read.
type held struct {
	ID                            string
	Version                       int64
	Presence                      batch.Presence
	FromRoster                    uint8
	DeletedUntil                  int64
	IDKey, EmailKey, RowHi, RowLo uint64
	UniqueID, Email               string
	Values                        []string
}

func heldBy(t difftest.T, d diff.Directory) []held {
	t.Helper()
	var all []held
	for i := range d.Batches() {
		m, err := d.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Rows() {
			h := held{m.ID(k), m.Version[k], m.Presence[k], m.FromRoster[k], m.DeletedUntil[k], m.IDKey[k], m.EmailKey[k], m.RowHi[k], m.RowLo[k], m.UniqueID.Text(k), m.Email.Text(k), nil}
			for _, c := range m.Values {
				h.Values = append(h.Values, c.Text(k))
			}
			all = append(all, h)
		}
		m.Release()
	}
	return all
}

// keysOf is what a directory says of its members where only some fields are asked for.
func keysOf(t difftest.T, d diff.Directory, fields []roster.Field) []held {
	t.Helper()
	var all []held
	for i := range d.Batches() {
		m, err := d.Keys(i, fields...)
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Rows() {
			h := held{m.ID(k), m.Version[k], m.Presence[k], m.FromRoster[k], m.DeletedUntil[k], m.IDKey[k], m.EmailKey[k], m.RowHi[k], m.RowLo[k], "", "", nil}
			for _, f := range fields {
				h.Values = append(h.Values, m.Values[slices.Index(d.Head().Fields, f)].Text(k))
			}
			all = append(all, h)
		}
		m.Release()
	}
	return all
}

// The directory that a roster stands for is, to the hash, a snapshot of the members that its first import makes.
func TestFormerEqualsSnapshot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		fields, rows, people := drawRoster(t)
		file := difftest.Roster(t, fields, rows, alloc)
		defer func() {
			_ = file.Close()
			if n := alloc.CurrentAlloc(); n != 0 {
				t.Fatalf("%d bytes of Arrow memory were not given back", n)
			}
		}()
		empty := difftest.Directory(t, fields, people, nil, memory.DefaultAllocator)
		first, err := diff.Compare(context.Background(), diff.Input{Roster: file, Directory: empty, People: people})
		if err != nil {
			t.Fatal(err)
		}
		members := membersOf(difftest.Changes(t, first))
		got, want := newFormer(file, people), difftest.Directory(t, fields, people, members, memory.DefaultAllocator)
		if diff := cmp.Diff(got.Head(), want.Head()); diff != "" {
			t.Fatalf("head (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(heldBy(t, got), heldBy(t, want)); diff != "" {
			t.Fatalf("members (-got +want):\n%s", diff)
		}
		asked := rapid.SliceOfDistinct(rapid.SampledFrom(got.Head().Fields), rapid.ID).Draw(t, "asked")
		if diff := cmp.Diff(keysOf(t, got, asked), keysOf(t, want, asked)); diff != "" {
			t.Fatalf("keys, with %v (-got +want):\n%s", asked, diff)
		}
	})
}

// membersOf is the members that an apply makes of creations, by row.
func membersOf(creations []changeset.Change) []directory.Member {
	slices.SortFunc(creations, func(a, b changeset.Change) int { return a.Row - b.Row })
	var members []directory.Member
	for _, c := range creations {
		m := directory.Member{ID: difftest.ID(c.Row), Version: 1, Source: directory.FromRoster, State: directory.Pending, Values: map[roster.Field]string{
			roster.Locale: roster.EnUS, roster.Status: roster.StatusActive, roster.ProgramEligibility: roster.Eligible,
		}}
		for _, f := range c.Fields {
			m.Values[f.Field] = f.After
		}
		if m.Values[roster.Status] == roster.StatusInactive {
			m.State = directory.Deactivated
		}
		members = append(members, m)
	}
	return members
}

// drawRoster draws rows with good identifiers, some of them aside.
func drawRoster(t *rapid.T) ([]roster.Field, []batch.Row, tenant.People) {
	fields := []roster.Field{roster.FirstName, roster.LastName, roster.Email}
	people := tenant.People{Missing: tenant.MissingDelete}
	for _, f := range []roster.Field{roster.UniqueID, roster.Status, roster.ProgramEligibility, roster.Locale, roster.City} {
		if rapid.Bool().Draw(t, "with "+string(f)) {
			fields = append(fields, f)
		}
	}
	if slices.Contains(fields, roster.City) && !slices.Contains(fields, roster.ProgramEligibility) {
		people.EligibleWhen = map[roster.Field][]string{roster.City: {"Bern"}}
	}
	var rows []batch.Row
	for i := range rapid.IntRange(0, 20).Draw(t, "rows") {
		r := batch.Row{Number: i + 2, Email: string(rune('a'+i)) + "@X.example", Aside: rapid.IntRange(0, 5).Draw(t, "aside") == 0}
		for _, f := range fields {
			r.Cells = append(r.Cells, drawCell(t, f, r.Email))
		}
		if k := slices.Index(fields, roster.UniqueID); k >= 0 {
			r.UniqueID = r.Cells[k].Text
			if r.UniqueID != "" {
				r.UniqueID = string(rune('a'+i)) + r.UniqueID
				r.Cells[k].Text = r.UniqueID
			}
		}
		if r.Aside {
			r.Cells = nil
		}
		rows = append(rows, r)
	}
	return fields, rows, people
}

func drawCell(t *rapid.T, f roster.Field, email string) batch.Cell {
	values := []string{"Bern", "Oslo", ""}
	switch f {
	case roster.Email:
		return batch.Cell{Text: email}
	case roster.UniqueID:
		values = []string{"1", "2"}
	case roster.Status:
		values = []string{roster.StatusActive, roster.StatusInactive}
	case roster.ProgramEligibility:
		values = []string{roster.Eligible, roster.Ineligible}
	case roster.Locale:
		values = []string{roster.EnUS, roster.FrCA}
	}
	if f != roster.FirstName && f != roster.LastName && rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
		return batch.Cell{Absent: true}
	}
	return batch.Cell{Text: rapid.SampledFrom(values).Draw(t, string(f))}
}

// Rows whose line was known have no cells, so nobody can be made of them.
func TestFormerOfKnownRows(t *testing.T) {
	t.Parallel()
	fields := []roster.Field{roster.Email}
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, fields, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	b := batch.NewBlock(len(fields))
	if err := b.Add(batch.Row{Number: 2, Email: "a@x.example", Cells: []batch.Cell{{Text: "a@x.example"}}}, fields, w.Seed()); err != nil {
		t.Fatal(err)
	}
	b.Kind[0] = batch.Known
	if err := errors.Join(w.WriteBlock(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := newFormer(file, tenant.People{}).Members(0); !errors.Is(err, batch.ErrKnown) {
		t.Errorf("it ends with %v", err)
	}
}
