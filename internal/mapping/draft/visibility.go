package draft

import (
	"slices"
	"strings"

	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// A verdict is what a cell says about who may see a field.
type verdict int

const (
	unsaidWho verdict = iota // nothing
	sayPublic
	sayPrivate
	sayEither // P, which may be short for both
	sayBoth   // public and private in one cell
	sayOther  // something else
)

// plain reports whether the cell says public or private and nothing else.
func (v verdict) plain() bool { return v == sayPublic || v == sayPrivate }

var (
	publicWords  = []string{"public", "publique", "publics", "publiques", "pub", "visible", "everyone", "all members", "tous", "visible par tous"}
	privateWords = []string{
		"private", "prive", "privee", "prives", "privees", "priv", "confidential", "confidentiel", "confidentielle", "hidden", "cache", "admin", "admins", "admin only", "admins only", "administrators only", "administrateurs seulement",
		"non public", "not public", "non visible", "not visible", "restricted", "internal only",
	}
)

// visibilityOf reads a cell of the column that says public or private. What stands in brackets explains the word before them.
func visibilityOf(text string) verdict {
	said, rest := Words(bare(text)), Words(text)
	if said == "" {
		said = rest
	}
	switch {
	case text == "":
		return unsaidWho
	case said == "p":
		return sayEither
	case slices.Contains(publicWords, said):
		return sayPublic
	case slices.Contains(privateWords, said):
		return sayPrivate
	}
	// "Private - admins only", "Public: visible to all": the word is followed by what it means.
	public := startsWithWord(said, "public", "publique")
	private := startsWithWord(said, "private", "prive", "privee", "non public", "not public")
	switch either := saysAny(said, "or", "ou") || strings.ContainsAny(bare(text), "/|"); {
	case private && !saysAny(said, "public", "publique") || private && startsWithWord(said, "non public", "not public"):
		return sayPrivate
	case public && !saysAny(said, "private", "prive", "privee"):
		return sayPublic
	case (public || private) && either:
		return sayBoth
	}
	return sayOther
}

func startsWithWord(text string, starts ...string) bool {
	return slices.ContainsFunc(starts, func(s string) bool { return text == s || strings.HasPrefix(text, s+" ") })
}

// yesNo reads the cells below a heading that asks "Public?".
func yesNo(text string) (yes, ok bool) {
	switch Words(text) {
	case "yes", "y", "true", "x", "1", "oui", "o", "vrai":
		return true, true
	case "no", "n", "false", "0", "non", "faux":
		return false, true
	}
	return false, false
}

// visibility says who may see the entry's field. What is not said is private, and so is what can't be read.
func (d *drafter) visibility(e *entry, f roster.Field) roster.Visibility {
	column := d.table.columns[roleVisibility]
	if column == 0 {
		d.guess(e, e.row, e.column, "visibility", "the table does not say who sees it; private unless somebody says otherwise")
		return roster.Private
	}
	seen, first := roster.Visibility(""), 0
	for _, row := range e.rows {
		at, text := d.merged(e, row, column)
		if text == "" && d.table.grid.at(at, column).Fault == "" || !d.readable(at, column, maxCell) {
			continue
		}
		v, ok := d.verdict(e, at, column, text)
		switch {
		case !ok:
		case seen == "":
			seen, first = v, at
		case seen != v:
			d.problem(at, column, Error, "says %s, and %s says %s of the same field: make them one", v, d.table.grid.address(first, column), seen)
		}
	}
	if seen == "" {
		d.guess(e, e.row, column, "visibility", "the cell says nothing, so private")
		return roster.Private
	}
	d.warnPublic(first, column, f, seen)
	return seen
}

// verdict reads one cell.
func (d *drafter) verdict(e *entry, row, column int, text string) (roster.Visibility, bool) {
	heading := Words(d.table.grid.text(d.table.header, column))
	if yes, ok := yesNo(text); ok && (heading == "public" || heading == "visible" || heading == "private" || heading == "is public" || heading == "is private") {
		if yes == (heading == "private" || heading == "is private") {
			return roster.Private, true
		}
		return roster.Public, true
	}
	switch visibilityOf(text) {
	case sayPublic:
		d.unsure(e, row, column, text)
		return roster.Public, true
	case sayPrivate:
		d.unsure(e, row, column, text)
		return roster.Private, true
	case sayEither:
		d.problem(row, column, Warning, "P may be public or private; read as private: write the word")
		d.guess(e, row, column, "visibility", "P may be public or private")
		return roster.Private, true
	case sayBoth:
		d.problem(row, column, Error, "%s says both: write public or private", quoted(text))
	default:
		d.problem(row, column, Error, "%s is neither public nor private: write one of them, or take the row out where the customer does not send the column", quoted(text))
	}
	return "", false
}

// unsure tells of a word with a question mark.
func (d *drafter) unsure(e *entry, row, column int, text string) {
	if strings.HasSuffix(text, "?") {
		d.guess(e, row, column, "visibility", "the cell has a question mark: %s", quoted(text))
	}
}

// warnPublic tells loudly of what is made public and hardly ever should be. The workbook is the customer's word, so it holds.
func (d *drafter) warnPublic(row, column int, f roster.Field, v roster.Visibility) {
	switch {
	case v != roster.Public:
	case f.Diversity():
		d.problem(row, column, Warning, "%s is a diversity field and would be PUBLIC: every member would see it. Ask the customer to confirm that in writing", f)
	case f == roster.HighPotentialStatus || f == roster.RoleReasonChangeCode:
		d.problem(row, column, Warning, "%s would be PUBLIC: every member would see it. Ask the customer whether that is meant", titles.Guide(f))
	}
}

// merged returns the row and text of the cell that a cell shows: the top of a merged range that covers several fields, itself otherwise. Of a range within the entry only
// the top counts.
func (d *drafter) merged(e *entry, row, column int) (at int, text string) {
	area, ok := d.table.grid.area(row, column)
	if !ok || area.Top == row {
		return row, d.table.grid.text(row, column)
	}
	if area.Left != column || slices.Contains(e.rows, area.Top) || area.Top < d.table.first {
		return row, ""
	}
	return area.Top, d.table.grid.text(area.Top, column)
}
