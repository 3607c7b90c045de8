package diff_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// A countedDirectory calls at, with the number of batches that were asked for, before it answers.
type countedDirectory struct {
	*batch.Snapshot
	asked atomic.Int32
	at    func(n int32) error
}

func (d *countedDirectory) Members(i int) (*batch.Members, error) {
	if err := d.at(d.asked.Add(1)); err != nil {
		return nil, err
	}
	return d.Snapshot.Members(i)
}

func (d *countedDirectory) Keys(i int, fields ...roster.Field) (*batch.Members, error) {
	if err := d.at(d.asked.Add(1)); err != nil {
		return nil, err
	}
	return d.Snapshot.Keys(i, fields...)
}

func (d *countedDirectory) Some(i int, wanted []int32) (*batch.Members, error) {
	if err := d.at(d.asked.Add(1)); err != nil {
		return nil, err
	}
	return d.Snapshot.Some(i, wanted)
}

// Cancelling ends a comparison within a batch a worker, and a directory that fails ends it with its error, in the first reading as in the two later ones. All memory is given back.
func TestACompareThatEndsEarly(t *testing.T) {
	t.Parallel()
	const workers = 2
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	var w world
	w.fields, w.hashed, w.batchRows = fields, fields, 5
	for i := range 200 {
		p := with(with(ana, roster.UniqueID, difftest.ID(i)), roster.Email, difftest.ID(i)+"@x.example")
		w.members = append(w.members, member(difftest.ID(i), p, directory.Active))
		w.stored = append(w.stored, line(i+2, with(p, roster.Email, "new."+difftest.ID(i)+"@x.example")))
	}
	r := w.roster(t, alloc)
	defer r.Close()
	s := w.directory(t, alloc)
	defer s.Close()
	broken := errors.New("broken")
	for _, when := range []int32{1, 20, 40, 41, 60, 80, 81, 100, 120} {
		ctx, cancel := context.WithCancel(context.Background())
		d := &countedDirectory{Snapshot: s, at: func(n int32) error {
			if n == when {
				cancel()
			}
			return nil
		}}
		_, err := diff.Compare(ctx, diff.Input{Roster: r, Resolve: w.resolve, Directory: d, Now: now, Workers: workers, TempDir: t.TempDir()})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at batch %d: %v", when, err)
		}
		if n := d.asked.Load(); n >= when+workers {
			t.Errorf("cancelled at batch %d, and %d were read", when, n)
		}
		d = &countedDirectory{Snapshot: s, at: func(n int32) error {
			if n == when {
				return broken
			}
			return nil
		}}
		if _, err := diff.Compare(context.Background(), diff.Input{Roster: r, Resolve: w.resolve, Directory: d, Now: now, Workers: workers, Memory: 1, TempDir: t.TempDir()}); !errors.Is(err, broken) {
			t.Errorf("broken at batch %d: %v", when, err)
		}
	}
}

// Progress ends at the number of rows that take part, and never goes back.
func TestProgressReachesAllRows(t *testing.T) {
	t.Parallel()
	var w world
	w.fields, w.hashed, w.batchRows = fields, fields, 3
	for i := range 50 {
		w.stored = append(w.stored, line(i+2, with(ana, roster.UniqueID, difftest.ID(i))))
	}
	last := 0
	in := diff.Input{Roster: w.roster(t, memory.DefaultAllocator), Resolve: w.resolve, Directory: w.directory(t, memory.DefaultAllocator), Now: now, Workers: 3, Progress: func(rows int) {
		if rows < last {
			t.Errorf("progress goes from %d to %d", last, rows)
		}
		last = rows
	}}
	result, err := diff.Compare(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Close(); err != nil || last != 50 {
		t.Errorf("%d rows told, want 50; %v", last, err)
	}
}
