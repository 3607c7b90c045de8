package filediff

import (
	"fmt"
	"slices"
	"sync/atomic"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A former is the directory that the first import of a roster would have made: a diff.Directory. Its methods may be called by many goroutines at once.
//
// Everybody whose row takes part is a member, with what the row says. Where it says nothing, a member has what creation gives somebody new (package diff), or what the directory
// gives by itself: a language. A member's id stands for the number of the row. What a batch of members holds is made anew whenever it is asked for, and of the columns only those that are; where every row of
// the batch is somebody's, most columns are the roster's own.
type former struct {
	file  *batch.RosterFile
	head  batch.SnapshotHead
	rules tenant.People
	of    []int // by field of the head: its index among the roster's, -1 where it is not mapped
	// sizes is, by field of the head, the room for a batch's texts that the last one suggests.
	sizes []atomic.Int64
}

func newFormer(file *batch.RosterFile, rules tenant.People) *former {
	f := &former{file: file, rules: rules, head: batch.SnapshotHead{Fields: diff.Fields(file.Fields(), rules), Hashed: file.Fields(), Seed: file.Seed()}}
	for _, field := range f.head.Fields {
		f.of = append(f.of, slices.Index(file.Fields(), field))
	}
	f.sizes = make([]atomic.Int64, len(f.of))
	return f
}

// Head implements diff.Directory.
func (f *former) Head() batch.SnapshotHead { return f.head }

// Batches implements diff.Directory.
func (f *former) Batches() int { return f.file.Batches() }

// Members implements diff.Directory.
func (f *former) Members(i int) (*batch.Members, error) {
	rows, err := f.file.Batch(i)
	if err != nil {
		return nil, err
	}
	p, err := f.people(rows)
	if err != nil {
		return nil, err
	}
	p.make(f.head.Fields)
	p.rehash()
	return p.done(), nil
}

// Keys implements diff.Directory. Only what is asked for is read and made, and what tells whose row's hash stands; where somebody's does not, the hash is of all fields, and all is.
func (f *former) Keys(i int, fields ...roster.Field) (*batch.Members, error) {
	made := f.forKeys(fields)
	rows, err := f.file.Keys(i, f.sources(made)...)
	if err != nil {
		return nil, err
	}
	p, err := f.people(rows)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.stale, true) {
		p.make(made)
	}
	if slices.Contains(p.stale, true) {
		rows.Release()
		return f.Members(i)
	}
	return p.done(), nil
}

// forKeys returns the fields of members that are made where some are asked for: these, the state, and what creation may say otherwise than the row.
func (f *former) forKeys(asked []roster.Field) []roster.Field {
	var fields []roster.Field
	for k, field := range f.head.Fields {
		if slices.Contains(asked, field) || field == roster.Status || f.of[k] >= 0 && givenAtCreation(field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// sources returns the fields of rows that fields of members are made of.
func (f *former) sources(made []roster.Field) []roster.Field {
	fields := slices.Clone(made)
	if slices.Contains(made, roster.ProgramEligibility) && !slices.Contains(f.file.Fields(), roster.ProgramEligibility) {
		for field := range f.rules.EligibleWhen {
			fields = append(fields, field)
		}
	}
	return fields
}

// people begins the members of a batch of rows, which it releases where it fails.
func (f *former) people(rows *batch.RosterBatch) (*people, error) {
	p := &people{former: f, rows: rows, who: make([]int, 0, rows.Rows())}
	for row, kind := range rows.Kind {
		switch kind {
		case batch.Accepted:
			p.who = append(p.who, row)
		case batch.Known:
			number := rows.Number[row]
			rows.Release()
			return nil, fmt.Errorf("read row %d: %w", number, batch.ErrKnown)
		}
	}
	p.identify()
	return p, nil
}

// people is a batch of members while it is made.
type people struct {
	*former
	rows    *batch.RosterBatch
	who     []int // the rows of the members, in their order
	members *batch.Members
	// stale marks members of whom the row's hash does not stand: the row says nothing about a field, or creation says it otherwise.
	stale []bool
}

// make makes the columns of some fields, and what follows from them.
func (p *people) make(fields []roster.Field) {
	for field, name := range p.head.Fields {
		if slices.Contains(fields, name) {
			p.fill(field)
		}
	}
	p.settle()
}

// done returns the members, who give the rows back when they are released, or at once where no column is shared.
func (p *people) done() *batch.Members {
	if p.shares() {
		p.members.OnRelease(p.rows.Release)
	} else {
		p.rows.Release()
	}
	return p.members
}

// shares reports whether every row is somebody's, so that columns can be shared.
func (p *people) shares() bool { return len(p.who) == p.rows.Rows() }

// identify gives the members their ids, keys and hashes.
func (p *people) identify() {
	n := len(p.who)
	m := &batch.Members{
		IDs: make([]byte, 0, 16*n), Version: make([]int64, n), Presence: make([]batch.Presence, n), FromRoster: make([]uint8, n), DeletedUntil: make([]int64, n),
		IDKey: p.pick(p.rows.IDKey), EmailKey: p.pick(p.rows.EmailKey), RowHi: p.pick(p.rows.RowHi), RowLo: p.pick(p.rows.RowLo), Values: make([]batch.Column, len(p.head.Fields)),
	}
	p.members, p.stale = m, make([]bool, n)
	for i, row := range p.who {
		id := batch.NumberID(int(p.rows.Number[row]))
		m.IDs = append(m.IDs, id[:]...)
		m.Version[i], m.FromRoster[i] = 1, 1
		p.stale[i] = p.rows.Hash(row).IsZero()
	}
}

// pick returns the members' part of a column of the rows, which is the column itself where every row is somebody's.
func (p *people) pick(column []uint64) []uint64 {
	if p.shares() {
		return column
	}
	picked := make([]uint64, len(p.who))
	for i, row := range p.who {
		picked[i] = column[row]
	}
	return picked
}

// fill makes the column of a field of the head.
func (p *people) fill(field int) {
	name, of := p.head.Fields[field], p.of[field]
	if of >= 0 && !givenAtCreation(name) && p.shares() {
		p.members.Values[field] = p.rows.Column(of)
		return
	}
	column := batch.Texts{Data: make([]byte, 0, p.sizes[field].Load()), Offsets: make([]int32, 0, len(p.who))}
	switch {
	case of < 0:
		for _, row := range p.who {
			column.AppendString(p.unmapped(name, row))
		}
	case givenAtCreation(name):
		for i, row := range p.who {
			text, _ := p.rows.Cell(row, of)
			value := created(name, text)
			p.stale[i] = p.stale[i] || string(value) != string(text)
			column.Append(value)
		}
	default:
		for _, row := range p.who {
			text, _ := p.rows.Cell(row, of)
			column.Append(text)
		}
	}
	p.sizes[field].Store(int64(len(column.Data)) * 9 / 8)
	p.members.Values[field] = column.Column()
}

// givenAtCreation reports whether somebody new has a value of the field where the row says none.
func givenAtCreation(f roster.Field) bool {
	return f == roster.Status || f == roster.ProgramEligibility || f == roster.Locale
}

// created is the value that somebody new has of a field of which the row says text, "" where it says nothing.
func created(field roster.Field, text []byte) []byte {
	switch {
	case field == roster.Status && string(text) != roster.StatusActive:
		return []byte(roster.StatusInactive)
	case field == roster.ProgramEligibility && string(text) != roster.Eligible:
		return []byte(roster.Ineligible)
	case field == roster.Locale && len(text) == 0:
		return []byte(roster.EnUS)
	}
	return text
}

// unmapped is the value that somebody new has of a field that no column says.
func (p *people) unmapped(field roster.Field, row int) string {
	switch field {
	case roster.Status:
		return roster.StatusActive
	case roster.ProgramEligibility:
		return p.rules.Eligibility(func(field roster.Field) string {
			of := slices.Index(p.file.Fields(), field)
			if of < 0 {
				return ""
			}
			text, _ := p.rows.Cell(row, of)
			return string(text)
		})
	}
	return ""
}

// settle works out what follows from the values that were made: who is deactivated.
func (p *people) settle() {
	m, fields := p.members, p.head.Fields
	m.UniqueID, m.Email = m.Values[slices.Index(fields, roster.UniqueID)], m.Values[slices.Index(fields, roster.Email)]
	status := m.Values[slices.Index(fields, roster.Status)]
	for i := range p.who {
		if string(status.Bytes(i)) == roster.StatusInactive {
			m.Presence[i] = batch.Deactivated
		}
	}
}

// rehash works out the hashes of those of whom the row's does not stand.
func (p *people) rehash() {
	m := p.members
	hashed := make([]batch.Column, len(p.head.Hashed))
	for i, field := range p.head.Hashed {
		hashed[i] = m.Values[slices.Index(p.head.Fields, field)]
	}
	if p.shares() && slices.Contains(p.stale, true) {
		m.RowHi, m.RowLo = slices.Clone(m.RowHi), slices.Clone(m.RowLo) // those of the rows are not written to
	}
	for i := range p.who {
		if !p.stale[i] {
			continue
		}
		h := batch.Hash{}
		for _, column := range hashed {
			h = h.With(p.head.Seed.Cell(column.Bytes(i)))
		}
		m.RowHi[i], m.RowLo[i] = h.Hi, h.Lo
	}
}
