package diff

import (
	"context"
	"errors"
	"slices"
	"sync"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A comparison is the state of one Compare under one seed.
type comparison struct {
	Input
	ctx  context.Context
	seed batch.Seed
	layout
	rules

	members memberSide
	rows    rowSide
	duplicates
	changes *sorter

	progress progress
	summary  changeset.Summary
	spared   placeSet // by member: would be removed, and the tenant's file protects the person
}

// compare is Compare under one seed; it answers errCollided where that does not tell the keys apart.
func compare(ctx context.Context, in Input, seed batch.Seed) (result *Result, err error) {
	c := &comparison{Input: in, ctx: ctx, seed: seed, layout: layoutOf(in.Roster.Fields(), in.Directory.Head().Fields), rules: rulesOf(in)}
	c.progress.tell = in.Progress
	defer func() {
		if err != nil && c.changes != nil {
			err = errors.Join(err, c.changes.close())
		}
	}()
	for _, step := range []func() error{c.match, c.pair, c.setConflictsAside} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c.result()
}

// A layout says where the fields stand on both sides.
type layout struct {
	fields []roster.Field       // of the roster
	index  map[roster.Field]int // of fields
	held   map[roster.Field]int // index of a field among the directory's
	before []int                // by field of the roster: its index among the directory's, -1 where it has none
	// The fields that people are told by and that rules are about, among the roster's; -1 where they are not mapped.
	uniqueID, email, first, last, status, eligibility int
	// names are the fields by their number in a stored change: the roster's, and the one that may be derived.
	names []roster.Field
}

func layoutOf(fields, directory []roster.Field) layout {
	l := layout{fields: fields, index: map[roster.Field]int{}, held: map[roster.Field]int{}, names: append(slices.Clone(fields), roster.ProgramEligibility)}
	for i, f := range fields {
		l.index[f] = i
	}
	for i, f := range directory {
		l.held[f] = i
	}
	for _, f := range fields {
		l.before = append(l.before, indexIn(l.held, f))
	}
	l.uniqueID, l.email = indexIn(l.index, roster.UniqueID), indexIn(l.index, roster.Email)
	l.first, l.last, l.status, l.eligibility = indexIn(l.index, roster.FirstName), indexIn(l.index, roster.LastName), indexIn(l.index, roster.Status), indexIn(l.index, roster.ProgramEligibility)
	return l
}

func indexIn(index map[roster.Field]int, f roster.Field) int {
	if i, ok := index[f]; ok {
		return i
	}
	return -1
}

// value is what the directory has for a field of a member.
func (l *layout) value(b *batch.Members, f roster.Field, i int) []byte {
	return valueAt(b, indexIn(l.held, f), i)
}

func valueAt(b *batch.Members, index, i int) []byte {
	if index < 0 {
		return nil
	}
	return b.Values[index].Bytes(i)
}

// rules are the tenant's rules as a comparison asks for them.
type rules struct {
	removal changeset.Op    // what happens to people who are removed
	protect map[string]bool // folded addresses whom the tenant's file protects from removal
	now     int64           // microseconds since 1970
}

func rulesOf(in Input) rules {
	r := rules{removal: changeset.Delete, protect: map[string]bool{}, now: in.Now.UnixMicro()}
	if in.People.Missing == tenant.MissingDeactivate {
		r.removal = changeset.Deactivate
	}
	for _, address := range in.People.Protect {
		r.protect[roster.FoldEmail(address)] = true
	}
	return r
}

// progress counts rows that were compared.
type progress struct {
	mu   sync.Mutex
	rows int
	tell func(rows int)
}

func (p *progress) add(rows int) {
	if p.tell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows += rows
	p.tell(p.rows)
}

// A placeSet is a set of places, a bit each.
type placeSet []uint64

func newPlaceSet(n int) placeSet         { return make(placeSet, (n+63)/64) }
func (b placeSet) set(i int)             { b[i>>6] |= 1 << (i & 63) }
func (b placeSet) has(i int) bool        { return b[i>>6]&(1<<(i&63)) != 0 }
func (b placeSet) hasPlace(i int32) bool { return b.has(int(i)) }

// arrays is about how many bytes the comparison keeps of each row and member until its end.
func (c *comparison) arrays() int64 {
	return int64(len(c.rows.state))*(2+4+4) + int64(len(c.members.flags))
}

// share is a part of the memory that is left beside the arrays.
func (c *comparison) share(part int64) int64 {
	return max(c.Memory-c.arrays(), c.Memory/4) / part
}
