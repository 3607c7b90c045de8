package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// A schedule is what the Temporal CLI tells of one.
type schedule struct {
	Schedule struct {
		Spec  json.RawMessage `json:"spec"`
		State struct {
			Paused bool   `json:"paused"`
			Notes  string `json:"notes"`
		} `json:"state"`
	} `json:"schedule"`
	ConflictToken string `json:"conflictToken"`
}

func (c *customer) schedule() schedule {
	c.t.Helper()
	var s schedule
	printed := c.s.temporalCLI(c.t, "schedule", "describe", "--schedule-id", contract.ScheduleID(tenantID(c.id)), "--output", "json")
	if err := json.Unmarshal([]byte(printed), &s); err != nil {
		c.t.Fatalf("%v:\n%s", err, printed)
	}
	return s
}

// toggle pauses or unpauses the tenant's schedule as ops do, in Temporal.
func (c *customer) toggle(how, why string) {
	c.t.Helper()
	c.s.temporalCLI(c.t, "schedule", "toggle", "--schedule-id", contract.ScheduleID(tenantID(c.id)), how, "--reason", why)
}

// tellPausedByOps: a tenant's file applied twice changes nothing, and a pause by ops survives a changed one. Uploads are taken meanwhile, and planned afterwards.
func tellPausedByOps(t *testing.T, s *stack) {
	c := settled(t, s, "paused", 40)
	before := c.schedule()
	s.must(t, "tenant", "apply", c.path("tenant.yaml"))
	var list struct {
		Tenants []struct {
			Tenant  string `json:"tenant"`
			Version int    `json:"version"`
		} `json:"tenants"`
	}
	s.json(t, &list, "tenant", "list")
	for _, tenant := range list.Tenants {
		if tenant.Tenant == c.id && tenant.Version != 1 {
			t.Errorf("the same file applied twice is version %d", tenant.Version)
		}
	}
	if diff := cmp.Diff(before, c.schedule()); diff != "" {
		t.Errorf("the same file applied twice changes the schedule (-before +after):\n%s", diff)
	}

	c.toggle("--pause", "ops look into something")
	changed := c.edited(c.file(), `time: "06:00"`, `time: "07:30"`)
	s.must(t, "tenant", "apply", c.write("tenant.yaml", changed), "--yes")
	after := c.schedule()
	if !after.Schedule.State.Paused || after.Schedule.State.Notes != "ops look into something" {
		t.Errorf("a changed file has made of the pause of ops %+v", after.Schedule.State)
	}
	if string(before.Schedule.Spec) == string(after.Schedule.Spec) {
		t.Errorf("a changed due time has not changed the schedule: %s", after.Schedule.Spec)
	}

	c.company.Next(rostergen.Delta{Joiners: 2, Changed: 3})
	name := c.upload(c.export())
	c.awaitSettled(name)
	s.refuse(t, 5, "paused", "import", "start", c.id)
	// Settled uploads are looked for every two seconds: after three looks nothing will come of it.
	time.Sleep(6 * time.Second)
	var planned bool
	c.rows(func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM import WHERE file = $1)`, name).Scan(&planned)
	})
	if planned {
		t.Error("an upload was planned while the schedule was paused")
	}
	c.toggle("--unpause", "all is well")
	c.approve(c.await(name))
	c.check()
}

// tellStoppedByOps: a run that ops cancel while it waits is closed as stopped and changes nothing; one that they terminate is closed by the next.
func tellStoppedByOps(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "stopped", 40, rostergen.Delta{Joiners: 2})
	before := c.directory()
	s.temporalCLI(t, "workflow", "cancel", "--workflow-id", imp.WorkflowID, "--run-id", c.runID(imp))
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Stopped)
	c.checkDirectory(before)
	c.awaitRunOver(imp)
	s.replay(t, "stopped", imp.WorkflowID, c.runID(imp))

	again := c.deliver(c.export())
	c.expect(again, contract.AwaitingDecision, "")
	s.temporalCLI(t, "workflow", "terminate", "--workflow-id", again.WorkflowID, "--run-id", c.runID(again), "--reason", "by mistake")
	third := c.deliver(c.export() + "\r\n")
	c.expect(c.show(again.Import), contract.Closed, contract.Stopped)
	c.approve(third)
	c.check()
}

// tellStoppedWhileApplying: a run that ops cancel while it applies stops between two chunks. The next upload of the same file does the rest, and nobody is invited twice or
// left out.
func tellStoppedWhileApplying(t *testing.T, s *stack) {
	c := newCustomer(t, s, "stoppedapply", 10*chunk)
	imp := c.deliver(c.export())
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	release := c.holdAt(imp, 3)
	s.temporalCLI(t, "workflow", "cancel", "--workflow-id", imp.WorkflowID, "--run-id", c.runID(imp))
	c.awaitCancelHeard()
	release()
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Stopped)
	c.awaitRunOver(imp)
	if got := len(c.directory()); got%chunk != 0 || got == 0 || got == 10*chunk {
		t.Errorf("a stopped apply leaves %d members, want whole chunks of %d, and neither none nor all", got, chunk)
	}
	s.replay(t, "stopped-while-applying", imp.WorkflowID, c.runID(imp))
	s.replay(t, "apply-stopped", contract.ApplyID(tenantID(c.id)), c.applies(imp)[0])

	rest := c.deliver(c.export())
	c.expect(rest, contract.AwaitingDecision, "")
	c.approve(rest)
	c.check()
}

// awaitCancelHeard waits until the activity that applies has been told of the cancellation: by the answer to a heartbeat that it sent afterwards.
func (c *customer) awaitCancelHeard() {
	c.t.Helper()
	var asked time.Time
	eventually(c.t, patience, "the apply hears of its cancellation", func() bool {
		var described struct {
			Pending []struct {
				State         string    `json:"state"`
				LastHeartbeat time.Time `json:"lastHeartbeatTime"`
			} `json:"pendingActivities"`
		}
		printed := c.s.temporalCLI(c.t, "workflow", "describe", "--workflow-id", contract.ApplyID(tenantID(c.id)), "--output", "json")
		if err := json.Unmarshal([]byte(printed), &described); err != nil {
			c.t.Fatalf("%v:\n%s", err, printed)
		}
		if len(described.Pending) != 1 || described.Pending[0].State != "PENDING_ACTIVITY_STATE_CANCEL_REQUESTED" {
			return false
		}
		if asked.IsZero() {
			asked = described.Pending[0].LastHeartbeat
		}
		return described.Pending[0].LastHeartbeat.After(asked)
	})
}

// awaitRunOver waits until Temporal has closed an import's run.
func (c *customer) awaitRunOver(imp imported) {
	c.t.Helper()
	eventually(c.t, patience, "the run is over", func() bool {
		described := c.s.temporalCLI(c.t, "workflow", "describe", "--workflow-id", imp.WorkflowID, "--run-id", c.runID(imp), "--output", "json")
		return !strings.Contains(described, "WORKFLOW_EXECUTION_STATUS_RUNNING")
	})
}

// tellPausedTenant: what is decided while a tenant is paused is applied when the pause ends, and no sooner.
func tellPausedTenant(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "pausedtenant", 40, rostergen.Delta{Joiners: 3, Changed: 4, Leavers: 1})
	before := c.directory()
	s.must(t, "tenant", "pause", c.id)
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	eventually(t, patience, "the decision is taken", func() bool { return slices.Equal(effects(c.show(imp.Import)), []string{"approve taken"}) })
	// A run that does not wait for the end of the pause has applied a few people within moments.
	time.Sleep(4 * time.Second)
	c.expect(c.show(imp.Import), contract.Applying, "")
	c.checkDirectory(before)
	c.checkMails()
	s.must(t, "tenant", "resume", c.id)
	c.expect(c.awaitClosed(imp), contract.Closed, contract.Applied)
	c.check()
}

// tellRulesChanged: a plan that was made under other rules can't be decided any more, and the same file is planned anew.
func tellRulesChanged(t *testing.T, s *stack) {
	c := settled(t, s, "rules", 60)
	before := c.expected()
	month := c.company.Next(rostergen.Delta{Leavers: 2, Changed: 4})
	older := c.deliver(c.export())
	c.expect(older, contract.AwaitingDecision, "")
	s.must(t, "tenant", "apply", c.write("tenant.yaml", c.edited(c.file(), "missing: delete", "missing: deactivate")), "--yes")
	older = c.awaitClosed(older)
	c.expect(older, contract.Closed, contract.SupersededByNewer)
	newer := older
	eventually(t, patience, "the file is planned anew", func() bool {
		newer = c.await(older.File)
		return newer.Import != older.Import
	})
	c.expect(newer, contract.AwaitingDecision, "")
	if newer.Totals.Delete != 0 || newer.Totals.Deactivate != 2 || newer.MappingVersion != 2 {
		t.Errorf("planned anew it is %+v under version %d, want 2 deactivated under version 2", newer.Totals, newer.MappingVersion)
	}
	c.approve(newer)
	c.invite()
	want := c.expected()
	for _, p := range month.Leavers {
		id := p.Value(roster.UniqueID)
		m := before[id]
		m.State, m.Values[roster.Status] = "deactivated", roster.StatusInactive
		want[id] = m
	}
	c.checkDirectory(want)
	c.checkMails()
}
