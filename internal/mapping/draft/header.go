package draft

import (
	"fmt"
	"slices"
	"strings"
)

// A role is what a column of the table is for.
type role string

const (
	roleField      role = "the profile field"
	roleTitle      role = "the column's title"
	roleValues     role = "the unique values"
	roleStandard   role = "the standard values"
	roleVisibility role = "public or private"
)

// headings are the plain words of column headings that say all by themselves.
var headings = map[string]role{
	"field": roleField, "fields": roleField, "field name": roleField, "data field": roleField, "attribute": roleField, "attributes": roleField,
	"data element": roleField, "data point": roleField, "champ": roleField, "champs": roleField, "nom du champ": roleField, "attribut": roleField, "donnee": roleField,
	"column": roleTitle, "columns": roleTitle, "colonne": roleTitle, "header": roleTitle, "header name": roleTitle, "hris field": roleTitle, "hris field name": roleTitle,
	"value": roleValues, "values": roleValues, "options": roleValues, "list of values": roleValues, "valeur": roleValues, "valeurs": roleValues,
	"choices": roleValues, "liste de valeurs": roleValues, "acceptable values": roleValues, "data values": roleValues,
	"public": roleVisibility, "private": roleVisibility, "privacy": roleVisibility, "access": roleVisibility, "confidentialite": roleVisibility, "acces": roleVisibility,
	"maps to": roleStandard, "mapped to": roleStandard, "map to": roleStandard, "translation": roleStandard, "traduction": roleStandard,
}

// phrases are what headings hold that say more than the plain word; the first that fits counts.
var phrases = []struct {
	role role
	any  []string
}{
	{roleVisibility, []string{"public or private", "public private", "private public", "private or public", "public ou prive", "public prive", "prive ou public", "visibility", "visible", "visibilite"}},
	{roleStandard, []string{
		"mapped value", "mapped values", "maps to", "10kc value", "10kc values", "hub value", "hub values", "standard value", "standard values", "translate to", "translated value",
		"normalized value", "normalised value", "valeur standard", "valeurs standard", "valeur normalisee", "valeur correspondante", "correspond a",
	}},
	{roleValues, []string{
		"unique value", "unique values", "possible value", "possible values", "allowed values", "accepted values", "valid values", "picklist", "pick list", "dropdown values",
		"valeur unique", "valeurs uniques", "valeurs possibles", "valeurs permises", "valeurs acceptees", "valeurs autorisees",
	}},
	{roleField, []string{"profile field", "profile fields", "10kc field", "hub field", "profile attribute", "champ du profil", "champs du profil", "champ de profil", "champs de profil"}},
	{roleTitle, []string{
		"column title", "column titles", "column header", "column headers", "column name", "csv header", "csv column", "file header", "header in file", "header title",
		"titre de colonne", "titre de la colonne", "nom de la colonne", "en tete",
	}},
}

// longest is how much a heading says at most; what is longer is an instruction.
const longest = 200

// roleOf returns what a column headed by text is for, or ""; sure where the heading is a phrase, and not a word that may mean something else.
func roleOf(text string) (is role, sure bool) {
	if len(text) > longest || strings.Contains(text, "#") { // "Field #" is a number
		return "", false
	}
	said := Words(text)
	for _, p := range phrases {
		if saysAny(said, p.any...) {
			return p.role, true
		}
	}
	if r, ok := headings[said]; ok {
		return r, false
	}
	return headings[Words(bare(text))], false
}

// rolesOf returns the columns of a row of headings. Of two for one thing the surer counts, and else the first.
func rolesOf(g *grid, r Row) map[role]int {
	columns, settled := map[role]int{}, map[role]bool{}
	for _, c := range r.Cells {
		is, sure := roleOf(g.text(r.Number, c.Column))
		if is != "" && (columns[is] == 0 || sure && !settled[is]) {
			columns[is], settled[is] = c.Column, sure
		}
	}
	if columns[roleField] == 0 && columns[roleTitle] != 0 {
		columns[roleField] = columns[roleTitle]
		delete(columns, roleTitle)
	}
	return columns
}

// A table is where the data-mapping table stands in a sheet.
type table struct {
	grid    *grid
	header  int // its row; 0: none
	first   int // the first row below it
	columns map[role]int
	known   int // fields that the table names and we know
	guesses []Guess
}

// searched is how many rows from the top a header may stand.
const searched = 500

// byHeader finds the table by a row that says what its columns are for; nil: there is none.
func byHeader(g *grid) *table {
	var best *table
	for _, r := range g.Rows {
		if r.Number > searched {
			break
		}
		columns := rolesOf(g, r)
		enough := columns[roleField] != 0 && (columns[roleValues] != 0 || columns[roleVisibility] != 0)
		if enough && (best == nil || len(columns) > len(best.columns)) {
			best = &table{grid: g, header: r.Number, first: r.Number + 1, columns: columns}
		}
	}
	if best != nil {
		best.complete()
		best.known = best.count(best.columns[roleField])
	}
	return best
}

// The columns of the guide, and how far the others stand from the first.
const (
	columnB        = 2
	toValues       = 1
	toVisibility   = 5
	fewestByColumn = 2 // fields that a column must name to be taken for the table's without a header
)

// byPosition finds a table without a header: column B, or else the column that names the most fields; nil: none names enough.
func byPosition(g *grid) *table {
	best := &table{grid: g, columns: map[role]int{}}
	for _, column := range append([]int{columnB}, g.columns()...) {
		if n := best.count(column); n > best.known {
			best.known, best.columns[roleField] = n, column
		}
	}
	if best.known < fewestByColumn {
		return nil
	}
	best.first = best.firstField()
	field := best.columns[roleField]
	best.guess("the table has no header: %s names fields, so the columns were taken by position", columnName(field))
	best.complete()
	return best
}

// columns returns the columns in use.
func (g *grid) columns() []int {
	seen := map[int]bool{}
	for _, cells := range g.rows {
		for c := range cells {
			seen[c] = true
		}
	}
	var all []int
	for c := range seen {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

func (t *table) guess(format string, args ...any) {
	t.guesses = append(t.guesses, Guess{Cell: t.grid.address(max(t.header, 1), t.columns[roleField]), Message: fmt.Sprintf(format, args...)})
}

// count returns how many rows from the header on name a known field in the column.
func (t *table) count(column int) (n int) {
	for _, r := range t.grid.Rows {
		if r.Number >= t.first && t.grid.text(r.Number, column) != "" {
			if _, how := fieldOf(t.grid.text(r.Number, column)); how != howCustom {
				n++
			}
		}
	}
	return n
}

func (t *table) firstField() int {
	for _, r := range t.grid.Rows {
		if _, how := fieldOf(t.grid.text(r.Number, t.columns[roleField])); how != howCustom {
			return r.Number
		}
	}
	return 1
}

// complete takes the columns about which the header says nothing by what they hold, or by where the guide has them.
func (t *table) complete() {
	field := t.columns[roleField]
	if t.columns[roleVisibility] == 0 {
		if c := t.visibilityColumn(field); c != 0 {
			t.columns[roleVisibility] = c
			t.guess("no heading says public or private: taken from column %s", columnName(c))
		}
	}
	if t.columns[roleValues] == 0 && t.free(field+toValues) && (t.header == 0 || t.grid.text(t.header, field+toValues) == "") {
		t.columns[roleValues] = field + toValues
		t.guess("no heading says unique values: taken from column %s", columnName(field+toValues))
	}
}

func (t *table) free(column int) bool {
	for _, c := range t.columns {
		if c == column {
			return false
		}
	}
	return true
}

// visibilityColumn returns the column in which most cells say public or private, the guide's first; 0: there is none.
func (t *table) visibilityColumn(field int) int {
	for _, column := range append([]int{field + toVisibility}, t.grid.columns()...) {
		said, other := 0, 0
		for _, r := range t.grid.Rows {
			if r.Number < t.first || t.grid.text(r.Number, column) == "" {
				continue
			}
			if visibilityOf(t.grid.text(r.Number, column)).plain() {
				said++
			} else {
				other++
			}
		}
		if said > other && t.free(column) {
			return column
		}
	}
	return 0
}

// find returns the table of the workbook; nil with the reasons where there is none, or no one.
func find(sheets []Sheet, want string) (*table, []Problem) {
	refuse := func(format string, args ...any) (*table, []Problem) {
		return nil, []Problem{{Level: Error, Message: fmt.Sprintf(format, args...)}}
	}
	var found []*table
	for _, s := range sheets {
		if want != "" && !strings.EqualFold(strings.TrimSpace(s.Name), strings.TrimSpace(want)) {
			continue
		}
		g := newGrid(s)
		t := byHeader(g)
		if t == nil || t.known == 0 {
			if other := byPosition(g); other != nil {
				t = other
			}
		}
		if t != nil {
			found = append(found, t)
		}
		if want != "" && t == nil {
			return refuse("the sheet %q holds no data-mapping table: a row with the headings of profile field, unique values and public or private was looked for", s.Name)
		}
	}
	switch {
	case len(found) == 0 && want != "":
		return refuse("there is no sheet %q: the workbook has %s", want, names(sheets))
	case len(found) == 0:
		return refuse("no data-mapping table was found in %s: it has a profile field in column B, its unique values in C, and public or private in G", names(sheets))
	}
	return choose(found)
}

// choose takes the table that names the most fields. Hidden sheets and examples are taken last; two that are as good are for a person to choose from.
func choose(found []*table) (*table, []Problem) {
	rank := func(t *table) int {
		switch {
		case t.grid.Hidden:
			return 2
		case saysAny(Words(t.grid.Name), "example", "examples", "sample", "exemple", "exemples", "instructions", "template", "modele", "old", "archive"):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(found, func(a, b *table) int {
		if (a.known == 0) != (b.known == 0) {
			return b.known - a.known
		}
		if rank(a) != rank(b) {
			return rank(a) - rank(b)
		}
		return b.known - a.known
	})
	best := found[0]
	var problems []Problem
	if len(found) > 1 && rank(found[1]) == rank(best) && found[1].known == best.known {
		return nil, []Problem{{Level: Error, Message: fmt.Sprintf("the sheets %q and %q both hold a data-mapping table: say which one with --sheet", best.grid.Name, found[1].grid.Name)}}
	}
	for _, other := range found[1:] {
		if other.known > 0 {
			message := fmt.Sprintf("the sheet %q looks like a data-mapping table too; %q was read", other.grid.Name, best.grid.Name)
			problems = append(problems, Problem{Level: Warning, Message: message})
		}
	}
	if best.grid.Hidden {
		problems = append(problems, Problem{Level: Warning, Message: fmt.Sprintf("the sheet %q is hidden; it is the only one with a data-mapping table", best.grid.Name)})
	}
	return best, problems
}

// names lists the sheets for a sentence.
func names(sheets []Sheet) string {
	const most = 10
	var all []string
	for i, s := range sheets {
		if i == most {
			all = append(all, "…")
			break
		}
		if s.Name != "" {
			all = append(all, fmt.Sprintf("%q", s.Name))
		}
	}
	if len(all) == 0 {
		return "the file"
	}
	return strings.Join(all, ", ")
}
