package diff

import (
	"errors"
	"slices"
	"sync"

	"rollcall.internal/internal/roster"
)

// partitions of a join, by the top bits of the key: small enough for a processor's cache with a million people, and for memory with a hundred million.
const (
	partitionBits = 6
	partitions    = 1 << partitionBits
)

// A join finds whom one of a row's identifiers names: its unique ID, or its address. Keys of both sides are spooled by partition, and joined a partition at a time.
type join struct {
	byID          bool // by unique ID rather than by address
	width         int  // of the records
	members, rows *spool
}

// newJoin returns a join that keeps up to so many bytes in memory.
func newJoin(file *spillFile, workers int, budget int64, byID bool, width int) *join {
	memory := newAllowance(budget)
	return &join{
		byID: byID, width: width,
		members: newSpool(file, memory, partitions, workers, budget/2), rows: newSpool(file, memory, partitions, workers, budget/2),
	}
}

// A keySink takes the keys that one goroutine reads.
type keySink struct {
	*spooler
	*join
	record []byte
}

func (j *join) sinks(to *spool, workers int) []*keySink {
	sinks := make([]*keySink, workers)
	for i := range sinks {
		sinks[i] = &keySink{spooler: to.spooler(), join: j}
	}
	return sinks
}

// add takes the keys of one place, unless it has none that is joined.
func (s *keySink) add(k *personKeys, place int) error {
	key := k.of(s.byID)
	if key == 0 {
		return nil
	}
	partition := int(key >> (64 - partitionBits))
	if open := s.open[partition]; len(open)+s.width <= min(cap(open), s.block) {
		s.open[partition] = appendKeyRecord(open, s.width, k, s.byID, place)
		return nil
	}
	s.record = appendKeyRecord(s.record[:0], s.width, k, s.byID, place)
	return s.spooler.add(partition, s.record)
}

// finish flushes sinks once reading ended with err.
func finish(err error, sinks []*keySink) error {
	for _, s := range sinks {
		if err == nil {
			err = s.finish()
		}
	}
	return err
}

// match finds the member that each row is about, the one with its unique ID, else the one with its address; and the rows whose values have to be looked at.
//
// The first of the two joins is over everybody and carries the hashes of rows. It is the one by unique ID where that is mapped, since a row that lacks a mapped one has no hash, and the one by address elsewhere. A row
// whose address is that of the member with its unique ID asks for nobody else: no two members have one. So the second join is over the other rows alone, and over the members whose key one of these may ask for.
func (c *comparison) match() (err error) {
	file := &spillFile{dir: c.TempDir}
	defer func() { err = errors.Join(err, file.close()) }()
	first := newJoin(file, c.Workers, c.Memory/3, c.uniqueID >= 0, fullRecord)
	if err := c.loadMembers(first); err != nil {
		return err
	}
	if err := c.loadRows(first); err != nil {
		return err
	}
	c.nameNobody()
	if err := c.join(first); err != nil {
		return err
	}
	c.tellSame(first.byID)
	if err := c.joinOthers(file, !first.byID); err != nil {
		return err
	}
	if err := c.verifyDuplicates(); err != nil {
		return err
	}
	c.settleMatches()
	c.openRows()
	return nil
}

// nameNobody makes room for whom rows name.
func (c *comparison) nameNobody() {
	n := len(c.rows.state)
	c.rows.member, c.rows.holder = make([]int32, n), make([]int32, n)
	for i := range n {
		c.rows.member[i], c.rows.holder[i] = none, none
	}
}

// join fills in whom the rows name by a key.
func (c *comparison) join(j *join) error {
	tables := make([]table, c.Workers)
	return each(c.ctx, c.Workers, partitions, func(w, p int) error { return c.joinPartition(&tables[w], j, p) })
}

// named returns whom the rows name by a key.
func (s *rowSide) named(byID bool) []int32 {
	if byID {
		return s.member
	}
	return s.holder
}

// joinPartition joins one partition, and fills in whom the rows in it name.
func (c *comparison) joinPartition(t *table, j *join, p int) error {
	t.reset(j.width)
	if err := j.members.read(p, t.take); err != nil {
		return err
	}
	t.index(func(a, b int32) { c.duplicate(duplicate{a, b, j.byID}) })
	named := c.rows.named(j.byID)
	err := j.rows.read(p, func(records []byte) error {
		for ; len(records) > 0; records = records[j.width:] {
			r := keyRecord(records[:j.width])
			found := t.find(r.key())
			switch {
			case found == nil:
				continue
			case j.width == slimRecord:
				named[r.place()] = found.place()
			default:
				c.nameFirst(named, j.byID, r, found)
			}
		}
		return c.ctx.Err()
	})
	j.members.drop(p)
	j.rows.drop(p)
	return err
}

// nameFirst fills in that a row names a member in the first join, and that the member has its address.
func (c *comparison) nameFirst(named []int32, byID bool, row, member keyRecord) {
	place, m := row.place(), member.place()
	switch {
	case !row.hash().IsZero() && row.hash() == member.hash():
		named[place] = asSame(m)
		return
	case byID && row.other() != 0 && row.other() == member.other():
		c.rows.holder[place] = m
	}
	named[place] = m
}

// asSame marks, until tellSame, a member whose hash is that of the row which names it: the places of a partition's rows lie far apart, so that as little as can be is written to each. It is its own inverse.
func asSame(place int32) int32 { return none - 1 - place }

// tellSame keeps what the first join found of rows whose hash is their member's, and who has the address of which nothing is left once it is folded.
func (c *comparison) tellSame(byID bool) {
	named := c.rows.named(byID)
	for i, m := range named {
		s := &c.rows.state[i]
		if m < none {
			m = asSame(m)
			named[i] = m
			c.rows.holder[i] = m
			*s |= rowSame
		}
		if *s&rowBlank != 0 && *s&(rowAside|rowHasEmail) != rowAside {
			c.rows.holder[i] = c.members.blank
		}
	}
}

// A duplicate is two members who have one key.
type duplicate struct {
	a, b int32
	byID bool
}

// duplicates are those that the joins met.
type duplicates struct {
	mu  sync.Mutex
	all []duplicate
}

func (d *duplicates) duplicate(one duplicate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, one)
}

// verifyDuplicates tells members who have one identifier, of whom the last counts, from those whose identifiers have one hash.
func (c *comparison) verifyDuplicates() error {
	for _, d := range c.duplicates.all {
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

// batchOf returns the batch in which a place lies. Most often all batches but the last are of one size.
func batchOf(batches []batchPlace, place int32) int {
	if i := int(place) / max(batches[0].rows, 1); i < len(batches) && batches[i].start <= int(place) && int(place) < batches[i].end() {
		return i
	}
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
