package diff

import (
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// none stands where no member is.
const none = -1

// What is kept of a member, a byte each.
const (
	memberSettled    = 1 << iota // a row that changes no field changes nothing
	memberFromRoster             // see directory.FromRoster
	memberDeactivated
	memberDeleted
	memberTaken     // a row matches
	memberTakenMore // more than one
	memberVague     // a row without a unique ID is among them
	memberProtected // somebody set aside may be this person
)

// memberSide is what is kept of the members, by their place in the directory.
type memberSide struct {
	flags   []uint8
	batches []batchPlace
	blank   int32 // the last member without an address, or none
	rekeyed bool  // the directory's keys are of another seed than the comparison's
}

// What is kept of a row, two bytes each.
const (
	rowAside = 1 << iota
	rowDropped
	rowHasID
	rowHasEmail             // also where nothing is left of the address once it is folded
	rowRepeats              // of an aside row: the aside row before it has the same number
	rowSame                 // the hash of the row is the matched member's
	rowByID                 // matched by unique ID rather than by address
	rowOpen                 // its values have to be looked at
	rowStays                // its address is its member's
	rowChanged              // there is a change
	rowBlank                // nothing is left of its address once it is folded
	rowConflict = 1 << iota // and the two bits above: see conflicts
)

const conflictMask = 7 * rowConflict

// rowSide is what is kept of the rows, by their place in the roster.
type rowSide struct {
	state   []uint16
	batches []batchPlace
	taking  int // rows that take part

	// member is whom a row matches; holder is who has its address. none: nobody. Of a row that is aside they are whom its unique ID and its address name.
	member, holder []int32
}

// of returns the states of batch i.
func (s *rowSide) of(i int) []uint16 { return s.state[s.batches[i].start:s.batches[i].end()] }

// stateFields are the fields of a member by which it is told whether nothing happens to one whose row changes no field, see settler.
func (c *comparison) stateFields() []roster.Field {
	var fields []roster.Field
	if c.status >= 0 {
		fields = append(fields, roster.Status)
	}
	if c.eligibility < 0 {
		fields = append(fields, roster.ProgramEligibility)
		for f := range c.People.EligibleWhen {
			fields = append(fields, f)
		}
	}
	return fields
}

// A settler tells of the members of a batch whether nothing happens to one whose row changes no field. It is what [comparison.difference] comes to where there is no changed field.
type settler struct {
	*comparison
	members             *batch.Members
	status, eligibility batch.Column // of the directory
}

func (c *comparison) settler(b *batch.Members) settler {
	s := settler{comparison: c, members: b}
	if i := indexIn(c.held, roster.Status); c.status >= 0 && i >= 0 {
		s.status = b.Values[i]
	}
	if i := indexIn(c.held, roster.ProgramEligibility); c.eligibility < 0 && i >= 0 {
		s.eligibility = b.Values[i]
	}
	return s
}

func (s *settler) settled(i int) bool {
	var status []byte
	if s.status.Len() > 0 {
		status = s.status.Bytes(i)
	}
	inactive := s.comparison.status >= 0 && string(status) == roster.StatusInactive
	active := s.comparison.status < 0 || string(status) == roster.StatusActive
	switch presence := s.members.Presence[i]; {
	case presence == batch.Deleted,
		presence == batch.Deactivated && active,
		presence != batch.Deactivated && inactive:
		return false
	case s.comparison.eligibility >= 0:
		return true
	}
	after := s.eligible(func(f roster.Field) []byte { return s.layout.value(s.members, f, i) })
	if s.eligibility.Len() == 0 || len(s.eligibility.Bytes(i)) == 0 {
		return after == roster.Eligible
	}
	return after == string(s.eligibility.Bytes(i))
}

// eligible is whether somebody of these values is eligible by the tenant's rules.
func (c *comparison) eligible(value func(roster.Field) []byte) string {
	if c.People.EligibleWhen == nil {
		return roster.Eligible
	}
	return c.People.Eligibility(func(f roster.Field) string { return string(value(f)) })
}

func (s *settler) flags(i int) (flags uint8) {
	if s.settled(i) {
		flags |= memberSettled
	}
	if s.members.FromRoster[i] == 1 {
		flags |= memberFromRoster
	}
	switch s.members.Presence[i] {
	case batch.Deactivated:
		flags |= memberDeactivated
	case batch.Deleted:
		flags |= memberDeleted
	}
	return flags
}

// loadMembers reads the directory: its flags, and its keys and hashes into a join, for which most of its texts are not read. Where the directory was hashed otherwise than the roster they are, and are
// hashed here.
func (c *comparison) loadMembers(j *join) error {
	head := c.Directory.Head()
	c.members.rekeyed = head.Seed != c.seed
	rehash := c.members.rekeyed || !slices.Equal(head.Hashed, c.fields)
	l := newLine()
	flags, blank := make([][]uint8, c.Directory.Batches()), slices.Repeat([]int32{none}, c.Workers)
	sinks := j.sinks(j.members, c.Workers)
	read, fields := c.Directory.Members, c.stateFields()
	if !rehash {
		read = func(i int) (*batch.Members, error) { return c.Directory.Keys(i, fields...) }
	}
	err := each(c.ctx, c.Workers, c.Directory.Batches(), func(w, i int) error {
		b, err := read(i)
		if err != nil {
			return l.leave(err)
		}
		defer b.Release()
		start, _, err := l.enter(i, b.Rows(), 0)
		if err != nil {
			return err
		}
		var last int32
		flags[i], last, err = c.loadMemberBatch(b, start, rehash, sinks[w])
		blank[w] = max(blank[w], last)
		return l.leave(err)
	})
	c.members.flags, c.members.batches, c.members.blank = slices.Concat(flags...), l.batches, slices.Max(blank)
	for _, f := range c.members.flags {
		if f&memberDeleted == 0 {
			c.summary.Members++
		}
	}
	return finish(err, sinks)
}

// loadMemberBatch reads a batch of members whose places begin with start: their flags, the last of them without an address or none, and their keys and hashes.
func (c *comparison) loadMemberBatch(b *batch.Members, start int, rehash bool, out *keySink) (flags []uint8, blank int32, err error) {
	flags, blank = make([]uint8, b.Rows()), none
	settler := c.settler(b)
	for k := range flags {
		flags[k] = settler.flags(k)
		keys := c.memberKeys(b, k)
		if rehash {
			keys.hash = c.hashMember(b, k)
		}
		if keys.email == 0 {
			blank = int32(start + k)
		}
		if err := out.add(&keys, start+k); err != nil {
			return nil, none, err
		}
	}
	return flags, blank, nil
}

// memberKeys returns a member's keys under the comparison's seed, and the hash as it is stored.
func (c *comparison) memberKeys(b *batch.Members, i int) personKeys {
	if c.members.rekeyed {
		return personKeys{c.seed.Key(b.UniqueID.Bytes(i)), c.seed.Email(b.Email.Bytes(i)), batch.Hash{}}
	}
	return personKeys{b.IDKey[i], b.EmailKey[i], batch.Hash{Hi: b.RowHi[i], Lo: b.RowLo[i]}}
}

func (c *comparison) hashMember(b *batch.Members, i int) (h batch.Hash) {
	for _, k := range c.before {
		h = h.With(c.seed.Cell(valueAt(b, k, i)))
	}
	return h
}

// loadRows reads the roster: the state of its rows, and their keys and hashes into a join. Where its hashes are of another seed, its rows are read from their lines and hashed here.
func (c *comparison) loadRows(j *join) error {
	l := newLine()
	states := make([][]uint16, c.Roster.Batches())
	sinks, readers := j.sinks(j.rows, c.Workers), c.rowReaders()
	err := each(c.ctx, c.Workers, c.Roster.Batches(), func(w, i int) error {
		b, err := c.Roster.Batch(i)
		if err != nil {
			return l.leave(err)
		}
		defer b.Release()
		start, aside, err := l.enter(i, b.Rows(), lastAside(b))
		if err != nil {
			return err
		}
		states[i] = make([]uint16, b.Rows())
		markAside(b, aside, states[i])
		readers[w].want(b.Rows(), func(k int) bool { return states[i][k]&rowDropped == 0 })
		err = readers[w].keys(b, func(k int, keys *personKeys) error {
			states[i][k] |= keys.state(b, k)
			if len(c.members.flags) == 0 {
				return nil // nobody to be matched with
			}
			if states[i][k]&rowAside != 0 {
				*keys = keys.alone(j.byID) // such a row may be about others than the member whom one of its identifiers names
			}
			return sinks[w].add(keys, start+k)
		})
		return l.leave(err)
	})
	c.rows = rowSide{state: slices.Concat(states...), batches: l.batches}
	for _, s := range c.rows.state {
		if s&(rowAside|rowDropped) == 0 {
			c.rows.taking++
		}
	}
	return finish(err, sinks)
}

func lastAside(b *batch.RosterBatch) int32 {
	for i := b.Rows() - 1; i >= 0; i-- {
		if b.Kind[i] == batch.Aside {
			return b.Number[i]
		}
	}
	return 0
}

// markAside marks the rows that were dropped or set aside, the last of them before the batch in the row of number aside.
func markAside(b *batch.RosterBatch, aside int32, states []uint16) {
	for i, kind := range b.Kind {
		switch {
		case kind == batch.Dropped:
			states[i] = rowDropped
		case kind == batch.Aside:
			states[i] = rowAside
			if b.Number[i] == aside {
				states[i] |= rowRepeats
			}
			aside = b.Number[i]
		}
	}
}

// state is what the keys of row i say about it. A row that was accepted once has an address, or reading would not have accepted it.
func (k *personKeys) state(b *batch.RosterBatch, i int) (s uint16) {
	if k.id != 0 {
		s |= rowHasID
	}
	if k.email == 0 {
		s |= rowBlank
	}
	if k.email != 0 || byLine(b, i) || len(b.Email.Bytes(i)) > 0 {
		s |= rowHasEmail
	}
	return s
}
