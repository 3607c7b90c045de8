package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

func TestNormalTitle(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"First Name": "first name", "\uFEFF first\u00A0\u00A0NAME\t": "first name", "Pre\u0301nom": "pr\u00E9nom", "\u200BEmail": "email", " ": "",
	} {
		if got := mapping.NormalTitle(title); got != want {
			t.Errorf("NormalTitle(%q) = %q, want %q", title, got, want)
		}
	}
}

func TestNormalValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"plain": "plain", " a  b ": "a  b", "\u00A0Montre\u0301al\uFEFF": "Montr\u00E9al", "\t\n": "", "é": "é", "a ": "a",
	} {
		if got := mapping.NormalValue(value); got != want {
			t.Errorf("NormalValue(%q) = %q, want %q", value, got, want)
		}
	}
}

// The problems that a tenant's file can't have, because its decoder has dealt with them, but a mapping made by a program can.
func TestValidate(t *testing.T) {
	t.Parallel()
	column := func(title string, f roster.Field) mapping.Column {
		c := mapping.Column{Title: title, Field: f, Visibility: roster.Private, Unknown: mapping.UnknownHold}
		c.Blank = c.DefaultBlank()
		return c
	}
	good := func() mapping.Mapping {
		return mapping.Mapping{Columns: []mapping.Column{column("F", roster.FirstName), column("L", roster.LastName), column("E", roster.Email), column("C", roster.City)}}
	}
	if got := good().Validate(); got != nil {
		t.Errorf("problems of a good mapping: %v", got)
	}
	tests := map[string]func(*mapping.Column){
		"fields[3].column":      func(c *mapping.Column) { c.Title = " " },
		"fields[3].visibility":  func(c *mapping.Column) { c.Visibility = "secret" },
		"fields[3].blank":       func(c *mapping.Column) { c.Blank = "" },
		"fields[3].unknown":     func(c *mapping.Column) { c.Unknown = mapping.UnknownBlank },
		"fields[3].values":      func(c *mapping.Column) { c.Values = []string{} },
		"fields[3].values[0]":   func(c *mapping.Column) { c.Values = []string{" a"} },
		"fields[3].translate. ": func(c *mapping.Column) { c.Translate = map[string]string{" ": "a"} },
		"fields[3].translate.a": func(c *mapping.Column) { c.Translate = map[string]string{"a": ""} },
		"fields[3].to":          func(c *mapping.Column) { c.Field = "town" },
	}
	for want, change := range tests {
		m := good()
		change(&m.Columns[3])
		var got []string
		for _, p := range m.Validate() {
			got = append(got, p.Path)
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Errorf("problems differ (-want +got):\n%s", diff)
		}
	}
}
