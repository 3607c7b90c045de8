package workbook

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"unicode/utf8"

	"rollcall.internal/internal/mapping/draft"
)

// readCSV reads a table that was saved as text, parted by commas, semicolons or tabs.
func readCSV(data []byte) (draft.Sheet, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	switch {
	case len(data) > MaxCSVBytes:
		return draft.Sheet{}, refuse("the file is larger than %d MiB, which no data-mapping table is", MaxCSVBytes>>20)
	case !utf8.Valid(data):
		return draft.Sheet{}, refuse("the file is not UTF-8 (see line %d): save it as CSV UTF-8, or as an Excel workbook (.xlsx)", 1+linesBeforeFault(data))
	}
	if bytes.IndexByte(data, '\n') < 0 {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiter(data), -1, true
	sheet, cells := draft.Sheet{}, 0
	lines, read := 0, int64(0) // line ends before the record, and the bytes in which they were counted
	for number := 1; ; number++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return sheet, nil
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			return sheet, refuse("line %d breaks the rules of CSV (a stray quote, or one that is never closed): save the workbook anew", parse.StartLine)
		}
		if err != nil {
			return sheet, err
		}
		// The reader passes over empty lines, which are rows to everybody else.
		start, _ := r.FieldPos(0)
		number += start - 1 - lines
		lines, read = lines+bytes.Count(data[read:r.InputOffset()], []byte{'\n'}), r.InputOffset()
		row := rowOf(number, record)
		cells += len(row.Cells)
		switch last := len(row.Cells) - 1; {
		case last >= 0 && row.Cells[last].Column > maxColumns:
			return sheet, refuse("row %d has more than %d columns, which no data-mapping table has", number, maxColumns)
		case cells > maxCells || number > maxRows:
			return sheet, refuse("the table has more than %d rows or %d cells, which no data-mapping table has", maxRows, maxCells)
		case last >= 0:
			sheet.Rows = append(sheet.Rows, row)
		}
	}
}

// rowOf returns the cells of a record that say something.
func rowOf(number int, record []string) draft.Row {
	row := draft.Row{Number: number}
	for i, text := range record {
		if text != "" {
			row.Cells = append(row.Cells, draft.Cell{Column: i + 1, Text: text})
		}
	}
	return row
}

func linesBeforeFault(data []byte) (n int) {
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return n
		}
		if r == '\n' {
			n++
		}
		data = data[size:]
	}
	return n
}

// delimiter returns what parts the columns: of comma, semicolon and tab the one that stands in the most lines outside quotes.
func delimiter(data []byte) rune {
	lines := map[byte]int{}
	seen := map[byte]bool{}
	quoted := false
	for _, c := range data[:min(len(data), 64<<10)] {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			clear(seen)
		case !quoted && (c == ',' || c == ';' || c == '\t') && !seen[c]:
			seen[c] = true
			lines[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if lines[c] > lines[best] {
			best = c
		}
	}
	return rune(best)
}
