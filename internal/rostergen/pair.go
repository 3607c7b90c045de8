package rostergen

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
)

// A Pair is two rosters of one organisation, an old and a new one, on which engines of comparison are measured against each other. A [Company] tells a story, and
// remembers its people; a pair is plain volume: each row is a function of the seed and the row's number, so that a million rows take a second and four bytes
// each.
//
// A row has 20 columns and about 234 bytes: names with accents, two dates, eleven columns of few values, and a quoted cell in about every eleventh row. Both
// files are in an order of their own. From the old one to the new one, 1 % of the people go and as many come, 5 % have one or two other cells, and of another
// 0.5 % the status is the other one. Nobody's name or unique ID changes, and each text is in its stored form, so that a comparison of bytes and one of
// meaning find the same. It is used by one goroutine at a time, but for WriteOld and WriteNew, which may run side by side.
type Pair struct {
	seed     uint64
	rows     int
	fate     []fate // of the people of the old roster, by number
	columns  []pairColumn
	changing []int // indices of the columns in which people change
}

// A fate is what becomes of a person of the old roster.
type fate uint8

const (
	stays fate = iota
	goes
	changes
	flips
)

// A pairColumn is a column whose cells are told by an index below size. Different indices are different texts.
type pairColumn struct {
	Column
	size   int
	append func(line []byte, number, index int) []byte
}

// The streams of random numbers of a pair.
const (
	cellStream = iota + 1
	changeStream
	fateStream
	oldOrder
	newOrder
)

// NewPair returns a pair whose old roster has so many rows.
func NewPair(seed uint64, rows int) *Pair {
	p := &Pair{seed: seed, rows: rows, fate: make([]fate, rows), columns: pairColumns()}
	for i, c := range p.columns {
		switch c.Field {
		case roster.FirstName, roster.LastName, roster.UniqueID, roster.Status:
		default:
			p.changing = append(p.changing, i)
		}
	}
	order := p.order(fateStream, rows)
	for i, n := range []int{rows / 100, rows / 20, rows / 200} {
		for _, number := range order[:n] {
			p.fate[number] = []fate{goes, changes, flips}[i]
		}
		order = order[n:]
	}
	return p
}

// Columns returns the columns of both rosters in their order.
func (p *Pair) Columns() []Column {
	columns := make([]Column, len(p.columns))
	for i, c := range p.columns {
		columns[i] = c.Column
	}
	return columns
}

// Counts is what a comparison of a pair's rosters has to find.
type Counts struct {
	Old, New                int // rows
	Added, Removed, Changed int // people
	// Cells counts the cells that differ, of people who are in both rosters, by field.
	Cells map[roster.Field]int
}

// Counts returns what there is to find, by looking at each person.
func (p *Pair) Counts() Counts {
	c := Counts{Old: p.rows, Added: p.added(), Cells: map[roster.Field]int{}}
	var before, after cells
	for n, f := range p.fate {
		switch f {
		case goes:
			c.Removed++
		case changes, flips:
			c.Changed++
			p.old(n, &before)
			p.new(n, &after)
			for i, column := range p.columns {
				if before[i] != after[i] {
					c.Cells[column.Field]++
				}
			}
		}
	}
	c.New = c.Old + c.Added - c.Removed
	return c
}

// added is the number of people who come; their numbers follow the others'.
func (p *Pair) added() int { return p.rows / 100 }

// WriteOld writes the old roster, as WriteNew the new one: CSV in UTF-8 with CRLF, dates as MM/DD/YYYY.
func (p *Pair) WriteOld(w io.Writer) error { return p.write(w, p.order(oldOrder, p.rows), p.old) }

// WriteNew writes the new roster.
func (p *Pair) WriteNew(w io.Writer) error {
	order := p.order(newOrder, p.rows+p.added())
	there := slices.DeleteFunc(order, func(n int32) bool { return int(n) < p.rows && p.fate[n] == goes })
	return p.write(w, there, p.new)
}

func (p *Pair) write(w io.Writer, order []int32, row func(int, *cells)) error {
	out := bufio.NewWriterSize(w, 1<<20)
	titles := make([]string, len(p.columns))
	for i, c := range p.columns {
		titles[i] = c.Title
	}
	line := []byte(strings.Join(titles, ","))
	var at cells
	for _, n := range order {
		line = append(line, '\r', '\n')
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write roster: %w", err)
		}
		row(int(n), &at)
		line = line[:0]
		for i, c := range p.columns {
			if i > 0 {
				line = append(line, ',')
			}
			line = c.append(line, int(n), at[i])
		}
	}
	out.Write(append(line, '\r', '\n')) //nolint:errcheck // Flush tells
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	return nil
}

// order returns the numbers below n, shuffled.
func (p *Pair) order(stream uint64, n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	rand.New(rand.NewPCG(p.seed, stream)).Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// cells are the indices of a row's cells.
type cells [20]int

// The indices of the columns that a rule is about.
const (
	firstNameColumn, lastNameColumn, emailColumn, eligibilityColumn, statusColumn, supervisorColumn = 0, 1, 2, 4, 5, 17
)

// old tells the row of a person before.
func (p *Pair) old(number int, at *cells) {
	rng := mixer{p.seed ^ cellStream<<56 ^ uint64(number)<<8}
	for i, c := range p.columns {
		at[i] = rng.below(c.size)
	}
	at[firstNameColumn], at[lastNameColumn] = rng.name()
	for _, column := range []int{supervisorColumn, supervisorColumn + 1} {
		first, last := rng.name()
		at[column] = first*pairLastNames() + last
	}
	at[emailColumn] = 0
	at[eligibilityColumn], at[statusColumn] = min(rng.below(ineligibleIn), 1), min(rng.below(inactiveIn), 1)
}

// new tells the row of a person after.
func (p *Pair) new(number int, at *cells) {
	p.old(number, at)
	if number >= p.rows {
		return
	}
	switch p.fate[number] {
	case flips:
		at[statusColumn] = 1 - at[statusColumn]
	case changes:
		rng := mixer{p.seed ^ changeStream<<56 ^ uint64(number)<<8}
		for range 1 + rng.below(2) { // the same column may be drawn twice; then the second one counts
			i := p.changing[rng.below(len(p.changing))]
			size := p.columns[i].size
			before := cells{}
			p.old(number, &before)
			at[i] = (before[i] + 1 + rng.below(size-1)) % size
		}
	}
}

// name chooses the indices of a first and a last name of one language; of four last names one is two joined.
func (m *mixer) name() (first, last int) {
	culture := cultures[pickFrom(m.below(100), cultureWeights)]
	first, last = m.in(culture.firsts), m.in(culture.lasts)
	if m.below(4) == 0 {
		last = joined(last, m.in(culture.lasts))
	}
	return first, last
}

func (m *mixer) in(s stretch) int { return s.from + m.below(s.to-s.from) }

// pickFrom returns the place in weights that n, below their sum, falls into.
func pickFrom(n int, weights []int) int {
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// A mixer is SplitMix64 (Steele, Lea and Flood, 2014): it begins anywhere at no cost, which makes a row a function of its number.
type mixer struct{ state uint64 }

func (m *mixer) below(n int) int {
	m.state += 0x9E3779B97F4A7C15
	z := m.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) >> 33 * uint64(n) >> 31)
}
