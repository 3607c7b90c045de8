package intake

import (
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A column is a mapped column with what reading its cells needs.
type column struct {
	mapping.Column
	at      int // the index of its cell in a record; -1 where the file lacks it
	allowed map[string]bool
}

func newColumns(m mapping.Mapping) []column {
	columns := make([]column, len(m.Columns))
	for i, c := range m.Columns {
		columns[i] = column{Column: c, at: -1}
		if allowed := c.Allowed(); allowed != nil {
			columns[i].allowed = make(map[string]bool, len(allowed))
			for _, v := range allowed {
				columns[i].allowed[v] = true
			}
		}
	}
	return columns
}

// A header is the first row of the file.
type header struct {
	titles []string // normalised, to know the header when it comes again
	usable bool     // the cells below can be told apart
	// blankTop: rows of delimiters alone stood above it.
	blankTop bool
}

// readHeader finds the mapped columns in the first record that is not blank, and reports what stands against it.
func (r *reader) readHeader(rec *record) {
	cells := texts(rec)
	for _, c := range cells {
		r.head.titles = append(r.head.titles, mapping.NormalTitle(c))
	}
	switch {
	case r.row > 1:
		r.found.add(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: 1}, "blank")
	case rec.large || rec.columns > maxColumns:
		r.tooLarge(rec)
		return
	case rec.fault != wellQuoted:
		r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, "header")
		return
	case r.wrongDelimiter(cells):
		return
	}
	known := r.placeColumns(cells)
	if known == 0 && slices.ContainsFunc(cells, looksLikeData) {
		r.found.once(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: r.row}, "")
		return
	}
	r.head.usable = true
	r.reportColumns(cells)
}

// wrongDelimiter reports a header of one column that holds another delimiter than the agreed one.
func (r *reader) wrongDelimiter(cells []string) bool {
	if len(cells) != 1 {
		return false
	}
	for _, d := range []string{";", "\t", "|", ","} {
		if d[0] != r.scan.delimiter && strings.Contains(cells[0], d) {
			words := []string{"found", delimiterName(d), "wanted", delimiterName(string(r.scan.delimiter))}
			r.found.once(roster.Finding{Code: roster.FileDelimiter, Level: roster.Refused, Row: 1}, "", words...)
			return true
		}
	}
	return false
}

func delimiterName(d string) string {
	if d == "\t" {
		return "TAB"
	}
	return "“" + d + "”"
}

// placeColumns says where each mapped column stands and answers how many of them the header has.
func (r *reader) placeColumns(cells []string) (known int) {
	for i := range r.columns {
		c := &r.columns[i]
		if c.at = slices.Index(r.head.titles[:len(cells)], mapping.NormalTitle(c.Title)); c.at >= 0 {
			known++
		}
	}
	return known
}

// looksLikeData knows a cell that is no title: an address, a date or a number.
func looksLikeData(cell string) bool {
	cell = mapping.NormalValue(cell)
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return true
	}
	_, isDate := parseDate(cell)
	return isDate || roster.CheckEmail(cell) == nil
}

// reportColumns reports columns that are missing, stand twice or are not agreed.
func (r *reader) reportColumns(cells []string) {
	ignored := map[string]bool{}
	for _, title := range r.o.Mapping.Ignore {
		ignored[mapping.NormalTitle(title)] = true
	}
	mapped := map[string]bool{}
	for _, c := range r.columns {
		mapped[mapping.NormalTitle(c.Title)] = true
	}
	var spare []string
	seen := map[string]int{}
	for i, title := range r.head.titles {
		seen[title]++
		switch {
		case title != "" && seen[title] == 2:
			r.found.add(roster.Finding{Code: roster.ColumnDuplicate, Level: roster.Refused, Row: 1, Column: r.titleOf(title), Value: cells[i]}, "")
		case seen[title] > 1 && title != "" || mapped[title] || ignored[title]:
		case title == "":
			r.found.add(roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1}, "untitled", "number", strconv.Itoa(i+1))
		default:
			spare = append(spare, mapping.NormalValue(cells[i]))
			r.found.add(roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: mapping.NormalValue(cells[i])}, "")
		}
	}
	r.reportMissing(spare)
}

func (r *reader) reportMissing(spare []string) {
	for _, c := range r.columns {
		if c.at >= 0 {
			continue
		}
		f := roster.Finding{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: c.Title, Field: c.Field}
		if near, ok := nearest(c.Title, spare); ok {
			r.found.add(f, "near", "near", near)
			continue
		}
		r.found.add(f, "")
	}
}

// titleOf returns the mapping's way to write a title, or the title itself.
func (r *reader) titleOf(title string) string {
	for _, c := range r.columns {
		if mapping.NormalTitle(c.Title) == title {
			return c.Title
		}
	}
	return title
}

// repeatsHeader reports whether the record is the header again.
func (r *reader) repeatsHeader(rec *record) bool {
	if rec.columns != len(r.head.titles) || len(rec.cells) != len(r.head.titles) {
		return false
	}
	for i, cell := range rec.cells {
		if startsOtherwise(cell, r.head.titles[i]) {
			return false
		}
		if title := r.head.titles[i]; len(cell) == 0 != (title == "") || mapping.NormalTitle(string(cell)) != title {
			return false
		}
	}
	return true
}

// startsOtherwise tells most cells from a title by the first letter, without normalising every cell of a file.
func startsOtherwise(cell []byte, title string) bool {
	if len(cell) == 0 || title == "" {
		return false
	}
	c := cell[0] | 0x20
	return 'a' <= c && c <= 'z' && 'a' <= title[0] && title[0] <= 'z' && c != title[0]
}

// texts returns the record's cells as texts.
func texts(rec *record) []string {
	cells := make([]string, len(rec.cells))
	for i, c := range rec.cells {
		cells[i] = string(c)
	}
	return cells
}
