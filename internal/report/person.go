package report

import (
	"iter"
	"slices"
	"strings"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// A Column is a mapped column of the tenant's file, or the one that says who is eligible where the tenant's rules do.
type Column struct {
	Field   roster.Field
	Title   string
	Private bool
}

// Columns returns the mapped columns in the mapping's order. Where people.eligible_when says who is eligible, that is the last: a change set has it for each new person,
// and it decides who is invited.
func (d *Document) Columns() []Column {
	columns := make([]Column, len(d.File.Mapping.Columns), len(d.File.Mapping.Columns)+1)
	for i, c := range d.File.Mapping.Columns {
		columns[i] = Column{Field: c.Field, Title: c.Title, Private: c.Visibility != roster.Public}
	}
	if _, mapped := d.File.Mapping.Column(roster.ProgramEligibility); !mapped && d.File.People.EligibleWhen != nil {
		columns = append(columns, d.column(roster.ProgramEligibility))
	}
	return columns
}

// column returns the column of a field. One that is not mapped is private: nobody agreed to show it. Eligibility has a title of ours then, since the tenant's rules may
// change it, or have changed it before they were dropped; any other has the field's name.
func (d *Document) column(f roster.Field) Column {
	c, ok := d.File.Mapping.Column(f)
	switch {
	case !ok && f == roster.ProgramEligibility:
		return Column{Field: f, Title: d.words().eligibility, Private: true}
	case !ok:
		return Column{Field: f, Title: string(f), Private: true}
	}
	return Column{Field: f, Title: c.Title, Private: c.Visibility != roster.Public}
}

// A Person is one change as a list tells it.
type Person struct {
	Op                    changeset.Op
	Row                   int // of the file; 0 where the person is not in it
	Name, UniqueID, Email string
	// Absent says that the change comes from the person's absence from the file.
	Absent  bool
	Invited bool // by e-mail, once the change is applied
	Fields  []Field
}

// A Field is a changed field; of a person who is created, each that has a value, and Before is "".
type Field struct {
	Column
	Before, After string
}

// People yields the people to whom op happens, in the order of the change set. The loop ends at the first error.
func (d *Document) People(op changeset.Op) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		if d.Import.Summary.Totals.Of(op) == 0 {
			return
		}
		columns := map[roster.Field]Column{} // asked once for each field and not once for each cell
		for c, err := range d.Changes {
			if err != nil {
				yield(Person{}, err)
				return
			}
			if c.Op == op && !yield(d.person(c, columns), nil) {
				return
			}
		}
	}
}

func (d *Document) person(c changeset.Change, columns map[roster.Field]Column) Person {
	known := d.Known[c.Member]
	p := Person{
		Op: c.Op, Row: c.Row, UniqueID: c.UniqueID, Email: c.Email, Name: nameOf(c, known), Absent: c.Removal,
		Invited: Invited(c, known, d.File.People.Invite), Fields: make([]Field, len(c.Fields)),
	}
	for i, f := range c.Fields {
		column, ok := columns[f.Field]
		if !ok {
			column = d.column(f.Field)
			columns[f.Field] = column
		}
		p.Fields[i] = Field{Column: column, Before: d.shown(column, f.Before), After: d.shown(column, f.After)}
	}
	return p
}

// nameOf is the name as it will be. The directory's own says what the change does not.
func nameOf(c changeset.Change, known directory.Known) string {
	first, last := known.FirstName, known.LastName
	if f, ok := c.Field(roster.FirstName); ok {
		first = f.After
	}
	if f, ok := c.Field(roster.LastName); ok {
		last = f.After
	}
	return strings.TrimSpace(first + " " + last)
}

// shown is a value as the list may tell it.
func (d *Document) shown(c Column, value string) string {
	if value == "" || !d.hides(c) {
		return value
	}
	return d.words().masked
}

// hides reports whether the values of a column are left out.
func (d *Document) hides(c Column) bool { return d.Mask && c.Private && !identifies(c.Field) }

// identifies reports whether a field is one by which a list names people.
func identifies(f roster.Field) bool {
	return f == roster.FirstName || f == roster.LastName || f == roster.Email || f == roster.UniqueID
}

// Private reports whether the tenant's file has private columns other than those by which people are known.
func (d *Document) Private() bool {
	return slices.ContainsFunc(d.Columns(), func(c Column) bool { return c.Private && !identifies(c.Field) })
}
