package diff

import (
	"bytes"
	"fmt"
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

// loadMembers reads the directory: its flags, and its keys and hashes into the join, for which most of its texts are not read. Where the directory was hashed otherwise than the roster they are, and are
// hashed here.
func (c *comparison) loadMembers() error {
	head := c.Directory.Head()
	rekey := head.Seed != c.seed
	rehash := rekey || !slices.Equal(head.Hashed, c.fields)
	l := newLine()
	flags, blank := make([][]uint8, c.Directory.Batches()), make([]int32, c.Workers)
	for w := range blank {
		blank[w] = none
	}
	sinks := c.join.members.sinks(c.Workers)
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
		flags[i] = make([]uint8, b.Rows())
		settler := c.settler(b)
		for k := range flags[i] {
			flags[i][k] = settler.flags(k)
			id, email, hash := b.IDKey[k], b.EmailKey[k], batch.Hash{Hi: b.RowHi[k], Lo: b.RowLo[k]}
			if rekey {
				id, email = c.seed.Key(b.UniqueID.Bytes(k)), c.seed.Email(b.Email.Bytes(k))
			}
			if rehash {
				hash = c.hashMember(b, k)
			}
			if email == 0 {
				blank[w] = max(blank[w], int32(start+k))
			}
			if err := sinks[w].add(id, email, start+k, hash); err != nil {
				return l.leave(err)
			}
		}
		return nil
	})
	c.members = memberSide{flags: slices.Concat(flags...), batches: l.batches, blank: slices.Max(blank)}
	for _, f := range c.members.flags {
		if f&memberDeleted == 0 {
			c.summary.Members++
		}
	}
	return finish(err, sinks)
}

func (c *comparison) hashMember(b *batch.Members, i int) (h batch.Hash) {
	for _, k := range c.before {
		h = h.With(c.seed.Cell(valueAt(b, k, i)))
	}
	return h
}

// loadRows reads the roster: the state of its rows, and their keys and hashes into the join, for which of its texts only the addresses are read. Where its hashes are of another seed all are, and are hashed
// here.
func (c *comparison) loadRows() error {
	l := newLine()
	states := make([][]uint16, c.Roster.Batches())
	sinks := c.join.rows.sinks(c.Workers)
	read := c.Roster.Batch
	if c.seed == c.Roster.Seed() {
		read = func(i int) (*batch.RosterBatch, error) { return c.Roster.Keys(i, roster.Email) }
	}
	err := each(c.ctx, c.Workers, c.Roster.Batches(), func(w, i int) error {
		b, err := read(i)
		if err != nil {
			return l.leave(err)
		}
		defer b.Release()
		start, before, err := l.enter(i, b.Rows(), lastAside(b))
		if err != nil {
			return err
		}
		states[i] = make([]uint16, b.Rows())
		return l.leave(c.loadBatch(b, start, before, states[i], sinks[w]))
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

func (c *comparison) loadBatch(b *batch.RosterBatch, start int, aside int32, states []uint16, out *keySink) error {
	for i := range states {
		if b.Kind[i] == batch.Dropped {
			states[i] = rowDropped
			continue
		}
		id, email, hash, err := c.keys(b, i)
		if err != nil {
			return err
		}
		if b.Kind[i] == batch.Aside {
			states[i] |= rowAside
			if b.Number[i] == aside {
				states[i] |= rowRepeats
			}
			aside = b.Number[i]
		}
		if id != 0 {
			states[i] |= rowHasID
		}
		if email == 0 {
			states[i] |= rowBlank
		}
		if email != 0 || len(b.Email.Bytes(i)) > 0 {
			states[i] |= rowHasEmail
		}
		if len(c.members.flags) == 0 {
			continue // nobody to be matched with
		}
		if err := out.add(id, email, start+i, hash); err != nil {
			return err
		}
	}
	return nil
}

// keys are a row's keys and its hash under the comparison's seed.
func (c *comparison) keys(b *batch.RosterBatch, i int) (id, email uint64, hash batch.Hash, err error) {
	if c.seed == c.Roster.Seed() {
		return b.IDKey[i], b.EmailKey[i], b.Hash(i), nil
	}
	if elsewhere(b, i) {
		row, err := c.resolve(b, i)
		if err != nil {
			return 0, 0, batch.Hash{}, err
		}
		return c.seed.Key([]byte(row.UniqueID)), c.seed.Email([]byte(row.Email)), c.hashCells(len(row.Cells), func(k int) ([]byte, bool) {
			return []byte(row.Cells[k].Text), row.Cells[k].Absent
		}), nil
	}
	id, email = c.seed.Key(b.UniqueID.Bytes(i)), c.seed.Email(b.Email.Bytes(i))
	if b.Kind[i] == batch.Accepted {
		hash = c.hashCells(len(c.fields), func(k int) ([]byte, bool) { return b.Cell(i, k) })
	}
	return id, email, hash, nil
}

func (c *comparison) hashCells(n int, cell func(k int) (text []byte, absent bool)) (h batch.Hash) {
	for k := range n {
		text, absent := cell(k)
		if absent {
			return batch.Hash{}
		}
		h = h.With(c.seed.Cell(text))
	}
	return h
}

// elsewhere reports whether what a row says is in the uploaded file alone: its line was known, whatever became of it since.
func elsewhere(b *batch.RosterBatch, i int) bool {
	return b.Kind[i] == batch.Known ||
		b.Kind[i] == batch.Aside && b.IDKey[i]|b.EmailKey[i] != 0 && len(bytes.TrimSpace(b.UniqueID.Bytes(i))) == 0 && len(bytes.TrimSpace(b.Email.Bytes(i))) == 0
}

// resolve reads a row that is elsewhere.
func (c *comparison) resolve(b *batch.RosterBatch, i int) (batch.Row, error) {
	number := int(b.Number[i])
	if c.Resolve == nil {
		return batch.Row{}, fmt.Errorf("compare: row %d: %w", number, batch.ErrKnown)
	}
	c.resolving.Lock()
	defer c.resolving.Unlock()
	row, err := c.Resolve(number, b.Offset[i], int(b.Length[i]), b.Line(i))
	if err == nil && (row.Aside || len(row.Cells) != len(c.fields)) {
		err = fmt.Errorf("%w: the line does not read as it did", batch.ErrKnown)
	}
	if err != nil {
		return batch.Row{}, fmt.Errorf("compare: row %d: %w", number, err)
	}
	return row, nil
}
