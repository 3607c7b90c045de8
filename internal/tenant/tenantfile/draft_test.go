package tenantfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// anyText is what a cell may say: words that YAML reads as something else, its signs, and characters of every kind.
func anyText() *rapid.Generator[string] {
	odd := rapid.SampledFrom([]string{
		"012", "yes", "No", "null", "~", "true", "1e3", "0x1F", ".inf", "12:30", "2023-01-13", ": #", "a: b", "a #b", "#a", "- a", "? a", "@a", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "`a`", "{a}", "[a]", "a, b", `"`, `'a'`, `a\b`,
		"<<", "=", "---", "...", "a\nb", "a\tb", "a\u00A0b", "é", "日本語", "a\u200Db", "\U0001F600", "a\uFEFFb", "\uE000", "FILL-IN", "# guess: x", "a\u2028b", "a\u0085b", strings.Repeat("長", 250), strings.Repeat("\u200D", 200) + "x",
	})
	words := rapid.StringN(1, 40, 255)
	return rapid.Custom(func(t *rapid.T) string {
		for {
			s := mapping.NormalValue(rapid.OneOf(odd, words).Draw(t, "text"))
			if s != "" && !strings.ContainsRune(s, 0) {
				return s
			}
		}
	})
}

// anyDraft is the draft of a workbook with the required fields and any others.
func anyDraft() *rapid.Generator[draft.Draft] {
	return rapid.Custom(func(t *rapid.T) draft.Draft {
		var d draft.Draft
		titles := map[string]bool{"first name": true, "last name": true, "email address": true}
		add := func(c mapping.Column) {
			c.Unknown, c.Blank = mapping.UnknownHold, c.DefaultBlank()
			c.Visibility = rapid.SampledFrom([]roster.Visibility{roster.Public, roster.Private}).Draw(t, "visibility")
			d.Fields = append(d.Fields, draft.Field{Column: c})
			if rapid.Bool().Draw(t, "guessed") {
				key := rapid.SampledFrom([]string{"column", "to", "visibility", "values", "translate"}).Draw(t, "key")
				d.Guesses = append(d.Guesses, draft.Guess{Field: c.Field, Key: key, Message: anyText().Draw(t, "message")})
			}
		}
		for f, title := range map[roster.Field]string{roster.FirstName: "First Name", roster.LastName: "Last Name", roster.Email: "Email Address"} {
			add(mapping.Column{Title: title, Field: f})
		}
		others := []roster.Field{roster.City, roster.Status, roster.Locale, roster.HireStartDate, roster.UniqueID, "custom.x", "diversity.gender"}
		for _, f := range others {
			c := mapping.Column{Title: anyText().Draw(t, "title"), Field: f}
			if normal := mapping.NormalTitle(c.Title); !rapid.Bool().Draw(t, "mapped") || normal == "" || titles[normal] {
				continue
			}
			titles[mapping.NormalTitle(c.Title)] = true
			targets := f.Choices()
			if f == roster.City || strings.Contains(string(f), ".") {
				c.Values = rapid.SliceOfNDistinct(anyText(), 0, 5, rapid.ID[string]).Draw(t, "values")
				if len(c.Values) == 0 {
					c.Values = nil
				}
				targets = c.Values
			}
			for _, from := range rapid.SliceOfN(anyText(), 0, 4).Draw(t, "from") {
				if len(targets) == 0 {
					break
				}
				if c.Translate == nil {
					c.Translate = map[string]string{}
				}
				c.Translate[from] = rapid.SampledFrom(targets).Draw(t, "to")
			}
			add(c)
		}
		return d
	})
}

// What a draft says, once it is filled in, is what it was made of, whatever the cells of the workbook held.
func TestDraftIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := tenantfile.Draft{
			Source: anyText().Draw(t, "source"), Tenant: "acme", Name: "Acme " + rapid.SampledFrom([]string{"Corp", "(Canada): #1", "\"A\" & B", "Société"}).Draw(t, "name"), Cadence: "monthly", DueDay: "15", DueTime: "06:00", Zone: "America/Toronto",
			Missing: "keep", Invite: "never", Mapping: anyDraft().Draw(t, "mapping"),
			Contacts: []tenant.Contact{{Role: tenant.ProgramOwner, Name: "Ana: Roy", Email: "ana@acme.example", Locale: "fr-CA"}, {Role: tenant.TechnicalSFTP, Email: "it@acme.example"}, {Role: tenant.CSM, Email: "emily@hub.example"}},
		}
		text, open := d.YAML()
		if len(open) != 0 {
			t.Fatalf("still open: %v", open)
		}
		got, err := tenantfile.Decode(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(d.Mapping.Mapping(), got.Mapping); diff != "" {
			t.Fatalf("mapping differs (-drafted +read):\n%s\n%s", diff, text)
		}
		if got.Name != d.Name || got.Upload.Due != (tenant.Due{Day: 15, Hour: 6}) || got.People.Missing != tenant.MissingKeep || got.Contacts[0].Name != "Ana: Roy" {
			t.Fatalf("read as %+v", got)
		}
	})
}

// Nobody can apply a draft that has not been filled in: every open place is refused by itself, at its line.
func TestDraftIsRefusedUntilItIsFilledIn(t *testing.T) {
	t.Parallel()
	d := tenantfile.Draft{Source: "a.xlsx", Mapping: draft.Draft{
		Fields:  []draft.Field{{Column: mapping.Column{Title: "First Name", Field: roster.FirstName, Visibility: roster.Public}}, {Column: mapping.Column{Title: "Last Name", Field: roster.LastName, Visibility: roster.Public}}},
		Missing: []roster.Field{roster.Email},
	}}
	text, open := d.YAML()
	_, err := tenantfile.Decode(text)
	refused, ok := errors.AsType[*tenantfile.Error](err)
	if !ok {
		t.Fatalf("Decode = %v, want an *Error", err)
	}
	at := map[string]bool{}
	for _, p := range refused.Problems {
		at[fmt.Sprintf("%d: %s", p.Line, p.Path)] = true
	}
	if len(open) != 12 {
		t.Errorf("%d open places, want 12: %v", len(open), open)
	}
	for _, o := range open {
		if !at[fmt.Sprintf("%d: %s", o.Line, o.Path)] {
			t.Errorf("%s in line %d is not refused; refused are %v", o.Path, o.Line, at)
		}
	}

	// Filled in one by one, it is refused until the last of them, and then it is taken.
	filled := map[string]string{
		"tenant": "acme", "name": "Acme", "contacts[0].email": "a@acme.example", "contacts[1].email": "b@acme.example", "contacts[2].email": "c@hub.example", "upload.cadence": "weekly", "upload.due.day": "1", "upload.due.time": "06:00",
		"upload.zone": "America/Toronto", "fields[0].column": "Courriel", "people.missing": "delete", "people.invite": "never",
	}
	lines := strings.Split(string(text), "\n")
	for i, o := range open {
		line := lines[o.Line-1]
		line = strings.Replace(strings.Replace(line, tenantfile.FillIn, filled[o.Path], 1), "~", filled[o.Path], 1)
		lines[o.Line-1] = line
		if _, err := tenantfile.Decode([]byte(strings.Join(lines, "\n"))); (err == nil) != (i == len(open)-1) {
			t.Errorf("after %s was filled in: %v\n%s", o.Path, err, strings.Join(lines, "\n"))
		}
	}
}

func TestDraftTellsGuessesOnTheirLines(t *testing.T) {
	t.Parallel()
	d := tenantfile.Draft{Source: "a.xlsx", Mapping: draft.Draft{
		Fields: []draft.Field{
			{Column: mapping.Column{Title: "Dept", Field: roster.Department, Visibility: roster.Private}},
			{Column: mapping.Column{Title: "Statut", Field: roster.Status, Visibility: roster.Private, Translate: map[string]string{"Actif": "active"}}},
		},
		Guesses: []draft.Guess{
			{Message: "taken by position"}, {Field: roster.Department, Key: "to", Message: "a\nguess"}, {Field: roster.Department, Key: "visibility", Message: "another"},
			{Field: roster.Status, Key: "translate", Value: "Actif", Message: "taken for active"},
		},
	}}
	text, _ := d.YAML()
	for _, want := range []string{
		"\n# guess: taken by position\n", "\n  - {column: Dept, to: department, visibility: private}  # guess: a guess; another\n", "\n      Actif: active  # guess: taken for active\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

// Whatever stands in a table's cells, a draft that is usable makes a file that is read as it was meant.
func TestAnyTableMakesAValidDraft(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{
		"", "", "City", "Status", "Email", "Gender", "Manager", "Locale", "Hire Date", "Profile Field", "Unique Values", "Public", "private", "P", "Active, Leave", "a; b", "a\nb", "A -> B", "x, y, etc.", "See list", "MM/DD/YYYY", "N/A", "#REF!", "yes", "en/fr",
	})
	cells := rapid.OneOf(words, words, anyText())
	usable := 0
	rapid.Check(t, func(t *rapid.T) {
		s := draft.Sheet{Name: "Map", Rows: []draft.Row{{Number: 1, Cells: []draft.Cell{{Column: 2, Text: "Profile Field"}, {Column: 3, Text: "Unique Values"}, {Column: 4, Text: "Mapped Value"}, {Column: 7, Text: "Public or Private"}}}}}
		for i, title := range []string{"First Name", "Last Name", "Email Address"} {
			s.Rows = append(s.Rows, draft.Row{Number: i + 2, Cells: []draft.Cell{{Column: 2, Text: title}, {Column: 7, Text: "Public"}}})
		}
		number := 4
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			number += rapid.IntRange(1, 5).Draw(t, "gap")
			row := draft.Row{Number: number}
			for _, column := range []int{2, 3, 4, 7} {
				if text := cells.Draw(t, "cell"); text != "" {
					row.Cells = append(row.Cells, draft.Cell{Column: column, Text: text})
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "merge") == 0 {
				column := rapid.IntRange(1, 7).Draw(t, "left")
				s.Merged = append(s.Merged, draft.Area{Left: column, Top: number, Right: column, Bottom: number + 2})
			}
			s.Rows = append(s.Rows, row)
		}
		d := draft.Of([]draft.Sheet{s}, "")
		if !d.Usable() {
			return
		}
		usable++
		text, open := tenantfile.Draft{
			Source: "a.xlsx", Tenant: "acme", Name: "Acme", Cadence: "monthly", DueDay: "last", DueTime: "06:00", Zone: "UTC", Missing: "keep", Invite: "never", Mapping: d,
			Contacts: []tenant.Contact{{Role: tenant.ProgramOwner, Email: "a@acme.example"}, {Role: tenant.TechnicalSFTP, Email: "b@acme.example"}, {Role: tenant.CSM, Email: "c@hub.example"}},
		}.YAML()
		if len(open) > 0 {
			return
		}
		got, err := tenantfile.Decode(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(d.Mapping(), got.Mapping); diff != "" {
			t.Fatalf("mapping differs (-drafted +read):\n%s\n%s", diff, text)
		}
	})
	if usable == 0 {
		t.Error("no table was usable at all")
	}
}
