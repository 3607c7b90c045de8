package notice

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Email Address": "Email Address", "Prénom\u00a0usuel\u202f": "Prénom\u00a0usuel\u202f", "Em\x00ail": `Em\x00ail`, "a\nb\tc\x7f": `a\nb\tc\x7f`, "\ufeffEmail": `\ufeffEmail`,
		"a\u202eb": `a\u202eb`, "a\u2028b": `a\u2028b`, "caf\xe9": "caf\uFFFD", "\xff\x00": "\uFFFD\\x00", `a\u0000`: `a\u0000`, "名前🙂": "名前🙂",
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever stands in a file, the facts of its notices can be stored as JSON, and read back as they were.
func TestFactsCanBeStored(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		text := func(label string) string { return odd.Draw(t, label) }
		m := mapping.Mapping{Columns: []mapping.Column{{Title: text("title"), Visibility: roster.Public}, {Title: "b"}}}
		s := roster.Summary{
			Findings: []roster.Finding{
				{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: m.Columns[0].Title, Words: []string{"near", text("near")}},
				{Code: roster.ColumnDuplicate, Level: roster.Refused, Row: 1, Column: text("column"), Value: text("value")},
				{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: text("foreign")},
			},
			Totals: map[roster.Code]int{roster.ColumnMissing: 1, roster.ColumnDuplicate: 1, roster.ColumnUnmapped: 1},
		}
		to := contact(tenant.TechnicalSFTP, "it")
		to.Name = text("name")
		f := tenant.File{Contacts: []tenant.Contact{to}}
		all := FileRefused(Refusal{File: text("file")}, f, m, s)
		all = append(all, Late(f, Missing{LastFile: text("last"), RefusedFile: text("refused")})...)
		all = append(all, Arrived(f, []Recipient{all[0].To}, tenant.ImportID{}, received, text("file"), received)...)
		for _, n := range all {
			stored, err := json.Marshal(n.Facts)
			if err != nil {
				t.Fatal(err)
			}
			if unstorable(string(stored)) || unstorable(n.To.Name) || strings.Contains(strings.ReplaceAll(string(stored), `\\`, ""), `\u0000`) {
				t.Fatalf("can't be stored: %q to %q", stored, n.To.Name)
			}
			var back Facts
			if err := json.Unmarshal(stored, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(n.Facts, back); diff != "" {
				t.Fatalf("stored and read (-want +got):\n%s", diff)
			}
		}
	})
}

func unstorable(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
}
