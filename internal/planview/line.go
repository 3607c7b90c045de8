package planview

import (
	"fmt"
	"strings"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A Line is one person's change as people read it. Its texts are safe to print.
type Line struct {
	Op     changeset.Op
	Who    string // Ana Roy <ana@acme.example> E12; less where less is known
	Fields []FieldLine
	// Absent says that the person is not in the file; for a deletion that goes without saying.
	Absent bool
}

// A FieldLine is a changed field: the title of its column, and the value before and after.
type FieldLine struct{ Title, Before, After string }

// LineOf returns c as a line. Name is the person's name where the caller knows it; a change set holds names only of people whom it creates or renames.
func LineOf(c changeset.Change, name string, m mapping.Mapping) Line {
	line := Line{Op: c.Op, Who: who(c, name), Absent: c.Removal && c.Op != changeset.Delete}
	if c.Op == changeset.Create {
		return line // a new person is known by name and address; the rest is in the file
	}
	for _, f := range c.Fields {
		line.Fields = append(line.Fields, FieldLine{Title: Visible(m.Title(f.Field)), Before: value(f.Before), After: value(f.After)})
	}
	return line
}

// who names the person as they will be, or for a removal as they were.
func who(c changeset.Change, name string) string {
	if c.Op == changeset.Create {
		first, _ := c.Field(roster.FirstName)
		last, _ := c.Field(roster.LastName)
		name = strings.TrimSpace(first.After + " " + last.After)
	}
	parts := make([]string, 0, 3)
	if name != "" {
		parts = append(parts, Visible(name))
	}
	parts = append(parts, "<"+Visible(c.Email)+">")
	if c.UniqueID != "" {
		parts = append(parts, Visible(c.UniqueID))
	}
	return strings.Join(parts, " ")
}

// String returns the line without colours: "~ Ana Roy <ana@acme.example> E12: Department: Sales → Legal; City: (empty) → Paris".
func (l Line) String() string { return l.Text(Style{}) }

// Text returns the line in style.
func (l Line) Text(s Style) string {
	var fields []string
	if l.Absent {
		fields = append(fields, "not in the file")
	}
	for _, f := range l.Fields {
		fields = append(fields, fmt.Sprintf("%s: %s → %s", f.Title, s.faint(f.Before), f.After))
	}
	text := s.op(l.Op, Symbol(l.Op)) + " " + l.Who
	if len(fields) > 0 {
		text += ": " + strings.Join(fields, "; ")
	}
	return text
}
