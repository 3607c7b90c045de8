package workbook

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/report"
)

// styles are the looks of cells. All are text.
type styles struct{ title, label, head, private, cell, prose int }

// asText is the number of the built-in format "@".
const asText = 49

func newStyles(f *excelize.File) (s styles, err error) {
	border := []excelize.Border{{Type: "bottom", Color: "6B7583", Style: 2}}
	top := &excelize.Alignment{Vertical: "top"}
	wrapped := &excelize.Alignment{Vertical: "top", WrapText: true}
	for _, look := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.title, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true, Size: 14}, Alignment: top}},
		{&s.label, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}, Alignment: top}},
		{&s.head, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}, Border: border, Alignment: wrapped, Fill: fill("E8ECF1")}},
		{&s.private, excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true, Color: "7A3E00"}, Border: border, Alignment: wrapped, Fill: fill("FDF0DC")}},
		{&s.cell, excelize.Style{NumFmt: asText, Alignment: top}},
		{&s.prose, excelize.Style{NumFmt: asText, Alignment: wrapped}},
	} {
		if *look.id, err = f.NewStyle(&look.style); err != nil {
			return styles{}, err
		}
	}
	return s, nil
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// A sheet is a sheet being streamed.
type sheet struct {
	*excelize.StreamWriter
	book *book
	name string
	row  int // the last that was written
	wide int // cells of the widest row
}

// sheet begins a sheet. Columns are as wide as is told, and no name is taken twice.
func (b *book) sheet(name string, widths []int) (*sheet, error) {
	name = b.freeName(name)
	if b.sheets++; b.sheets == 1 {
		if err := b.file.SetSheetName(b.file.GetSheetName(0), name); err != nil {
			return nil, err
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := stream.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return nil, err
		}
	}
	return &sheet{StreamWriter: stream, book: b, name: name}, nil
}

// freeName is a name that no sheet has yet: "Create", "Create (2)".
func (b *book) freeName(name string) string {
	free := name
	for n := 2; ; n++ {
		if i, err := b.file.GetSheetIndex(free); err == nil && i < 0 {
			return free
		}
		free = fmt.Sprintf("%s (%d)", name, n)
	}
}

// add writes a row. A cell without text is no cell.
func (s *sheet) add(cells []string, style func(column int) int) error {
	s.row++
	row := make([]any, len(cells))
	for i, text := range cells {
		if text != "" {
			row[i] = excelize.Cell{StyleID: style(i), Value: fitting(text)}
		}
	}
	s.wide = max(s.wide, len(cells))
	return s.SetRow(fmt.Sprintf("A%d", s.row), row)
}

// end ends the sheet. That numbers stand in it as text is meant, and no spreadsheet has to say so at each.
func (s *sheet) end() error {
	last, err := excelize.CoordinatesToCellName(max(s.wide, 1), max(s.row, 1))
	if err != nil {
		return err
	}
	if err := s.book.file.AddIgnoredErrors(s.name, "A1:"+last, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	return s.Flush()
}

func all(style int) func(int) int { return func(int) int { return style } }

// summary writes the first sheet.
func (b *book) summary(d *report.Document) error {
	s, err := b.sheet(d.SummaryName(), []int{28, 16, 100})
	if err != nil {
		return err
	}
	look := func(i int) int { return []int{b.styles.label, b.styles.cell, b.styles.prose}[i] }
	rows := []func() error{
		func() error { return s.add([]string{d.Title()}, all(b.styles.title)) },
		func() error { return s.add([]string{""}, look) },
	}
	for _, t := range d.Totals() {
		rows = append(rows, func() error { return s.add([]string{t.Kind, t.Text, t.Meaning}, look) })
	}
	rows = append(rows, func() error { return s.add([]string{""}, look) })
	for _, text := range append(d.Notices(), d.Answer()) {
		rows = append(rows, func() error { return s.add([]string{"", "", text}, look) })
	}
	rows = append(rows, func() error { return s.add([]string{""}, look) })
	for _, f := range d.Facts() {
		rows = append(rows, func() error { return s.add([]string{f.Label, "", f.Text}, look) })
	}
	for _, write := range rows {
		if err := write(); err != nil {
			return err
		}
	}
	return s.end()
}

// table writes a table, in as many sheets as it needs.
func (b *book) table(t report.Table) error {
	s, err := b.begin(t)
	if err != nil {
		return err
	}
	for row, err := range t.Rows {
		if err != nil {
			return errors.Join(err, s.finish(t))
		}
		if s.row == b.rows {
			if err := s.finish(t); err != nil {
				return err
			}
			if s, err = b.begin(t); err != nil {
				return err
			}
		}
		if err := s.add(row, all(b.styles.cell)); err != nil {
			return err
		}
	}
	return s.finish(t)
}

// begin begins a sheet of a table with its head, which stays in sight.
func (b *book) begin(t report.Table) (*sheet, error) {
	widths, heads := make([]int, len(t.Heads)), make([]string, len(t.Heads))
	for i, h := range t.Heads {
		widths[i], heads[i] = min(max(h.Width, utf8.RuneCountInString(h.Text)+4), 100), h.Text // 4: the button of the filter
	}
	s, err := b.sheet(t.Name, widths)
	if err != nil {
		return nil, err
	}
	err = s.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft", Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	})
	if err != nil {
		return nil, err
	}
	return s, s.add(heads, func(i int) int {
		if t.Heads[i].Private {
			return b.styles.private
		}
		return b.styles.head
	})
}

// finish ends a sheet of a table with a filter over all of it.
func (s *sheet) finish(t report.Table) error {
	last, err := excelize.CoordinatesToCellName(len(t.Heads), s.row)
	if err != nil {
		return err
	}
	if err := s.book.file.AutoFilter(s.name, "A1:"+last, nil); err != nil {
		return err
	}
	return s.end()
}

// fitting is a text as a cell can hold it. Characters that XML has no way to write are written as U+FFFD by the library.
func fitting(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= excelize.TotalCellChars {
		return text
	}
	units, end := 0, 0
	for i, r := range text {
		if units += utf16.RuneLen(r); units > excelize.TotalCellChars-1 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	if units <= excelize.TotalCellChars-1 {
		return text
	}
	return text[:end] + "…"
}
