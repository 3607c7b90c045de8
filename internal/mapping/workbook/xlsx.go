package workbook

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/mapping/draft"
)

// readXLSX reads an Excel workbook; see the package comment for what comes before the library.
func readXLSX(data []byte) ([]draft.Sheet, error) {
	a, err := open(data)
	if err != nil {
		return nil, err
	}
	b, err := a.readBook()
	if err != nil {
		return nil, err
	}
	packed, surveys, err := a.prepare(b)
	if err != nil {
		return nil, err
	}
	return readPacked(packed, b, surveys)
}

// prepare inflates and surveys the parts that the library gets.
func (a *archive) prepare(b book) (packed []byte, surveys []*survey, err error) {
	texts, _, err := a.part(b.strings, true)
	if err != nil {
		return nil, nil, err
	}
	styles, _, err := a.part(b.styles, true)
	if err != nil {
		return nil, nil, err
	}
	var against reasons
	used := 0
	parts := make([][]byte, len(b.sheets))
	surveys = make([]*survey, len(b.sheets))
	for i, s := range b.sheets {
		part, ok, err := a.part(s.part, false)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			against.add("the workbook lacks the cells of the sheet %q: ask for it again", s.name)
			continue
		}
		parts[i] = part
		surveys[i], err = look(s.name, part, maxCells-used)
		if err := against.join(err); err != nil {
			return nil, nil, err
		}
		if surveys[i] != nil {
			used += surveys[i].cells
		}
	}
	if err := against.err(); err != nil {
		return nil, nil, err
	}
	packed, err = b.pack(texts, styles, parts)
	return packed, surveys, err
}

// readPacked reads the cells of every sheet by the library, which sees nothing but the archive that prepare made. It has been known to panic on workbooks that are
// wrong in ways it did not foresee, and a workbook is somebody else's: that is a reason to refuse it, and none to fall over.
func readPacked(packed []byte, b book, surveys []*survey) (sheets []draft.Sheet, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			sheets, err = nil, refuse("the workbook is damaged: save it anew")
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{UnzipSizeLimit: 4 * maxInflated, UnzipXMLSizeLimit: 4 * maxInflated})
	if err != nil {
		return nil, refuse("the workbook is damaged: save it anew")
	}
	defer f.Close() //nolint:errcheck // it has no files
	var against reasons
	for i, s := range b.sheets {
		sheet := draft.Sheet{Name: s.name, Hidden: s.hidden, HiddenColumns: surveys[i].hidden(), Merged: surveys[i].merged}
		if sheet.Rows, err = readRows(f, ourName(i), s.name, surveys[i]); err != nil {
			if err := against.join(err); err != nil {
				return nil, err
			}
		}
		sheets = append(sheets, sheet)
	}
	return sheets, against.err()
}

// readRows reads the rows of a sheet that show something.
func readRows(f *excelize.File, ours, sheet string, s *survey) (rows []draft.Row, err error) {
	lines, err := f.Rows(ours)
	if err != nil {
		return nil, refuse("the sheet %q is damaged: save the workbook anew", sheet)
	}
	defer lines.Close() //nolint:errcheck // nothing is written
	for number := 1; lines.Next(); number++ {
		texts, err := lines.Columns()
		if err != nil {
			return nil, refuse("row %d of the sheet %q is damaged: save the workbook anew", number, sheet)
		}
		row := draft.Row{Number: number, Hidden: s.hiddenRows[number], Cells: cells(texts, number, s)}
		if len(row.Cells) == 0 {
			continue
		}
		if last := row.Cells[len(row.Cells)-1].Column; last > maxColumns || number > maxRows {
			return nil, refuse("the sheet %q goes as far as row %d and column %s; a data-mapping table has at most %d rows and %d columns: delete what is not the mapping", sheet, number, letters(last), maxRows, maxColumns)
		}
		rows = append(rows, row)
	}
	if err := lines.Error(); err != nil {
		return nil, refuse("the sheet %q is damaged: save the workbook anew", sheet)
	}
	return rows, nil
}

// cells returns the cells of a row that show something, or would if they were calculated.
func cells(texts []string, row int, s *survey) (all []draft.Cell) {
	for i, text := range texts {
		c := draft.Cell{Column: i + 1, Text: text}
		if s.noValue[[2]int{row, i + 1}] {
			c.Text, c.Fault = "", draft.NoValue
		}
		if c.Text != "" || c.Fault != "" {
			all = append(all, c)
		}
	}
	return all
}

// letters is the name of a column.
func letters(n int) string {
	name, err := excelize.ColumnNumberToName(n)
	if err != nil {
		return fmt.Sprint(n)
	}
	return name
}
