package lint

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// MostValues is how many different values are counted in a column; of one with more it is told that there are more. What a column lists is always counted.
const MostValues = 5_000

// Limits of what is kept of values: one that is longer is counted with those that are not kept, and so is whatever comes when the room for all columns is used up.
const (
	maxKept = 200     // bytes of a value
	maxRoom = 8 << 20 // bytes of all values of all columns
)

// A counter counts the cells of one column.
type counter struct {
	column  mapping.Column
	allowed map[string]bool
	room    *int // shared by all columns

	rows, empty int
	seen        map[string]int // by the text of the cell
	unkept      int            // cells whose value is not kept
	came        map[string]int // by the standard value that cells came to
	dates       dateCount
	ids         idCount
}

func newCounter(c mapping.Column, room *int) *counter {
	n := &counter{column: c, room: room, seen: map[string]int{}, came: map[string]int{}, allowed: map[string]bool{}}
	for _, v := range c.Allowed() {
		n.allowed[v] = true
	}
	n.ids.widths = map[int]int{}
	return n
}

func (n *counter) add(text string) {
	n.rows++
	text = mapping.NormalValue(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		n.empty++
		return
	}
	if to, ok := n.column.Translate[text]; ok {
		n.came[to]++
	} else if n.allowed[text] {
		n.came[text]++
	}
	n.keep(text)
	switch {
	case n.column.Field.Kind() == roster.Date:
		n.dates.add(text)
	case n.column.Field == roster.UniqueID:
		n.ids.add(text)
	}
}

// keep counts a value, if there is room for it.
func (n *counter) keep(text string) {
	if _, known := n.seen[text]; !known {
		if len(n.seen) >= MostValues || len(text) > maxKept || *n.room < len(text) {
			n.unkept++
			return
		}
		text = strings.Clone(text) // the row's texts share one allocation
		*n.room -= len(text)
	}
	n.seen[text]++
}

// outside returns the values that come to none of the column's set, the most frequent first.
func (n *counter) outside() (values []Value) {
	for text, count := range n.seen {
		if to, ok := n.column.Translate[text]; ok && n.allowed[to] || n.allowed[text] && !ok {
			continue
		}
		values = append(values, Value{Text: text, Count: count})
	}
	return byCount(values)
}

func byCount(values []Value) []Value {
	slices.SortFunc(values, func(a, b Value) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Text, b.Text)
	})
	return values
}

// someDate knows a date of three numbers with the year at its end.
var someDate = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})$`)

// A dateCount tells by which number is over 12 whether the day or the month stands first.
type dateCount struct{ dayFirst, monthFirst, either int }

func (d *dateCount) add(text string) {
	m := someDate.FindStringSubmatch(text)
	if m == nil {
		return
	}
	first, _ := strconv.Atoi(m[1]) // two digits
	second, _ := strconv.Atoi(m[2])
	switch {
	case first > 31 || second > 31 || first > 12 && second > 12 || first < 1 || second < 1:
	case first > 12:
		d.dayFirst++
	case second > 12:
		d.monthFirst++
	default:
		d.either++
	}
}

// An idCount tells whether unique IDs of digits have lost their leading zeros.
type idCount struct {
	widths map[int]int // IDs of digits alone, by their length
	zero   int         // those that begin with a zero
}

func (i *idCount) add(text string) {
	if strings.Trim(text, "0123456789") != "" || len(text) > roster.MaxUniqueID {
		return
	}
	i.widths[len(text)]++
	if text[0] == '0' {
		i.zero++
	}
}
