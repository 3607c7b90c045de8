// Package draft makes of a customer's data-mapping table the draft of a mapping.
//
// # The table
//
// The hub's guide asks for a workbook: column B the profile field, column C its unique values, column G public or private. What comes back is a spreadsheet that
// people have worked on: titles above the table, columns moved, values in one cell or one a row, words of their own for what the guide calls public. So the table is
// found by what its cells say, and by position only where they say nothing.
//
// # Guesses and problems
//
// Whatever is not plainly said is a [Guess]: it is in the draft, and is told where it stands, so that a person agrees to it or changes it. What can't be read is a
// [Problem] with the cell's address, and all of them are found in one reading. A problem of level [Error] means that the draft must not be used.
//
// The package is pure: an adapter such as package workbook turns a file into a [Sheet].
package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// A Level says how bad a problem is.
type Level string

const (
	// Error: the workbook can't be used before the customer or the CSM has mended it.
	Error Level = "error"
	// Warning: the draft can be used; a person should look at the cell.
	Warning Level = "warning"
)

// A Problem is something about a workbook that its author has to know.
type Problem struct {
	Cell    string // such as Mapping!C14; "" for the whole workbook
	Level   Level
	Message string // what is wrong and what to do; it holds what cells say, so it is for the people who know the workbook
}

// A Guess is something that the draft says and the workbook does not say plainly.
type Guess struct {
	Cell    string
	Field   roster.Field
	Key     string // the key of the tenant file that was guessed: column, to, visibility, values, translate; "" for the whole table
	Value   string // the value that a translation is guessed for; "" for other keys
	Message string
}

// A Field is one row of the table: a column of the tenant's mapping, with the cell that names it.
type Field struct {
	mapping.Column
	Cell string
}

// A Draft is what a workbook comes to.
type Draft struct {
	Sheet     string  // the sheet that holds the table; "" for a file without sheets
	HeaderRow int     // counted from 1; 0 where the table has no header
	Fields    []Field // in the order of the table
	// Missing are the required fields that no row is about.
	Missing  []roster.Field
	Problems []Problem // in the order of the cells
	Guesses  []Guess
}

// Usable reports whether no problem stands against using the draft.
func (d Draft) Usable() bool {
	return !slices.ContainsFunc(d.Problems, func(p Problem) bool { return p.Level == Error })
}

// Mapping returns the drafted columns; it is valid where the draft is usable and no required field is missing.
func (d Draft) Mapping() mapping.Mapping {
	m := mapping.Mapping{}
	for _, f := range d.Fields {
		m.Columns = append(m.Columns, f.Column)
	}
	return m
}

// Of returns the draft that the sheets of a workbook come to. The sheet with the table is found by what it says; a name given in want asks for one sheet.
func Of(sheets []Sheet, want string) Draft {
	t, problems := find(sheets, want)
	if t == nil {
		return Draft{Problems: problems}
	}
	d := &drafter{table: t, told: map[string]bool{}}
	d.draft.Sheet, d.draft.HeaderRow, d.draft.Problems = t.grid.Name, t.header, problems
	d.draft.Guesses = slices.Clone(t.guesses)
	for _, e := range d.entries() {
		if len(d.draft.Fields) == mapping.MaxColumns {
			d.problem(e.row, e.column, Error, "is one field too many: a tenant's file maps at most %d columns", mapping.MaxColumns)
			break
		}
		d.field(e)
	}
	d.finish()
	return d.draft
}

// A drafter turns the rows of one table into fields.
type drafter struct {
	table *table
	draft Draft
	told  map[string]bool // cells about which something was told
	named map[roster.Field]int
	more  int // problems that are counted and not listed
}

// mostProblems is how many problems are listed. Who has mended so many tries again.
const mostProblems = 500

// problem tells something about the cell in row and column; the first thing about a cell is enough.
func (d *drafter) problem(row, column int, level Level, format string, args ...any) {
	cell := d.table.grid.address(row, column)
	if d.told[cell] && level != Error {
		return
	}
	d.told[cell] = true
	if len(d.draft.Problems) >= mostProblems && level != Error || len(d.draft.Problems) >= 2*mostProblems {
		d.more++
		return
	}
	d.draft.Problems = append(d.draft.Problems, Problem{Cell: cell, Level: level, Message: fmt.Sprintf(format, args...)})
}

func (d *drafter) guess(e *entry, row, column int, key, format string, args ...any) {
	e.guesses = append(e.guesses, Guess{Cell: d.table.grid.address(row, column), Key: key, Message: fmt.Sprintf(format, args...)})
}

// field adds the field that the entry is about.
func (d *drafter) field(e *entry) {
	var c mapping.Column
	if d.readable(e.row, e.column, maxTitle) {
		c = d.name(e)
	}
	if c.Title == "" { // can't be a field: only what is wrong with its other cells is told
		c.Field = "custom.left_out"
		d.visibility(e, c.Field)
		d.values(e, &c)
		return
	}
	c.Visibility = d.visibility(e, c.Field)
	d.values(e, &c)
	c.Unknown, c.Blank = mapping.UnknownHold, c.DefaultBlank()
	for _, g := range e.guesses {
		g.Field = c.Field
		d.draft.Guesses = append(d.draft.Guesses, g)
	}
	d.draft.Fields = append(d.draft.Fields, Field{Column: c, Cell: d.table.grid.address(e.row, e.column)})
}

// finish says what only the whole table shows.
func (d *drafter) finish() {
	if len(d.draft.Fields) == 0 && d.draft.Usable() {
		d.draft.Problems = append(d.draft.Problems, Problem{Level: Error, Message: "the table has no fields: column B should name one a row"})
	}
	for _, f := range []roster.Field{roster.FirstName, roster.LastName, roster.Email} {
		if !slices.ContainsFunc(d.draft.Fields, func(have Field) bool { return have.Field == f }) {
			d.draft.Missing = append(d.draft.Missing, f)
			message := fmt.Sprintf("no row is about %s, which is required: ask the customer for its column", titles.Guide(f))
			d.draft.Problems = append(d.draft.Problems, Problem{Level: Warning, Message: message})
		}
	}
	d.invalid()
	order := d.table.grid.order
	slices.SortStableFunc(d.draft.Problems, func(a, b Problem) int { return cmp.Compare(order[a.Cell], order[b.Cell]) })
	if d.more > 0 {
		d.draft.Problems = append(d.draft.Problems, Problem{Level: Warning, Message: fmt.Sprintf("%d more are not listed", d.more)})
	}
}

// invalid tells what a mapping may not have and the rules above did not see, so that no draft is written that is refused when it is applied.
func (d *drafter) invalid() {
	if !d.draft.Usable() {
		return
	}
	for _, p := range d.draft.Mapping().Validate() {
		var i int
		if n, err := fmt.Sscanf(p.Path, "fields[%d]", &i); err != nil || n != 1 {
			continue // a required field that is missing, which was told
		}
		d.draft.Problems = append(d.draft.Problems, Problem{Cell: d.draft.Fields[i].Cell, Level: Error, Message: p.Message})
	}
}

// quoted is a text as messages show it: one line, and not more of it than is needed to find it again.
func quoted(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
