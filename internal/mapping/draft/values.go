package draft

import (
	"regexp"
	"slices"
	"strings"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// A value is one of a field's unique values, with the cell that lists it.
type value struct {
	text, standard string // standard is what it maps to; "" where nothing says so
	row            int
}

// values reads the field's unique values into a standard set, or into translations of a fixed one.
func (d *drafter) values(e *entry, c *mapping.Column) {
	if d.table.columns[roleValues] == 0 {
		return
	}
	listed := d.listed(e, c.Field)
	if len(listed) == 0 {
		return
	}
	switch {
	case c.Field.Kind() == roster.Choice:
		d.choices(e, c, listed)
	case c.Field.Kind() != roster.Text || c.Field.Required() || c.Field.Identifying():
		d.guess(e, listed[0].row, d.table.columns[roleValues], "to", "%s takes no standard set, so the values listed are left out", titles.Guide(c.Field))
	default:
		d.set(e, c, listed)
	}
}

// listed returns the values of an entry in the order of the table, each once. It is empty where the cells say that there is no set.
func (d *drafter) listed(e *entry, f roster.Field) (all []value) {
	column := d.table.columns[roleValues]
	var cells []int
	for _, row := range e.rows {
		at, text := d.merged(e, row, column)
		if text == "" && d.table.grid.at(at, column).Fault == "" {
			continue
		}
		if d.readable(at, column, maxCell) {
			cells = append(cells, at)
		}
	}
	for _, row := range cells {
		text := d.table.grid.text(row, column)
		if len(cells) == 1 && d.noSet(e, row, f, text) {
			return nil
		}
		values, whole := d.split(e, row, f, text, len(cells) > 1)
		if !whole {
			return nil
		}
		all = append(all, d.standards(row, values)...)
	}
	return d.distinct(all)
}

// distinct leaves out what is listed twice.
func (d *drafter) distinct(all []value) (once []value) {
	first := map[string]value{}
	column := d.table.columns[roleValues]
	for _, v := range all {
		had, twice := first[v.text]
		switch {
		case len([]rune(v.text)) > maxValue:
			d.problem(v.row, column, Error, "the value %s is longer than %d characters: shorten it, or write that any text is taken", quoted(v.text), maxValue)
		case twice && had.standard != v.standard:
			d.problem(v.row, column, Error, "%s maps to %s here and to %s in %s: make them one", quoted(v.text), quoted(v.standard), quoted(had.standard), d.table.grid.address(had.row, column))
		case twice:
			d.problem(v.row, column, Warning, "%s is listed twice; it is kept once", quoted(v.text))
		default:
			first[v.text] = v
			once = append(once, v)
		}
	}
	return once
}

// nothing are the plain words of cells that say that there is no set, or nothing yet.
var nothing = []string{
	"", "n a", "na", "none", "any", "any value", "any values", "any text", "text", "free text", "free form", "freeform", "free form text", "open text", "string", "any string", "alphanumeric", "alpha numeric", "any alphanumeric", "numeric", "number",
	"various", "varies", "multiple", "many", "unique", "unique value", "unique values", "tbd", "tbc", "to be determined", "not applicable", "email", "email address", "date", "dates", "unlimited", "name", "names",
	"s o", "sans objet", "aucun", "aucune", "texte", "texte libre", "tout texte", "alphanumerique", "a determiner", "a venir", "libre", "nombre", "courriel", "divers", "plusieurs",
}

// saysNothing reports whether a cell says that there is no set.
func saysNothing(text string) bool { return slices.Contains(nothing, Words(text)) }

// elsewhere are how cells begin that send the reader to another place.
var elsewhere = []string{"see", "refer to", "as per", "voir", "consulter", "cf"}

// anyString knows the guide's "Any alpha-numeric string" and its kin.
var anyString = regexp.MustCompile(`\b(any|toute?)\b.*\b(string|text|value|characters?|chaine|texte|valeur)\b|\balpha ?num`)

// dateForm knows the form of a date.
var dateForm = regexp.MustCompile(`^(?:format )?(?:dd?|mm?|yy(?:yy)?|jj?|aa(?:aa)?|mmm)(?: (?:dd?|mm?|yy(?:yy)?|jj?|aa(?:aa)?|mmm)){2}$|^(?:yyyymmdd|mmddyyyy|ddmmyyyy)$`)

// noSet reports whether the one cell of an entry says that its field has no standard set.
func (d *drafter) noSet(e *entry, row int, f roster.Field, text string) bool {
	column, said := d.table.columns[roleValues], Words(text)
	switch {
	case slices.Contains(nothing, said) || anyString.MatchString(said):
		return true
	case dateForm.MatchString(said):
		if f.Kind() == roster.Date && said != "mm dd yyyy" && said != "mmddyyyy" {
			d.problem(row, column, Warning, "dates are taken as MM/DD/YYYY alone: ask the customer to export %s so", quoted(e.title))
		}
		return true
	case f.Kind() != roster.Choice && slices.Contains([]string{"yes no", "y n", "true false", "yes or no", "oui non", "oui ou non"}, said):
		return true
	case startsWithWord(said, elsewhere...):
		d.problem(row, column, Warning, "sends the reader elsewhere (%s), so no set was read: list the values in the cell, or in the rows below it", quoted(text))
		return true
	case f.Kind() == roster.Date:
		return true
	}
	return false
}

// bullets are what people put in front of the lines of a list.
const bullets = "•·▪◦‣*–-"

// split returns the values of one cell; whole is false where the cell says that they are not all of them. Where an entry has several cells of values, a comma is a part of a value.
func (d *drafter) split(e *entry, row int, f roster.Field, text string, several bool) (parts []string, whole bool) {
	column := d.table.columns[roleValues]
	lines := strings.Split(text, "\n")
	switch {
	case len(lines) > 1:
		parts = lines
		if slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(strings.TrimRight(s, ", "), ",") }) {
			d.guess(e, row, column, "values", "one value a line; commas are taken for parts of a value")
		}
	case strings.Contains(text, ";"):
		parts = strings.Split(text, ";")
	case several:
		parts = []string{text}
		if strings.Contains(text, ",") {
			d.guess(e, row, column, "values", "%s is one value with a comma in it", quoted(text))
		}
	case strings.Contains(text, ","):
		parts = strings.Split(text, ",")
		d.guess(e, row, column, "values", "the cell was split at its commas")
	case f.Kind() == roster.Choice && strings.ContainsAny(text, "/|"):
		parts = strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '|' })
	case f.Kind() == roster.Choice && saysAny(Words(text), "or", "ou"):
		parts = orWord.Split(text, -1)
	default:
		parts = []string{text}
	}
	return d.cleaned(e, row, parts)
}

var orWord = regexp.MustCompile(`(?i)\s+(?:or|ou)\s+`)

// cleaned takes bullets and what is left of separators off the values.
func (d *drafter) cleaned(e *entry, row int, parts []string) (clean []string, whole bool) {
	column := d.table.columns[roleValues]
	bulleted := len(parts) > 1
	for _, p := range parts {
		p = strings.TrimRight(strings.TrimSpace(p), ",; \u00A0")
		if bulleted {
			if after := strings.TrimLeft(p, bullets); after != p && strings.HasPrefix(after, " ") || strings.HasPrefix(p, "•") {
				p = after
			}
		}
		p = unquoted(oneLine(p))
		switch said := Words(p); {
		case said == "etc" || p == "…" || p == "...":
			d.problem(row, column, Warning, "the list ends in %s, so it is not whole and no set was read: ask the customer for all values", quoted(p))
			return nil, false
		case p != "":
			clean = append(clean, p)
		}
	}
	if len(clean) == 1 && len(strings.Fields(clean[0])) > 12 {
		d.guess(e, row, column, "to", "the cell describes the values and lists none")
		return nil, false
	}
	return clean, true
}

// unquoted takes the quotes off a value that somebody has put between them to say that it is one, such as "012".
func unquoted(s string) string {
	for _, marks := range [][2]string{{`"`, `"`}, {"“", "”"}, {"«", "»"}} {
		inner, starts := strings.CutPrefix(s, marks[0])
		inner, ends := strings.CutSuffix(inner, marks[1])
		if starts && ends && inner != "" && !strings.ContainsAny(inner, marks[0]+marks[1]) {
			return mapping.NormalValue(inner)
		}
	}
	return s
}

// arrow parts what the HRIS says from what it maps to, within one cell.
var arrow = regexp.MustCompile(`\s*(?:->|=>|→|⇒)\s*`)

// standards pairs the values of a cell with what the column of standard values says beside it.
func (d *drafter) standards(row int, texts []string) (all []value) {
	for _, t := range texts {
		v := value{text: t, row: row}
		if sides := arrow.Split(t, -1); len(sides) == 2 && sides[0] != "" && sides[1] != "" {
			v.text, v.standard = mapping.NormalValue(sides[0]), mapping.NormalValue(sides[1])
		}
		all = append(all, v)
	}
	column := d.table.columns[roleStandard]
	if column == 0 || d.table.grid.at(row, column) == (Cell{Column: column}) || !d.readable(row, column, maxCell) {
		return all
	}
	text := d.table.grid.text(row, column)
	targets := []string{text}
	if len(texts) > 1 {
		targets = targetsOf(text)
	}
	switch {
	case saysNothing(text):
	case len(targets) == 1 && len(texts) > 1:
		for i := range all {
			all[i].standard = oneLine(text)
		}
	case len(targets) != len(texts):
		d.problem(row, column, Error, "lists %d standard values for %d values in %s: give each its own, in the same order", len(targets), len(texts), d.table.grid.address(row, d.table.columns[roleValues]))
	default:
		for i := range all {
			all[i].standard = oneLine(targets[i])
		}
	}
	return all
}

// targetsOf splits a cell of standard values as the cell of values beside it is split.
func targetsOf(text string) (targets []string) {
	separator := ","
	for _, s := range []string{";", "\n"} {
		if strings.Contains(text, s) {
			separator = s
		}
	}
	for _, t := range strings.Split(text, separator) {
		if t = strings.TrimRight(strings.TrimSpace(t), ",;"); t != "" {
			targets = append(targets, t)
		}
	}
	return targets
}

// set makes a standard set of the values, and translations of those that map to others.
func (d *drafter) set(e *entry, c *mapping.Column, listed []value) {
	column := d.table.columns[roleValues]
	folded, has := map[string]string{}, map[string]bool{}
	for _, v := range listed {
		standard := v.text
		if v.standard != "" {
			standard = v.standard
		}
		if len([]rune(standard)) > maxValue {
			d.problem(v.row, d.table.columns[roleStandard], Error, "the value %s is longer than %d characters: shorten it", quoted(standard), maxValue)
			continue
		}
		if standard != v.text {
			if c.Translate == nil {
				c.Translate = map[string]string{}
			}
			c.Translate[v.text] = standard
		}
		if has[standard] {
			continue
		}
		has[standard] = true
		if other, alike := folded[Words(standard)]; alike && Words(standard) != "" {
			d.problem(v.row, column, Warning, "%s and %s differ in case, accents or punctuation alone: are they one value?", quoted(other), quoted(standard))
		}
		folded[Words(standard)] = standard
		c.Values = append(c.Values, standard)
	}
	if len(c.Values) == 1 && len(listed) == 1 {
		d.guess(e, listed[0].row, column, "values", "one value is listed; where it describes what is in the column, take this line out")
	}
}
