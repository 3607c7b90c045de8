package report

import (
	"iter"
	"strconv"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A Table is one kind of change, as a sheet of a workbook tells it: people who are created with a column for each column of their file, everybody else with a line for each
// field that changes, and people who are deleted with what they are known by.
type Table struct {
	Name  string
	Heads []Head
	Rows  iter.Seq2[[]string, error] // as many cells as there are heads; the loop ends at the first error
}

// A Head stands over a column.
type Head struct {
	Text    string
	Private bool
	Width   int // characters that the cells below usually have
}

// widths of columns, in characters
const (
	narrow = 10
	usual  = 20
	broad  = 34
	prose  = 90
)

// Tables returns all tables, in the order of changeset.Ops, with what was set aside last. A kind that happens to nobody has a table without rows.
func (d *Document) Tables() []Table {
	var tables []Table
	for _, op := range changeset.Ops() {
		switch op {
		case changeset.Create:
			tables = append(tables, d.creations())
		case changeset.Delete:
			tables = append(tables, d.deletions())
		default:
			tables = append(tables, d.updates(op))
		}
	}
	return append(tables, d.asideTable())
}

// head is the head of a mapped column; one that is private says so.
func (d *Document) head(c Column, width int) Head {
	h := Head{Text: c.Title, Private: c.Private, Width: width}
	if c.Private {
		h.Text += " (" + d.words().private + ")"
	}
	return h
}

// identity are the heads by which people are known. Where the tenant's file has no such column, a word of ours stands for it.
func (d *Document) identity() []Head {
	w := d.words()
	heads := []Head{{Text: w.name, Width: usual}, {Text: w.uniqueID, Width: usual}, {Text: w.email, Width: broad}}
	for i, f := range []roster.Field{roster.UniqueID, roster.Email} {
		if c, ok := d.File.Mapping.Column(f); ok {
			heads[i+1] = d.head(d.column(c.Field), heads[i+1].Width)
		}
	}
	return heads
}

func (d *Document) creations() Table {
	w, columns := d.words(), d.Columns()
	heads := []Head{{Text: w.row, Width: narrow}, {Text: w.invitation, Width: usual}}
	for _, c := range columns {
		heads = append(heads, d.head(c, usual))
	}
	return Table{Name: w.kinds[changeset.Create], Heads: heads, Rows: func(yield func([]string, error) bool) {
		for p, err := range d.People(changeset.Create) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(append([]string{rowNumber(p.Row), d.yesOrNo(p.Invited)}, values(p, columns)...), nil) {
				return
			}
		}
	}}
}

// values are the new person's values of the columns, "" where there is none.
func values(p Person, columns []Column) []string {
	cells, next := make([]string, len(columns)), 0 // both are in the mapping's order
	for i, c := range columns {
		if next < len(p.Fields) && p.Fields[next].Field == c.Field {
			cells[i] = p.Fields[next].After
			next++
		}
	}
	return cells
}

func (d *Document) updates(op changeset.Op) Table {
	w := d.words()
	heads := append([]Head{{Text: w.row, Width: narrow}}, d.identity()...)
	heads = append(heads, Head{Text: w.column, Width: usual}, Head{Text: w.visibility, Width: narrow}, Head{Text: w.before, Width: broad}, Head{Text: w.after, Width: broad},
		Head{Text: w.remark, Width: usual})
	return Table{Name: w.kinds[op], Heads: heads, Rows: func(yield func([]string, error) bool) {
		for p, err := range d.People(op) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, f := range lines(p) {
				if !yield([]string{rowNumber(p.Row), p.Name, p.UniqueID, p.Email, f.Title, d.visibility(f.Column), f.Before, f.After, d.remark(p)}, nil) {
					return
				}
			}
		}
	}}
}

// lines are the changed fields, or one that says nothing where none changes: a person who is only shown again has a line too.
func lines(p Person) []Field {
	if len(p.Fields) == 0 {
		return []Field{{}}
	}
	return p.Fields
}

func (d *Document) deletions() Table {
	return Table{Name: d.words().kinds[changeset.Delete], Heads: d.identity(), Rows: func(yield func([]string, error) bool) {
		for p, err := range d.People(changeset.Delete) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield([]string{p.Name, p.UniqueID, p.Email}, nil) {
				return
			}
		}
	}}
}

func (d *Document) asideTable() Table {
	w := d.words()
	heads := []Head{{Text: w.row, Width: narrow}, {Text: w.level, Width: usual}}
	heads = append(heads, d.identity()[1:]...)
	heads = append(heads, Head{Text: w.column, Width: usual}, Head{Text: w.visibility, Width: narrow}, Head{Text: w.value, Width: broad}, Head{Text: w.wrong, Width: prose},
		Head{Text: w.code, Width: usual})
	return Table{Name: w.asideTitle, Heads: heads, Rows: func(yield func([]string, error) bool) {
		asides, _ := d.Asides()
		for _, a := range asides {
			if !yield([]string{
				rowNumber(a.Row), d.levelWord(a), a.UniqueID, a.Email, a.Column.Title, d.visibility(a.Column), a.Value, a.Sentence, string(a.Code),
			}, nil) {
				return
			}
		}
	}}
}

// rowNumber is a row of the file; "" for none.
func rowNumber(row int) string {
	if row == 0 {
		return ""
	}
	return strconv.Itoa(row)
}

func (d *Document) yesOrNo(yes bool) string {
	if yes {
		return d.words().yes
	}
	return d.words().no
}

// visibility is the word for who sees a column; "" where no one column is meant.
func (d *Document) visibility(c Column) string {
	switch {
	case c.Field == "":
		return ""
	case c.Private:
		return d.words().private
	}
	return d.words().public
}

// remark says what a person's fields don't. That who is deleted is not in the file goes without saying.
func (d *Document) remark(p Person) string {
	if p.Absent && p.Op != changeset.Delete {
		return d.words().absent
	}
	return ""
}

func (d *Document) levelWord(a Aside) string {
	if a.WholeRow {
		return d.words().wholeRow
	}
	return d.words().oneValue
}
