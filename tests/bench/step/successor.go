package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
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
// Postgres says what those are like afterwards. Here the changes do, with what the last snapshot says of the same people: its batches are read once, and serve both.
type successor struct {
	old     *batch.Snapshot
	head    batch.SnapshotHead      // of old
	places  map[roster.Field]uint32 // of its fields; others are no concern of it
	changed []change                // of members who are in the last snapshot; in the order of their ids once all are taken
	created []change
	cells   []cell // of all changes
	texts   []byte // of all cells
}

// A change is what becomes of a member. It has no pointers, which the collector would follow.
type change struct {
	id       batch.MemberID
	from, to uint32 // of its cells
	deleted  bool
}

// A cell is the text of a field afterwards.
type cell struct{ field, from, to uint32 }

func newSuccessor(old *batch.Snapshot) *successor {
	s := &successor{old: old, head: old.Head(), places: map[roster.Field]uint32{}}
	for k, f := range s.head.Fields {
		s.places[f] = uint32(k)
	}
	return s
}

// take takes the next change.
func (s *successor) take(c changeset.Change) (err error) {
	taken := change{deleted: c.Op == changeset.Delete, from: uint32(len(s.cells))}
	for _, f := range c.Fields {
		if k, ok := s.places[f.Field]; ok {
			from := len(s.texts)
			s.texts = append(s.texts, f.After...)
			s.cells = append(s.cells, cell{k, uint32(from), uint32(len(s.texts))})
		}
	}
	taken.to = uint32(len(s.cells))
	if c.Op == changeset.Create {
		taken.id = batch.NumberID(1<<40 + len(s.created))
		s.created = append(s.created, taken)
		return nil
	}
	taken.id, err = batch.ParseMemberID(c.Member)
	s.changed = append(s.changed, taken)
	return err
}

// write writes the snapshot to out.
func (s *successor) write(ctx context.Context, out io.Writer) error {
	slices.SortFunc(s.changed, func(a, b change) int { return bytes.Compare(a.id[:], b.id[:]) })
	w, err := batch.NewSnapshotWriter(out, s.head, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	next, stop := iter.Pull2(s.old.All(ctx))
	defer stop()
	read := reading{next: next}
	defer read.close()
	moved, err := snapshot.Merge(w, read.all, s.becoming(&read))
	if want := int64(len(s.changed) + len(s.created)); err == nil && moved != want {
		err = fmt.Errorf("versions moved by %d for %d changes", moved, want)
	}
	return errors.Join(err, w.Close())
}

// A reading is the batches of a snapshot, some of which were looked at before their turn.
type reading struct {
	next  func() (*batch.Members, error, bool)
	ahead []*batch.Members // retained
}

// look reads the batch behind those that were read, nil where there is none.
func (r *reading) look() (*batch.Members, error) {
	m, err, more := r.next()
	if err != nil || !more {
		return nil, err
	}
	m.Retain()
	r.ahead = append(r.ahead, m)
	return m, nil
}

// all yields the batches in their order.
func (r *reading) all(yield func(*batch.Members, error) bool) {
	for {
		if len(r.ahead) == 0 {
			if m, err := r.look(); err != nil {
				yield(nil, err)
				return
			} else if m == nil {
				return
			}
		}
		more := yield(r.ahead[0], nil)
		r.ahead[0].Release()
		if r.ahead = r.ahead[1:]; !more {
			return
		}
	}
}

func (r *reading) close() {
	for _, m := range r.ahead {
		m.Release()
	}
}

// becoming yields the members who change or are created, as they will be. It looks at each batch of the last snapshot up to the last that has any of them.
func (s *successor) becoming(read *reading) iter.Seq2[*batch.Members, error] {
	return func(yield func(*batch.Members, error) bool) {
		block := batch.NewMemberBlock(len(s.head.Fields))
		for rest := s.changed; len(rest) > 0; {
			old, err := read.look()
			if err == nil && old == nil {
				err = fmt.Errorf("%d changes are of nobody", len(rest))
			}
			if err != nil {
				yield(nil, err)
				return
			}
			places := find(old, rest)
			if s.fill(block, old, places, rest[:len(places)]); !yield(batch.MembersOf(s.head, block)) {
				return
			}
			rest = rest[len(places):]
		}
		for created := range slices.Chunk(s.created, batch.Rows) {
			if s.fill(block, nil, nil, created); !yield(batch.MembersOf(s.head, block)) {
				return
			}
		}
	}
}

// find returns the places of those who change among old, in the order of their ids: of as many of the first as are there.
func find(old *batch.Members, changed []change) (places []int) {
	at := 0
	for _, c := range changed {
		at += sort.Search(old.Rows()-at, func(k int) bool { return bytes.Compare(old.IDs[16*(at+k):16*(at+k+1)], c.id[:]) >= 0 })
		if at == old.Rows() || !bytes.Equal(old.IDs[16*at:16*at+16], c.id[:]) {
			break // of a later batch
		}
		places = append(places, at)
	}
	return places
}

// fill makes block those whom changes make of members of old at some places, or of nobody where old is nil.
func (s *successor) fill(block *batch.MemberBlock, old *batch.Members, places []int, changes []change) {
	block.Reset()
	for k, f := range s.head.Fields {
		to := &block.Values[k]
		switch f {
		case roster.UniqueID:
			to = &block.UniqueID
		case roster.Email:
			to = &block.Email
		}
		for i, c := range changes {
			text, changes := s.after(c, uint32(k))
			if !changes && old != nil {
				text = old.Values[k].Bytes(places[i])
			}
			to.Append(text)
		}
	}
	status := slices.Index(s.head.Fields, roster.Status)
	for i, c := range changes {
		version, presence, until := int64(1), batch.Present, int64(0)
		if old != nil {
			version += old.Version[places[i]]
		}
		switch {
		case c.deleted:
			presence, until = batch.Deleted, now.Add(directory.RestorableFor).UnixMicro()
		case status >= 0 && string(block.Values[status].Bytes(i)) == roster.StatusInactive:
			presence = batch.Deactivated
		}
		block.ID, block.Version, block.Presence = append(block.ID, c.id), append(block.Version, version), append(block.Presence, presence)
		block.FromRoster, block.DeletedUntil = append(block.FromRoster, true), append(block.DeletedUntil, until)
	}
}

// after returns the text of the field at index k where the change changes it.
func (s *successor) after(c change, k uint32) (text []byte, changes bool) {
	for _, cell := range s.cells[c.from:c.to] {
		if cell.field == k {
			return s.texts[cell.from:cell.to], true
		}
	}
	return nil, false
}
