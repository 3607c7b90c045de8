package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

func contact(role tenant.Role, name string) tenant.Contact {
	return tenant.Contact{Role: role, Name: name, Email: name + "@acme.example", Locale: roster.EnUS}
}

// told writes who gets what.
func told(notices []Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, fmt.Sprintf("%s %s %s", n.Kind, n.To.Name, n.To.Role))
	}
	return strings.Join(all, ", ")
}

func TestWhoHearsOfARefusedFile(t *testing.T) {
	t.Parallel()
	owner, manager := contact(tenant.ProgramOwner, "ana"), contact(tenant.ProjectManager, "sam")
	sftp, hris, csm := contact(tenant.TechnicalSFTP, "it"), contact(tenant.TechnicalHRIS, "hr"), contact(tenant.CSM, "emily")
	twin := contact(tenant.TechnicalHRIS, "twin")
	twin.Email = "IT@Acme.example" // the same address as the other's
	self := csm
	self.Role = tenant.TechnicalSFTP
	for _, c := range []struct {
		name     string
		contacts []tenant.Contact
		want     string
		told     int
	}{
		{"everybody is there", []tenant.Contact{owner, manager, hris, csm, sftp}, "file_refused it technical_sftp, file_refused hr technical_hris, file_refused emily csm", 2},
		{"no technical contact", []tenant.Contact{owner, manager, csm}, "file_refused sam project_manager, file_refused emily csm", 1},
		{"nor a project manager", []tenant.Contact{owner, csm}, "file_refused ana program_owner, file_refused emily csm", 1},
		{"a manager alone", []tenant.Contact{csm}, "file_refused emily csm", 0},
		{"nobody", nil, "", 0},
		{"two roles, one address", []tenant.Contact{twin, sftp}, "file_refused it technical_sftp", 1},
		{"the manager is the technical contact", []tenant.Contact{csm, self}, "file_refused emily technical_sftp", 1},
	} {
		got := FileRefused(Refusal{SHA256: "aa", Rules: "bb"}, tenant.File{Contacts: c.contacts}, mapping.Mapping{}, roster.Summary{})
		if told(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, told(got), c.want)
		}
		for _, n := range got {
			if n.About != "rejected/aa/bb" || n.Facts.Told != c.told {
				t.Errorf("%s: about %q, %d told, want %d", c.name, n.About, n.Facts.Told, c.told)
			}
		}
	}
}

func TestWhoHearsOfALateFile(t *testing.T) {
	t.Parallel()
	f := tenant.File{Contacts: []tenant.Contact{contact(tenant.ProjectManager, "sam"), contact(tenant.TechnicalSFTP, "it"), contact(tenant.CSM, "emily")}}
	due := time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
	m := Missing{Due: due}
	if got := told(Late(f, m)); got != "upload_late it technical_sftp" {
		t.Errorf("late: %s", got)
	}
	if got := told(StillLate(f, m)); got != "upload_still_late emily csm" {
		t.Errorf("still late: %s", got)
	}
	heard := []Recipient{{Role: tenant.CSM, Name: "emily", Email: "e@acme.example"}, {Role: tenant.TechnicalSFTP, Name: "it", Email: "E@acme.example"}}
	got := Arrived(f, heard, tenant.ImportID{Tenant: "acme", N: 3}, due, "r.csv", due)
	if told(got) != "upload_arrived emily csm" || got[0].About != AboutDue(due) || got[0].Import.N != 3 {
		t.Errorf("arrived: %+v", got)
	}
}

// What only admins may see is in no notice, and where titles may be somebody's data they are not told.
func TestFactsHoldNothingPrivate(t *testing.T) {
	t.Parallel()
	m := mapping.Mapping{Columns: []mapping.Column{
		{Title: "Email Address", Field: roster.Email, Visibility: roster.Private}, {Title: "Unique ID", Field: roster.UniqueID, Visibility: roster.Private},
	}}
	f := tenant.File{Contacts: []tenant.Contact{contact(tenant.TechnicalSFTP, "it")}}
	s := roster.Summary{
		Findings: []roster.Finding{
			{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: "secret"},
			{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: "Email Address", Field: roster.Email},
			{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: "Unique ID", Field: roster.UniqueID},
			{Code: roster.ColumnDuplicate, Level: roster.Refused, Row: 1, Column: "secret", Value: "secret"},
		},
		Totals: map[roster.Code]int{roster.ColumnMissing: 2, roster.ColumnDuplicate: 1, roster.ColumnUnmapped: 1},
	}
	all, err := json.Marshal(FileRefused(Refusal{}, f, m, s))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(all), "secret") {
		t.Errorf("a notice holds what may be a cell: %s", all)
	}
}

func TestFirstFindingsAndHowManyMore(t *testing.T) {
	t.Parallel()
	s := roster.Summary{Totals: map[roster.Code]int{roster.ColumnMissing: 9, roster.ColumnUnmapped: 1}}
	m := mapping.Mapping{}
	for i := range 10 {
		title := fmt.Sprint("Title ", i)
		m.Columns = append(m.Columns, mapping.Column{Title: title, Visibility: roster.Public})
		if i < 9 {
			s.Findings = append(s.Findings, roster.Finding{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: title})
		}
	}
	s.Findings = append(s.Findings, roster.Finding{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: "Other"})
	f := FileRefused(Refusal{}, tenant.File{Contacts: []tenant.Contact{contact(tenant.CSM, "emily")}}, m, s)[0].Facts
	if len(f.Findings) != 5 || f.Problems != 9 || len(f.Expected) != 10 || len(f.Missing) != 9 || len(f.Foreign) != 1 {
		t.Errorf("facts %+v", f)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	lost := invite.Attempt{Step: invite.StepDot, Lost: true}
	for _, c := range []struct {
		name string
		n    Claimed
		try  invite.Attempt
		want invite.Settlement
	}{
		{"taken", Claimed{Tries: 1}, invite.Attempt{Step: invite.StepDot, Code: 250}, invite.Settlement{State: invite.Delivered, Reply: "250"}},
		{"refused for good", Claimed{Tries: 1}, invite.Attempt{Step: invite.StepRecipient, Code: 550}, invite.Settlement{State: invite.Failed, Reply: "550"}},
		{"refused for now", Claimed{Tries: 3}, invite.Attempt{Step: invite.StepRecipient, Code: 451}, invite.Settlement{State: invite.Waiting, Due: now.Add(4 * time.Minute), Reply: "451"}},
		{"nobody knows", Claimed{Tries: 1}, lost, invite.Settlement{State: invite.Waiting, Due: now.Add(time.Minute), Unsure: true}},
		{"nobody knows again", Claimed{Tries: 2, Unsure: 1}, lost, invite.Settlement{State: invite.Waiting, Due: now.Add(2 * time.Minute), Unsure: true}},
		{"nobody knows for the third time", Claimed{Tries: 3, Unsure: 2}, lost, invite.Settlement{State: invite.Unknown, Unsure: true}},
		{"nobody knows after a day", Claimed{Tries: 1000}, lost, invite.Settlement{State: invite.Unknown, Unsure: true}},
	} {
		c.n.ID, c.n.Owner, c.want.ID, c.want.Owner = "n", "o", "n", "o"
		if diff := cmp.Diff(c.want, Settle(c.n, c.try, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
