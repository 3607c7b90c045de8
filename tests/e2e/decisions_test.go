package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// otherDigest names a change set that was never made.
const otherDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// settled is a customer whose first roster was applied.
func settled(t *testing.T, s *stack, id string, people int) *customer {
	t.Helper()
	c := newCustomer(t, s, id, people)
	c.approve(c.deliver(c.export()))
	c.check()
	return c
}

// waiting is a customer with a second roster that waits for a decision.
func waiting(t *testing.T, s *stack, id string, people int, d rostergen.Delta) (*customer, imported) {
	t.Helper()
	c := settled(t, s, id, people)
	c.company.Next(d)
	imp := c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	return c, imp
}

func tellStaleDigest(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "staledigest", 60, rostergen.Delta{Joiners: 3, Changed: 5})
	before := c.directory()
	s.refuse(t, 5, "another change set", "import", "approve", imp.Import, "--changeset", otherDigest, "--by", emily, "--reason", "in a hurry")
	// The same by a signal, of which nobody hears but the record.
	s.signal(t, imp, map[string]any{"decision_id": "raw-stale", "changeset": otherDigest, "verdict": "approve", "by": "somebody", "reason": "in a hurry"})
	eventually(t, patience, "both are recorded", func() bool {
		return len(effects(c.show(imp.Import))) == 2 && !strings.Contains(fmt.Sprint(effects(c.show(imp.Import))), "pending")
	})
	imp = c.show(imp.Import)
	c.expect(imp, contract.AwaitingDecision, "")
	if diff := cmp.Diff([]string{"approve stale", "approve stale"}, effects(imp)); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	c.checkDirectory(before)
	c.checkMails()
	c.approve(imp)
	c.check()
}

func tellUpdate(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "update", 40, rostergen.Delta{Joiners: 2, Changed: 3})
	answer := func(id, changeset string) contract.DecisionAnswer {
		t.Helper()
		input, err := json.Marshal(contract.DecisionMessage{DecisionID: id, ChangeSet: changeset, Verdict: "approve", By: emily, Reason: "looked at"})
		if err != nil {
			t.Fatal(err)
		}
		printed := s.temporalCLI(t, "workflow", "update", "execute", "--workflow-id", imp.WorkflowID, "--run-id", c.runID(imp), "--name", contract.UpdateDecide, "--input", string(input), "--output", "json")
		var done struct{ Result contract.DecisionAnswer }
		if err := json.Unmarshal([]byte(printed), &done); err != nil {
			t.Fatalf("%v:\n%s", err, printed)
		}
		return done.Result
	}
	if got := answer("u1", otherDigest); got.Effect != "stale" || got.Import.String() != imp.Import || got.Message == "" {
		t.Errorf("a stale update was answered %+v", got)
	}
	if got := answer("u2", imp.ChangeSet); got.Effect != "taken" || got.DecisionID != "u2" {
		t.Errorf("an update that decides was answered %+v", got)
	}
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
	s.replay(t, "update-stale-then-taken", imp.WorkflowID, c.runID(imp))
}

func tellTurnedDown(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "turneddown", 40, rostergen.Delta{Joiners: 2, Leavers: 1, Changed: 3})
	before := c.directory()
	if r := s.rollcall(t, "import", "turn-down", imp.Import, "--changeset", imp.ChangeSet, "--by", emily); r.code == 0 {
		t.Errorf("turned down without a reason: %s%s", r.stdout, r.stderr)
	}
	s.must(t, "import", "turn-down", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "the customer sends another", "--wait")
	imp = c.show(imp.Import)
	c.expect(imp, contract.Closed, contract.TurnedDown)
	c.checkDirectory(before)
	c.checkMails()
	s.refuse(t, 5, "no longer waits", "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "after all")
	s.replay(t, "turned_down", imp.WorkflowID, c.runID(imp))

	// What was turned down is planned again when it comes again.
	again := c.deliver(c.export())
	c.expect(again, contract.AwaitingDecision, "")
	c.approve(again)
	c.check()
}

// An approval without removals, and one of named groups, apply exactly those changes.
func tellApprovedInPart(t *testing.T, s *stack) {
	c := settled(t, s, "inpart", 100)
	kept := c.expected()
	month := c.company.Next(rostergen.Delta{Joiners: 4, Leavers: 2, Changed: 6, OnLeave: 2})
	imp := c.deliver(c.export())
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--groups", "create", "--by", emily, "--reason", "only the new ones", "--wait")
	c.expect(c.show(imp.Import), contract.Closed, contract.Applied)
	c.invite()
	now := c.expected()
	for _, p := range month.Joiners {
		id := p.Value(roster.UniqueID)
		kept[id] = now[id]
	}
	c.checkDirectory(kept)
	c.checkMails()

	imp = c.deliver(c.export() + "\r\n") // the same people: a blank line is no row
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--without-removals", "--by", emily, "--reason", "nobody leaves yet", "--wait")
	c.expect(c.show(imp.Import), contract.Closed, contract.Applied)
	now = c.expected()
	for _, p := range month.Leavers {
		id := p.Value(roster.UniqueID)
		now[id] = kept[id]
	}
	c.checkDirectory(now)
	c.checkMails()
}

// Removals over their limit are released by a person who types their number, and by nobody else; and what a command can't do it says, each with its exit code.
func tellUsage(t *testing.T, s *stack) {
	c := settled(t, s, "usage", 60)
	c.company.Next(rostergen.Delta{Leavers: 20})
	imp := c.deliver(c.export())
	if !imp.holds("deletes") {
		t.Errorf("20 of 60 people would be removed and nothing holds: %+v", imp.Checks)
	}
	approve := func(more ...string) []string {
		return append([]string{"import", "approve", imp.Import, "--by", emily}, more...)
	}
	s.refuse(t, 64, "changeset", approve("--reason", "blindly")...)
	s.refuse(t, 5, "confirm", approve("--changeset", imp.ChangeSet, "--reason", "agreed")...)
	s.refuse(t, 5, "confirm", approve("--changeset", imp.ChangeSet, "--reason", "agreed", "--confirm-deletes", "19")...)
	s.refuse(t, 5, "reason", approve("--changeset", imp.ChangeSet, "--confirm-deletes", "20")...)
	c.expect(c.show(imp.Import), contract.AwaitingDecision, "")
	c.approve(imp)
	c.check()

	s.refuse(t, 64, "no command", "import", "aprove")
	bad := c.edited(c.file(), "cadence: monthly", "cadence: sometimes")
	s.refuse(t, 64, "cadence", "tenant", "apply", c.write("bad.yaml", bad))
	nowhere := c.write("nowhere.json", `{"temporal": "127.0.0.1:1", "namespace": "rollcall", "postgres": "postgres://nobody@127.0.0.1:1/none"}`)
	s.refuse(t, 69, "", "import", "list", "--endpoints", nowhere)
	if out := s.must(t, "doctor"); out == "" {
		t.Error("doctor finds everything well and says nothing")
	}
}

// Signals of others may hold anything: what can't be understood is recorded as that, and the run goes on hearing what comes after it.
func tellStrangeSignals(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "strange", 40, rostergen.Delta{Joiners: 2, Changed: 3})
	for _, input := range []string{
		`"approve, please"`, `null`, `[1, 2, 3]`, `{}`, `{"decision_id": "s1", "changeset": "` + imp.ChangeSet + `", "verdict": "yes", "reason": "\u0000\ud800"}`,
		`{"decision_id": "s2", "changeset": "` + imp.ChangeSet + `", "verdict": "approve", "reason": "only these", "groups": ["everything"]}`,
	} {
		s.temporalCLI(t, "workflow", "signal", "--workflow-id", imp.WorkflowID, "--name", contract.SignalDecision, "--input", input)
	}
	s.temporalCLI(t, "workflow", "signal", "--workflow-id", imp.WorkflowID, "--name", "nonsense", "--input", "{}")
	s.signal(t, imp, map[string]any{"decision_id": "s3", "changeset": imp.ChangeSet, "verdict": "approve", "by": emily, "reason": "looked at"})
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
	taken := 0
	for _, d := range imp.Decisions {
		switch {
		case d.Effect == "taken" && d.DecisionID == "s3":
			taken++
		case d.Effect != "not_valid":
			t.Errorf("decision %s is %s, want it not valid", d.DecisionID, d.Effect)
		}
	}
	if taken != 1 || len(imp.Decisions) < 3 {
		t.Errorf("decisions are %+v, want one taken and the others recorded", imp.Decisions)
	}
}

// A command that dies after it has recorded a decision and before it has sent it has decided all the same.
func tellCommandDied(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "died", 40, rostergen.Delta{Joiners: 2, Changed: 3})
	c.rows(func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
			INSERT INTO decision (tenant_id, import_n, decision_id, changeset, verdict, groups, decided_by, sent_by, reason, origin, effect, decided_at)
			VALUES ($1, $2, 'recorded-only', $3, 'approve', '{}', $4, '', 'looked at', 'person', 'pending', now())`,
			c.id, number(imp.Import), imp.ChangeSet, emily)
		return err
	})
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
}
