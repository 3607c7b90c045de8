package receipt_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

var update = flag.Bool("update", false, "write the golden files")

func columns() mapping.Mapping {
	return mapping.Mapping{Columns: []mapping.Column{
		{Title: "Email Address", Field: roster.Email, Visibility: roster.Private},
		{Title: "Hire Start Date", Field: roster.HireStartDate, Visibility: roster.Private},
		{Title: "City", Field: roster.City, Visibility: roster.Public},
	}}
}

func summary() roster.Summary {
	findings := []roster.Finding{
		{Code: roster.EmailFormat, Level: roster.RowAside, Row: 7, Column: "Email Address", Field: roster.Email, Value: "ana@secret"},
		{Code: roster.SpreadsheetError, Level: roster.ValueAside, Row: 8, Column: "City", Field: roster.City, Value: "#REF!"},
		{
			Code: roster.DateFormat, Level: roster.ValueAside, Row: 9, Column: "Hire Start Date", Field: roster.HireStartDate, Value: "2019-04-30",
			Variant: "iso", Words: []string{"date", "04/30/2019"},
		},
		{Code: roster.EmailFormat, Level: roster.RowAside, Row: 12, Column: "Email Address", Field: roster.Email, Value: "ben@secret", Variant: "domain"},
		{
			Code: roster.ValueNotAllowed, Level: roster.ValueAside, Row: 13, Column: "Status", Field: roster.Status, Value: "INACTIVE",
			Variant: "near", Words: []string{"near", "inactive", "allowed", "active, inactive"},
		},
	}
	for i, f := range findings {
		findings[i].Message = wording.Sentence(roster.EnUS, f)
	}
	return roster.Summary{
		Verdict: roster.Accepted, Rows: 5000, Accepted: 4997, SetAside: 3, Protected: 2, Unreadable: 1, Findings: findings,
		Aside: []roster.AsideRow{
			{Row: 7, UniqueID: "007", Email: "ana@secret"}, {Row: 12, UniqueID: "012"}, {Row: 12, Email: "ben@secret"}, {Row: 30, Damaged: true},
		},
		Totals: map[roster.Code]int{roster.EmailFormat: 3, roster.SpreadsheetError: 1, roster.DateFormat: 1, roster.ValueNotAllowed: 1},
	}
}

func upload(locale string) receipt.Upload {
	return receipt.Upload{
		Kind: receipt.Import, Import: "acme-3", File: "Acme - 01.13.2023.csv", SHA256: strings.Repeat("ab", 32),
		ReceivedAt: time.Date(2023, 1, 13, 6, 0, 0, 0, time.FixedZone("", -5*3600)), Next: "A customer success manager looks at it next.", Locale: locale,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	refused := roster.Summary{
		Verdict: roster.RefusedByFile, Rows: 12, Totals: map[roster.Code]int{roster.ColumnMissing: 2},
		Findings: []roster.Finding{
			{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: "Email Address", Field: roster.Email, Variant: "near", Words: []string{"near", "E-mail"}},
			{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: "City", Field: roster.City},
		},
	}
	check := receipt.NewCheck("a.csv", strings.Repeat("cd", 32), summary(), 0)
	none := receipt.NewCheck("a.csv", strings.Repeat("cd", 32), roster.Summary{Verdict: roster.Accepted, Rows: 1234567, Accepted: 1234567}, 0)
	received := receipt.New(upload(roster.EnUS), summary(), columns(), 3)
	french := receipt.New(upload(roster.FrCA), summary(), columns(), 0)
	for name, got := range map[string]string{
		"check.json": document(t, check), "none.json": document(t, none), "receipt.json": document(t, received),
		"check.txt": check.Text(roster.EnUS, digest(summary())), "none.txt": none.Text(roster.FrCA, receipt.NewDigest()), "receipt.txt": received.Text(), "french.txt": french.Text(),
		"refused.txt": receipt.New(upload(roster.EnUS), refused, columns(), 0).Text(),
	} {
		golden(t, name, got)
	}
}

func digest(s roster.Summary) *receipt.Digest {
	d := receipt.NewDigest()
	for _, f := range s.Findings {
		d.Add(f)
	}
	return d
}

func document(t *testing.T, d interface{ JSON() ([]byte, error) }) string {
	t.Helper()
	data, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

// Nothing of a private value is in a receipt, and the summary that it is made from stays as it is.
func TestReceiptsHidePrivateValues(t *testing.T) {
	t.Parallel()
	s := summary()
	for _, locale := range roster.Locale.Choices() {
		r := receipt.New(upload(locale), s, columns(), 0)
		all := document(t, r) + r.Text()
		for _, secret := range []string{"secret", "2019", "04/30", "INACTIVE", "probably", "sans doute"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: the receipt tells %q:\n%s", locale, secret, all)
			}
		}
		if !strings.Contains(all, "#REF!") {
			t.Errorf("%s: the receipt hides a public value", locale)
		}
	}
	if diff := cmp.Diff(summary(), s); diff != "" {
		t.Errorf("the summary changed (-want +got):\n%s", diff)
	}
}

func TestEveryKeyIsAlwaysThere(t *testing.T) {
	t.Parallel()
	keys := []string{"schema_version", "file", "sha256", "rows", "accepted", "set_aside", "verdict", "findings", "totals", "protected", "unreadable", "set_aside_rows", "kind", "import", "received_at", "next", "outcome"}
	var got map[string]any
	if err := json.Unmarshal([]byte(document(t, receipt.New(receipt.Upload{}, roster.Summary{}, mapping.Mapping{}, 0))), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if v, ok := got[key]; !ok || v == nil {
			t.Errorf("%s = %v", key, v)
		}
	}
}
