package planview_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with testdata/name.
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
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s (-got +want):\n%s", name, diff)
	}
}

var received = time.Date(2026, 12, 1, 11, 2, 0, 0, time.UTC)

const digest = changeset.Digest("sha256:3f2a9c01d4e5b6a73f2a9c01d4e5b6a73f2a9c01d4e5b6a73f2a9c01d4e5b6a7")

// waiting is an import that needs a decision: removals over their limit, and more.
func waiting(t *testing.T) planview.Import {
	t.Helper()
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	return planview.Import{
		Import: ledger.Import{
			ID: tenant.ImportID{Tenant: "acme", N: 2}, Phase: contract.AwaitingDecision, File: "roster 12.01.2026.csv", ReceivedAt: received, TenantVersion: 3,
			Rows: 4621, SetAside: 3, Deadline: received.Add(96 * time.Hour), StartedAt: received,
			Summary: changeset.Summary{
				Digest: digest, Totals: changeset.Totals{Create: 60, Update: 250, Delete: 400, Deactivate: 15, Reactivate: 5, Restore: 1, Unchanged: 4330, SetAside: 3},
				Removals: 400, Members: 5000, Rows: 4618,
				Fields: map[roster.Field]int{roster.Department: 120, roster.City: 80, roster.Status: 20}, Emptied: map[roster.Field]int{roster.City: 12},
			},
			Checks: []approval.Check{
				{ID: approval.CheckDeletes, Level: approval.Hold, Value: 400, Limit: 250, Message: "400 people would be removed because they are not in the file; up to 250 is usual.",
					Cause: "398 of them have Business Unit Retail EMEA."},
				{ID: approval.CheckMappingChanged, Level: approval.Told, Message: "The mapping has changed since the last import that was applied."},
				{ID: approval.CheckCreates, Level: approval.OK, Value: 60, Limit: 500, Message: "not to be told"},
			},
		},
		Findings: roster.Summary{Verdict: roster.Accepted, Totals: map[roster.Code]int{roster.DuplicateID: 2, roster.EmailFormat: 1, roster.RowBlank: 2}},
		Mapping:  columns(), Zone: zone,
	}
}

func columns() mapping.Mapping {
	return mapping.Mapping{Columns: []mapping.Column{
		{Title: "First Name", Field: roster.FirstName}, {Title: "Last Name", Field: roster.LastName}, {Title: "Email Address", Field: roster.Email},
		{Title: "Unique ID", Field: roster.UniqueID}, {Title: "Status", Field: roster.Status}, {Title: "Department", Field: roster.Department}, {Title: "Town", Field: roster.City},
	}}
}

func TestPage(t *testing.T) {
	t.Parallel()
	three := 3
	for name, change := range map[string]func(*planview.Import){
		"waiting.txt": func(*planview.Import) {},
		"usual.txt": func(i *planview.Import) {
			i.Checks, i.Findings = nil, roster.Summary{}
			i.Summary.Removals, i.Summary.Totals.Delete = 0, 0
		},
		"first.txt": func(i *planview.Import) {
			i.Checks = []approval.Check{{ID: approval.CheckFirstImport, Level: approval.Hold, Message: "This is the first import of this tenant."}}
			i.Summary = changeset.Summary{Digest: digest, Totals: changeset.Totals{Create: 5000}, Rows: 5000}
		},
		"stopped.txt": func(i *planview.Import) { i.Checks[0].Level = approval.Stop },
		"applied.txt": func(i *planview.Import) {
			i.Phase, i.Outcome, i.ClosedAt = contract.Closed, contract.AppliedWithFailures, received.Add(time.Hour)
			i.Apply = &ledger.Apply{Planned: 731, Applied: 729, SetAside: 2, Chunks: 4}
			i.Decisions = []ledger.Decision{
				{Verdict: approval.Approve, By: "Emily", At: received, Effect: approval.ReasonMissing, Origin: ledger.ByPerson},
				{Verdict: approval.Approve, By: "Mallory\x1b[2J", SentBy: "temporal-cli", Reason: "looks \u202eright", At: received, Effect: approval.NotAllowed, Origin: ledger.ByRawSignal},
				{Verdict: approval.ApproveWithoutRemovals, Groups: []changeset.Op{changeset.Create, changeset.Update}, ConfirmDeletes: &three, By: "Emily", Reason: "agreed with Acme",
					At: received, Effect: approval.Taken, Origin: ledger.ByPerson},
			}
		},
		"refused.txt": func(i *planview.Import) {
			i.Phase, i.Outcome = contract.Closed, contract.Refused
			i.Summary, i.Checks, i.Deadline, i.File = changeset.Summary{}, nil, time.Time{}, "a\x1b]0;title\x07.csv"
			i.Findings = roster.Summary{Totals: map[roster.Code]int{roster.ColumnMissing: 12, roster.RowBlank: 1}}
			for range 12 {
				i.Findings.Findings = append(i.Findings.Findings,
					roster.Finding{Code: roster.RowBlank, Level: roster.Note, Message: "not to be told"},
					roster.Finding{Code: roster.ColumnMissing, Level: roster.Refused, Message: "The column “Email Address” is missing."})
			}
		},
		"nothing_new.txt": func(i *planview.Import) {
			*i = planview.Import{Import: ledger.Import{ID: i.ID, Phase: contract.Closed, Outcome: contract.NothingNew, TenantVersion: 1, StartedAt: received, ClosedAt: received}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := waiting(t)
			change(&i)
			golden(t, name, planview.Page(i, planview.Style{}))
		})
	}
}

// Colour is laid over the same text and adds nothing to it.
func TestColourChangesNoText(t *testing.T) {
	t.Parallel()
	i := waiting(t)
	coloured := planview.Page(i, planview.Style{Colour: true})
	plain := coloured
	for _, code := range []string{"0", "1", "2", "31", "32", "33", "36"} {
		plain = strings.ReplaceAll(plain, "\x1b["+code+"m", "")
	}
	if coloured == plain {
		t.Fatal("the page has no colours")
	}
	if diff := cmp.Diff(plain, planview.Page(i, planview.Style{})); diff != "" {
		t.Errorf("with colours the text differs (-coloured +plain):\n%s", diff)
	}
}

// The number of removals is to be read from the plan, so no command that is told may hold it.
func TestCommandsDoNotTellTheNumberOfRemovals(t *testing.T) {
	t.Parallel()
	_, commands, found := strings.Cut(planview.Page(waiting(t), planview.Style{}), "To decide")
	if !found || !strings.Contains(commands, "--confirm-deletes N") || strings.Contains(commands, "400") {
		t.Errorf("the commands are:%s", commands)
	}
}

func TestEveryStandingIsTold(t *testing.T) {
	t.Parallel()
	imports := []ledger.Import{}
	for _, p := range []contract.Phase{contract.Receiving, contract.Reading, contract.Comparing, contract.AwaitingDecision, contract.Applying, contract.Inviting} {
		imports = append(imports, ledger.Import{Phase: p})
	}
	for _, o := range []contract.Outcome{
		contract.Refused, contract.NothingNew, contract.NoChange, contract.TurnedDown, contract.Expired, contract.SupersededByNewer, contract.Withdrawn, contract.Rehearsed,
		contract.Applied, contract.AppliedWithFailures, contract.Stopped, contract.Stale,
	} {
		imports = append(imports, ledger.Import{Phase: contract.Closed, Outcome: o})
	}
	words := map[string]bool{}
	for _, i := range imports {
		s := planview.StandingOf(i)
		if s.Word == "" || s.Why == "" || words[s.Word] {
			t.Errorf("%s %s is told as %q, %q", i.Phase, i.Outcome, s.Word, s.Why)
		}
		words[s.Word] = true
	}
}

// Who is eligible by another field's values stands in no column, and is told all the same.
func TestColumnsTellDerivedEligibility(t *testing.T) {
	t.Parallel()
	m := mapping.Mapping{Columns: []mapping.Column{{Title: "City", Field: roster.City}}}
	s := changeset.Summary{Fields: map[roster.Field]int{roster.City: 2, roster.ProgramEligibility: 5}}
	want := []planview.ColumnCount{{Title: "program_eligibility", Changed: 5}, {Title: "City", Changed: 2}}
	if diff := cmp.Diff(want, planview.Columns(s, m)); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}
