package intake

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// readRow reads one record below the header.
func (r *reader) readRow(rec *record) error {
	switch {
	case rec.fault == openQuote:
		return r.readTorn(rec)
	case rec.large || rec.columns > maxColumns:
		r.summary.Rows++
		r.tooLarge(rec)
		return nil
	case isBlank(rec) && !r.torn(rec):
		r.found.add(roster.Finding{Code: roster.RowBlank, Level: roster.Note, Row: r.row}, "")
		return nil
	case r.head.usable && r.repeatsHeader(rec):
		r.found.add(roster.Finding{Code: roster.RowRepeatedHeader, Level: roster.RowAside, Row: r.row}, "")
		return nil
	}
	r.summary.Rows++
	if !r.head.usable || r.quick {
		return nil
	}
	wanted := len(r.head.titles)
	f := roster.Finding{Row: r.row, Level: roster.RowAside}
	switch {
	case r.torn(rec):
		r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, "torn", r.counts(rec)...)
		return nil
	case rec.fault != wellQuoted:
		f.Code = roster.RowQuoting
		r.found.add(f, faultVariant(rec.fault), r.counts(rec)...)
		return r.setAsideDamaged(rec)
	case rec.columns == wanted && r.swallowsRows(rec):
		f.Code = roster.RowQuoting
		r.found.add(f, "swallowed", r.counts(rec)...)
		return r.setAsideDamaged(rec)
	case rec.columns != wanted:
		f.Code = roster.RowColumnCount
		r.found.add(f, "", r.counts(rec)...)
		return r.setAsideDamaged(rec)
	}
	return r.readCells(rec)
}

// torn reports whether the record is the file's last and was cut off: it has no line end and too few cells. White space alone is no row that was begun.
func (r *reader) torn(rec *record) bool {
	begun := rec.columns > 1 || !isBlank(rec)
	return !rec.ended && !r.scan.tooLong && r.head.usable && begun && rec.columns < len(r.head.titles)
}

// counts are the words about a row of the wrong shape.
func (r *reader) counts(rec *record) []string {
	return []string{"line", strconv.Itoa(rec.line), "found", strconv.Itoa(rec.columns), "wanted", strconv.Itoa(len(r.head.titles))}
}

func faultVariant(f quoteFault) string {
	if f == textAfterQuote {
		return "after"
	}
	return ""
}

// readTorn reports a quote that is open where the file ends.
func (r *reader) readTorn(rec *record) error {
	if r.scan.tooLong {
		return nil
	}
	r.summary.Rows++
	if r.quick {
		return nil
	}
	variant := ""
	if !rec.ended {
		variant = "open"
	}
	r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, variant, "line", strconv.Itoa(rec.line))
	return nil
}

func (r *reader) tooLarge(rec *record) {
	variant := "row"
	if rec.columns > maxColumns {
		variant = "width"
	}
	r.found.once(roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused, Row: r.row}, variant, "line", strconv.Itoa(rec.line))
}

// isBlank reports whether the record says nothing: an empty line, or cells of white space alone.
func isBlank(rec *record) bool {
	for _, c := range rec.cells {
		if len(c) > 0 && (c[0] > ' ' && c[0] < utf8.RuneSelf || mapping.NormalValue(string(c)) != "") {
			return false
		}
	}
	return true
}

// readCells reads a record whose cells stand where the header says.
func (r *reader) readCells(rec *record) error {
	raw, found := r.mappedTexts(rec), r.found.count
	if r.o.Cells != nil {
		r.o.Cells(r.row, raw)
	}
	row := batch.Row{Number: r.row, Cells: r.cells[:0]}
	brokenName := false
	for i := range r.columns {
		c := &r.columns[i]
		cell := absent
		if c.at >= 0 {
			var aside bool
			cell, aside = r.cell(c, raw[i])
			row.Aside = row.Aside || aside
			brokenName = brokenName || aside && c.oneLine && strings.IndexByte(normal(raw[i]), '\n') >= 0
		}
		row.Cells = append(row.Cells, cell)
		switch c.Field {
		case roster.Email:
			row.Email = cell.Text
		case roster.UniqueID:
			row.UniqueID = cell.Text
		}
	}
	r.cells = row.Cells
	if brokenName {
		r.reportLineBreaks(raw)
	}
	if row.Aside {
		if err := r.setAside(row, raw); err != nil {
			return err
		}
		return r.protectMentioned(rec)
	}
	return r.accept(row, rec, r.found.count != found)
}

// accept takes a row that takes part; noted: there was something to say about it.
func (r *reader) accept(row batch.Row, rec *record, noted bool) error {
	r.summary.Accepted++
	if r.rows == nil {
		return nil
	}
	at := r.rows.len()
	note := rowNote{content: contentOf(row.Cells, r.rows.seed), by: claims(row), kind: batch.Accepted}
	note.line = batch.LineRef{Offset: rec.at, Length: int32(len(rec.raw)), Hash: r.rows.seed.Line(rec.raw)}
	if err := r.rows.add(row, note); err != nil {
		return err
	}
	if err := r.protectMentioned(rec); err != nil {
		return err
	}
	if noted || r.rows.len() > at+1 {
		r.rows.block.Kind[at] = batch.Noted
	}
	return nil
}

// mappedTexts returns the texts of the mapped columns' cells, in the order of the columns. They share one allocation.
func (r *reader) mappedTexts(rec *record) []string {
	r.scratch = r.scratch[:0]
	for _, c := range r.columns {
		if c.at >= 0 {
			r.scratch = append(r.scratch, rec.cells[c.at]...)
		}
	}
	all, from := string(r.scratch), 0
	r.raw = r.raw[:0]
	for _, c := range r.columns {
		n := 0
		if c.at >= 0 {
			n = len(rec.cells[c.at])
		}
		r.raw = append(r.raw, all[from:from+n])
		from += n
	}
	return r.raw
}
