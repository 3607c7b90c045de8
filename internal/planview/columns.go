package planview

import (
	"cmp"
	"slices"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A ColumnCount says for how many people a column changes.
type ColumnCount struct {
	Title            string
	Changed, Emptied int
}

// Columns returns the columns that change for anybody, by the mapping's titles: those that change for most people first, and the mapping's order where they are equal. Who is
// eligible may be worked out from other columns; it is told by its field's name then.
func Columns(s changeset.Summary, m mapping.Mapping) []ColumnCount {
	var counts []ColumnCount
	for _, c := range m.Columns {
		if n := s.Fields[c.Field]; n > 0 {
			counts = append(counts, ColumnCount{Title: Visible(c.Title), Changed: n, Emptied: s.Emptied[c.Field]})
		}
	}
	if _, mapped := m.Column(roster.ProgramEligibility); !mapped && s.Fields[roster.ProgramEligibility] > 0 {
		counts = append(counts, ColumnCount{Title: m.Title(roster.ProgramEligibility), Changed: s.Fields[roster.ProgramEligibility]})
	}
	slices.SortStableFunc(counts, func(a, b ColumnCount) int { return cmp.Compare(b.Changed, a.Changed) })
	return counts
}

func (p *page) columns() {
	counts := Columns(p.Summary, p.Mapping)
	if len(counts) == 0 {
		return
	}
	p.section("Columns that change")
	for _, c := range counts {
		emptied := ""
		if c.Emptied > 0 {
			emptied = Number(c.Emptied) + " of them emptied"
		}
		p.line("    %9s  %-30s %8s   %s", Number(c.Changed), c.Title, Share(c.Changed, p.Summary.Members), emptied)
	}
}
