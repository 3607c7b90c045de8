package snapshot

import (
	"bytes"
	"context"
	"errors"

	"rollcall.internal/internal/batch"
)

// errOrder says that the members of a snapshot are not in the order of their ids.
var errOrder = errors.New("merge snapshots: the members are out of order")

// merge writes to w what base becomes where the members of changed take the place of those who have their ids, or are added. Both are in the order of ids and have w's head; so is and has
// what is written. moved is the sum of what versions moved by, from 0 for who is added.
func merge(ctx context.Context, w *batch.SnapshotWriter, base, changed *batch.Snapshot) (moved int64, err error) {
	m := merger{w: w, changed: &cursor{snapshot: changed}}
	defer m.changed.close()
	if err := m.changed.next(); err != nil {
		return 0, err
	}
	for i := range base.Batches() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := m.batch(base, i); err != nil {
			return 0, err
		}
	}
	for m.changed.members != nil {
		if err := m.take(0); err != nil {
			return 0, err
		}
	}
	return m.moved, nil
}

// merger is the state of a merge.
type merger struct {
	w       *batch.SnapshotWriter
	changed *cursor
	last    []byte // the id of the last member of base
	moved   int64
}

// batch merges batch i of base: runs of members who did not change are copied at once.
func (m *merger) batch(base *batch.Snapshot, i int) error {
	old, err := base.Members(i)
	if err != nil {
		return err
	}
	defer old.Release()
	from := 0
	for k := range old.Rows() {
		id := old.IDs[16*k : 16*k+16]
		if bytes.Compare(id, m.last) <= 0 {
			return errOrder
		}
		m.last = append(m.last[:0], id...)
		for m.changed.members != nil && bytes.Compare(m.changed.id(), id) <= 0 {
			if err := m.w.CopyRows(old, from, k); err != nil {
				return err
			}
			from = k
			version := int64(0)
			if bytes.Equal(m.changed.id(), id) {
				from, version = k+1, old.Version[k]
			}
			if err := m.take(version); err != nil {
				return err
			}
		}
	}
	return m.w.CopyRows(old, from, old.Rows())
}

// take writes the next changed member, who had the version before.
func (m *merger) take(before int64) error {
	c := m.changed
	if err := m.w.CopyRows(c.members, c.at, c.at+1); err != nil {
		return err
	}
	m.moved += c.members.Version[c.at] - before
	return c.next()
}

// A cursor goes through the members of a snapshot one by one.
type cursor struct {
	snapshot *batch.Snapshot
	members  *batch.Members // nil before the first and after the last
	at       int
	batch    int // the next one
}

func (c *cursor) id() []byte { return c.members.IDs[16*c.at : 16*c.at+16] }

// next goes to the next member.
func (c *cursor) next() (err error) {
	if c.at++; c.members != nil && c.at < c.members.Rows() {
		return nil
	}
	for c.close(); c.batch < c.snapshot.Batches(); c.close() {
		if c.members, err = c.snapshot.Members(c.batch); err != nil {
			return err
		}
		c.batch, c.at = c.batch+1, 0
		if c.members.Rows() > 0 {
			return nil
		}
	}
	return nil
}

func (c *cursor) close() {
	if c.members != nil {
		c.members.Release()
		c.members = nil
	}
}
