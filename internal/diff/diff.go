// Package diff computes what an import would change: it compares a roster with the directory.
//
// [Compare] is a pure function of the roster, the members and the tenant's rules. It works in four steps, each a file:
//
//  1. match: which member each row is about, by unique ID first, then by folded address;
//  2. conflict: rows whose person is not surely the member that they match are set aside, and both people are protected;
//  3. change: what each matched or new person's row changes;
//  4. removal: who is in the directory and not in the file, less everybody who is protected.
//
// # Rejected is not missing
//
// Whoever stands in the file in any form is never removed by it: a row that was set aside while reading, or here, protects everybody whom its unique ID or its
// address could mean. A row of which only one of the two can be read may match nobody and still be about somebody whom the directory knows by the other; such rows are
// counted, beside those that reading could make nothing of, and the check on them holds the import's removals.
//
// # Who is eligible
//
// Where a column says who is eligible, its cells are compared like any other's. Where none does, the tenant's rules say it: everybody is eligible, or whoever has one of the values
// of people.eligible_when, all of its fields considered. It is worked out from each row, and where the row says nothing about a field, from what the directory holds: so it
// stands in the change set as a change of program_eligibility like any other, and what comes after knows nothing of the rule. A new person of whom the row does not say it is not
// eligible. A tenant that drops the rule, or the column, makes everybody in the file eligible, and the change set says that too.
//
// # Size
//
// Both sides are held in maps, about a kilobyte a person, which is right up to some hundred thousand people. The seams are made for a columnar
// engine behind the same function: rows and members arrive as sequences, and what leaves is ordered and digested by package changeset.
package diff

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A Directory is all members of a tenant in columns, deleted ones included, as they were at one moment: a batch.Snapshot, or what stands for one. Its methods may be called by many
// goroutines at once.
type Directory interface {
	Head() batch.SnapshotHead
	Batches() int
	// Members returns batch i; the caller releases it.
	Members(i int) (*batch.Members, error)
}

// An Input is what a comparison reads.
type Input struct {
	Roster *batch.RosterFile
	// Resolve reads rows whose line was known when the roster was read; nil where there are none.
	Resolve batch.Resolver
	// Directory is the tenant's members as they were at the directory's Epoch. It has every field of the roster, and those that decide who is eligible.
	Directory Directory
	Epoch     int64
	People    tenant.People
	// FileSHA256 and MappingDigest name where the roster came from; the change set's digest covers them.
	FileSHA256, MappingDigest string
	// Now decides who can still be restored.
	Now time.Time

	// Memory is about how many bytes a comparison takes at most; what needs more goes to files without a name in TempDir. Default to 192 MiB and the system's folder.
	Memory  int64
	TempDir string
	// Workers is how many goroutines compute. Defaults to GOMAXPROCS. What comes out does not depend on it.
	Workers int
	// Progress is called now and then, by one goroutine at a time, with the number of rows compared so far. Defaults to nobody.
	Progress func(rows int)
	// Alloc gives Arrow its memory. Defaults to Go's own.
	Alloc memory.Allocator
}

// A Result is a change set, in order, with its counts. Whoever got it closes it.
type Result struct {
	Summary changeset.Summary
	// Unmatched counts rows set aside that match nobody by the one identifier that can be read of them, so that they may be about anybody.
	Unmatched int
	// Protected counts people who are missing and stay because the tenant's file protects them.
	Protected int
	// Rekeys counts people whose unique ID changes; AddressesWithoutID new people who may be somebody that is to be removed and whose
	// unique ID or address the row lacks: somebody of the same name where one of the two has no unique ID, or whose identifier stands in another column.
	Rekeys, AddressesWithoutID int

	changes []changeset.Change
}

// Changes yields the changes in the order of changeset.Sort. They can be read more than once, until Close. The loop ends at the first error.
func (r *Result) Changes() iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		for _, c := range r.changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Close gives back what the changes are kept in.
func (r *Result) Close() error { return nil }

// Compare computes what the roster would change. It stops with the context's error where it is cancelled, and with the sequence's where reading fails.
func Compare(ctx context.Context, in Input) (*Result, error) {
	c := &comparison{Input: in, Fields: in.Roster.Fields(), index: map[roster.Field]int{}}
	for i, f := range c.Fields {
		c.index[f] = i
	}
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	c.match()
	c.setConflictsAside()
	c.change()
	c.remove()
	return c.result(), ctx.Err()
}

// comparison is the state of one Compare.
type comparison struct {
	Input
	Fields []roster.Field
	index  map[roster.Field]int // of Fields

	members []directory.Member
	byID    map[string]int // unique ID to index of members
	byEmail map[string]int // folded address to index of members

	rows      []row
	protected []bool // by member: somebody set aside may be this person
	taken     []int  // by member: how many rows match
	vague     []bool // by member: a row without a unique ID is among them

	aside map[int]asideRow // by row number

	changes []changeset.Change
	summary changeset.Summary
	kept    int // removals left out because the tenant's file protects the person
	rekeys  int
}

// row is an accepted row and whom it is about.
type row struct {
	batch.Row
	email    string // folded
	member   int    // index of members, or none
	byID     bool   // matched by unique ID rather than by address
	conflict changeset.Conflict
}

const none = -1

// asideRow is what is known of a row that was set aside while reading; it may stand in the roster several times, once for each address found in it.
type asideRow struct{ hasID, hasEmail, matched bool }

// value returns the row's cell of field; present is false where the roster says nothing about it.
func (c *comparison) value(r row, field roster.Field) (text string, present bool) {
	i, mapped := c.index[field]
	if !mapped || r.Cells[i].Absent {
		return "", false
	}
	return r.Cells[i].Text, true
}

// load reads both sides. Rows that were set aside while reading protect whom they may be about at once.
func (c *comparison) load(ctx context.Context) error {
	c.byID, c.byEmail = map[string]int{}, map[string]int{}
	for m, err := range members(c.Directory) {
		if err != nil {
			return err
		}
		i := len(c.members)
		c.members = append(c.members, m)
		if id := m.Value(roster.UniqueID); id != "" {
			c.byID[id] = i
		}
		c.byEmail[roster.FoldEmail(m.Value(roster.Email))] = i
		if m.State != directory.Deleted {
			c.summary.Members++
		}
	}
	c.aside = map[int]asideRow{}
	c.protected = make([]bool, len(c.members))
	c.taken = make([]int, len(c.members))
	c.vague = make([]bool, len(c.members))
	for r, err := range c.Roster.Rows(c.Resolve) {
		if err != nil {
			return err
		}
		if len(c.rows)%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.Aside {
			a := c.aside[r.Number]
			a.hasID, a.hasEmail = a.hasID || r.UniqueID != "", a.hasEmail || r.Email != ""
			a.matched = c.protect(r) || a.matched
			c.aside[r.Number] = a
			continue
		}
		c.rows = append(c.rows, row{Row: r, email: roster.FoldEmail(r.Email), member: none})
	}
	c.summary.Rows = len(c.rows)
	return nil
}

// protect keeps everybody whom a row that is set aside may be about, and reports whether that is anybody.
func (c *comparison) protect(r batch.Row) (matched bool) {
	if m, ok := c.byID[r.UniqueID]; ok && r.UniqueID != "" {
		c.protected[m], matched = true, true
	}
	if m, ok := c.byEmail[roster.FoldEmail(r.Email)]; ok && r.Email != "" {
		c.protected[m], matched = true, true
	}
	return matched
}

// unmatched counts the rows set aside that match nobody by the one identifier that can be read of them: the row may be about somebody who is known by the other one, or
// whose address is mistyped in it.
func (c *comparison) unmatched() int {
	n := 0
	for _, a := range c.aside {
		if !a.matched && a.hasID != a.hasEmail {
			n++
		}
	}
	return n
}

// result orders, counts and digests the changes.
func (c *comparison) result() *Result {
	changeset.Sort(c.changes)
	s := &c.summary
	s.Epoch, s.RemovalOp = c.Epoch, c.removalOp()
	s.Fields, s.Emptied = map[roster.Field]int{}, map[roster.Field]int{}
	digester := changeset.NewDigester(c.FileSHA256, c.MappingDigest)
	for _, ch := range c.changes {
		digester.Add(ch)
		s.Totals.Add(ch.Op)
		if ch.Removal {
			s.Removals++
		}
		if ch.Op == changeset.Create || ch.Removal {
			continue
		}
		for _, f := range ch.Fields {
			s.Fields[f.Field]++
			if f.After == "" {
				s.Emptied[f.Field]++
			}
		}
	}
	s.Digest = digester.Digest()
	return &Result{changes: c.changes, Summary: *s, Unmatched: c.unmatched(), Protected: c.kept, Rekeys: c.rekeys, AddressesWithoutID: c.moved()}
}

// members yields everybody of a directory.
func members(d Directory) iter.Seq2[directory.Member, error] {
	return func(yield func(directory.Member, error) bool) {
		for i := range d.Batches() {
			b, err := d.Members(i)
			if err != nil {
				yield(directory.Member{}, err)
				return
			}
			people := membersOf(b, d.Head().Fields)
			b.Release()
			for _, m := range people {
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

func membersOf(b *batch.Members, fields []roster.Field) []directory.Member {
	people := make([]directory.Member, b.Rows())
	for i := range people {
		m := directory.Member{ID: b.ID(i), Version: b.Version[i], State: directory.Invited, Source: directory.FromStaff, Values: map[roster.Field]string{}}
		switch b.Presence[i] {
		case batch.Deactivated:
			m.State = directory.Deactivated
		case batch.Deleted:
			m.State, m.DeletedUntil = directory.Deleted, b.Until(i)
		}
		if b.FromRoster[i] == 1 {
			m.Source = directory.FromRoster
		}
		for k, f := range fields {
			m.Values[f] = b.Values[k].Text(i)
		}
		people[i] = m
	}
	return people
}

// Fields returns the fields that a directory needs to have for a roster of these fields and a tenant's rules: the roster's, those that a person is told by, and those that decide who is eligible.
func Fields(of []roster.Field, people tenant.People) []roster.Field {
	fields := slices.Clone(of)
	need := []roster.Field{roster.Email, roster.UniqueID, roster.FirstName, roster.LastName, roster.Status, roster.ProgramEligibility}
	for f := range people.EligibleWhen {
		need = append(need, f)
	}
	slices.Sort(need[6:])
	for _, f := range need {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	return fields
}
