// Package reporttest makes up verification lists for tests: one of everything, generated ones, and what each must tell.
package reporttest

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// File is a tenant's file with public and private columns.
func File() tenant.File {
	return tenant.File{
		Tenant: "acme", Name: "Acme Corp",
		Contacts: []tenant.Contact{
			{Role: tenant.ProgramOwner, Name: "Ana Roy", Email: "ana.roy@acme.example", Locale: roster.FrCA},
			{Role: tenant.CSM, Name: "Emily Hart", Email: "emily@hub.example"},
		},
		Upload: tenant.Upload{Zone: "America/Toronto"},
		Mapping: mapping.Mapping{Columns: []mapping.Column{
			{Title: "First Name", Field: roster.FirstName, Visibility: roster.Public},
			{Title: "Last Name", Field: roster.LastName, Visibility: roster.Public},
			{Title: "Email Address", Field: roster.Email, Visibility: roster.Private},
			{Title: "Unique ID", Field: roster.UniqueID, Visibility: roster.Private},
			{Title: "Status", Field: roster.Status, Visibility: roster.Private},
			{Title: "Department", Field: roster.Department, Visibility: roster.Public},
			{Title: "Hire Start Date", Field: roster.HireStartDate, Visibility: roster.Private},
		}},
		People:    tenant.People{Missing: tenant.MissingDelete, Invite: tenant.InviteAfterApproval},
		Retention: tenant.Retention{Deleted: 30 * 24 * time.Hour},
	}
}

// Of is a document about these changes, which it sorts, of an import that was rehearsed.
func Of(locale string, known map[string]directory.Known, changes ...changeset.Change) *report.Document {
	changeset.Sort(changes)
	summary := changeset.Summary{Digest: changeset.Digest("sha256:" + strings.Repeat("ab", 32)), RemovalOp: changeset.Delete}
	invitations := 0
	for _, c := range changes {
		summary.Totals.Add(c.Op)
		if report.Invited(c, known[c.Member], tenant.InviteAfterApproval) {
			invitations++
		}
	}
	return &report.Document{
		Locale: locale, File: File(), Known: known, Invitations: invitations,
		Import: ledger.Import{
			ID: tenant.ImportID{Tenant: "acme", N: 1}, Phase: contract.Closed, Outcome: contract.Rehearsed, File: "Acme - 01.13.2026.csv", SHA256: strings.Repeat("cd", 32),
			ReceivedAt: time.Date(2026, 1, 13, 14, 14, 0, 0, time.UTC), TenantVersion: 3, Rows: len(changes), Summary: summary,
		},
		Changes: Sequence(changes),
	}
}

// Sequence is changes as an artifact yields them.
func Sequence(changes []changeset.Change) iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Sample is a list with one of everything, and with values that a format may mistake for something else.
func Sample(locale string) *report.Document {
	field := func(f roster.Field, before, after string) changeset.FieldChange {
		return changeset.FieldChange{Field: f, Before: before, After: after}
	}
	known := map[string]directory.Known{}
	member := func(n int, first, last string, state directory.State) string {
		id := fmt.Sprintf("00000000-0000-7000-8000-%012d", n)
		known[id] = directory.Known{FirstName: first, LastName: last, State: state, Before: directory.Invited, Status: roster.StatusActive, Eligibility: roster.Eligible}
		return id
	}
	d := Of(locale, known,
		changeset.Change{Op: changeset.Create, Row: 2, UniqueID: "007", Email: "zoë@acme.example", Fields: []changeset.FieldChange{
			field(roster.FirstName, "", "Zoë"), field(roster.LastName, "", "D'Angelo <b>"), field(roster.Email, "", "zoë@acme.example"), field(roster.UniqueID, "", "007"),
			field(roster.Status, "", "active"), field(roster.Department, "", `=HYPERLINK("http://evil.example")`), field(roster.HireStartDate, "", "2026-01-05"),
		}},
		changeset.Change{Op: changeset.Create, Row: 3, Email: "on.leave@acme.example", Fields: []changeset.FieldChange{
			field(roster.FirstName, "", "On"), field(roster.LastName, "", "Leave"), field(roster.Email, "", "on.leave@acme.example"), field(roster.Status, "", "inactive"),
		}},
		changeset.Change{Op: changeset.Update, Member: member(1, "Ben", "Ito", directory.Active), Row: 4, UniqueID: "0012", Email: "ben@acme.example", Fields: []changeset.FieldChange{
			field(roster.Department, "1/2", "+1 555"), field(roster.HireStartDate, "2020-02-29", ""),
		}},
		changeset.Change{Op: changeset.Update, Member: member(2, "Old", "Name", directory.Active), Row: 5, UniqueID: "13", Email: "new@acme.example", Fields: []changeset.FieldChange{
			field(roster.LastName, "Name", "Nom"), field(roster.Email, "old@acme.example", "new@acme.example"),
		}},
		changeset.Change{Op: changeset.Deactivate, Member: member(3, "Lea", "Sá", directory.Active), Row: 6, UniqueID: "14", Email: "lea@acme.example", Fields: []changeset.FieldChange{
			field(roster.Status, "active", "inactive"),
		}},
		changeset.Change{Op: changeset.Deactivate, Removal: true, Member: member(4, "Max", "Gone", directory.Active), UniqueID: "15", Email: "max@acme.example"},
		changeset.Change{Op: changeset.Reactivate, Member: member(5, "Eva", "Back", directory.Deactivated), Row: 7, UniqueID: "16", Email: "eva@acme.example"},
		changeset.Change{Op: changeset.Restore, Member: member(6, "Ida", "Again", directory.Deleted), Row: 8, UniqueID: "17", Email: "ida@acme.example", Fields: []changeset.FieldChange{
			field(roster.Department, "", "Legal"),
		}},
		changeset.Change{Op: changeset.Delete, Removal: true, Member: member(7, "王", "芳", directory.Active), UniqueID: "18", Email: "fang@acme.example"},
		changeset.Change{Op: changeset.Delete, Removal: true, Member: "purged", UniqueID: "19", Email: "purged@acme.example"},
	)
	d.Import.SetAside, d.Import.Summary.Totals.SetAside, d.Import.Summary.Totals.Unchanged = 1, 2, 1234567
	d.Import.Summary.Conflicts = map[changeset.Conflict]int{changeset.AddressTaken: 1}
	d.Findings = roster.Summary{
		Verdict: roster.Accepted, Totals: map[roster.Code]int{roster.EmailFormat: 1, roster.DateFormat: 1, roster.RowBlank: 1},
		Findings: []roster.Finding{
			{Code: roster.EmailFormat, Level: roster.RowAside, Row: 9, Column: "Email Address", Field: roster.Email, Value: "ana at acme"},
			{Code: roster.DateFormat, Level: roster.ValueAside, Row: 4, Column: "Hire Start Date", Field: roster.HireStartDate, Value: "2020-02-29",
				Variant: "iso", Words: []string{"date", "02/29/2020"}},
			{Code: roster.RowBlank, Level: roster.Note, Row: 12},
		},
	}
	d.Identities = map[int]report.Identity{9: {UniqueID: "20"}, 4: {UniqueID: "0012", Email: "ben@acme.example"}}
	return d
}

// A Line is what a list must tell exactly once: a field of a person that changes, or with Field "" a person of whom no field does.
type Line struct{ Op, Name, UniqueID, Email, Field, Before, After string }

// Add adds what the columns of a line tell of a person who is created: a line for each that has a value.
func Add(lines map[Line]int, line Line, columns []report.Column, cells []string) {
	for i, c := range columns {
		if cells[i] != "" {
			line.Field, line.After = c.Title, cells[i]
			lines[line]++
		}
	}
}

// Created is the line of a person who is created, without a field, from the cells of all columns.
func Created(columns []report.Column, cells []string) Line {
	line := Line{Op: string(changeset.Create)}
	for i, c := range columns {
		switch c.Field {
		case roster.FirstName:
			line.Name = cells[i]
		case roster.LastName:
			line.Name = strings.TrimSpace(line.Name + " " + cells[i])
		case roster.Email:
			line.Email = cells[i]
		case roster.UniqueID:
			line.UniqueID = cells[i]
		}
	}
	return line
}

// Lines returns what the document must tell, by the titles of columns.
func Lines(d *report.Document) map[Line]int {
	lines := map[Line]int{}
	for _, op := range changeset.Ops() {
		for p, err := range d.People(op) {
			if err != nil {
				panic(err) // the changes are in memory
			}
			line := Line{Op: string(op), Name: p.Name, UniqueID: p.UniqueID, Email: p.Email}
			if len(p.Fields) == 0 {
				lines[line]++
			}
			for _, f := range p.Fields {
				line.Field, line.Before, line.After = f.Title, f.Before, f.After
				lines[line]++
			}
		}
	}
	return lines
}

// Draw makes up a list of up to a few dozen changes, with values that formats may mistake for something else.
func Draw(t *rapid.T) *report.Document {
	value := rapid.OneOf(
		rapid.SampledFrom([]string{"=1+1", "+1", "-2", "@SUM(A1)", "007", "1/2", "1E5", "TRUE", "a;=b", "\"quoted\", twice", "<script>alert(1)</script>", "&amp;", "_x0041_", "'=x", "a b", "{{.}}"}),
		rapid.StringMatching(`[A-Za-z=+@,;"'<>&é王\- 0-9]{1,12}`).Filter(func(s string) bool { return strings.TrimSpace(s) == s }),
	)
	known := map[string]directory.Known{}
	n := rapid.IntRange(0, 30).Draw(t, "changes")
	changes, ruled := make([]changeset.Change, n), rapid.Bool().Draw(t, "eligible_when")
	for i := range changes {
		changes[i] = draw(t, i, value, known)
		if ruled {
			derive(t, &changes[i])
		}
	}
	d := Of(rapid.SampledFrom([]string{roster.EnUS, roster.FrCA}).Draw(t, "locale"), known, changes...)
	if ruled {
		d.File.People.EligibleWhen = map[roster.Field][]string{roster.Department: {"Legal"}}
	}
	return d
}

// derive adds what a comparison adds where the tenant's rules say who is eligible: whether each new person is, and whom a change makes so, or no longer so.
func derive(t *rapid.T, c *changeset.Change) {
	words := rapid.Permutation([]string{roster.Eligible, roster.Ineligible}).Draw(t, "eligibility")
	switch {
	case c.Op == changeset.Create:
		c.Fields = append(c.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, After: words[0]})
	case c.Op != changeset.Delete && rapid.Bool().Draw(t, "changes eligibility"):
		c.Fields = append(c.Fields, changeset.FieldChange{Field: roster.ProgramEligibility, Before: words[0], After: words[1]})
	}
}

func draw(t *rapid.T, i int, value *rapid.Generator[string], known map[string]directory.Known) changeset.Change {
	c := changeset.Change{Op: rapid.SampledFrom(changeset.Ops()).Draw(t, "op"), UniqueID: strconv.Itoa(i), Email: fmt.Sprintf("p%d@acme.example", i), Row: i + 2}
	if c.Op != changeset.Create {
		c.Member = strconv.Itoa(i)
		known[c.Member] = directory.Known{FirstName: "First", LastName: "Last" + strconv.Itoa(i)}
	}
	if c.Op == changeset.Delete {
		c.Removal, c.Row = true, 0
		return c
	}
	for _, column := range File().Mapping.Columns {
		change := changeset.FieldChange{Field: column.Field, After: value.Draw(t, "after")}
		switch {
		case column.Field == roster.Email:
			change.After = c.Email
		case column.Field == roster.UniqueID:
			change.After = c.UniqueID
		}
		if c.Op != changeset.Create {
			change.Before = value.Draw(t, "before")
		}
		if c.Op == changeset.Create || rapid.Bool().Draw(t, "changes") {
			c.Fields = append(c.Fields, change)
		}
	}
	return c
}
