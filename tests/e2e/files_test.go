package e2e

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// header is the roster without its people.
func header(roster string) string {
	line, _, _ := strings.Cut(roster, "\r\n")
	return line + "\r\n"
}

// without is the roster without a column.
func (c *customer) without(text string, field roster.Field) string {
	c.t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	at := slices.IndexFunc(rostergen.Columns(), func(column rostergen.Column) bool { return column.Field == field })
	var b strings.Builder
	out := csv.NewWriter(&b)
	for _, r := range records {
		if err := out.Write(slices.Delete(r, at, at+1)); err != nil {
			c.t.Fatal(err)
		}
	}
	out.Flush()
	return b.String()
}

// A file that can't be a plan is refused, changes nothing, and says why where the customer uploaded it.
func tellRefusedFiles(t *testing.T, s *stack) {
	c := settled(t, s, "refused", 50)
	before := c.directory()
	for _, test := range []struct{ code, column, content string }{
		{"file-no-rows", "", header(c.export())},
		{"column-missing", "Email Address", c.without(c.export(), roster.Email)},
	} {
		imp := c.deliverBad(test.content)
		c.expect(imp, contract.Closed, contract.Refused)
		r := c.checkReceipt(imp, "refused", "import")
		if len(r.Findings) == 0 || r.Findings[0].Code != test.code || r.Findings[0].Level != "refused" || r.Findings[0].Column != test.column || r.Totals[test.code] != 1 {
			t.Errorf("the receipt finds %+v, want %s", r.Findings, test.code)
		}
		c.checkDirectory(before)
		c.checkMails()
		s.replay(t, "refused", imp.WorkflowID, c.runID(imp))
	}
	// A tenant whose sender tries for ever after a failure has agreed that the close never fails.
	s.must(t, "tenant", "apply", c.write("tenant.yaml", c.edited(c.file(), "  grace: 24h", "  grace: 24h\n  fail_on_bad_file: false")), "--yes")
	c.expect(c.deliver(header(c.export())+"\r\n"), contract.Closed, contract.Refused)
}

// awaitSettled waits until an upload counts as whole.
func (c *customer) awaitSettled(name string) {
	c.t.Helper()
	eventually(c.t, patience, name+" has settled", func() bool {
		var settled bool
		c.rows(func(tx pgx.Tx) error {
			return tx.QueryRow(c.t.Context(), `SELECT EXISTS (SELECT FROM delivery WHERE name = $1 AND state = 'settled')`, name).Scan(&settled)
		})
		return settled
	})
}

func tellSuperseded(t *testing.T, s *stack) {
	c, older := waiting(t, s, "superseded", 60, rostergen.Delta{Joiners: 3, Changed: 5})
	c.company.Next(rostergen.Delta{Joiners: 2, Changed: 4})
	newer := c.deliver(c.export())
	c.expect(newer, contract.AwaitingDecision, "")
	older = c.awaitClosed(older)
	c.expect(older, contract.Closed, contract.SupersededByNewer)
	s.refuse(t, 5, "no longer waits", "import", "approve", older.Import, "--changeset", older.ChangeSet, "--by", emily, "--reason", "too late")
	s.replay(t, "superseded", older.WorkflowID, c.runID(older))
	c.approve(newer)
	c.check()
}

func tellRefusedWhileOneWaits(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "refusedbeside", 40, rostergen.Delta{Joiners: 2})
	broken := c.deliverBad(header(c.export()))
	c.expect(broken, contract.Closed, contract.Refused)
	c.expect(c.show(imp.Import), contract.AwaitingDecision, "")
	c.approve(imp)
	c.check()
}

func tellIdenticalWhileOneWaits(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "identical", 40, rostergen.Delta{Joiners: 2})
	same := c.deliver(c.export())
	c.expect(same, contract.Closed, contract.NothingNew)
	c.expect(c.show(imp.Import), contract.AwaitingDecision, "")
	c.approve(imp)
	c.check()
}

func tellNothingNewAndNoChange(t *testing.T, s *stack) {
	c := settled(t, s, "nothingnew", 40)
	same := c.deliver(c.export())
	c.expect(same, contract.Closed, contract.NothingNew)
	s.replay(t, "nothing_new", same.WorkflowID, c.runID(same))
	equal := c.deliver(c.export() + "\r\n") // other bytes, the same people
	c.expect(equal, contract.Closed, contract.NoChange)
	s.replay(t, "no_change", equal.WorkflowID, c.runID(equal))
	c.check()

	var list struct{ Total int }
	s.json(t, &list, "import", "list", "--tenant", c.id)
	if list.Total != 2 {
		t.Errorf("%d imports are listed, want 2: one that found nothing new is listed with --all only", list.Total)
	}
	s.json(t, &list, "import", "list", "--tenant", c.id, "--all")
	if list.Total != 3 {
		t.Errorf("%d imports are listed with --all, want 3", list.Total)
	}
}

// Until a tenant is activated its files are compared, and nothing is applied or mailed.
func tellRehearsed(t *testing.T, s *stack) {
	c := newTenant(t, s, "rehearsed", 40)
	imp := c.deliver(c.export())
	c.expect(imp, contract.Closed, contract.Rehearsed)
	if imp.Totals.Create != 40 {
		t.Errorf("a rehearsal compares: %+v", imp.Totals)
	}
	s.replay(t, "rehearsed", imp.WorkflowID, c.runID(imp))
	s.refuse(t, 5, "", "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "early")
	s.refuse(t, 5, "setting up", "tenant", "activate", c.id, "--by", emily)
	s.must(t, "tenant", "activate", c.id, "--skip-setup", "--reason", "known", "--by", emily)
	c.checkDirectory(map[string]member{})
	c.checkMails()
	// What was rehearsed is planned when it comes again.
	c.approve(c.deliver(c.export()))
	c.check()
}

// A decision that nobody takes expires and changes nothing.
func tellExpired(t *testing.T, s *stack) {
	c := settled(t, s, "expired", 30)
	before := c.directory()
	// A decision may take until the next due time. This tenant's is in a minute or two, at noon in a zone in which it is about noon: due times are not taken at night.
	due := time.Now().UTC().Truncate(time.Minute).Add(2 * time.Minute)
	shift := 12 - due.Hour()
	local := due.Add(time.Duration(shift) * time.Hour)
	zone := fmt.Sprintf("Etc/GMT%+d", -shift)
	weekday := (int(local.Weekday())+6)%7 + 1
	file := c.edited(c.file(), "cadence: monthly", "cadence: weekly", "zone: America/Toronto", "zone: "+zone)
	at := strings.Index(file, "due: {")
	file = file[:at] + fmt.Sprintf("due: {day: %d, time: \"%s\"}", weekday, local.Format("15:04")) + file[at+strings.Index(file[at:], "}")+1:]
	s.must(t, "tenant", "apply", c.write("tenant.yaml", file), "--yes")

	c.company.Next(rostergen.Delta{Joiners: 2, Leavers: 1})
	imp := c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Expired)
	if ended := time.Now(); imp.Deadline == "" || ended.UTC().Format(time.RFC3339) < imp.Deadline {
		t.Errorf("expired at %s, before its deadline %s", ended, imp.Deadline)
	}
	c.checkDirectory(before)
	c.checkMails()
	s.replay(t, "expired", imp.WorkflowID, c.runID(imp))
}
