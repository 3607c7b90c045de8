package intake

import (
	"slices"
	"strconv"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A column is a mapped column with what reading its cells needs.
type column struct {
	mapping.Column
	at      int // the index of its cell in a record; -1 where the file lacks it
	allowed map[string]bool
	kind    roster.Kind
	// oneLine: the column says who a person is. What is wrong with such a cell sets the row aside, and line breaks are wrong in it.
	oneLine bool
}

func newColumns(m mapping.Mapping) []column {
	columns := make([]column, len(m.Columns))
	for i, c := range m.Columns {
		columns[i] = column{Column: c, at: -1, kind: c.Field.Kind(), oneLine: c.Field.Required() || c.Field.Identifying()}
		if allowed := c.Allowed(); allowed != nil {
			columns[i].allowed = make(map[string]bool, len(allowed))
			for _, v := range allowed {
				columns[i].allowed[v] = true
			}
		}
	}
	return columns
}

// A header is the row of titles.
type header struct {
	row    int
	titles []string // normalised, to know the header when it comes again
	usable bool     // the cells below can be told apart
	// blankTop: rows of delimiters alone stood above it.
	blankTop bool
}

// readHeader finds the mapped columns in the header, and reports what stands against it.
func (r *reader) readHeader(rec *record) {
	r.hasHead = true
	cells := texts(rec)
	r.head.row = r.row
	for _, c := range cells {
		r.head.titles = append(r.head.titles, mapping.NormalTitle(c))
	}
	if r.row > 1 && r.found.totals[roster.HeaderMissingRow] == 0 {
		r.found.add(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: 1}, "blank")
	}
	switch {
	case rec.fault == openQuote:
		r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, "header")
		return
	case rec.large || rec.columns > maxColumns:
		r.tooLarge(rec)
		return
	case rec.fault != wellQuoted:
		r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, "header")
		return
	}
	known := r.placeColumns()
	if known == 0 && slices.ContainsFunc(cells, looksLikeData) {
		r.found.once(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: r.row}, "")
		return
	}
	r.head.usable = true
	r.reportColumns(cells)
}

// placeColumns says where each mapped column stands and answers how many of them the header has.
func (r *reader) placeColumns() (known int) {
	for i := range r.columns {
		c := &r.columns[i]
		if c.at = slices.Index(r.head.titles, mapping.NormalTitle(c.Title)); c.at >= 0 {
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
		written := cut(mapping.NormalValue(cells[i]))
		f := roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: r.head.row, Column: written}
		switch {
		case title != "" && seen[title] == 2:
			f = roster.Finding{Code: roster.ColumnDuplicate, Level: roster.Refused, Row: r.head.row, Column: r.titleOf(title, written), Value: written}
			r.found.add(f, "")
		case seen[title] > 1 && title != "" || mapped[title] || ignored[title]:
		case title == "":
			f.Column = ""
			r.found.add(f, "untitled", "number", strconv.Itoa(i+1))
		default:
			spare = append(spare, written)
			r.found.add(f, "")
		}
	}
	r.reportMissing(spare)
}

func (r *reader) reportMissing(spare []string) {
	var missing []mapping.Column
	for _, c := range r.columns {
		if c.at < 0 {
			missing = append(missing, c.Column)
		}
	}
	near := likelyTitles(missing, spare)
	for i, c := range missing {
		f := roster.Finding{Code: roster.ColumnMissing, Level: roster.Refused, Row: r.head.row, Column: c.Title, Field: c.Field}
		if near[i] != "" {
			r.found.add(f, "near", "near", near[i])
			continue
		}
		r.found.add(f, "")
	}
}

// titleOf returns the mapping's way to write a title, or the file's.
func (r *reader) titleOf(title, written string) string {
	for _, c := range r.columns {
		if mapping.NormalTitle(c.Title) == title {
			return c.Title
		}
	}
	return written
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
