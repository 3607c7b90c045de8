// Package mapping is the contract of columns: which column of a tenant's file is which profile field, and what its cells may hold.
//
// A [Mapping] is agreed once with a customer, in the data-mapping table of the hub's guide, and then read strictly: a mapped column
// that is absent refuses the file, because it must never blank a field; a column that is neither mapped nor ignored is reported.
// The package is pure: it decides about titles and cells and knows nothing of files.
package mapping

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rollcall.internal/internal/roster"
)

// A Mapping is the columns of a tenant's file.
type Mapping struct {
	// Columns are the mapped columns, in the order of the tenant's file. The order of columns in a roster does not matter.
	Columns []Column
	// Ignore lists titles that may be present and are not read.
	Ignore []string
}

// A Column is one mapped column.
type Column struct {
	Title      string // as written in the tenant's file; compared by NormalTitle
	Field      roster.Field
	Visibility roster.Visibility
	// Values is the standard set of a text field; nil means any value. Choice fields have a set of their own.
	Values []string
	// Translate gives the standard value for what the HRIS says.
	Translate map[string]string
	Unknown   Unknown
	Blank     Blank
}

// An Unknown says what becomes of a value outside its column's standard set.
type Unknown string

const (
	// UnknownHold sets the value aside and holds the import for a person to map it.
	UnknownHold Unknown = "hold"
	// UnknownRejectRow sets the row aside.
	UnknownRejectRow Unknown = "reject_row"
	// UnknownKeep takes the value as it is.
	UnknownKeep Unknown = "keep"
	// UnknownBlank reads it as an empty cell.
	UnknownBlank Unknown = "blank"
)

// Valid reports whether u is one of the above.
func (u Unknown) Valid() bool {
	return u == UnknownHold || u == UnknownRejectRow || u == UnknownKeep || u == UnknownBlank
}

// A Blank says what an empty cell does.
type Blank string

const (
	// BlankClear empties the field. It never applies to the fields of roster.Field.KeepsWhenBlank.
	BlankClear Blank = "clear"
	// BlankKeep leaves the field as it was.
	BlankKeep Blank = "keep"
	// BlankRejectRow sets the row aside.
	BlankRejectRow Blank = "reject_row"
)

// Valid reports whether b is one of the above.
func (b Blank) Valid() bool { return b == BlankClear || b == BlankKeep || b == BlankRejectRow }

// Column returns the column that is mapped to field; ok is false where none is.
func (m Mapping) Column(field roster.Field) (c Column, ok bool) {
	for _, c := range m.Columns {
		if c.Field == field {
			return c, true
		}
	}
	return Column{}, false
}

// Fields returns the mapped fields in the order of the columns.
func (m Mapping) Fields() []roster.Field {
	fields := make([]roster.Field, len(m.Columns))
	for i, c := range m.Columns {
		fields[i] = c.Field
	}
	return fields
}

// Title returns the title of field's column, for sentences; the field's own name where it is not mapped.
func (m Mapping) Title(field roster.Field) string {
	if c, ok := m.Column(field); ok {
		return c.Title
	}
	return string(field)
}

// NormalTitle returns the form under which column titles are compared: without a byte-order mark, zero-width and other invisible characters and
// surrounding white space, NFC, in lower case, each run of white space (no-break space included) one space.
func NormalTitle(title string) string {
	title = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, title)
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(title), " ")))
}
