package receipt

import (
	"slices"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// What stands for a value that only admins may see.
const (
	maskEnglish = "•••• (private)"
	maskFrench  = "•••• (privé)"
)

// A mask takes out of findings what only admins may see. What it does not know to be harmless it takes for a value.
type mask struct {
	locale  string
	text    string // what stands for a value
	mapping mapping.Mapping
	// untitled: none of the agreed columns is there, so what stands where titles should may be a person's data.
	untitled bool
	// mixed: some columns are private. Where it can't be told which cell is which, every cell may be of one of them.
	mixed bool
}

func newMask(m mapping.Mapping, s roster.Summary, locale string) mask {
	private := func(c mapping.Column) bool { return c.Visibility != roster.Public }
	text := maskEnglish
	if locale == roster.FrCA {
		text = maskFrench
	}
	return mask{locale: locale, text: text, mapping: m, untitled: s.Totals[roster.ColumnMissing] >= len(m.Columns), mixed: slices.ContainsFunc(m.Columns, private)}
}

func (m mask) public(field roster.Field) bool {
	c, ok := m.mapping.Column(field)
	return ok && c.Visibility == roster.Public
}

// finding returns the finding as it may be told.
func (m mask) finding(f roster.Finding) roster.Finding {
	f.Message = "" // was written before anything was hidden
	switch f.Code {
	case roster.FileNameDate: // the file's name, which the receipt goes by
		return f
	case roster.ColumnMissing: // all in it is agreed, or nearly the same as what is
		return f
	case roster.ColumnUnmapped, roster.ColumnDuplicate:
		return m.title(f)
	}
	if f.Field != "" && m.public(f.Field) {
		return f
	}
	return m.value(f)
}

// title hides a title that may be a cell of somebody's row.
func (m mask) title(f roster.Finding) roster.Finding {
	if m.untitled && f.Column != "" {
		f.Column = m.text
	}
	if m.untitled && f.Value != "" {
		f.Value = m.text
	}
	return f
}

// harmless are the words of a sentence that hold nothing of a cell. What is agreed for a column is nobody's value, and whoever has to correct one needs to read it.
var harmless = []string{"row", "rows", "first", "line", "found", "wanted", "limit", "number", "format", "encoding", "titles", "allowed"}

// value hides what a cell says, and what would say it again, such as a guess at what was meant: then the sentence that holds it gives way to the plain one.
func (m mask) value(f roster.Finding) roster.Finding {
	if f.Value != "" {
		f.Value = m.text
	}
	told := false
	f.Words = slices.Clone(f.Words)
	for i := 0; i+1 < len(f.Words); i += 2 {
		if !slices.Contains(harmless, f.Words[i]) {
			f.Words[i+1], told = m.text, true
		}
	}
	if !told {
		return f
	}
	for _, variant := range []string{plain(f.Variant), ""} {
		without := f
		without.Variant = variant
		if variant != f.Variant && wording.Problem(m.locale, without) != "" {
			return without
		}
	}
	return f
}

// asideRows returns the rows as they may be told.
func (m mask) asideRows(rows []roster.AsideRow) []roster.AsideRow {
	rows = slices.Clone(rows)
	for i := range rows {
		r := &rows[i]
		if r.UniqueID != "" && (!m.public(roster.UniqueID) || r.Damaged && m.mixed) {
			r.UniqueID = m.text
		}
		if r.Email != "" && (!m.public(roster.Email) || r.Damaged && m.mixed) {
			r.Email = m.text
		}
	}
	return rows
}
