package diff

import (
	"errors"
	"slices"
	"sync"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// partitions of a join, by the top bits of the key: small enough for a processor's cache with a million people, and for memory with a hundred million.
const (
	partitionBits = 6
	partitions    = 1 << partitionBits
)

// A join finds the member of each row's unique ID and the one of its address. Keys of both sides are spooled by partition, and joined a partition at a time. One of the two joins carries the hashes
// of rows: the one by unique ID where that is mapped, since a row that lacks a mapped one has no hash, and the one by address elsewhere.
type join struct {
	file          *spillFile
	members, rows keySide
	full          bool // the join by unique ID carries the hashes

	mu         sync.Mutex
	duplicates []duplicate
}

// A keySide is the keys of one side.
type keySide struct {
	ids, emails         *spool
	idWidth, emailWidth int
}

// newJoin returns a join that keeps up to so many bytes in memory.
func newJoin(dir string, workers int, budget int64, full bool) *join {
	j := &join{file: &spillFile{dir: dir}, full: full}
	memory := newAllowance(budget)
	for _, side := range []*keySide{&j.members, &j.rows} {
		side.ids, side.emails = newSpool(j.file, memory, partitions, workers, budget/4), newSpool(j.file, memory, partitions, workers, budget/4)
		side.idWidth, side.emailWidth = slimRecord, fullRecord
		if full {
			side.idWidth, side.emailWidth = fullRecord, slimRecord
		}
	}
	return j
}

// A keySink takes the keys that one goroutine reads.
type keySink struct {
	side        *keySide
	ids, emails *spooler
	record      []byte
}

func (s *keySide) sinks(workers int) []*keySink {
	sinks := make([]*keySink, workers)
	for i := range sinks {
		sinks[i] = &keySink{side: s, ids: s.ids.spooler(), emails: s.emails.spooler()}
	}
	return sinks
}

// add takes the keys of one place; one of 0 stands for none.
func (s *keySink) add(id, email uint64, place int, hash batch.Hash) error {
	if id != 0 {
		s.record = appendKeyRecord(s.record[:0], s.side.idWidth, id, place, hash)
		if err := s.ids.add(int(id>>(64-partitionBits)), s.record); err != nil {
			return err
		}
	}
	if email != 0 {
		s.record = appendKeyRecord(s.record[:0], s.side.emailWidth, email, place, hash)
		return s.emails.add(int(email>>(64-partitionBits)), s.record)
	}
	return nil
}

// finish flushes sinks once reading ended with err.
func finish(err error, sinks []*keySink) error {
	for _, s := range sinks {
		if err == nil {
			err = errors.Join(s.ids.finish(), s.emails.finish())
		}
	}
	return err
}

// match finds the member that each row is about, the one with its unique ID, else the one with its address; and the rows whose values have to be looked at.
func (c *comparison) match() (err error) {
	_, hasID := c.index[roster.UniqueID]
	c.join = newJoin(c.TempDir, c.Workers, c.Memory/3, hasID)
	defer func() {
		err = errors.Join(err, c.join.file.close())
		c.join = nil
	}()
	for _, step := range []func() error{c.loadMembers, c.loadRows, c.joinKeys, c.verifyDuplicates} {
		if err := step(); err != nil {
			return err
		}
	}
	c.settleMatches()
	c.openRows()
	return nil
}

// joinKeys fills in whom each row's identifiers name.
func (c *comparison) joinKeys() error {
	n := len(c.rows.state)
	c.rows.member, c.rows.holder = make([]int32, n), make([]int32, n)
	for i, s := range c.rows.state {
		c.rows.member[i], c.rows.holder[i] = none, none
		if s&rowBlank != 0 && s&(rowAside|rowHasEmail) != rowAside {
			c.rows.holder[i] = c.members.blank
		}
	}
	tables := make([]table, c.Workers)
	for _, byID := range []bool{true, false} {
		err := each(c.ctx, c.Workers, partitions, func(w, p int) error { return c.joinPartition(&tables[w], p, byID) })
		if err != nil {
			return err
		}
	}
	return nil
}

// joinPartition joins one partition of one key, and fills in whom the rows in it name.
func (c *comparison) joinPartition(t *table, p int, byID bool) error {
	members, rows, width, named := c.join.members.emails, c.join.rows.emails, c.join.rows.emailWidth, c.rows.holder
	if byID {
		members, rows, width, named = c.join.members.ids, c.join.rows.ids, c.join.rows.idWidth, c.rows.member
	}
	t.reset(width)
	if err := members.read(p, t.take); err != nil {
		return err
	}
	t.index(func(a, b int32) { c.join.duplicate(duplicate{a, b, byID}) })
	err := rows.read(p, func(records []byte) error {
		for ; len(records) > 0; records = records[width:] {
			r := keyRecord(records[:width])
			found := t.find(r.key())
			if found == nil {
				continue
			}
			named[r.place()] = found.place()
			if width == fullRecord && !r.hash().IsZero() && r.hash() == found.hash() {
				c.rows.state[r.place()] |= rowSame
			}
		}
		return c.ctx.Err()
	})
	members.drop(p)
	rows.drop(p)
	return err
}

// A duplicate is two members who have one key.
type duplicate struct {
	a, b int32
	byID bool
}

func (j *join) duplicate(d duplicate) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.duplicates = append(j.duplicates, d)
}

// verifyDuplicates tells members who have one identifier, of whom the last counts, from those whose identifiers have one hash.
func (c *comparison) verifyDuplicates() error {
	for _, d := range c.join.duplicates {
		one, err := c.identifier(d.a, d.byID)
		if err != nil {
			return err
		}
		other, err := c.identifier(d.b, d.byID)
		if err != nil {
			return err
		}
		if one != other {
			return errCollided
		}
	}
	return nil
}

// identifier reads a member's unique ID or folded address.
func (c *comparison) identifier(place int32, byID bool) (string, error) {
	if err := c.ctx.Err(); err != nil {
		return "", err
	}
	i := batchOf(c.members.batches, place)
	b, err := c.Directory.Keys(i, roster.UniqueID, roster.Email)
	if err != nil {
		return "", err
	}
	defer b.Release()
	k := int(place) - c.members.batches[i].start
	if byID {
		return b.UniqueID.Text(k), nil
	}
	return roster.FoldEmail(b.Email.Text(k)), nil
}

// batchOf returns the batch in which a place lies.
func batchOf(batches []batchPlace, place int32) int {
	i, _ := slices.BinarySearchFunc(batches, int(place), func(b batchPlace, place int) int {
		switch {
		case b.end() <= place:
			return -1
		case b.start > place:
			return 1
		}
		return 0
	})
	return i
}
