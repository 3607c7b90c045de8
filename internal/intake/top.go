package intake

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Nothing may stand above the titles, but people put things there: the name of the report, the date of the export, "sep=;". Such a file is refused, and if it were
// read by its first row as the header, what it was told would be that every column is missing. So where the first row is no header, the titles are looked for in
// the rows below it: what is wrong is then said of the header that the file has, and with one finding for the rows above it.

// topRows is how many rows are looked through for the titles, if they are no more than topBytes.
const topRows, topBytes = 20, 1 << 20

// knownTitles is how many agreed titles a row must hold to be taken for the header: one alone can be anything.
const knownTitles = 2

// A waiting record is kept until it is known which row is the header.
type waiting struct {
	rec record
	row int
}

// readTop reads a record while the header was not found yet.
func (r *reader) readTop(rec *record) error {
	found := r.known(texts(rec)) >= knownTitles
	switch {
	case len(r.waiting) == 0 && isBlank(rec) && rec.fault == wellQuoted && !rec.large:
		r.head.blankTop = r.head.blankTop || bytes.IndexByte(rec.raw, r.scan.delimiter) >= 0
		return nil
	case len(r.waiting) == 0 && (found || rec.fault == openQuote || rec.large || rec.columns > maxColumns):
		r.readHeader(rec)
		return nil
	case found:
		f := roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: 1}
		r.found.once(f, "above", "titles", strconv.Itoa(r.row))
		r.waiting = nil
		r.readHeader(rec)
		return nil
	}
	r.waiting = append(r.waiting, waiting{rec.clone(), r.row})
	bytes := 0
	for _, w := range r.waiting {
		bytes += len(w.rec.raw)
	}
	if len(r.waiting) < topRows && bytes < topBytes {
		return nil
	}
	return r.settleTop()
}

// settleTop takes the first row for the header after all, since none of those below it is one, and reads these.
func (r *reader) settleTop() error {
	rows, at := r.waiting, r.row
	r.waiting = nil
	for _, w := range rows {
		r.row = w.row
		if !r.hasHead {
			if !r.wrongDelimiter(rows) {
				r.readHeader(&w.rec)
			}
			r.hasHead = true
			continue
		}
		if err := r.readRow(&w.rec); err != nil {
			return err
		}
	}
	r.row = at
	return nil
}

// known counts the mapped columns whose titles are among the cells.
func (r *reader) known(cells []string) (n int) {
	titles := make(map[string]bool, len(cells))
	for _, c := range cells {
		titles[mapping.NormalTitle(c)] = true
	}
	for _, c := range r.columns {
		if titles[mapping.NormalTitle(c.Title)] {
			n++
		}
	}
	return n
}

// wrongDelimiter reports rows in which another delimiter than the agreed one stands between titles, or a first row of one column that holds one.
func (r *reader) wrongDelimiter(rows []waiting) bool {
	for i, w := range rows {
		for _, d := range []string{";", "\t", "|", ","} {
			if d[0] == r.scan.delimiter || bytes.IndexByte(w.rec.raw, d[0]) < 0 {
				continue
			}
			alone := i == 0 && bytes.IndexByte(w.rec.raw, r.scan.delimiter) < 0
			if alone || r.known(unquoted(w.rec.raw, d)) >= knownTitles {
				f := roster.Finding{Code: roster.FileDelimiter, Level: roster.Refused, Row: w.row}
				r.found.once(f, "", "found", delimiterName(d), "wanted", delimiterName(string(r.scan.delimiter)))
				return true
			}
		}
	}
	return false
}

// unquoted cuts a line at a delimiter, well enough to know titles.
func unquoted(line []byte, delimiter string) []string {
	cells := strings.Split(string(line), delimiter)
	for i, c := range cells {
		cells[i] = strings.Trim(c, `" `)
	}
	return cells
}

func delimiterName(d string) string {
	if d == "\t" {
		return "TAB"
	}
	return "“" + d + "”"
}

// clone returns the record with bytes of its own.
func (r *record) clone() record {
	c := *r
	c.raw, c.cells = bytes.Clone(r.raw), slices.Clone(r.cells)
	for i, cell := range c.cells {
		c.cells[i] = bytes.Clone(cell)
	}
	return c
}
