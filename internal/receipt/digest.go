package receipt

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
)

const (
	keptRows   = 8    // row numbers that a group remembers
	keptValues = 1000 // different values that a group counts one by one
)

// A Digest puts findings together for people: by code, and in a code by what is wrong and in which column. It takes findings one by one, in the order in which they
// are found, and remembers of each group a few rows and an example; so it may be given all the findings of any file.
type Digest struct {
	refused []roster.Finding // all of them: each says something of its own
	groups  map[groupKey]*group
}

// A groupKey is what the findings of a group share.
type groupKey struct {
	code    roster.Code
	level   roster.Level
	column  string // "" for codes whose findings are told by their values
	variant string
}

// A group is findings that say the same.
type group struct {
	groupKey
	first  roster.Finding
	count  int
	rows   []int // the first of them
	values map[value]int
	others int // findings whose values were too many to be counted one by one
}

// A value is a cell's text that is told because correcting it once corrects it everywhere, and the agreed value that is nearest to it.
type value struct{ text, near string }

// NewDigest returns a digest of nothing.
func NewDigest() *Digest { return &Digest{groups: map[groupKey]*group{}} }

// Add takes a finding.
func (d *Digest) Add(f roster.Finding) {
	if f.Level == roster.Refused {
		d.refused = append(d.refused, f)
		return
	}
	key := groupKey{code: f.Code, level: f.Level, column: f.Column, variant: f.Variant}
	switch {
	case f.Code == roster.ColumnUnmapped:
		key.column = ""
	case f.Code == roster.ValueNotAllowed: // each value says itself which is near
		key.variant = plain(f.Variant)
	}
	g := d.groups[key]
	if g == nil {
		g = &group{groupKey: key, first: f, values: map[value]int{}}
		d.groups[key] = g
	}
	if g.first.Variant != f.Variant && f.Variant == g.variant { // says what is agreed, which helps with any value
		g.first = f
	}
	g.add(f)
}

func (g *group) add(f roster.Finding) {
	g.count++
	if n := len(g.rows); f.Row > 1 && n < keptRows && (n == 0 || g.rows[n-1] != f.Row) {
		g.rows = append(g.rows, f.Row)
	}
	v, told := valueOf(f)
	if !told {
		return
	}
	if _, known := g.values[v]; !known && len(g.values) == keptValues {
		g.others++
		return
	}
	g.values[v]++
}

// plain returns the variant that says the same without what was probably meant: "" for "near", "row" for "row-near".
func plain(variant string) string {
	return strings.TrimSuffix(strings.TrimSuffix(variant, "near"), "-")
}

// valueOf returns what a finding's group counts one by one, if it does.
func valueOf(f roster.Finding) (v value, told bool) {
	switch f.Code {
	case roster.ColumnUnmapped:
		return value{text: f.Column}, f.Column != "" && f.Variant == ""
	case roster.ValueNotAllowed:
		return value{text: f.Value, near: legible(word(f, "near"))}, true
	}
	return value{}, false
}

// word returns the text of one of a finding's words, "" where it has no such word.
func word(f roster.Finding, name string) string {
	if i := slices.Index(f.Words, name); i >= 0 && i%2 == 0 && i+1 < len(f.Words) {
		return f.Words[i+1]
	}
	return ""
}

// A section is the codes of one level.
type section struct {
	level roster.Level
	codes []codeGroups
}

// codeGroups are the groups of one code, those of most findings first.
type codeGroups struct {
	code   roster.Code
	count  int
	groups []*group
}

// sections returns the groups by level, the gravest first, and by code, in the order of the file contract.
func (d *Digest) sections() []section {
	var sections []section
	for _, level := range []roster.Level{roster.RowAside, roster.ValueAside, roster.Note} {
		s := section{level: level}
		for _, code := range roster.Codes() {
			if c := d.code(code, level); c.count > 0 {
				s.codes = append(s.codes, c)
			}
		}
		if len(s.codes) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

func (d *Digest) code(code roster.Code, level roster.Level) codeGroups {
	c := codeGroups{code: code}
	for key, g := range d.groups {
		if key.code == code && key.level == level {
			c.groups = append(c.groups, g)
			c.count += g.count
		}
	}
	slices.SortFunc(c.groups, func(a, b *group) int {
		return cmp.Or(b.count-a.count, a.first.Row-b.first.Row, cmp.Compare(a.column, b.column), cmp.Compare(a.variant, b.variant))
	})
	return c
}

// mostly returns the group's values, the most frequent first.
func (g *group) mostly() []value {
	return slices.SortedFunc(maps.Keys(g.values), func(a, b value) int {
		return cmp.Or(g.values[b]-g.values[a], cmp.Compare(a.text, b.text), cmp.Compare(a.near, b.near))
	})
}

// Untold returns how many of the check's findings its text does not tell one by one.
func (d *Digest) Untold(c Check) int { return total(c.Totals) - len(d.refused) - len(d.groups) }

// gathered returns how many findings of each code the digest has.
func (d *Digest) gathered() map[roster.Code]int {
	n := map[roster.Code]int{}
	for _, f := range d.refused {
		n[f.Code]++
	}
	for key, g := range d.groups {
		n[key.code] += g.count
	}
	return n
}
