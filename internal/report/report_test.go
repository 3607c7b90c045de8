package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/report/reporttest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

var update = flag.Bool("update", false, "write the golden files")

func csvOf(t testing.TB, d *report.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteCSV(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func htmlOf(t testing.TB, d *report.Document, limit int) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteHTML(&b, d, limit); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{roster.EnUS, roster.FrCA} {
		d := reporttest.Sample(locale)
		golden(t, locale+".csv", csvOf(t, d))
		golden(t, locale+".html", htmlOf(t, d, report.PageLimit))
	}
	d := reporttest.Sample(roster.EnUS)
	d.Mask = true
	golden(t, "masked.csv", csvOf(t, d))
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

// Whatever the changes are, each format tells each of them exactly once.
func TestEveryChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := reporttest.Draw(rt)
		want := reporttest.Lines(d)
		if diff := cmp.Diff(want, fromHTML(t, d)); diff != "" {
			rt.Errorf("HTML (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(disarmed(want), disarmed(fromCSV(t, d))); diff != "" {
			rt.Errorf("CSV (-want +got):\n%s", diff)
		}
	})
}

// disarmed returns lines without the apostrophes that stand before what may start a formula, whoever put them there.
func disarmed(lines map[reporttest.Line]int) map[reporttest.Line]int {
	armed := regexp.MustCompile(`'+([=+\-@])`)
	all := map[reporttest.Line]int{}
	for l, n := range lines {
		for _, text := range []*string{&l.Name, &l.Before, &l.After} {
			*text = armed.ReplaceAllString(*text, "$1")
		}
		all[l] += n
	}
	return all
}

// fromCSV reads the list back.
func fromCSV(t testing.TB, d *report.Document) map[reporttest.Line]int {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(csvOf(t, d), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	negative := regexp.MustCompile(`^-\d+(?:[.,]\d+)*$`) // stands for itself
	kinds, lines := kindsOf(d), map[reporttest.Line]int{}
	known, others := split(d.Columns())
	for _, cells := range records[1:] {
		if i := slices.IndexFunc(cells, func(c string) bool {
			return strings.ContainsAny(c[:min(1, len(c))], "=+-@\t\r") && !negative.MatchString(c)
		}); i >= 0 {
			t.Errorf("a cell begins like a formula: %q", cells[i])
		}
		op, told := kinds[cells[0]]
		line := reporttest.Line{Op: string(op), Name: cells[2], UniqueID: cells[3], Email: cells[4]}
		switch {
		case !told:
		case op == changeset.Create:
			reporttest.Add(lines, line, known, []string{cells[4], cells[3]})
			reporttest.Add(lines, line, others, cells[11:])
		default:
			line.Field, line.Before, line.After = cells[5], cells[7], cells[8]
			lines[line]++
		}
	}
	return lines
}

// split parts the columns that lead every line, address and ID, from those that follow.
func split(columns []report.Column) (known, others []report.Column) {
	for _, c := range columns {
		if c.Field == roster.UniqueID || c.Field == roster.Email {
			known = append(known, c)
			continue
		}
		others = append(others, c)
	}
	return known, others
}

func kindsOf(d *report.Document) map[string]changeset.Op {
	kinds := map[string]changeset.Op{}
	for _, total := range d.Totals() {
		if total.Op != "" {
			kinds[total.Kind] = total.Op
		}
	}
	return kinds
}

// fromHTML reads the page back, as a browser would.
func fromHTML(t testing.TB, d *report.Document) map[reporttest.Line]int {
	t.Helper()
	root, err := html.Parse(strings.NewReader(htmlOf(t, d, 0)))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[reporttest.Line]int{}
	for _, op := range changeset.Ops() {
		var line reporttest.Line
		for _, row := range rowsOf(root, string(op)) {
			cells := cellsOf(row)
			switch {
			case op == changeset.Create:
				reporttest.Add(lines, reporttest.Created(d.Columns(), cells[2:]), d.Columns(), cells[2:])
				continue
			case op == changeset.Delete:
				line = reporttest.Line{Name: cells[0], UniqueID: cells[1], Email: cells[2]}
			case len(cells) == 5: // the first line of a person
				line = personOf(row.FirstChild)
				cells = cells[2:]
				fallthrough
			default:
				line.Field, line.Before, line.After = cells[0], cells[1], cells[2]
			}
			line.Op = string(op)
			lines[line]++
		}
	}
	return lines
}

// rowsOf returns the rows below the head of the table in a section.
func rowsOf(root *html.Node, id string) (rows []*html.Node) {
	for n := range root.Descendants() {
		if n.Data == "tr" && n.Parent.Data == "tbody" && within(n, id) {
			rows = append(rows, n)
		}
	}
	return rows
}

func within(n *html.Node, id string) bool {
	for a := range n.Ancestors() {
		if a.Data == "section" {
			return a.Attr[0].Val == id
		}
	}
	return false
}

// cellsOf returns the texts of a row's cells, but for the word that marks a private column.
func cellsOf(row *html.Node) (cells []string) {
	for cell := range row.ChildNodes() {
		if cell.Type == html.ElementNode {
			cells = append(cells, textOf(cell))
		}
	}
	return cells
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if marked := d.Parent.Data == "span"; d.Type == html.TextNode && !marked {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// personOf reads the head of a person's lines: the name, the address and the ID below each other.
func personOf(head *html.Node) reporttest.Line {
	var parts []string
	for d := range head.Descendants() {
		if d.Type == html.TextNode {
			parts = append(parts, d.Data)
		}
	}
	return reporttest.Line{Name: parts[0], Email: parts[1], UniqueID: parts[2]}
}

// The page is one file: it loads nothing, runs nothing, and its policy lets its own style stand.
func TestPageStandsAlone(t *testing.T) {
	t.Parallel()
	page := htmlOf(t, reporttest.Sample(roster.FrCA), report.PageLimit)
	for _, not := range []string{"<script", "<b>", "src=", "url(", "http://evil.example\"", "<link", "style=\""} {
		if strings.Contains(page, not) {
			t.Errorf("the page holds %s", not)
		}
	}
	for _, want := range []string{`<html lang="fr-CA">`, `content="default-src &#39;none&#39;; style-src &#39;sha256-`, `scope="rowgroup"`, "(vide)", `<span class="private">privé</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// The page shows the first of each kind, says so, and tells all totals.
func TestPageOfManyChanges(t *testing.T) {
	t.Parallel()
	d := reporttest.Sample(roster.EnUS)
	page := htmlOf(t, d, 1)
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(rowsOf(root, string(changeset.Create))); got != 1 {
		t.Errorf("%d people who are created are shown, want 1", got)
	}
	for _, want := range []string{"Shown are the first 1 of 2.", "Create (2)", "Delete (2)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "zoë@acme.example") || !strings.Contains(page, "on.leave@acme.example") {
		t.Error("the page shows others than the first")
	}
}

// Where the tenant's rules say who is eligible, the list says it of each new person, in a column of its own with a title in the reader's language.
func TestDerivedEligibility(t *testing.T) {
	t.Parallel()
	for locale, title := range map[string]string{roster.EnUS: "Program Eligibility (private)", roster.FrCA: "Admissibilité au programme (privé)"} {
		d := reporttest.Of(locale, map[string]directory.Known{"m": {FirstName: "Ben", LastName: "Ito"}},
			changeset.Change{Op: changeset.Create, Row: 2, Email: "ana@acme.example", Fields: []changeset.FieldChange{
				{Field: roster.FirstName, After: "Ana"}, {Field: roster.ProgramEligibility, After: roster.Ineligible},
			}},
			changeset.Change{Op: changeset.Update, Member: "m", Row: 3, Email: "ben@acme.example", Fields: []changeset.FieldChange{
				{Field: roster.ProgramEligibility, Before: roster.Ineligible, After: roster.Eligible},
			}},
		)
		if flat := csvOf(t, d); strings.Contains(flat, title) || !strings.Contains(flat, strings.TrimSuffix(title[:strings.Index(title, "(")], " ")) {
			t.Errorf("%s: without a rule there is no column of it, but a change is told by its title:\n%s", locale, flat)
		}
		d.File.People.EligibleWhen = map[roster.Field][]string{roster.Department: {"Legal"}}
		created := d.Tables()[0]
		if got := created.Heads[len(created.Heads)-1]; got.Text != title || !got.Private {
			t.Errorf("%s: the last head is %q", locale, got.Text)
		}
		for cells, err := range created.Rows {
			if err != nil || cells[len(cells)-1] != roster.Ineligible {
				t.Errorf("%s: a new person's line is %q: %v", locale, cells, err)
			}
		}
		if flat := csvOf(t, d); !strings.Contains(flat, title) || !strings.Contains(flat, roster.Ineligible+","+roster.Eligible) {
			t.Errorf("%s: the flat table lacks it:\n%s", locale, flat)
		}
		d.Mask = true
		if all := csvOf(t, d) + htmlOf(t, d, 0); strings.Contains(all, roster.Ineligible) {
			t.Errorf("%s: it is told though it is masked", locale)
		}
	}
}

// With Mask nothing of a private value is told, but for what people are known by.
func TestMask(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{roster.EnUS, roster.FrCA} {
		d := reporttest.Sample(locale)
		d.Mask = true
		all := csvOf(t, d) + htmlOf(t, d, 0)
		for _, secret := range []string{"2020-02-29", "02/29/2020", "inactive"} {
			if strings.Contains(all, secret) {
				t.Errorf("%s: the list tells %q", locale, secret)
			}
		}
		for _, known := range []string{"ben@acme.example", "0012", "ana at acme", "Nom", "old@acme.example", "1/2", "••••"} {
			if !strings.Contains(all, known) {
				t.Errorf("%s: the list does not tell %q", locale, known)
			}
		}
	}
}

func TestInvited(t *testing.T) {
	t.Parallel()
	pending := directory.Known{State: directory.Pending, Status: roster.StatusActive, Eligibility: roster.Ineligible}
	eligible := []changeset.FieldChange{{Field: roster.ProgramEligibility, Before: roster.Ineligible, After: roster.Eligible}}
	for _, test := range []struct {
		name   string
		change changeset.Change
		known  directory.Known
		policy tenant.InvitePolicy
		want   bool
	}{
		{"new", changeset.Change{Op: changeset.Create}, directory.Known{}, tenant.InviteAfterApproval, true},
		{"new, never invited", changeset.Change{Op: changeset.Create}, directory.Known{}, tenant.InviteNever, false},
		{"new, on leave", changeset.Change{Op: changeset.Create, Fields: []changeset.FieldChange{{Field: roster.Status, After: roster.StatusInactive}}}, directory.Known{},
			tenant.InviteAfterApproval, false},
		{"becomes eligible", changeset.Change{Op: changeset.Update, Fields: eligible}, pending, tenant.InviteAfterApproval, true},
		{"stays ineligible", changeset.Change{Op: changeset.Update}, pending, tenant.InviteAfterApproval, false},
		{"was invited", changeset.Change{Op: changeset.Update, Fields: eligible}, directory.Known{State: directory.Invited, Status: roster.StatusActive}, tenant.InviteAfterApproval, false},
		{"back, never invited", changeset.Change{Op: changeset.Reactivate},
			directory.Known{State: directory.Deactivated, Before: directory.Pending, Status: roster.StatusInactive, Eligibility: roster.Eligible}, tenant.InviteAfterApproval, true},
		{"back, invited before", changeset.Change{Op: changeset.Reactivate},
			directory.Known{State: directory.Deactivated, Before: directory.Active, Status: roster.StatusInactive, Eligibility: roster.Eligible}, tenant.InviteAfterApproval, false},
		{"restored, on leave", changeset.Change{Op: changeset.Restore},
			directory.Known{State: directory.Deleted, Before: directory.Pending, Status: roster.StatusInactive, Eligibility: roster.Eligible}, tenant.InviteAfterApproval, false},
		{"gone", changeset.Change{Op: changeset.Delete}, pending, tenant.InviteAfterApproval, false},
	} {
		if got := report.Invited(test.change, test.known, test.policy); got != test.want {
			t.Errorf("%s: invited is %t, want %t", test.name, got, test.want)
		}
	}
}

// An artifact that breaks off makes no list that seems whole.
func TestBrokenChangesEndTheList(t *testing.T) {
	t.Parallel()
	broken := errors.New("the artifact is gone")
	d := reporttest.Sample(roster.EnUS)
	d.Changes = func(yield func(changeset.Change, error) bool) { yield(changeset.Change{}, broken) }
	if err := report.WriteCSV(&bytes.Buffer{}, d); !errors.Is(err, broken) {
		t.Errorf("CSV: %v", err)
	}
	if err := report.WriteHTML(&bytes.Buffer{}, d, 0); !errors.Is(err, broken) {
		t.Errorf("HTML: %v", err)
	}
}

func TestLocaleOf(t *testing.T) {
	t.Parallel()
	if got := report.LocaleOf(reporttest.File()); got != roster.FrCA {
		t.Errorf("the program owner's language is %s", got)
	}
	if got := report.LocaleOf(tenant.File{}); got != roster.EnUS {
		t.Errorf("without a program owner it is %s", got)
	}
}
