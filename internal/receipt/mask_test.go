package receipt_test

import (
	"slices"
	"strings"
	"testing"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
)

// told returns all that a receipt about one finding says.
func told(t *testing.T, m mapping.Mapping, s roster.Summary) string {
	t.Helper()
	r := receipt.New(upload(roster.EnUS), s, m, 0)
	return document(t, r) + r.Text()
}

// A word of a private field is hidden unless it is known to hold nothing of a cell, also one that nobody has thought of yet.
func TestWordsOfPrivateFieldsAreHidden(t *testing.T) {
	t.Parallel()
	m := columns()
	m.Columns = append(m.Columns, mapping.Column{Title: "Gender", Field: "diversity.gender", Visibility: roster.Private, Values: []string{"agreed", "other"}})
	for name, f := range map[string]roster.Finding{
		"list":                    {Code: roster.ValueNotAllowed, Column: "Gender", Field: "diversity.gender", Value: "x-secret", Words: []string{"allowed", "agreed, other"}},
		"near":                    {Code: roster.ValueNotAllowed, Column: "Gender", Field: "diversity.gender", Value: "x-secret", Variant: "near", Words: []string{"allowed", "agreed", "near", "secret"}},
		"row":                     {Code: roster.ValueNotAllowed, Column: "Gender", Field: "diversity.gender", Value: "x-secret", Variant: "row", Words: []string{"allowed", "agreed"}},
		"row-near":                {Code: roster.ValueNotAllowed, Column: "Gender", Field: "diversity.gender", Value: "x-secret", Variant: "row-near", Words: []string{"allowed", "agreed", "near", "secret"}},
		"inside":                  {Code: roster.EmailFormat, Column: "Email Address", Field: roster.Email, Value: "x-secret", Variant: "inside", Words: []string{"near", "secret"}},
		"unknown":                 {Code: roster.SpreadsheetError, Column: "Gender", Field: "diversity.gender", Words: []string{"value", "secret", "column", "secret"}},
		"no field of the mapping": {Code: roster.SpreadsheetError, Column: "Car", Field: "custom.car", Value: "secret"},
		"no field":                {Code: roster.RowQuoting, Value: "secret", Words: []string{"text", "secret", "line", "7"}},
		"message":                 {Code: roster.RowQuoting, Message: "secret"},
	} {
		f.Row, f.Level = 7, roster.ValueAside
		if got := told(t, m, roster.Summary{Findings: []roster.Finding{f}, Totals: map[roster.Code]int{f.Code: 1}}); strings.Contains(got, "secret") {
			t.Errorf("%s: the receipt tells the value:\n%s", name, got)
		}
	}
	// What is agreed for a column is nobody's value, and what a public field says is for everybody.
	f := roster.Finding{Code: roster.ValueNotAllowed, Level: roster.ValueAside, Row: 7, Column: "Gender", Field: "diversity.gender", Value: "secret", Words: []string{"allowed", "active, inactive"}}
	if got := told(t, m, roster.Summary{Findings: []roster.Finding{f}}); strings.Contains(got, "secret") || !strings.Contains(got, "active, inactive") {
		t.Errorf("got:\n%s", got)
	}
	f = roster.Finding{Code: roster.ValueNotAllowed, Level: roster.ValueAside, Row: 7, Column: "City", Field: roster.City, Value: "Pari", Variant: "near", Words: []string{"allowed", "Paris", "near", "Paris"}}
	if got := told(t, m, roster.Summary{Findings: []roster.Finding{f}}); !strings.Contains(got, "“Pari” → “Paris” (1)") {
		t.Errorf("got:\n%s", got)
	}
}

// Titles are told, unless none of the agreed ones is there: then the first row may be a person's.
func TestTitlesThatMayBeCells(t *testing.T) {
	t.Parallel()
	m := columns()
	s := roster.Summary{Verdict: roster.RefusedByFile, Totals: map[roster.Code]int{roster.ColumnMissing: 1}, Findings: []roster.Finding{
		{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: "City", Field: roster.City},
		{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: "Zoe Secret"},
		{Code: roster.ColumnDuplicate, Level: roster.Refused, Row: 1, Column: "Zoe Secret", Value: "ZOE SECRET"},
	}}
	if got := told(t, m, s); !strings.Contains(got, "Zoe Secret") {
		t.Errorf("a title is hidden:\n%s", got)
	}
	s.Totals[roster.ColumnMissing] = len(m.Columns)
	if got := strings.ToLower(told(t, m, s)); strings.Contains(got, "secret") || !strings.Contains(got, "city") {
		t.Errorf("a cell is told, or an agreed title is not:\n%s", got)
	}
}

// Whoever stands in a row set aside is named as far as the reader may know, and the row always.
func TestAsideRows(t *testing.T) {
	t.Parallel()
	s := roster.Summary{Verdict: roster.Accepted, Rows: 5, SetAside: 3, Aside: []roster.AsideRow{
		{Row: 4, UniqueID: "id-4", Email: "ana@four"}, {Row: 5, UniqueID: "id-5"}, {Row: 9, Email: "ana@nine", Damaged: true},
	}}
	m := mapping.Mapping{Columns: []mapping.Column{
		{Title: "Email", Field: roster.Email, Visibility: roster.Public}, {Title: "Unique ID", Field: roster.UniqueID, Visibility: roster.Private},
	}}
	want := []receipt.AsideRow{{Row: 4, UniqueID: "•••• (private)", Email: "ana@four"}, {Row: 5, UniqueID: "•••• (private)"}, {Row: 9, Email: "•••• (private)"}}
	r := receipt.New(upload(roster.EnUS), s, m, 0)
	if !slices.Equal(r.AsideRows, want) {
		t.Errorf("got %v, want %v", r.AsideRows, want)
	}
	if want := "set aside             3 · rows 4 (ana@four), 5, 9\n"; !strings.Contains(r.Text(), want) {
		t.Errorf("no %q in:\n%s", want, r.Text())
	}
	m.Columns[1].Visibility = roster.Public
	if got := receipt.New(upload(roster.EnUS), s, m, 2).AsideRows; len(got) != 2 || got[1].UniqueID != "id-5" {
		t.Errorf("got %v", got)
	}
	if s.Aside[0].UniqueID != "id-4" {
		t.Error("the summary was changed")
	}
}
