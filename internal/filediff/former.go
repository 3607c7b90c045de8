package filediff

import (
	"slices"
	"sync"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A former is the directory that the first import of a roster would have made: a diff.Directory. Its methods may be called by many goroutines at once.
//
// Everybody whose row takes part is a member, with what the row says. Where it says nothing, a member has what creation gives somebody new (package diff), or what the directory
// gives by itself: a language. A member's id stands for the number of the row.
//
// A batch of members is made anew whenever it is asked for, of a batch of the roster. Keys, hashes, who is active and who is eligible stand in that; the rest is read from the lines of those members of whom it is
// asked for. A row's hash stands for its member where the row says everything that the member has. Where a cell is absent it has none, and neither has the member, who is then compared by values.
type former struct {
	file    *batch.RosterFile
	resolve batch.Resolver
	head    batch.SnapshotHead
	rules   tenant.People
	of      []int     // by field of the head: its index among the roster's, -1 where it is not mapped
	free    sync.Pool // of *people
}

func newFormer(file *batch.RosterFile, resolve batch.Resolver, rules tenant.People) *former {
	f := &former{file: file, resolve: resolve, rules: rules, head: batch.SnapshotHead{Fields: diff.Fields(file.Fields(), rules), Hashed: file.Fields(), Seed: file.Seed()}}
	for _, field := range f.head.Fields {
		f.of = append(f.of, slices.Index(file.Fields(), field))
	}
	f.free.New = func() any {
		return &people{former: f, block: batch.NewBlock(len(file.Fields())), columns: make([]batch.Texts, len(f.of))}
	}
	return f
}

// Head implements diff.Directory.
func (f *former) Head() batch.SnapshotHead { return f.head }

// Batches implements diff.Directory.
func (f *former) Batches() int { return f.file.Batches() }

// Members implements diff.Directory.
func (f *former) Members(i int) (*batch.Members, error) {
	p, err := f.people(i)
	if err != nil {
		return nil, err
	}
	return p.tell(f.head.Fields, p.everybody())
}

// Some implements diff.Directory. Only the lines of those who are wanted are read.
func (f *former) Some(i int, wanted []int32) (*batch.Members, error) {
	p, err := f.people(i)
	if err != nil {
		return nil, err
	}
	return p.tell(f.head.Fields, wanted)
}

// Keys implements diff.Directory. Lines are read only where what is asked for is more than the roster tells.
func (f *former) Keys(i int, fields ...roster.Field) (*batch.Members, error) {
	p, err := f.people(i)
	if err != nil {
		return nil, err
	}
	return p.tell(fields, p.everybody())
}

// indexed reports whether the roster tells what members have of field k of the head: who is active and who is eligible, unless by a rule about other fields, and what no column says.
func (f *former) indexed(k int) bool {
	field := f.head.Fields[k]
	return field == roster.Status || f.of[k] < 0 && !f.ruled(field) || field == roster.ProgramEligibility && f.of[k] >= 0
}

// ruled reports whether what members have of a field follows from others by the tenant's rules.
func (f *former) ruled(field roster.Field) bool {
	return field == roster.ProgramEligibility && len(f.rules.EligibleWhen) > 0
}

// said returns what the rows of members can say about a field, by which it is told whether one says anything; 0 where the field is not mapped.
func (f *former) said(field roster.Field) batch.State {
	switch {
	case !slices.Contains(f.file.Fields(), field):
	case field == roster.Status:
		return batch.SaysActive | batch.SaysInactive
	case field == roster.ProgramEligibility:
		return batch.SaysEligible | batch.SaysIneligible
	}
	return 0
}

// people returns what makes the members of a batch.
func (f *former) people(i int) (*people, error) {
	rows, err := f.file.Batch(i)
	if err != nil {
		return nil, err
	}
	p := f.free.Get().(*people)
	p.rows, p.who = rows, p.who[:0]
	for row, kind := range rows.Kind {
		if batch.TakesPart(kind) {
			p.who = append(p.who, int32(row))
		}
	}
	return p, nil
}

// people is a batch of members while it is made, and its memory, which is used again once they are released.
type people struct {
	*former
	rows *batch.RosterBatch
	who  []int32 // by member: the row

	// Columns of the members, see batch.Members.
	ids        []byte
	version    []int64
	presence   []batch.Presence
	fromRoster []uint8
	until      []int64
	keys       [4][]uint64 // where they are not the rows' own
	columns    []batch.Texts

	all   []int32         // see everybody
	lines []batch.LineRef // of those whose lines are read
	block *batch.Block    // what these say
}

// release gives the memory back.
func (p *people) release() {
	p.rows.Release()
	p.rows = nil
	p.free.Put(p)
}

// everybody returns the places of all members.
func (p *people) everybody() []int32 {
	for len(p.all) < len(p.who) {
		p.all = append(p.all, int32(len(p.all)))
	}
	return p.all[:len(p.who)]
}

// tell makes the members, with the columns of some fields, in which only those at the wanted places need to have what is in their lines. They take p with them.
func (p *people) tell(fields []roster.Field, wanted []int32) (*batch.Members, error) {
	if err := p.read(fields, wanted); err != nil {
		p.release()
		return nil, err
	}
	m := p.identified()
	m.OnRelease(p.release)
	for k, field := range p.head.Fields {
		if slices.Contains(fields, field) {
			m.Values[k] = p.column(k, wanted)
		}
	}
	m.UniqueID, m.Email = m.Values[slices.Index(p.head.Fields, roster.UniqueID)], m.Values[slices.Index(p.head.Fields, roster.Email)]
	return m, nil
}

// read reads the lines of the wanted members where the roster does not tell some of the fields.
func (p *people) read(fields []roster.Field, wanted []int32) error {
	p.lines = p.lines[:0]
	if !slices.ContainsFunc(fields, func(f roster.Field) bool { return !p.indexed(slices.Index(p.head.Fields, f)) }) {
		return nil
	}
	for _, place := range wanted {
		p.lines = append(p.lines, p.rows.Line(int(p.who[place])))
	}
	if len(p.lines) == 0 {
		return nil
	}
	return p.resolve(p.lines, p.block)
}

// identified returns the members with all that a roster tells but texts.
func (p *people) identified() *batch.Members {
	n := len(p.who)
	p.version, p.fromRoster, p.until = filled(p.version, n, 1), filled(p.fromRoster, n, 1), filled(p.until, n, 0)
	p.ids, p.presence = slices.Grow(p.ids[:0], 16*n)[:16*n], slices.Grow(p.presence[:0], n)[:n]
	status := p.said(roster.Status)
	for i, row := range p.who {
		id := batch.NumberID(int(p.rows.Number[row]))
		copy(p.ids[16*i:], id[:])
		p.presence[i] = batch.Present
		if status != 0 && p.rows.State[row]&batch.SaysActive == 0 {
			p.presence[i] = batch.Deactivated
		}
	}
	m := &batch.Members{
		IDs: p.ids, Version: p.version, Presence: p.presence, FromRoster: p.fromRoster, DeletedUntil: p.until,
		IDKey: p.pick(0, p.rows.IDKey), EmailKey: p.pick(1, p.rows.EmailKey), Values: make([]batch.Column, len(p.head.Fields)),
	}
	m.RowHi, m.RowLo = p.hashes()
	return m
}

// filled returns s with n values. All of them are v, as are those that there may be behind them.
func filled[T any](s []T, n int, v T) []T {
	for len(s) < n {
		s = append(s, v)
	}
	return s[:n]
}

// shares reports whether every row is somebody's, so that columns can be shared.
func (p *people) shares() bool { return len(p.who) == p.rows.Rows() }

// pick returns the members' part of a column of the rows, which is the column itself where every row is somebody's.
func (p *people) pick(key int, column []uint64) []uint64 {
	if p.shares() {
		return column
	}
	picked := p.keys[key][:0]
	for _, row := range p.who {
		picked = append(picked, column[row])
	}
	p.keys[key] = picked
	return picked
}

// hashes returns the members' hashes: those of their rows. A row that does not say who is active, or who is eligible, has none either: creation says it. Reading gives it none anyway, nor one that says no language.
func (p *people) hashes() (hi, lo []uint64) {
	hi, lo = p.pick(2, p.rows.RowHi), p.pick(3, p.rows.RowLo)
	status, eligibility, own := p.said(roster.Status), p.said(roster.ProgramEligibility), !p.shares()
	for i, row := range p.who {
		state := p.rows.State[row]
		if says := (status == 0 || status&state != 0) && (eligibility == 0 || eligibility&state != 0); says || hi[i]|lo[i] == 0 {
			continue
		}
		if !own { // those of the rows are not written to
			hi, lo, own = slices.Clone(hi), slices.Clone(lo), true
		}
		hi[i], lo[i] = 0, 0
	}
	return hi, lo
}

// column makes the column of field k of the head.
func (p *people) column(k int, wanted []int32) batch.Column {
	t, field, of := &p.columns[k], p.head.Fields[k], p.of[k]
	t.Reset()
	switch {
	case p.indexed(k):
		p.index(t, field, wanted)
	case of < 0:
		for line, place := range wanted {
			extend(t, int(place))
			t.AppendString(p.eligibility(line))
		}
	default:
		from := cells(p.block, field, of)
		for line, place := range wanted {
			extend(t, int(place))
			text := from.Bytes(line)
			if field == roster.Locale && len(text) == 0 {
				text = []byte(roster.EnUS)
			}
			t.Append(text)
		}
	}
	extend(t, len(p.who))
	return t.Column()
}

// index makes a column of what the roster tells.
func (p *people) index(t *batch.Texts, field roster.Field, wanted []int32) {
	says, yes, no := batch.SaysActive, roster.StatusActive, roster.StatusInactive
	switch field {
	case roster.Status:
	case roster.ProgramEligibility:
		says, yes, no = batch.SaysEligible, roster.Eligible, roster.Ineligible
	default:
		return // nothing
	}
	mapped := p.said(field) != 0
	for _, place := range wanted {
		extend(t, int(place))
		if mapped && p.rows.State[p.who[place]]&says == 0 {
			t.AppendString(no)
		} else {
			t.AppendString(yes)
		}
	}
}

// eligibility is whether somebody new is eligible whose line was read, by the tenant's rules.
func (p *people) eligibility(line int) string {
	return p.rules.Eligibility(func(field roster.Field) string {
		of := slices.Index(p.file.Fields(), field)
		if of < 0 {
			return ""
		}
		return string(cells(p.block, field, of).Bytes(line))
	})
}

// extend adds empty rows to a column until there are n.
func extend(t *batch.Texts, n int) {
	at, end := len(t.Offsets), int32(len(t.Data))
	if at >= n {
		return
	}
	t.Offsets = slices.Grow(t.Offsets, n-at)[:n]
	empty := t.Offsets[at:]
	for i := range empty {
		empty[i] = end
	}
}
