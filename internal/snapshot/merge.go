package snapshot

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"rollcall.internal/internal/batch"
)

// errOrder says that the members of a snapshot are not in the order of their ids.
var errOrder = errors.New("merge snapshots: the members are out of order")

// Merge writes to w what base becomes where the members of changed take the place of those who have their ids, or are added. Both are in the order of ids and have w's head; so is and has
// what is written. moved is the sum of what versions moved by, from 0 for who is added. The bytes are those that all these members give in whatever way they are written.
//
// What stays is neither decoded nor hashed again: a batch of base becomes a list of runs, and these are copied a column at a time. The next batch is read meanwhile, so that three batches
// are in memory at most, besides the one of changed.
func Merge(ctx context.Context, w *batch.SnapshotWriter, base, changed *batch.Snapshot) (moved int64, err error) {
	m := merger{w: w, changed: &cursor{snapshot: changed}}
	defer m.changed.close()
	if err := m.changed.next(); err != nil {
		return 0, err
	}
	for old, err := range batches(ctx, base) {
		if err == nil {
			err = m.batch(old)
		}
		if err != nil {
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

// batches yields the batches of s, which are released behind whoever took them, and reads the next one meanwhile. The loop ends at the first error. Nothing reads any more once it has ended.
func batches(ctx context.Context, s *batch.Snapshot) iter.Seq2[*batch.Members, error] {
	type result struct {
		members *batch.Members
		err     error
	}
	return func(yield func(*batch.Members, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		results := make(chan result)
		go func() {
			defer close(results)
			for i := 0; i < s.Batches() && ctx.Err() == nil; i++ {
				members, err := s.Members(i)
				results <- result{members, err}
				if err != nil {
					return
				}
			}
		}()
		defer func() {
			stop()
			for r := range results {
				if r.err == nil {
					r.members.Release()
				}
			}
		}()
		for r := range results {
			if r.err != nil {
				yield(nil, r.err)
				return
			}
			more := yield(r.members, nil)
			r.members.Release()
			if !more {
				return
			}
			if ctx.Err() != nil {
				break
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// merger is the state of a merge.
type merger struct {
	w       *batch.SnapshotWriter
	changed *cursor
	runs    []batch.Run // that are to be written
	order   order       // of base
	moved   int64
}

// batch merges a batch of base.
func (m *merger) batch(old *batch.Members) error {
	from := 0
	for k := range old.Rows() {
		id := idOf(old, k)
		if err := m.order.next(id); err != nil {
			return err
		}
		for m.changed.members != nil && !id.less(m.changed.id) {
			m.add(old, from, k)
			from = k
			version := int64(0)
			if m.changed.id == id {
				from, version = k+1, old.Version[k]
			}
			if err := m.take(version); err != nil {
				return err
			}
		}
	}
	m.add(old, from, old.Rows())
	return m.write()
}

// take takes the next changed member, who had the version before.
func (m *merger) take(before int64) error {
	c := m.changed
	m.add(c.members, c.at, c.at+1)
	m.moved += c.members.Version[c.at] - before
	if c.last() { // its members go
		if err := m.write(); err != nil {
			return err
		}
	}
	return c.next()
}

// add adds members to the runs.
func (m *merger) add(members *batch.Members, from, to int) {
	if n := len(m.runs); n > 0 && m.runs[n-1].Members == members && m.runs[n-1].To == from {
		m.runs[n-1].To = to
		return
	}
	m.runs = append(m.runs, batch.Run{Members: members, From: from, To: to})
}

// write writes the runs.
func (m *merger) write() error {
	err := m.w.CopyRuns(m.runs)
	clear(m.runs)
	m.runs = m.runs[:0]
	return err
}

// A cursor goes through the members of a snapshot one by one.
type cursor struct {
	snapshot *batch.Snapshot
	members  *batch.Members // nil before the first and after the last
	at       int
	id       memberID // of the one at at
	batch    int      // the next one
	order    order
}

// last reports whether the next member is of another batch.
func (c *cursor) last() bool { return c.at+1 == c.members.Rows() }

// next goes to the next member.
func (c *cursor) next() (err error) {
	if c.at++; c.members != nil && c.at < c.members.Rows() {
		return c.arrive()
	}
	for c.close(); c.batch < c.snapshot.Batches(); c.close() {
		if c.members, err = c.snapshot.Members(c.batch); err != nil {
			return err
		}
		c.batch, c.at = c.batch+1, 0
		if c.members.Rows() > 0 {
			return c.arrive()
		}
	}
	return nil
}

func (c *cursor) arrive() error {
	c.id = idOf(c.members, c.at)
	return c.order.next(c.id)
}

func (c *cursor) close() {
	if c.members != nil {
		c.members.Release()
		c.members = nil
	}
}

// A memberID is a member's id as two numbers, which compare faster than sixteen bytes and in the same way.
type memberID struct{ hi, lo uint64 }

func idOf(m *batch.Members, i int) memberID {
	id := m.IDs[16*i : 16*i+16]
	return memberID{binary.BigEndian.Uint64(id), binary.BigEndian.Uint64(id[8:])}
}

func (a memberID) less(b memberID) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

// An order is that of ids which follow each other.
type order struct {
	last  memberID
	begun bool
}

// next takes the next id. It is errOrder where that is not greater than the last one.
func (o *order) next(id memberID) error {
	if o.begun && !o.last.less(id) {
		return errOrder
	}
	o.last, o.begun = id, true
	return nil
}
