package planview_test

import (
	"testing"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
)

func TestLineOf(t *testing.T) {
	t.Parallel()
	field := func(f roster.Field, before, after string) changeset.FieldChange {
		return changeset.FieldChange{Field: f, Before: before, After: after}
	}
	for _, test := range []struct {
		change changeset.Change
		name   string
		want   string
	}{
		{
			change: changeset.Change{Op: changeset.Create, UniqueID: "E7", Email: "ana@acme.example", Fields: []changeset.FieldChange{
				field(roster.FirstName, "", "Ana"), field(roster.LastName, "", "Roy"), field(roster.Department, "", "Sales"),
			}},
			want: "+ Ana Roy <ana@acme.example> E7",
		},
		{
			change: changeset.Change{Op: changeset.Update, Email: "ana@acme.example", Fields: []changeset.FieldChange{field(roster.Department, "Sales", "Legal"), field(roster.City, "", "Québec")}},
			name:   "Ana Roy",
			want:   "~ Ana Roy <ana@acme.example>: Department: Sales → Legal; Town: (empty) → Québec",
		},
		{
			change: changeset.Change{Op: changeset.Update, UniqueID: "E7", Email: "ana@acme.example", Fields: []changeset.FieldChange{field(roster.Country, "Canada", "")}},
			want:   "~ <ana@acme.example> E7: country: Canada → (empty)",
		},
		{
			change: changeset.Change{Op: changeset.Deactivate, Email: "ana@acme.example", Fields: []changeset.FieldChange{field(roster.Status, "active", "inactive")}},
			name:   "Ana Roy",
			want:   "< Ana Roy <ana@acme.example>: Status: active → inactive",
		},
		{change: changeset.Change{Op: changeset.Deactivate, Removal: true, Email: "ana@acme.example"}, want: "< <ana@acme.example>: not in the file"},
		{change: changeset.Change{Op: changeset.Reactivate, Email: "ana@acme.example"}, want: "> <ana@acme.example>"},
		{change: changeset.Change{Op: changeset.Restore, Email: "ana@acme.example"}, want: "^ <ana@acme.example>"},
		{change: changeset.Change{Op: changeset.Delete, Removal: true, UniqueID: "E7", Email: "ana@acme.example"}, name: "Ana Roy", want: "- Ana Roy <ana@acme.example> E7"},
		{
			change: changeset.Change{Op: changeset.Update, UniqueID: "\x1b[31mE7", Email: "ana@acme.example", Fields: []changeset.FieldChange{field(roster.City, "a\nb", "\u202eLyon")}},
			name:   "Ana\rRoy",
			want:   `~ Ana\rRoy <ana@acme.example> \x1b[31mE7: Town: a\nb → \u202eLyon`,
		},
	} {
		if got := planview.LineOf(test.change, test.name, columns()).String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "",
		"Zoë Łuczak 王 محمد":  "Zoë Łuczak 王 محمد",
		"a\tb":               `a\tb`,
		"\x00\x07\x1b[2J":    `\x00\a\x1b[2J`,
		"a\u00a0b\u200bc":    `a\u00a0b\u200bc`,
		"\u202e\u2066\ufeff": `\u202e\u2066\ufeff`,
		"\xff\xfeok":         `\xff\xfeok`,
		"\u009b31m":          `\u009b31m`,
		"e\u0301":            "e\u0301",
	} {
		if got := planview.Visible(text); got != want {
			t.Errorf("Visible(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 10000000: "10,000,000", -1234: "-1,234", -123: "-123"} {
		if got := planview.Number(n); got != want {
			t.Errorf("Number(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, base int
		want    string
	}{
		{0, 100, ""}, {5, 0, ""}, {1, 5000, "<0.1 %"}, {1, 2000, "0.1 %"}, {60, 5000, "1.2 %"}, {1, 3, "33.3 %"}, {2, 3, "66.7 %"}, {5000, 5000, "100.0 %"}, {20000, 100, "20,000.0 %"},
	} {
		if got := planview.Share(test.n, test.base); got != test.want {
			t.Errorf("Share(%d, %d) = %q, want %q", test.n, test.base, got, test.want)
		}
	}
}

func TestBriefAndClosing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		totals         changeset.Totals
		brief, closing string
	}{
		{changeset.Totals{Unchanged: 10}, "no changes", "Plan: 0 to create, 0 to update, 0 to delete."},
		{changeset.Totals{Create: 1200, Deactivate: 1}, "+1,200 <1", "Plan: 1,200 to create, 0 to update, 1 to deactivate, 0 to delete."},
		{
			changeset.Totals{Create: 1, Update: 2, Deactivate: 3, Reactivate: 4, Restore: 5, Delete: 6}, "+1 ~2 <3 >4 ^5 -6",
			"Plan: 1 to create, 2 to update, 3 to deactivate, 4 to reactivate, 5 to restore, 6 to delete.",
		},
	} {
		if got := planview.Brief(test.totals); got != test.brief {
			t.Errorf("Brief is %q, want %q", got, test.brief)
		}
		if got := planview.Closing(test.totals); got != test.closing {
			t.Errorf("Closing is %q, want %q", got, test.closing)
		}
	}
}
