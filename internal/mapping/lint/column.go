package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
)

// The shares from which on something is told.
const (
	blankShare = 20 // percent of empty cells
	fewest     = 5  // cells that have to say the same
	manyValues = 20 // values outside a set that make one wonder whether it is one

	mostSuggested = 200 // values for which a suggestion is looked for
)

// columnOf tells what the cells of a column say against its mapping.
func (s *sampler) columnOf(n *counter) {
	said := n.rows - n.empty
	title := n.column.Title
	switch {
	case n.rows == 0:
		return
	case said == 0:
		s.add(ColumnEmpty, Warning, title, "every cell is empty")
		return
	case n.empty*100 >= n.rows*blankShare:
		s.add(ColumnBlank, Note, title, "empty in %d of %s", n.empty, counted(n.rows, "row"))
	}
	if len(n.seen) == 1 && n.unkept == 0 && said >= fewest {
		s.add(SingleValue, Note, title, "every cell says %q", slices.Collect(maps.Keys(n.seen))[0])
	}
	if n.unkept > 0 && n.column.Allowed() != nil {
		s.add(ManyValues, Note, title, "more than %d different values, or very long ones: %d cells were not counted by their value", len(n.seen), n.unkept)
	}
	if n.column.Allowed() != nil {
		s.set(n)
	} else if n.column.Field.Kind() == roster.Text && !n.column.Field.Required() && !n.column.Field.Identifying() {
		s.variants(n)
	}
	s.dates(n)
	s.ids(n)
}

// set compares what was seen with what is listed.
func (s *sampler) set(n *counter) {
	title := n.column.Title
	if outside := n.outside(); len(outside) > 0 {
		s.notListed(n, outside)
	}
	var never []string
	for _, v := range n.column.Values {
		if n.came[v] == 0 {
			never = append(never, v)
		}
	}
	if len(never) > 0 {
		f := s.add(NeverSeen, Note, title, "%d of the %s listed never occur: %s", len(never), counted(len(n.column.Values), "value"), quotedList(never))
		for _, v := range never {
			f.Values = append(f.Values, Value{Text: v})
		}
	}
	var idle []string
	for _, from := range slices.Sorted(maps.Keys(n.column.Translate)) {
		if n.seen[from] == 0 && n.unkept == 0 {
			idle = append(idle, from)
		}
	}
	if len(idle) > 0 {
		s.add(NeverTranslated, Note, title, "%s of what never occurs, out of %d: %s", counted(len(idle), "translation"), len(n.column.Translate), quotedList(idle))
	}
}

// notListed tells the values outside the set, each with the allowed one that was probably meant.
func (s *sampler) notListed(n *counter, outside []Value) {
	cells, allowed := 0, n.column.Allowed()
	translate := maps.Clone(n.column.Translate)
	if translate == nil {
		translate = map[string]string{}
	}
	for i, v := range outside {
		cells += v.Count
		if meant, ok := s.meant(n, v.Text); ok && i < mostSuggested {
			outside[i].Near, translate[v.Text] = meant, meant
		}
	}
	f := s.add(NotListed, Warning, n.column.Title, "%s in %s outside the %d allowed (%s)", counted(len(outside), "value"), counted(cells, "cell"), len(allowed), quotedList(allowed))
	f.Values = outside
	if len(translate) > len(n.column.Translate) {
		f.Paste = "translate: {" + strings.Join(pairs(translate), ", ") + "}"
	}
	if n.column.Values != nil && len(outside) >= manyValues && len(outside) > len(n.column.Values) {
		s.add(HighCardinality, Warning, n.column.Title, "%d values stand in the file and %d in the list: is this a standard set at all? Without values any text is taken", len(n.seen), len(n.column.Values))
	}
}

// meant guesses which of the allowed values a text is: what HR systems mean by it, or the nearest.
func (s *sampler) meant(n *counter, text string) (string, bool) {
	if n.column.Field.Kind() == roster.Choice {
		if to, ok := draft.Meaning(n.column.Field, text); ok {
			return to, true
		}
	}
	return intake.Suggest(text, n.column.Allowed())
}

// pairs are the entries of a translation as YAML has them, those that were there among the new: pasted, they take the place of the old ones.
func pairs(translate map[string]string) (all []string) {
	for _, from := range slices.Sorted(maps.Keys(translate)) {
		all = append(all, fmt.Sprintf("%q: %q", from, translate[from]))
	}
	return all
}

// counted is a number of things.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// variants tells values of free text that are probably one.
func (s *sampler) variants(n *counter) {
	texts := slices.Sorted(maps.Keys(n.seen))
	groups := variants(texts)
	if len(groups) == 0 {
		return
	}
	const most = 10
	var told []string
	f := s.add(CaseVariants, Note, n.column.Title, "")
	for i, g := range groups {
		for _, text := range g {
			f.Values = append(f.Values, Value{Text: text, Count: n.seen[text]})
		}
		if i < most {
			told = append(told, quotedList(g))
		}
	}
	f.Message = fmt.Sprintf("values that differ in case, accents or punctuation alone: %s", strings.Join(told, "; "))
	if len(groups) > most {
		f.Message += fmt.Sprintf("; and %d more groups", len(groups)-most)
	}
}

func (s *sampler) dates(n *counter) {
	d, title := n.dates, n.column.Title
	switch {
	case d.dayFirst > 0 && d.monthFirst > 0:
		s.add(DateMixed, Warning, title, "dates with the day first (%d) and with the month first (%d); what could be read both ways (%d) is read with the month first", d.dayFirst, d.monthFirst, d.either)
	case d.dayFirst > 0 && d.either > 0:
		s.add(DateSwapped, Warning, title, "day and month are likely swapped: a number over 12 stands first in %s and in the middle of none. The other %s would be read wrong without a word: ask for MM/DD/YYYY", counted(d.dayFirst, "date"), counted(d.either, "date"))
	case d.dayFirst > 0:
		s.add(DateSwapped, Warning, title, "day and month are likely swapped: a number over 12 stands first in %s and in the middle of none. Ask for MM/DD/YYYY", counted(d.dayFirst, "date"))
	case d.monthFirst == 0 && d.either > 0:
		s.add(DateAmbiguous, Note, title, "%s could be read both ways, and none shows which is meant; they are read as MM/DD/YYYY: ask", counted(d.either, "date"))
	}
}

// ids tells of unique IDs that a spreadsheet may have cut.
func (s *sampler) ids(n *counter) {
	i := n.ids
	if len(i.widths) < 2 {
		return
	}
	widths := slices.Sorted(maps.Keys(i.widths))
	longest := widths[len(widths)-1]
	shorter := 0
	for _, w := range widths[:len(widths)-1] {
		shorter += i.widths[w]
	}
	if i.zero > 0 {
		s.add(IDWidths, Warning, n.column.Title, "%d IDs begin with a zero and %d are shorter than %d digits: leading zeros may be lost on the way, as when a spreadsheet saves the file", i.zero, shorter, longest)
		return
	}
	s.add(IDWidths, Note, n.column.Title, "IDs of %d to %d digits, and none begins with a zero: ask whether leading zeros were lost", widths[0], longest)
}
