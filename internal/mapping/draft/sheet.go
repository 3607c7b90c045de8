package draft

import (
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/mapping"
)

// A Sheet is one sheet of a workbook as its reader sees it: the texts that its cells show.
type Sheet struct {
	Name          string // "" for a file without sheets
	Hidden        bool
	Rows          []Row // in ascending order; rows without a text may be left out
	HiddenColumns []int
	Merged        []Area
}

// A Row is the cells of a row that show something, in ascending order of columns.
type Row struct {
	Number int // counted from 1
	Hidden bool
	Cells  []Cell
}

// A Cell is what one cell shows.
type Cell struct {
	Column int // counted from 1, A
	Text   string
	Fault  Fault
}

// A Fault is a reason why a cell does not show what its author meant.
type Fault string

// NoValue: the cell holds a formula that nobody has calculated.
const NoValue Fault = "no value"

// An Area is a merged range, its edges included.
type Area struct{ Left, Top, Right, Bottom int }

// holds reports whether the cell lies in the area.
func (a Area) holds(row, column int) bool {
	return row >= a.Top && row <= a.Bottom && column >= a.Left && column <= a.Right
}

// A grid is a sheet of which any cell can be asked for.
type grid struct {
	Sheet
	rows  map[int]map[int]Cell
	areas map[int][]Area // by each column that was asked for, in the order of their tops
	order map[string]int // the place of each cell's address, for the order of problems
}

func newGrid(s Sheet) *grid {
	g := &grid{Sheet: s, rows: map[int]map[int]Cell{}, areas: map[int][]Area{}, order: map[string]int{}}
	for _, r := range s.Rows {
		cells := make(map[int]Cell, len(r.Cells))
		for _, c := range r.Cells {
			c.Text = mapping.NormalValue(strings.ReplaceAll(c.Text, "\r\n", "\n"))
			if c.Text != "" || c.Fault != "" {
				cells[c.Column] = c
				g.order[g.address(r.Number, c.Column)] = len(g.order) + 1
			}
		}
		g.rows[r.Number] = cells
	}
	return g
}

// at returns a cell; its text is "" where it shows nothing.
func (g *grid) at(row, column int) Cell {
	c := g.rows[row][column]
	c.Column = column
	return c
}

func (g *grid) text(row, column int) string { return g.rows[row][column].Text }

// area returns the merged range that a cell lies in; ok is false for a cell of its own.
func (g *grid) area(row, column int) (a Area, ok bool) {
	areas, known := g.areas[column]
	if !known {
		for _, a := range g.Merged {
			if a.Left <= column && column <= a.Right {
				areas = append(areas, a)
			}
		}
		slices.SortStableFunc(areas, func(a, b Area) int { return a.Top - b.Top })
		g.areas[column] = areas
	}
	// Merged ranges do not overlap, so the last that starts no lower is the only one that can hold the cell.
	i, exact := slices.BinarySearchFunc(areas, row, func(a Area, row int) int { return a.Top - row })
	if !exact {
		i--
	}
	if i < 0 || !areas[i].holds(row, column) {
		return Area{}, false
	}
	return areas[i], true
}

// address names a cell as spreadsheets do: Mapping!C14, and 'Data Mapping'!C14 where the sheet's name is more than a word.
func (g *grid) address(row, column int) string {
	cell := columnName(column) + strconv.Itoa(row)
	switch {
	case g.Name == "":
		return cell
	case strings.ContainsFunc(g.Name, func(r rune) bool { return !isWord(r) }):
		return "'" + strings.ReplaceAll(strings.Join(strings.Fields(g.Name), " "), "'", "''") + "'!" + cell
	}
	return g.Name + "!" + cell
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= 0x80 && r != '\u00A0'
}

// columnName is A for 1, Z for 26, AA for 27.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
