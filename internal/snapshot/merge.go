package snapshot

import (
	"encoding/binary"
	"errors"
	"iter"

	"rollcall.internal/internal/batch"
)

// errOrder says that the members of a snapshot are not in the order of their ids.
var errOrder = errors.New("merge snapshots: the members are out of order")

// Merge writes to w what base becomes where the members of changed take the place of those who have their ids, or are added. Both are in the order of ids and have w's head; so is and has
// what is written. moved is the sum of what versions moved by, from 0 for who is added. The bytes are those that all these members give in whatever way they are written. Whoever yields
// members may release them when the next are asked for.
//
// What stays is neither decoded nor hashed again: a batch of base becomes a list of runs, which w copies side by side with those of other batches.
func Merge(w *batch.SnapshotWriter, base, changed iter.Seq2[*batch.Members, error]) (moved int64, err error) {
	next, stop := iter.Pull2(changed)
	defer stop()
	m := merger{w: w, changed: &cursor{pull: next}}
	if err := m.changed.next(); err != nil {
		return 0, err
	}
	for old, err := range base {
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

// A cursor goes through members one by one.
type cursor struct {
	pull    func() (*batch.Members, error, bool)
	members *batch.Members // nil before the first and after the last
	at      int
	id      memberID // of the one at at
	order   order
}

// last reports whether the next member is of another batch.
func (c *cursor) last() bool { return c.at+1 == c.members.Rows() }

// next goes to the next member.
func (c *cursor) next() error {
	if c.at++; c.members != nil && c.at < c.members.Rows() {
		return c.arrive()
	}
	c.members, c.at = nil, 0
	for {
		members, err, more := c.pull()
		if err != nil || !more {
			return err
		}
		if members.Rows() > 0 {
			c.members = members
			return c.arrive()
		}
	}
}

func (c *cursor) arrive() error {
	c.id = idOf(c.members, c.at)
	return c.order.next(c.id)
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
