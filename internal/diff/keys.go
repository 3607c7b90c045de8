package diff

import (
	"bytes"
	"cmp"
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

// settled reports whether nothing happens to a member whose row changes no field. It is what [comparison.difference] comes to where there is no changed field.
func (c *comparison) settled(b *batch.Members, i int) bool {
	inactive := c.status >= 0 && string(c.layout.value(b, roster.Status, i)) == roster.StatusInactive
	active := c.status < 0 || string(c.layout.value(b, roster.Status, i)) == roster.StatusActive
	switch {
	case b.Presence[i] == batch.Deleted,
		b.Presence[i] == batch.Deactivated && active,
		b.Presence[i] != batch.Deactivated && inactive:
		return false
	case c.eligibility >= 0:
		return true
	}
	before := cmp.Or(string(c.layout.value(b, roster.ProgramEligibility, i)), roster.Eligible)
	return before == c.eligible(func(f roster.Field) []byte { return c.layout.value(b, f, i) })
}

// eligible is whether somebody of these values is eligible by the tenant's rules.
func (c *comparison) eligible(value func(roster.Field) []byte) string {
	if c.People.EligibleWhen == nil {
		return roster.Eligible
	}
	return c.People.Eligibility(func(f roster.Field) string { return string(value(f)) })
}

func (c *comparison) memberFlags(b *batch.Members, i int) (flags uint8) {
	if c.settled(b, i) {
		flags |= memberSettled
	}
	if b.FromRoster[i] == 1 {
		flags |= memberFromRoster
	}
	switch b.Presence[i] {
	case batch.Deactivated:
		flags |= memberDeactivated
	case batch.Deleted:
		flags |= memberDeleted
	}
	return flags
}

// loadMembers reads the directory: its flags, and its keys and hashes into the join. Where the directory was hashed otherwise than the roster its values are hashed here.
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
	err := each(c.ctx, c.Workers, c.Directory.Batches(), func(w, i int) error {
		b, err := c.Directory.Members(i)
		if err != nil {
			return l.leave(err)
		}
		defer b.Release()
		start, _, err := l.enter(i, b.Rows(), 0)
		if err != nil {
			return err
		}
		flags[i] = make([]uint8, b.Rows())
		for k := range flags[i] {
			flags[i][k] = c.memberFlags(b, k)
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

// loadRows reads the roster: the state of its rows, and their keys and hashes into the join. Where its hashes are of another seed its values are hashed here.
func (c *comparison) loadRows() error {
	l := newLine()
	states := make([][]uint16, c.Roster.Batches())
	sinks := c.join.rows.sinks(c.Workers)
	err := each(c.ctx, c.Workers, c.Roster.Batches(), func(w, i int) error {
		b, err := c.Roster.Batch(i)
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
	row, err := c.Resolve(number, b.Offset[i], int(b.Length[i]))
	if err == nil && (row.Aside || len(row.Cells) != len(c.fields)) {
		err = fmt.Errorf("%w: the line does not read as it did", batch.ErrKnown)
	}
	if err != nil {
		return batch.Row{}, fmt.Errorf("compare: row %d: %w", number, err)
	}
	return row, nil
}
