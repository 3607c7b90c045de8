package report

import (
	"fmt"
	"io"
	"slices"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/spreadsheet"
)

// WriteCSV writes the list as one flat table: RFC 4180, in UTF-8 with a byte-order mark, so that spreadsheets know it.
//
// The lines that lead are the summary's. Then each changed field has a line with the value before and after, and each person who is created or deleted has one; the
// values of those who are created stand in the columns of their file, which follow at the right. The lines that end it are what was set aside. No cell can become a
// formula, see package spreadsheet. The first error of writing or of reading the changes ends it.
func WriteCSV(w io.Writer, d *Document) error {
	out := &flat{Document: d, csv: spreadsheet.NewCellWriter(w, ',')}
	for _, c := range d.Columns() {
		if c.Field != roster.UniqueID && c.Field != roster.Email { // they lead every line
			out.columns = append(out.columns, c)
		}
	}
	if err := out.all(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	if err := out.csv.Flush(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// flat is a list being written as CSV.
type flat struct {
	*Document
	csv     *spreadsheet.CellWriter
	columns []Column // that follow at the right
}

// A flatLine is a line; its fields stand in the order of the columns.
type flatLine struct {
	kind, row, name, uniqueID, email  string
	column, visibility, before, after string
	invited, remark                   string
	values                            []string // of the columns that follow
}

func (o *flat) write(l flatLine) error {
	cells := append([]string{l.kind, l.row, l.name, l.uniqueID, l.email, l.column, l.visibility, l.before, l.after, l.invited, l.remark}, l.values...)
	cells = append(cells, make([]string, len(o.columns)-len(l.values))...)
	for _, c := range cells {
		o.csv.Add([]byte(c))
	}
	return o.csv.End()
}

func (o *flat) all() error {
	steps := []func() error{o.heads, o.summary}
	for _, op := range changeset.Ops() {
		steps = append(steps, func() error { return o.people(op) })
	}
	for _, step := range append(steps, o.asides) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (o *flat) heads() error {
	w, known := o.words(), o.identity()
	l := flatLine{
		kind: w.kind, row: w.row, name: known[0].Text, uniqueID: known[1].Text, email: known[2].Text,
		column: w.column, visibility: w.visibility, before: w.before, after: w.after, invited: w.invitation, remark: w.remark,
	}
	for _, c := range o.columns {
		l.values = append(l.values, o.head(c, usual).Text)
	}
	return o.write(l)
}

func (o *flat) summary() error {
	w := o.words()
	facts := o.Facts()
	for _, t := range o.Totals() {
		facts = append(facts, Fact{t.Kind, t.Text})
	}
	for _, n := range o.Notices() {
		facts = append(facts, Fact{w.know, n})
	}
	facts = append(facts, Fact{w.answer, o.Answer()})
	for _, f := range facts {
		if err := o.write(flatLine{kind: w.summary, column: f.Label, after: f.Text}); err != nil {
			return err
		}
	}
	return nil
}

func (o *flat) people(op changeset.Op) error {
	for p, err := range o.People(op) {
		if err != nil {
			return err
		}
		for _, l := range o.lines(p) {
			if err := o.write(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// lines are those of one person.
func (o *flat) lines(p Person) []flatLine {
	line := flatLine{kind: o.words().kinds[p.Op], row: rowNumber(p.Row), name: p.Name, uniqueID: p.UniqueID, email: p.Email, remark: o.remark(p)}
	if p.Op != changeset.Deactivate && p.Op != changeset.Delete {
		line.invited = o.yesOrNo(p.Invited)
	}
	if p.Op == changeset.Create {
		p.Fields = slices.DeleteFunc(p.Fields, func(f Field) bool { return f.Field == roster.UniqueID || f.Field == roster.Email })
		line.values = values(p, o.columns)
		return []flatLine{line}
	}
	var all []flatLine
	for _, f := range lines(p) {
		line.column, line.visibility, line.before, line.after = f.Title, o.visibility(f.Column), f.Before, f.After
		all = append(all, line)
	}
	return all
}

func (o *flat) asides() error {
	w := o.words()
	asides, _ := o.Asides()
	for _, a := range asides {
		err := o.write(flatLine{
			kind: w.asideTitle, row: rowNumber(a.Row), uniqueID: a.UniqueID, email: a.Email,
			column: a.Column.Title, visibility: o.visibility(a.Column), before: a.Value, remark: fmt.Sprintf(w.asideIs, o.levelWord(a), a.Code, a.Sentence),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
