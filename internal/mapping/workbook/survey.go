package workbook

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"rollcall.internal/internal/mapping/draft"
)

// A survey is what one reading through a sheet's XML shows, before the library gets to see it.
type survey struct {
	merged        []draft.Area
	hiddenRows    map[int]bool
	hiddenColumns [maxColumns + 1]bool
	noValue       map[[2]int]bool // formulas that nobody has calculated, by row and column

	cells         int
	row, column   int // of the cell being read
	formula       bool
	kept          bool // the cell has a place for its value
	value         bool // and there is something in it
	text          bool // the value is a text, which may be empty
	inValue, data bool // data: the sheet's data was seen
}

// Limits of what is kept of a sheet beside its cells.
const (
	maxMerged = 20_000
	maxDepth  = 32
)

// look reads a sheet's part through, in which at most so many cells may be in use. A part that is cut off, out of order or larger than a table is refused: the library would read as much of it as it can, and say nothing.
func look(sheet string, part []byte, most int) (*survey, error) {
	s := &survey{hiddenRows: map[int]bool{}, noValue: map[[2]int]bool{}}
	d := xml.NewDecoder(bytes.NewReader(part))
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && s.data {
			return s, nil
		}
		if err != nil {
			return nil, refuse("the sheet %q is damaged: save the workbook anew", sheet)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if err := s.start(sheet, t); err != nil || depth > maxDepth {
				return nil, orDamaged(err, sheet)
			}
		case xml.EndElement:
			depth--
			if s.end(t.Name.Local); s.cells > most {
				return nil, refuse("the workbook has more than %d cells in use (as far as the sheet %q): take out what is not the mapping", maxCells, sheet)
			}
		case xml.CharData:
			s.value = s.value || s.inValue && len(bytes.TrimSpace(t)) > 0
		}
	}
}

func orDamaged(err error, sheet string) error {
	if err != nil {
		return err
	}
	return refuse("the sheet %q is damaged: save the workbook anew", sheet)
}

func (s *survey) start(sheet string, e xml.StartElement) error {
	switch e.Name.Local {
	case "sheetData":
		s.data = true
	case "row":
		return s.startRow(sheet, e)
	case "c":
		return s.startCell(sheet, e)
	case "f":
		s.formula = true
	case "v", "t":
		s.inValue, s.kept = true, true
	case "col":
		s.hideColumns(e)
	case "mergeCell":
		if area, ok := areaOf(attr(e, "ref")); ok && len(s.merged) < maxMerged {
			s.merged = append(s.merged, area)
		}
	}
	return nil
}

func (s *survey) startRow(sheet string, e xml.StartElement) error {
	number := s.row + 1
	if r := attr(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number {
			return refuse("the rows of the sheet %q are out of order: save the workbook anew", sheet)
		}
		number = n
	}
	s.row, s.column = number, 0
	if isTrue(attr(e, "hidden")) && number <= maxRows {
		s.hiddenRows[number] = true
	}
	return nil
}

func (s *survey) startCell(sheet string, e xml.StartElement) error {
	column := s.column + 1
	if ref := attr(e, "r"); ref != "" {
		row, at, ok := cellOf(ref)
		if !ok || row != s.row || at < column {
			return refuse("the cells of the sheet %q are out of order: save the workbook anew", sheet)
		}
		column = at
	}
	s.column, s.formula, s.kept, s.value = column, false, false, false
	s.text = attr(e, "t") == "str" || attr(e, "t") == "s" || attr(e, "t") == "inlineStr"
	return nil
}

// hideColumns notes hidden columns, as far as tables reach.
func (s *survey) hideColumns(e xml.StartElement) {
	from, errFrom := strconv.Atoi(attr(e, "min"))
	to, errTo := strconv.Atoi(attr(e, "max"))
	if errFrom != nil || errTo != nil || !isTrue(attr(e, "hidden")) {
		return
	}
	for c := max(from, 1); c <= min(to, maxColumns); c++ {
		s.hiddenColumns[c] = true
	}
}

func (s *survey) end(name string) {
	switch name {
	case "v", "t":
		s.inValue = false
	case "c":
		if s.formula && !s.value && !(s.kept && s.text) {
			s.noValue[[2]int{s.row, s.column}] = true
		}
		if s.formula || s.value {
			s.cells++
		}
	}
}

// hidden lists the hidden columns.
func (s *survey) hidden() (columns []int) {
	for c, is := range s.hiddenColumns {
		if is {
			columns = append(columns, c)
		}
	}
	return columns
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func isTrue(s string) bool { return s == "1" || s == "true" }

// cellOf reads an address such as C14.
func cellOf(ref string) (row, column int, ok bool) {
	letters := strings.TrimRight(ref, "0123456789")
	row, err := strconv.Atoi(ref[len(letters):])
	if err != nil || row < 1 || len(letters) < 1 || len(letters) > 3 {
		return 0, 0, false
	}
	for i := range len(letters) {
		if letters[i] < 'A' || letters[i] > 'Z' {
			return 0, 0, false
		}
		column = column*26 + int(letters[i]-'A') + 1
	}
	return row, column, true
}

// areaOf reads a range such as B5:B9, as far as tables reach.
func areaOf(ref string) (draft.Area, bool) {
	from, to, ok := strings.Cut(ref, ":")
	top, left, okFrom := cellOf(from)
	bottom, right, okTo := cellOf(to)
	if !ok || !okFrom || !okTo || top > bottom || left > right || top > maxRows || left > maxColumns {
		return draft.Area{}, false
	}
	return draft.Area{Left: left, Top: top, Right: right, Bottom: min(bottom, maxRows)}, true
}
