package draft

import (
	"slices"
	"strings"
	"unicode"

	"rollcall.internal/internal/mapping"
)

// An entry is the rows of the table that are about one field: one row, or as many as it has values.
type entry struct {
	row, column int // of the cell that names it
	title       string
	rows        []int
	guesses     []Guess
}

// The longest texts that are taken, in characters. What is longer is prose.
const (
	maxTitle = 128
	maxValue = 255
	maxCell  = 32_767 // the most that a spreadsheet's cell holds
)

// far is how many blank rows end the table, unless what comes behind them is a field for sure.
const far = 3

// entries returns the fields of the table with the rows of each, and tells of rows that are none.
func (d *drafter) entries() (all []*entry) {
	t, blank := d.table, 0
	for _, r := range t.grid.Rows {
		if r.Number < t.first {
			continue
		}
		if d.blankRow(r.Number) {
			continue
		}
		blank = 0
		if n := len(all); n > 0 {
			rows := all[n-1].rows
			blank = r.Number - rows[len(rows)-1] - 1
		}
		if r.Hidden {
			d.problem(r.Number, t.columns[roleField], Warning, "row %d is hidden; it is read all the same: show it, or delete it", r.Number)
		}
		switch e := d.entry(r.Number, last(all)); {
		case blank >= far && !d.surely(r.Number):
			d.problem(r.Number, d.firstCell(r), Warning, "what stands from here on, %d blank rows below the table, is left out", blank)
			return all
		case e != nil:
			all = append(all, e)
		}
	}
	d.tellHidden()
	return all
}

func last(all []*entry) *entry {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// blankRow reports whether the columns of the table say nothing in a row.
func (d *drafter) blankRow(row int) bool {
	for _, column := range d.table.columns {
		if c := d.table.grid.at(row, column); c.Text != "" || c.Fault != "" {
			return false
		}
	}
	return true
}

func (d *drafter) firstCell(r Row) int {
	if len(r.Cells) == 0 {
		return d.table.columns[roleField]
	}
	return r.Cells[0].Column
}

// entry returns the entry that starts in a row; nil where the row goes on with the one before, or is about nothing.
func (d *drafter) entry(row int, before *entry) *entry {
	t := d.table
	column := t.columns[roleField]
	c := t.grid.at(row, column)
	area, merged := t.grid.area(row, column)
	switch {
	case c.Text == "" && c.Fault == "":
		d.goOn(row, before)
	case merged && area.Right-area.Left >= 2:
		d.problem(row, column, Warning, "%s is merged over several columns, so it is taken for a heading and left out", quoted(c.Text))
	case d.repeatsHeader(row) || d.isProse(row, c.Text) || d.isHeading(row, c.Text):
	case before != nil && before.title == c.Text && before.rows[len(before.rows)-1] == row-1:
		before.rows = append(before.rows, row)
	default:
		return &entry{row: row, column: column, title: c.Text, rows: []int{row}}
	}
	return nil
}

// goOn takes a row without a field's name, which has more values of the field above it.
func (d *drafter) goOn(row int, before *entry) {
	if before != nil {
		before.rows = append(before.rows, row)
		return
	}
	if values := d.table.columns[roleValues]; values != 0 && d.table.grid.text(row, values) != "" {
		d.problem(row, values, Error, "the value %s has no field: name it in column %s", quoted(d.table.grid.text(row, values)), columnName(d.table.columns[roleField]))
	}
}

// surely reports whether a row behind blank ones is about a field: it names one that we know, or says public or private.
func (d *drafter) surely(row int) bool {
	t := d.table
	if _, by := fieldOf(t.grid.text(row, t.columns[roleField])); by != howCustom {
		return true
	}
	at := t.columns[roleVisibility]
	return at != 0 && t.grid.text(row, t.columns[roleField]) != "" && visibilityOf(t.grid.text(row, at)).plain()
}

// repeatsHeader knows the table's header when it comes again.
func (d *drafter) repeatsHeader(row int) bool {
	t := d.table
	if t.header == 0 {
		return false
	}
	for _, column := range t.columns {
		if Words(t.grid.text(row, column)) != Words(t.grid.text(t.header, column)) {
			return false
		}
	}
	return true
}

// alone reports whether nothing but the field's cell is filled in a row.
func (d *drafter) alone(row int) bool {
	for is, column := range d.table.columns {
		if is != roleField && d.table.grid.text(row, column) != "" {
			return false
		}
	}
	return true
}

// isProse knows an instruction among the fields: a sentence, alone in its row.
func (d *drafter) isProse(row int, text string) bool {
	const sentence = 60
	if len([]rune(text)) < sentence || !d.alone(row) {
		return false
	}
	d.problem(row, d.table.columns[roleField], Warning, "%s is taken for a note and left out", quoted(text))
	return true
}

// sections are the plain words of headings that people put between fields.
var sections = []string{
	"required", "required field", "required fields", "optional", "optional field", "optional fields", "recommended", "recommended fields", "mandatory", "mandatory fields", "diversity fields", "diversity data", "demographics", "demographic data",
	"demographic fields", "custom fields", "additional fields", "other fields", "member information", "employee information", "job information", "personal information", "notes", "note", "legend", "champs obligatoires", "champs facultatifs",
	"champs optionnels", "champs requis", "renseignements personnels", "donnees demographiques", "notes et commentaires", "legende", "remarques", "remarque",
}

// isHeading knows the heading of a group of fields.
func (d *drafter) isHeading(row int, text string) bool {
	if !d.alone(row) || !slices.Contains(sections, Words(text)) {
		return false
	}
	d.problem(row, d.table.columns[roleField], Warning, "%s is taken for a heading and left out", quoted(text))
	return true
}

// tellHidden tells of hidden columns that were read.
func (d *drafter) tellHidden() {
	for is, column := range d.table.columns {
		if slices.Contains(d.table.grid.HiddenColumns, column) {
			d.problem(max(d.table.header, d.table.first), column, Warning, "column %s, %s, is hidden; it is read all the same", columnName(column), is)
		}
	}
}

// readable reports whether a cell's text is what its author meant, and tells why where it is not.
func (d *drafter) readable(row, column, most int) bool {
	c := d.table.grid.at(row, column)
	switch {
	case c.Fault == NoValue:
		d.problem(row, column, Error, "holds a formula without a value: open the workbook in a spreadsheet program, let it calculate, and save it")
	case spreadsheetError(c.Text):
		d.problem(row, column, Error, "holds the error %s: mend the formula, or write the text", c.Text)
	case strings.ContainsFunc(c.Text, steers):
		d.problem(row, column, Error, "holds a control character: type the text anew")
	case strings.ContainsRune(c.Text, unicode.ReplacementChar):
		d.problem(row, column, Error, "has lost letters (�): type the text anew")
	case len([]rune(c.Text)) > most:
		d.problem(row, column, Error, "is longer than %d characters: shorten it", most)
	default:
		return true
	}
	return false
}

// spreadsheetError knows what a spreadsheet shows in place of a value.
func spreadsheetError(s string) bool {
	if !strings.HasPrefix(s, "#") {
		return false
	}
	switch strings.ToUpper(s) {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#GETTING_DATA", "#ERROR!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#EXTERNAL!", "#PYTHON!":
		return true
	}
	return false
}

// steers knows characters that steer rather than say something.
func steers(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// oneLine joins the lines of a cell that is a name.
func oneLine(s string) string { return mapping.NormalValue(strings.Join(strings.Fields(s), " ")) }
