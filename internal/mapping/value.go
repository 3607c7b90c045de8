package mapping

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NormalValue returns the stored form of a cell's text: NFC, without white space (no-break spaces included) and byte-order marks at its ends. White space
// inside is the customer's.
func NormalValue(s string) string {
	if isPlain(s) {
		return s
	}
	return norm.NFC.String(strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }))
}

// isPlain keeps the common cell, ASCII without space at its ends, off the slow path.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return s == "" || s[0] > ' ' && s[len(s)-1] > ' '
}

// Allowed returns the values that the column's cells may come to: the tenant's standard set, the field's fixed set, or nil for any.
func (c Column) Allowed() []string {
	if c.Values != nil {
		return c.Values
	}
	return c.Field.Choices()
}

// DefaultBlank returns what an empty cell of the field does where the tenant's file says nothing.
func (c Column) DefaultBlank() Blank {
	switch {
	case c.Field.Required():
		return BlankRejectRow
	case c.Field.KeepsWhenBlank():
		return BlankKeep
	}
	return BlankClear
}
