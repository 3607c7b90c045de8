package diff_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A watched resolver notes the numbers of the rows that it is asked for, call by call.
type watched struct {
	batch.Resolver
	mu    sync.Mutex
	calls [][]int32
}

func (r *watched) resolve(lines []batch.LineRef, into *batch.Block) error {
	var numbers []int32
	for _, l := range lines {
		numbers = append(numbers, l.Number)
	}
	r.mu.Lock()
	r.calls = append(r.calls, numbers)
	r.mu.Unlock()
	return r.Resolver(lines, into)
}

// input is the world's two sides with a resolver, nil for none.
func (w *world) input(t difftest.T, resolve batch.Resolver) diff.Input {
	in := w.in
	in.Roster, in.Directory, in.Resolve = w.roster(t, memory.DefaultAllocator), w.directory(t, memory.DefaultAllocator), resolve
	return in
}

// compare compares the world's two sides, and returns what came of it in short.
func (w *world) compare(t *testing.T, resolve batch.Resolver) []string {
	t.Helper()
	result, err := diff.Compare(context.Background(), w.input(t, resolve))
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	return told(difftest.Result{Result: result, Changes: difftest.Changes(t, result)})
}

// crowd is a world of n people who stand in the file as they are in the directory.
func crowd(n int) *world {
	w := &world{fields: fields, hashed: fields, batchRows: 7, in: diff.Input{Now: now, Workers: 2, People: tenant.People{Missing: tenant.MissingDelete}}}
	for i := range n {
		p := with(with(ana, roster.UniqueID, fmt.Sprint("E", i)), roster.Email, fmt.Sprintf("p%d@x.example", i))
		w.members = append(w.members, member(difftest.ID(i), p, directory.Active))
		w.stored = append(w.stored, line(i+2, p))
	}
	return w
}

// Rows are read from their lines where they are open, and those of a batch at once. Where none is, nobody needs to read them.
func TestOnlyOpenRowsAreRead(t *testing.T) {
	t.Parallel()
	w := crowd(20)
	if got := w.compare(t, nil); got != nil {
		t.Errorf("of a file in which nothing changed came %v", got)
	}
	w.stored[3].Cells[6].Text, w.stored[5].Cells[6].Text, w.stored[15].Cells[6].Text = "Rome", "Rome", "Rome"
	r := watched{Resolver: w.resolve}
	if got := w.compare(t, r.resolve); len(got) != 3 {
		t.Errorf("got %v, want three changes of city", got)
	}
	slices.SortFunc(r.calls, slices.Compare[[]int32])
	if want := [][]int32{{5, 7}, {17}}; !slices.EqualFunc(r.calls, want, slices.Equal[[]int32]) {
		t.Errorf("rows %v were read, want %v", r.calls, want)
	}
}

// Keys are read a second time only where a row's address is not that of the member with its unique ID.
func TestAddressesAreAskedForWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	for changed, want := range map[roster.Field]int32{roster.City: 3 + 1, roster.Email: 3 + 3 + 1} { // three batches, and that of the member
		w := crowd(20)
		i := slices.Index(fields, changed)
		w.stored[3].Cells[i].Text = "new@x.example"
		w.stored[3].Email = w.stored[3].Cells[3].Text
		in := w.input(t, w.resolve)
		d := &countedDirectory{Snapshot: in.Directory.(*batch.Snapshot), at: func(int32) error { return nil }}
		in.Directory = d
		result, err := diff.Compare(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if n := result.Summary.Fields[changed]; n != 1 || d.asked.Load() != want {
			t.Errorf("%s: %d changes after %d batches of the directory, want 1 after %d", changed, n, d.asked.Load(), want)
		}
		if err := result.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Under a seed that makes keys of one hash everything is hashed anew: all rows are read, those of a batch at once.
func TestRowsAreHashedAnewByTheBatch(t *testing.T) {
	t.Parallel()
	w := crowd(20)
	w.seed, w.oldSeed = batch.WeakSeed(), batch.WeakSeed()
	w.stored[4].UniqueID, w.stored[4].Cells[0] = "", batch.Cell{Absent: true}
	r := watched{Resolver: w.resolve}
	if got := w.compare(t, r.resolve); got != nil {
		t.Errorf("of a file in which nothing changed came %v", got)
	}
	slices.SortFunc(r.calls, slices.Compare[[]int32])
	var all [][]int32
	for rows := range slices.Chunk(w.stored, w.batchRows) {
		var numbers []int32
		for _, row := range rows {
			numbers = append(numbers, int32(row.Number))
		}
		all = append(all, numbers)
	}
	// The row without an ID asks for whoever has its address, and its values are looked at.
	if want := slices.Concat(all[:1], [][]int32{{6}, {6}}, all[1:]); !slices.EqualFunc(r.calls, want, slices.Equal[[]int32]) {
		t.Errorf("rows %v were read, want %v", r.calls, want)
	}
}

// A comparison that needs a row which it can't get ends with an error that says why, wherever it needs it.
func TestResolverFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	open, anew, late := crowd(20), crowd(20), crowd(20)
	open.stored[3].Cells[6].Text, open.stored[4].Cells[6].Text = "Rome", "Rome"
	anew.seed = batch.WeakSeed()
	late.aside = []int32{4, 5}
	for where, w := range map[string]*world{"open rows": open, "rows that are hashed anew": anew, "rows set aside late": late} {
		for name, test := range map[string]struct {
			resolve batch.Resolver
			want    error // nil: any
		}{
			"nobody to ask":        {nil, batch.ErrNoResolver},
			"an error":             {func([]batch.LineRef, *batch.Block) error { return fmt.Errorf("read: %w", broken) }, broken},
			"an end":               {func([]batch.LineRef, *batch.Block) error { return io.ErrUnexpectedEOF }, io.ErrUnexpectedEOF},
			"no rows":              {func(_ []batch.LineRef, into *batch.Block) error { into.Reset(); return nil }, nil},
			"too few rows":         {func(lines []batch.LineRef, into *batch.Block) error { return w.resolve(lines[1:], into) }, nil},
			"a row too many":       {w.spoil(func(b *batch.Block) { b.AppendRange(b, 0, 1) }), nil},
			"rows of other lines":  {w.spoil(func(b *batch.Block) { b.Number[0]-- }), nil},
			"a column that ends":   {w.spoil(func(b *batch.Block) { b.Cells[6].Reset() }), nil},
			"no addresses":         {w.spoil(func(b *batch.Block) { b.Email.Reset() }), nil},
			"no IDs":               {w.spoil(func(b *batch.Block) { b.UniqueID.Reset() }), nil},
			"columns that are not": {w.spoil(func(b *batch.Block) { b.Cells = b.Cells[:6] }), nil},
		} {
			result, err := diff.Compare(context.Background(), w.input(t, test.resolve))
			if result != nil || err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%s, %s: %v with %v, want %v", where, name, result, err, test.want)
			}
		}
	}
}

// spoil returns a resolver whose answers are spoiled.
func (w *world) spoil(spoil func(b *batch.Block)) batch.Resolver {
	return func(lines []batch.LineRef, into *batch.Block) error {
		err := w.resolve(lines, into)
		spoil(into)
		return err
	}
}

// Whom a row that was set aside late is about stands in its line alone. It is read where the row's keys name somebody, who is protected then, and nowhere else.
func TestRowsSetAsideLateProtect(t *testing.T) {
	t.Parallel()
	w := crowd(3)
	w.stored = append(w.stored, line(9, bob))
	w.stored[1] = line(3, with(bob, roster.Email, w.stored[1].Email)) // it has the address of the second, and another ID
	w.aside = []int32{3, 9}
	r := watched{Resolver: w.resolve}
	if got := w.compare(t, r.resolve); got != nil {
		t.Errorf("got %v, want nobody removed", got)
	}
	if want := [][]int32{{3}}; !slices.EqualFunc(r.calls, want, slices.Equal[[]int32]) {
		t.Errorf("rows %v were read, want %v", r.calls, want)
	}
	w.aside, w.dropped = []int32{9}, []int32{3}
	if got := w.compare(t, nil); !slices.Equal(got, []string{"delete p1@x.example"}) {
		t.Errorf("got %v, want the second removed, whose row was dropped", got)
	}
}
