package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// A successor is the snapshot that follows another once changes were made: what stayed is copied with its hashes, and the rest is written anew. In a deployment Postgres says
// what people are like afterwards; here the changes do.
type successor struct {
	old     *batch.Snapshot
	changed map[batch.MemberID]changeset.Change
	created []changeset.Change
}

func newSuccessor(old *batch.Snapshot) *successor {
	return &successor{old: old, changed: map[batch.MemberID]changeset.Change{}}
}

// take takes the next change.
func (s *successor) take(c changeset.Change) error {
	if c.Op == changeset.Create {
		s.created = append(s.created, c)
		return nil
	}
	id, err := batch.ParseMemberID(c.Member)
	if err != nil {
		return err
	}
	s.changed[id] = c
	return nil
}

// write writes the snapshot to out.
func (s *successor) write(ctx context.Context, out io.Writer) error {
	w, err := batch.NewSnapshotWriter(out, s.old.Head(), memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	last := 0
	for i := range s.old.Batches() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := s.writeBatch(w, i)
		if err != nil {
			return err
		}
		last += n
	}
	for i, c := range s.created {
		m := directory.Member{ID: batch.NumberID(1<<40 + last + i).String(), Version: 1, Source: directory.FromRoster, Values: map[roster.Field]string{}}
		if err := w.Add(after(m, c)); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeBatch writes what batch i becomes, and returns how many members it has.
func (s *successor) writeBatch(w *batch.SnapshotWriter, i int) (int, error) {
	old, err := s.old.Members(i)
	if err != nil {
		return 0, err
	}
	defer old.Release()
	anew, at, err := s.anew(old)
	if err != nil {
		return 0, err
	}
	defer anew.Close() //nolint:errcheck // in memory
	from, taken := 0, 0
	for b := range anew.Batches() {
		people, err := anew.Members(b)
		if err != nil {
			return 0, err
		}
		defer people.Release()
		for k := range people.Rows() {
			if err := w.CopyRows(old, from, at[taken]); err != nil {
				return 0, err
			}
			if err := w.CopyRows(people, k, k+1); err != nil {
				return 0, err
			}
			from, taken = at[taken]+1, taken+1
		}
	}
	return old.Rows(), w.CopyRows(old, from, old.Rows())
}

// anew returns those of a batch who change, as they will be, and where they stand in it.
func (s *successor) anew(old *batch.Members) (*batch.Snapshot, []int, error) {
	var at []int
	people := func(yield func(directory.Member, error) bool) {
		for i := range old.Rows() {
			c, changes := s.changed[batch.MemberID(old.IDs[16*i:16*i+16])]
			if !changes {
				continue
			}
			at = append(at, i)
			if !yield(after(s.member(old, i), c), nil) {
				return
			}
		}
	}
	snapshot, err := batch.SnapshotOf(s.old.Head(), iter.Seq2[directory.Member, error](people), memory.DefaultAllocator)
	if err != nil {
		return nil, nil, fmt.Errorf("write changed members: %w", err)
	}
	return snapshot, at, nil
}

func (s *successor) member(old *batch.Members, i int) directory.Member {
	m := directory.Member{ID: old.ID(i), Version: old.Version[i], State: directory.Active, Source: directory.FromRoster, Values: map[roster.Field]string{}}
	for k, f := range s.old.Head().Fields {
		m.Values[f] = old.Values[k].Text(i)
	}
	return m
}

// after returns the member as it is once the change was made.
func after(m directory.Member, c changeset.Change) directory.Member {
	for _, f := range c.Fields {
		m.Values[f.Field] = f.After
	}
	if c.Op != changeset.Create {
		m.Version++
	}
	switch {
	case c.Op == changeset.Delete:
		m.State, m.DeletedUntil = directory.Deleted, now.Add(directory.RestorableFor)
	case m.Value(roster.Status) == roster.StatusInactive:
		m.State = directory.Deactivated
	default:
		m.State = directory.Active
	}
	return m
}
