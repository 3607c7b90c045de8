package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
)

// A Problem is a reason why a mapping can't be honoured.
type Problem struct {
	Path    string // as in the tenant's file, such as "fields[3].values"
	Message string
	Unclear bool // the mapping can't be understood; otherwise it can, and is not accepted
}

// MaxColumns is the most columns that a roster may have.
const MaxColumns = 256

// Validate returns every reason why m can't be honoured, in the order of the columns; nil means that it can.
func (m Mapping) Validate() []Problem {
	v := &validator{titles: map[string]bool{}, fields: map[roster.Field]bool{}}
	for i, c := range m.Columns {
		v.column(fmt.Sprintf("fields[%d]", i), c)
	}
	for _, f := range []roster.Field{roster.FirstName, roster.LastName, roster.Email} {
		if !v.fields[f] {
			v.unclear("fields", "no column is mapped to %s, which is required", f)
		}
	}
	for i, title := range m.Ignore {
		v.title(fmt.Sprintf("ignore[%d]", i), title)
	}
	if len(m.Columns) > MaxColumns {
		v.add("fields", "at most %d columns can be mapped", MaxColumns)
	}
	return v.problems
}

type validator struct {
	problems []Problem
	titles   map[string]bool
	fields   map[roster.Field]bool
}

func (v *validator) add(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (v *validator) unclear(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Unclear: true})
}

func (v *validator) title(path, title string) {
	normal := NormalTitle(title)
	switch {
	case normal == "":
		v.add(path, "a column needs its title")
	case v.titles[normal]:
		v.add(path, "the column %q is listed twice; case and white space make no difference", title)
	}
	v.titles[normal] = true
}

func (v *validator) column(path string, c Column) {
	v.title(path+".column", c.Title)
	if _, err := roster.ParseField(string(c.Field)); err != nil {
		v.unclear(path+".to", "%v", err)
		return
	}
	if v.fields[c.Field] {
		v.unclear(path+".to", "%s is mapped twice", c.Field)
	}
	v.fields[c.Field] = true
	if !c.Visibility.Valid() {
		v.unclear(path+".visibility", "%q is not a visibility: use public or private", c.Visibility)
	}
	v.blank(path+".blank", c)
	v.values(path+".values", c)
	v.translate(path+".translate", c)
	v.unknown(path+".unknown", c)
}

func (v *validator) blank(path string, c Column) {
	switch {
	case !c.Blank.Valid():
		v.unclear(path, "%q is not known: use clear, keep or reject_row", c.Blank)
	case c.Field.Required() && c.Blank != BlankRejectRow:
		v.add(path, "%s is required, so a row without it is set aside: write reject_row, or leave it out", c.Field)
	case c.Field.KeepsWhenBlank() && c.Blank == BlankClear:
		v.add(path, "an empty cell never clears %s: write keep or reject_row, or leave it out", c.Field)
	}
}

// standard reports whether a field may have a standard set: not who a person is, nor dates, and the fixed sets are given.
func standard(f roster.Field) bool {
	return f.Kind() == roster.Text && !f.Required() && !f.Identifying()
}

func (v *validator) values(path string, c Column) {
	if c.Values == nil {
		return
	}
	switch {
	case c.Field.Kind() == roster.Choice:
		v.add(path, "%s has the fixed values %s: leave this out, and translate what the file says", c.Field, strings.Join(c.Field.Choices(), ", "))
		return
	case !standard(c.Field):
		v.add(path, "%s can't have a standard set", c.Field)
		return
	case len(c.Values) == 0:
		v.add(path, "an empty set allows nothing: list the values, or leave it out")
	}
	seen := map[string]bool{}
	for i, value := range c.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case value == "" || value != NormalValue(value):
			v.add(at, "%q is empty or has white space around it", value)
		case seen[value]:
			v.add(at, "%q is listed twice", value)
		}
		seen[value] = true
	}
}

func (v *validator) translate(path string, c Column) {
	if len(c.Translate) == 0 {
		return
	}
	if c.Field.Kind() != roster.Choice && !standard(c.Field) {
		v.add(path, "values of %s can't be translated", c.Field)
		return
	}
	targets := c.Allowed()
	for _, from := range slices.Sorted(maps.Keys(c.Translate)) {
		to, at := c.Translate[from], path+"."+from
		switch {
		case from == "" || from != NormalValue(from):
			v.add(at, "%q is empty or has white space around it, so that no cell ever equals it", from)
		case to == "" || to != NormalValue(to):
			v.add(at, "%q is translated to an empty value or one with white space around it", from)
		case targets != nil && !slices.Contains(targets, to):
			v.add(at, "%q is translated to %q, which is not one of the column's values", from, to)
		}
	}
}

func (v *validator) unknown(path string, c Column) {
	switch {
	case !c.Unknown.Valid():
		v.unclear(path, "%q is not known: use hold, reject_row, keep or blank", c.Unknown)
	case c.Field.Kind() == roster.Choice && c.Unknown != UnknownHold:
		v.add(path, "a value outside the fixed set of %s is always set aside: leave this out, and translate what the file says", c.Field)
	case c.Values == nil && c.Unknown != UnknownHold && c.Unknown != UnknownKeep:
		v.add(path, "%s has no list of values, so nothing is unknown: list values, or leave this out", c.Field)
	}
}
