package intake

import (
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// maxValue is how much of a cell a finding shows, in characters.
const maxValue = 80

// A collector keeps the first findings and counts all. What refuses the file is kept whatever the limit: there is little of it, and it is what has to be
// read first.
type collector struct {
	lang    string
	limit   int // 0: all
	refused []roster.Finding
	others  []roster.Finding
	aside   []roster.AsideRow
	totals  map[roster.Code]int
	values  map[roster.Field]int // values set aside
	each    func(roster.Finding) // is told every finding; nil: nobody
	count   int                  // findings so far
	// later: findings are only kept, as they come, for another collector to take.
	later bool
	kept  []roster.Finding
}

func newCollector(o Options) *collector {
	return &collector{lang: o.Lang, limit: o.FindingsLimit, each: o.Each, totals: map[roster.Code]int{}, values: map[roster.Field]int{}}
}

// add takes a finding whose message is the sentence named by the code and variant, with the words given in pairs of name and text.
func (c *collector) add(f roster.Finding, variant string, words ...string) {
	c.count++
	c.totals[f.Code]++
	if c.later {
		f.Variant, f.Words = variant, words
		c.kept = append(c.kept, f)
		return
	}
	if f.Level == roster.ValueAside {
		c.values[f.Field]++
	}
	f.Value, f.Variant, f.Words = cut(f.Value), variant, words
	if c.each != nil {
		c.each(f)
	}
	list := &c.others
	if f.Level == roster.Refused {
		list = &c.refused
	} else if c.limit > 0 && len(c.others) >= c.limit {
		return
	}
	f.Message = wording.Sentence(c.lang, f)
	*list = append(*list, f)
}

// addRun takes the same finding for n rows from first on.
func (c *collector) addRun(f roster.Finding, first, n int) {
	for i := range n {
		if c.each == nil && c.limit > 0 && len(c.others) >= c.limit {
			c.totals[f.Code] += n - i
			return
		}
		f.Row = first + i
		c.add(f, "")
	}
}

// once is add for findings about the whole file, of which the first says all.
func (c *collector) once(f roster.Finding, variant string, words ...string) {
	if c.totals[f.Code] == 0 {
		c.add(f, variant, words...)
	}
}

// take adds what another collector has kept, which began with nothing. What refuses a file is said once.
func (c *collector) take(kept []roster.Finding, aside []roster.AsideRow) {
	for _, f := range kept {
		if f.Level == roster.Refused {
			c.once(f, f.Variant, f.Words...)
		} else {
			c.add(f, f.Variant, f.Words...)
		}
	}
	for _, row := range aside {
		c.addAside(row)
	}
}

// merge takes in the findings of a second pass over the rows.
func (c *collector) merge(later *collector) {
	for code, n := range later.totals {
		c.totals[code] += n
	}
	c.others = append(c.others, later.others...)
	c.aside = append(c.aside, later.aside...)
}

// addAside lists whom a row protects that was set aside, up to the limit.
func (c *collector) addAside(row roster.AsideRow) {
	if c.limit == 0 || len(c.aside) < c.limit {
		c.aside = append(c.aside, row)
	}
}

// asideRows returns the first of those listed, by row.
func (c *collector) asideRows() []roster.AsideRow {
	slices.SortStableFunc(c.aside, func(a, b roster.AsideRow) int { return a.Row - b.Row })
	if c.limit > 0 && len(c.aside) > c.limit {
		return c.aside[:c.limit]
	}
	return c.aside
}

// findings returns what is kept: what refuses the file first, then the rest by row.
func (c *collector) findings() []roster.Finding {
	byRow := func(a, b roster.Finding) int { return a.Row - b.Row }
	slices.SortStableFunc(c.others, byRow)
	all := slices.Concat(c.refused, c.others)
	if c.limit > 0 && len(all) > c.limit {
		all = all[:c.limit]
	}
	return all
}

// cut returns the first characters of s, with bytes that are not UTF-8 made visible as such.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n == maxValue {
			return s[:i]
		}
		n++
	}
	return s
}
