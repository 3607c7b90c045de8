package filediff

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
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

// heldIn is what the members of a batch hold, of texts those of some fields.
func heldIn(d diff.Directory, m *batch.Members, fields []roster.Field) []held {
	var all []held
	for k := range m.Rows() {
		h := held{m.ID(k), m.Version[k], m.Presence[k], m.FromRoster[k], m.DeletedUntil[k], m.IDKey[k], m.EmailKey[k], m.RowHi[k], m.RowLo[k], "", "", nil}
		for _, f := range fields {
			text := m.Values[slices.Index(d.Head().Fields, f)].Text(k)
			switch f {
			case roster.UniqueID:
				h.UniqueID = m.UniqueID.Text(k)
			case roster.Email:
				h.Email = m.Email.Text(k)
			}
			h.Values = append(h.Values, text)
		}
		all = append(all, h)
	}
	return all
}

// heldBy is what all members hold that read reads.
func heldBy(t difftest.T, d diff.Directory, fields []roster.Field, read func(i int) (*batch.Members, error)) []held {
	t.Helper()
	var all []held
	for i := range d.Batches() {
		m, err := read(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, heldIn(d, m, fields)...)
		m.Release()
	}
	return all
}

// keysOf reads of a directory's members some fields.
func keysOf(d diff.Directory, fields []roster.Field) func(i int) (*batch.Members, error) {
	return func(i int) (*batch.Members, error) { return d.Keys(i, fields...) }
}

// whereHashed is what a snapshot's members hold, but without the hashes of those whose rows do not say all that they hold: the fields that rows say nothing about.
func whereHashed(all []held, fields []roster.Field, rows []batch.Row) []held {
	full := map[string]bool{}
	for _, r := range rows {
		full[difftest.ID(r.Number)] = true
		for i, c := range r.Cells {
			says := c.Text != "" || fields[i] != roster.Status && fields[i] != roster.ProgramEligibility
			full[difftest.ID(r.Number)] = full[difftest.ID(r.Number)] && !c.Absent && says
		}
	}
	for i := range all {
		if !full[all[i].ID] {
			all[i].RowHi, all[i].RowLo = 0, 0
		}
	}
	return all
}

// The directory that a roster stands for is, to the hash, a snapshot of the members that its first import makes, whatever is asked of it; and no line is read of which that is not asked.
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
		resolver := &countedResolver{resolve: batchtest.Resolver(fields, file.Seed(), rows)}
		empty := difftest.Directory(t, fields, people, nil, memory.DefaultAllocator)
		first, err := diff.Compare(context.Background(), diff.Input{Roster: file, Resolve: resolver.resolve, Directory: empty, People: people})
		if err != nil {
			t.Fatal(err)
		}
		members := membersOf(difftest.Changes(t, first))
		got, want := newFormer(file, resolver.read, people), difftest.Directory(t, fields, people, members, memory.DefaultAllocator)
		if diff := cmp.Diff(got.Head(), want.Head()); diff != "" {
			t.Fatalf("head (-got +want):\n%s", diff)
		}
		all := whereHashed(heldBy(t, want, want.Head().Fields, want.Members), fields, rows)
		if diff := cmp.Diff(heldBy(t, got, want.Head().Fields, got.Members), all); diff != "" {
			t.Fatalf("members (-got +want):\n%s", diff)
		}
		asked := rapid.SliceOfDistinct(rapid.SampledFrom(got.Head().Fields), rapid.ID).Draw(t, "asked")
		resolver.numbers = nil
		if diff := cmp.Diff(heldBy(t, got, asked, keysOf(got, asked)), whereHashed(heldBy(t, want, asked, keysOf(want, asked)), fields, rows)); diff != "" {
			t.Fatalf("keys, with %v (-got +want):\n%s", asked, diff)
		}
		if read := len(resolver.numbers); read > 0 && toldByRoster(asked, fields, people) {
			t.Errorf("%d lines are read for %v, which the roster tells", read, asked)
		}
		checkSome(t, got, resolver, all)
	})
}

// checkSome checks that what is read of some members is what is read of all.
func checkSome(t *rapid.T, d *former, resolver *countedResolver, all []held) {
	for i := range d.Batches() {
		n := 0
		for n < len(all) && (i == d.Batches()-1 || n < batch.Rows) {
			n++
		}
		places := rapid.SliceOfDistinct(rapid.IntRange(0, max(n-1, 0)), rapid.ID).Draw(t, "wanted")
		slices.Sort(places)
		var wanted, numbers []int32
		for _, p := range places[:min(len(places), n)] {
			number, _ := rowOf(all[p].ID)
			wanted, numbers = append(wanted, int32(p)), append(numbers, number)
		}
		resolver.numbers = nil
		m, err := d.Some(i, wanted)
		if err != nil {
			t.Fatal(err)
		}
		got := heldIn(d, m, d.Head().Fields)
		m.Release()
		if diff := cmp.Diff(resolver.numbers, numbers); diff != "" {
			t.Fatalf("rows that are read (-got +want):\n%s", diff)
		}
		if len(got) != n {
			t.Fatalf("%d members of %d", len(got), n)
		}
		for k := range got {
			if !slices.Contains(wanted, int32(k)) { // the texts may be there, or not
				got[k].UniqueID, got[k].Email, got[k].Values = all[k].UniqueID, all[k].Email, all[k].Values
			}
		}
		if diff := cmp.Diff(got, all[:n]); diff != "" {
			t.Fatalf("some members (-got +want):\n%s", diff)
		}
		all = all[n:]
	}
}

// toldByRoster reports whether members' values of some fields need no line to be read.
func toldByRoster(asked, mapped []roster.Field, people tenant.People) bool {
	for _, f := range asked {
		told := f == roster.Status || f == roster.ProgramEligibility && people.EligibleWhen == nil || !slices.Contains(mapped, f) && f != roster.ProgramEligibility
		if !told {
			return false
		}
	}
	return true
}

// A countedResolver keeps the numbers of the rows that are read.
type countedResolver struct {
	resolve batch.Resolver
	numbers []int32
}

func (c *countedResolver) read(lines []batch.LineRef, into *batch.Block) error {
	for _, l := range lines {
		c.numbers = append(c.numbers, l.Number)
	}
	return c.resolve(lines, into)
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
		values = []string{roster.StatusActive, roster.StatusInactive, ""}
	case roster.ProgramEligibility:
		values = []string{roster.Eligible, roster.Ineligible, ""}
	case roster.Locale:
		values = []string{roster.EnUS, roster.FrCA}
	}
	if f != roster.FirstName && f != roster.LastName && rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
		return batch.Cell{Absent: true}
	}
	return batch.Cell{Text: rapid.SampledFrom(values).Draw(t, string(f))}
}

// Many goroutines read members at once, and none sees another's.
func TestFormerConcurrently(t *testing.T) {
	t.Parallel()
	fields := []roster.Field{roster.FirstName, roster.LastName, roster.Email, roster.Status, roster.City}
	var rows []batch.Row
	for i := range 3*batch.Rows + 100 {
		email := fmt.Sprintf("p%d@x.example", i)
		status := []string{roster.StatusActive, roster.StatusInactive}[i%2]
		row := batch.Row{Number: i + 2, Email: email, Aside: i%7 == 6, Cells: []batch.Cell{{Text: "F"}, {Text: fmt.Sprint(i)}, {Text: email}, {Text: status}, {Text: fmt.Sprint(i % 100)}}}
		if row.Aside {
			row.Cells = nil
		}
		rows = append(rows, row)
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	file := difftest.Roster(t, fields, rows, alloc)
	d := newFormer(file, batchtest.Resolver(fields, file.Seed(), rows), tenant.People{})
	var all [][]held
	for i := range d.Batches() {
		m, err := d.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, heldIn(d, m, fields))
		m.Release()
	}
	var readers sync.WaitGroup
	for g := range 8 {
		readers.Go(func() {
			for n := range 8 {
				i := (g + n) % d.Batches()
				k := (g*37 + n*11) % len(all[i])
				read := func() (*batch.Members, error) { return d.Some(i, []int32{int32(k)}) }
				if g%2 == 0 {
					read = func() (*batch.Members, error) { return d.Members(i) }
				}
				m, err := read()
				if err != nil {
					t.Error(err)
					return
				}
				if diff := cmp.Diff(heldIn(d, m, fields)[k], all[i][k]); diff != "" {
					t.Errorf("member %d of batch %d (-got +want):\n%s", k, i, diff)
				}
				m.Release()
			}
		})
	}
	readers.Wait()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	alloc.AssertSize(t, 0)
}

// An error of reading lines comes out, and the memory goes back.
func TestFormerWithoutLines(t *testing.T) {
	t.Parallel()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	fields := []roster.Field{roster.Email}
	file := difftest.Roster(t, fields, []batch.Row{{Number: 2, Email: "a@x.example", Cells: []batch.Cell{{Text: "a@x.example"}}}}, alloc)
	d := newFormer(file, func([]batch.LineRef, *batch.Block) error { return io.ErrUnexpectedEOF }, tenant.People{})
	if _, err := d.Members(0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("all members end with %v", err)
	}
	if _, err := d.Some(0, []int32{0}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("one member ends with %v", err)
	}
	if _, err := d.Some(2, nil); err == nil {
		t.Error("there is a batch that there is not")
	}
	if m, err := d.Some(0, nil); err != nil || m.Rows() != 1 {
		t.Errorf("of nobody there are no texts: %v", err)
	} else {
		m.Release()
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	alloc.AssertSize(t, 0)
}
