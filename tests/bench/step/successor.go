package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
)

// A successor is the snapshot that follows another once changes were made. It is made as it is after an apply: by merging the members who were changed into the last one. In a deployment
// Postgres says what those are like afterwards; here the changes do.
type successor struct {
	old     *batch.Snapshot
	fields  []roster.Field
	changed []change
	created []changeset.Change
	members int // of old
}

// A change is one of a member who is in the old snapshot.
type change struct {
	id batch.MemberID
	changeset.Change
}

func newSuccessor(old *batch.Snapshot) *successor {
	return &successor{old: old, fields: old.Head().Fields}
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
	s.changed = append(s.changed, change{id, c})
	return nil
}

// write writes the snapshot to out.
func (s *successor) write(ctx context.Context, out io.Writer) error {
	changed, err := s.writeChanged(ctx)
	if err != nil {
		return fmt.Errorf("write changed members: %w", err)
	}
	defer changed.Close() //nolint:errcheck // in memory
	w, err := batch.NewSnapshotWriter(out, s.old.Head(), memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	moved, err := snapshot.Merge(ctx, w, s.old, changed)
	if err == nil && moved != int64(len(s.changed)+len(s.created)) {
		err = fmt.Errorf("versions moved by %d for %d changes", moved, len(s.changed)+len(s.created))
	}
	return errors.Join(err, w.Close())
}

// writeChanged returns a snapshot, held in memory, of the members who change or are created, as they will be.
func (s *successor) writeChanged(ctx context.Context) (*batch.Snapshot, error) {
	slices.SortFunc(s.changed, func(a, b change) int { return bytes.Compare(a.id[:], b.id[:]) })
	var file bytes.Buffer
	w, err := batch.NewSnapshotWriter(&file, s.old.Head(), memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	block, rest := batch.NewMemberBlock(len(s.fields)), s.changed
	for i := range s.old.Batches() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if rest, err = s.writeBatch(w, block, i, rest); err != nil {
			return nil, err
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d changes are of nobody", len(rest))
	}
	for i, c := range s.created {
		s.add(block, person{}, change{batch.NumberID(1<<40 + s.members + i), c})
		if err := flush(w, block, block.Full()); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(flush(w, block, true), w.Close()); err != nil {
		return nil, err
	}
	return batch.OpenSnapshot(bytes.NewReader(file.Bytes()), int64(file.Len()), memory.DefaultAllocator)
}

// writeBatch writes those of batch i who change, and returns the changes that are left.
func (s *successor) writeBatch(w *batch.SnapshotWriter, block *batch.MemberBlock, i int, rest []change) ([]change, error) {
	old, err := s.old.Members(i)
	if err != nil {
		return nil, err
	}
	defer old.Release()
	s.members += old.Rows()
	at := 0
	for len(rest) > 0 {
		id := rest[0].id[:]
		at += sort.Search(old.Rows()-at, func(k int) bool { return bytes.Compare(old.IDs[16*(at+k):16*(at+k+1)], id) >= 0 })
		if at == old.Rows() || !bytes.Equal(old.IDs[16*at:16*at+16], id) {
			return rest, nil // of a later batch
		}
		s.add(block, person{old, at}, rest[0])
		rest = rest[1:]
		if err := flush(w, block, block.Full()); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// A person is a member of the old snapshot. The zero value is nobody: who is created.
type person struct {
	old *batch.Members
	at  int
}

// version returns the version, 0 of nobody.
func (p person) version() int64 {
	if p.old == nil {
		return 0
	}
	return p.old.Version[p.at]
}

// value returns the value of the field at index k, "" of nobody.
func (p person) value(k int) []byte {
	if p.old == nil {
		return nil
	}
	return p.old.Values[k].Bytes(p.at)
}

// add adds the member whom a change makes of p.
func (s *successor) add(block *batch.MemberBlock, p person, c change) {
	presence, until := batch.Present, int64(0)
	for k, f := range s.fields {
		text := p.value(k)
		for i := range c.Fields {
			if c.Fields[i].Field == f {
				text = []byte(c.Fields[i].After)
			}
		}
		switch f {
		case roster.UniqueID:
			block.UniqueID.Append(text)
		case roster.Email:
			block.Email.Append(text)
		default:
			block.Values[k].Append(text)
		}
		if f == roster.Status && string(text) == roster.StatusInactive {
			presence = batch.Deactivated
		}
	}
	if c.Op == changeset.Delete {
		presence, until = batch.Deleted, now.Add(directory.RestorableFor).UnixMicro()
	}
	block.ID, block.Version, block.Presence = append(block.ID, c.id), append(block.Version, p.version()+1), append(block.Presence, presence)
	block.FromRoster, block.DeletedUntil = append(block.FromRoster, true), append(block.DeletedUntil, until)
}

// flush writes a block where it is to be.
func flush(w *batch.SnapshotWriter, block *batch.MemberBlock, now bool) error {
	if !now {
		return nil
	}
	defer block.Reset()
	return w.WriteBlock(block)
}
