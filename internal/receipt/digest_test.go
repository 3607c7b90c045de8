package receipt_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
)

func notAllowed(row int, column, value, near string) roster.Finding {
	f := roster.Finding{Code: roster.ValueNotAllowed, Level: roster.ValueAside, Row: row, Column: column, Value: value, Words: []string{"allowed", "Finance, Legal"}}
	if near != "" {
		f.Variant, f.Words = "near", append(f.Words, "near", near)
	}
	return f
}

// A text counts values and says which were meant; it shows the first rows, and says where there are more.
func TestDigest(t *testing.T) {
	t.Parallel()
	d, totals := receipt.NewDigest(), map[roster.Code]int{}
	add := func(f roster.Finding) {
		d.Add(f)
		totals[f.Code]++
	}
	for row := range 9 {
		add(notAllowed(row+2, "Business Unit", "Fin.", ""))
	}
	for row := range 5 {
		add(notAllowed(row+20, "Business Unit", "Legl", "Legal"))
	}
	for i := range 2000 {
		add(notAllowed(i+50, "City", fmt.Sprint("Town ", i), ""))
	}
	add(roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: "Car"})
	add(roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: "Shoe\x1bSize"})
	totals[roster.RowBlank] = 7
	got := receipt.NewCheck("a.csv", "", roster.Summary{Verdict: roster.Accepted, Rows: 2015, Accepted: 2015, Totals: totals}, 0).Text(roster.EnUS, d)
	for _, want := range []string{
		" 2,014  value-not-allowed\n", "Business Unit (14): “Fin.” (9), “Legl” → “Legal” (5) · rows 2, 3, 4, 5, 6, 7, 8, 9, …\n          Use one of: Finance, Legal.\n",
		"“Town 102” (1), … (1,994) · rows 50, ", "     2  column-unmapped\n        “Car”, “Shoe\\x1bSize”\n          The column “Car”",
		"Counted as well: row-blank (7).\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Index(got, "City (2,000)") > strings.Index(got, "Business Unit") {
		t.Errorf("the most frequent is not first:\n%s", got)
	}
}

// What refuses a file is told first and in full, however much else there is.
func TestRefusalsAreToldInFull(t *testing.T) {
	t.Parallel()
	d := receipt.NewDigest()
	for row := range 500 {
		d.Add(roster.Finding{Code: roster.RowBlank, Level: roster.Note, Row: row + 2})
	}
	for i := range 40 {
		d.Add(roster.Finding{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: fmt.Sprintf("Column %d", i)})
	}
	s := roster.Summary{Verdict: roster.RefusedByFile, Rows: 500, Totals: map[roster.Code]int{roster.ColumnMissing: 40, roster.RowBlank: 500}}
	for locale, begins := range map[string]string{roster.EnUS: "Refused: ", roster.FrCA: "Refusé\u00A0: "} {
		got := receipt.NewCheck("a.csv", "", s, 0).Text(locale, d)
		if !strings.HasPrefix(got, begins) || strings.Index(got, "row-blank") < strings.Index(got, "Column 39") {
			t.Errorf("%s: the refusals are not first:\n%s", locale, got)
		}
		if n := len(regexp.MustCompile(`[“\x{A0}]Column \d+[”\x{A0}]`).FindAllString(got, -1)); n != 40 {
			t.Errorf("%s: %d of 40 refusals told:\n%s", locale, n, got)
		}
	}
}

// The words around the findings have no-break spaces where French has them, and say different things of a file that would be read and one that was.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{roster.EnUS, roster.FrCA} {
		seen := map[string]bool{}
		for i, s := range []roster.Summary{
			{Verdict: roster.RefusedByFile}, {Verdict: roster.Accepted, Rows: 5}, {Verdict: roster.Accepted, Totals: map[roster.Code]int{roster.RowBlank: 1}},
			{Verdict: roster.Accepted, SetAside: 1, Rows: 9}, {Verdict: roster.Accepted, SetAside: 3, Rows: 9}, {Verdict: roster.Accepted, SetAside: 3, Rows: 9, Unreadable: 1},
			{Verdict: roster.Accepted, Findings: []roster.Finding{{Code: roster.DateFormat, Level: roster.ValueAside, Row: 2}}, Totals: map[roster.Code]int{roster.DateFormat: 1}},
		} {
			check := receipt.NewCheck("a.csv", "", s, 0).Text(locale, digest(s))
			u := upload(locale)
			u.Next = ""
			for _, text := range []string{check, receipt.New(u, s, columns(), 0).Text()} {
				verdict, _, _ := strings.Cut(text, "\n")
				if verdict == "" || seen[verdict] {
					t.Errorf("%s, %d: %q is said twice", locale, i, verdict)
				}
				if strings.Contains(verdict, "%!") || strings.Contains(text, " :") || strings.Contains(text, "« ") {
					t.Errorf("%s, %d: %s", locale, i, text)
				}
				seen[verdict] = true
			}
		}
	}
}
