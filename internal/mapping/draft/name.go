package draft

import (
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/titles"
	"rollcall.internal/internal/roster"
)

// name says which column of the customer's file the entry is about, and which profile field that is. The column has no title where that can't be told.
func (d *drafter) name(e *entry) mapping.Column {
	c := mapping.Column{Title: d.title(e)}
	if c.Title == "" {
		return c
	}
	for _, have := range d.draft.Fields {
		if mapping.NormalTitle(have.Title) == mapping.NormalTitle(c.Title) {
			d.problem(e.row, e.column, Error, "the column %s stands in %s already: keep one of the two", quoted(c.Title), have.Cell)
			return mapping.Column{}
		}
	}
	field, by := fieldOf(e.title)
	switch other, taken := d.fieldAt(field); {
	case by == howGuide && taken:
		d.problem(e.row, e.column, Error, "%s is mapped in %s already: keep one of the two", titles.Guide(field), other.Cell)
		return mapping.Column{}
	case by == howOther && (taken || d.comes(field, e)):
		c.Field = d.unused("custom.", slug(e.title))
		d.guess(e, e.row, e.column, "to", "another row is %s, so %s became a field of the tenant's own", titles.Guide(field), quoted(e.title))
	case by == howDiversity:
		c.Field = d.unused("diversity.", slug(e.title))
		d.guess(e, e.row, e.column, "to", "%s is taken for a diversity field", quoted(e.title))
	case by == howCustom:
		c.Field = d.unused("custom.", slug(e.title))
		d.guess(e, e.row, e.column, "to", "the guide has no %s, so it became a field of the tenant's own", quoted(e.title))
	default:
		c.Field = field
		if by == howOther {
			d.guess(e, e.row, e.column, "to", "%s is taken for %s", quoted(e.title), titles.Guide(field))
		}
	}
	return c
}

// title returns the title that the column has in the customer's file: what a column of the table says that is about titles, or the name of the field.
func (d *drafter) title(e *entry) string {
	if at := d.table.columns[roleTitle]; at != 0 {
		for _, row := range e.rows {
			text := d.table.grid.text(row, at)
			if text == "" || !d.readable(row, at, maxTitle) {
				continue
			}
			if saysNothing(text) {
				break
			}
			return mapping.NormalValue(oneLine(text))
		}
		d.guess(e, e.row, at, "column", "no column title is given, so the field's name was taken")
	}
	title := oneLine(e.title)
	if plain := bare(title); plain != "" && plain != title && unsaid(title) {
		d.guess(e, e.row, e.column, "column", "the table says %s", quoted(title))
		return plain
	}
	return title
}

// unsaid reports whether what is in brackets or behind a star is about the table and hardly a part of the title.
func unsaid(title string) bool {
	said := Words(title)
	rest := Words(bare(title))
	return said == rest || saysAny(said, "required", "optional", "mandatory", "recommended", "obligatoire", "facultatif", "requis", "optionnel")
}

// fieldAt returns the field that is drafted as f.
func (d *drafter) fieldAt(f roster.Field) (*Field, bool) {
	for i := range d.draft.Fields {
		if d.draft.Fields[i].Field == f {
			return &d.draft.Fields[i], true
		}
	}
	return nil, false
}

// comes reports whether a later row names the field by the guide's own title, which is surer than a guess.
func (d *drafter) comes(f roster.Field, e *entry) bool {
	if d.named == nil {
		d.named = map[roster.Field]int{}
		for _, r := range d.table.grid.Rows {
			if other, by := fieldOf(d.table.grid.text(r.Number, e.column)); by == howGuide {
				d.named[other] = r.Number
			}
		}
	}
	return d.named[f] > e.row
}
