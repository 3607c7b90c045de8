package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/temporal"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
)

// Each outcome, with what a run does for it and no more.
func TestImportOutcomes(t *testing.T) {
	t.Parallel()
	read := []string{"OpenImport", "ReadRoster"}
	planned := append(read[:2:2], "TakeTurn", "Compare")
	decided := append(planned[:4:4], "LoadDecision", "RecordEffect")
	applied := append(decided[:6:6], "BeginApply", "ApplyStage", "ApplyStage", "EndApply")
	invited := append(applied[:10:10], "WakeInvitations", "CountUntried")
	for _, test := range []struct {
		name  string
		setUp func(s *script)
		want  contract.Outcome
		calls []string // but for CloseImport, which is always the last
	}{
		{"no file", func(s *script) { s.opened.Found = false }, contract.NothingNew, read[:1]},
		{"the same file", func(s *script) { s.turns[0] = contract.Turn{Same: true} }, contract.NothingNew, planned[:3]},
		{"refused", func(s *script) { s.reading.Refused = true }, contract.Refused, read},
		{"nothing to change", func(s *script) { s.comparisons[0].Totals = changeset.Totals{Unchanged: 1} }, contract.NoChange, planned},
		{"rehearsed", func(s *script) { s.comparisons[0].Rehearsal = true }, contract.Rehearsed, planned},
		{"rehearsed, with nothing to change", func(s *script) {
			s.comparisons[0].Rehearsal, s.comparisons[0].Totals = true, changeset.Totals{Unchanged: 1}
		}, contract.Rehearsed, planned},
		{"turned down", func(s *script) {
			s.signal(time.Hour, s.decision(approval.Decision{ID: "d1", ChangeSet: digestA, Verdict: approval.TurnDown, HasReason: true, Allowed: true}))
		}, contract.TurnedDown, decided},
		{"expired", func(*script) {}, contract.Expired, planned},
		{"superseded", func(s *script) {
			s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalSuperseded, contract.Superseded{}) }, time.Hour)
		}, contract.SupersededByNewer, planned},
		{"applied", func(s *script) { s.signal(time.Hour, s.approve("d1", digestA)) }, contract.Applied, invited},
		{"applied and nobody to invite", func(s *script) {
			s.report.Invited = 0
			s.signal(time.Hour, s.approve("d1", digestA))
		}, contract.Applied, applied},
		{"applied with failures", func(s *script) {
			s.report.Planned, s.report.SetAside = 3, 2
			s.signal(time.Hour, s.approve("d1", digestA))
		}, contract.AppliedWithFailures, invited},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t)
			test.setUp(s)
			s.mustEnd(t, test.want)
			if diff := cmp.Diff(append(test.calls[:len(test.calls):len(test.calls)], "CloseImport"), s.calls); diff != "" {
				t.Errorf("activities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImportResultCountsWhatWasApplied(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.report = contract.ApplyReport{Planned: 9, Applied: 7, SetAside: 2, Invited: 5}
	s.signal(time.Hour, s.approve("d1", digestA))
	got := s.mustEnd(t, contract.AppliedWithFailures)
	want := contract.ImportResult{
		Import: s.opened.Import, Outcome: contract.AppliedWithFailures, ChangeSet: digestA, Totals: changeset.Totals{Create: 1}, Applied: 7, SetAside: 2, Invited: 5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// The wait is the length that the comparison gives. Its instant may be on a clock that is moved, and is only shown.
func TestDecisionExpiresAfterTheWait(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.comparisons[0].Deadline = s.comparisons[0].Deadline.AddDate(1, 0, 0)
	s.mustEnd(t, contract.Expired)
	if got := s.elapsed(); got != waitTime {
		t.Errorf("expired after %v, want %v", got, waitTime)
	}
}

// What does not decide leaves the deadline where it was: there is one timer for a whole wait.
func TestStaleDecisionsDoNotProlongTheWait(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	for i, id := range []string{"d1", "d2", "d3"} {
		s.signal(time.Duration(20*(i+1))*time.Hour, s.approve(id, digestB))
	}
	s.mustEnd(t, contract.Expired)
	if got := s.elapsed(); got != waitTime {
		t.Errorf("expired after %v, want %v", got, waitTime)
	}
	if diff := cmp.Diff([]string{"d1 stale", "d2 stale", "d3 stale"}, s.effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// A plan whose people were changed meanwhile is planned anew and decided anew; the approval of the old one releases nothing of the new.
func TestStalePlanIsPlannedAnew(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.comparisons = append(s.comparisons, s.comparison(digestB))
	s.plans = append([]contract.ApplyPlan{{Stale: true}}, s.plans...)
	s.signal(1*time.Hour, s.approve("d1", digestA))
	s.signal(2*time.Hour, s.approve("d2", digestA))
	s.signal(3*time.Hour, s.approve("d3", digestB))
	got := s.mustEnd(t, contract.Applied)
	if got.ChangeSet != digestB {
		t.Errorf("applied %s, want %s", got.ChangeSet, digestB)
	}
	if diff := cmp.Diff([]string{"d1 taken", "d2 stale", "d3 taken"}, s.effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if s.called("Compare") != 2 || s.called("BeginApply") != 2 || s.called("EndApply") != 1 {
		t.Errorf("calls %v: want two comparisons, two beginnings and one end", s.calls)
	}
}

func TestCancelledWhileWaitingIsStopped(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.RegisterDelayedCallback(s.CancelWorkflow, time.Hour)
	s.mustStop(t)
	if n := s.called("BeginApply"); n != 0 {
		t.Errorf("a cancelled import began %d applies", n)
	}
}

// A run that is cancelled while it applies stops at the edge of a chunk, and says so in its row. Whoever was to be invited by then is.
func TestCancelledWhileApplyingIsStopped(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.report.Planned = 2
	s.before[contract.ApplyStage.Name] = s.CancelWorkflow
	s.signal(time.Hour, s.approve("d1", digestA))
	s.mustStop(t)
	if s.called("EndApply") != 1 || s.called("WakeInvitations") != 1 {
		t.Errorf("calls %v: want what was applied counted once, and its invitations sent", s.calls)
	}
}

// Being cancelled once everything is applied, or while mails are sent, no longer changes what the import came to.
func TestCancelledTooLateIsApplied(t *testing.T) {
	t.Parallel()
	for _, at := range []string{contract.EndApply.Name, contract.CountUntried.Name} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := newScript(t)
			s.untried = []int{5, 5, 0}
			s.before[at] = s.CancelWorkflow
			s.signal(time.Hour, s.approve("d1", digestA))
			if _, err := s.run(t); err != nil && !temporal.IsCanceledError(err) {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]contract.Outcome{contract.Applied}, s.closed); diff != "" {
				t.Errorf("rows closed (-want +got):\n%s", diff)
			}
		})
	}
}

// An import waits for its turn with pauses that grow, and for the first try of its mails for an hour at the most.
func TestWaitingIsLookingNowAndThen(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.turns = []contract.Turn{{}, {}, {}, {Free: true}}
	s.untried = []int{1}
	s.signal(time.Hour, s.approve("d1", digestA))
	s.mustEnd(t, contract.Applied)
	if n := s.called("TakeTurn"); n != 4 {
		t.Errorf("looked %d times for its turn, want 4", n)
	}
	if n := s.called("CountUntried"); n < 360 || n > 370 {
		t.Errorf("looked %d times for its mails, want about one look every 10 seconds of an hour", n)
	}
}

// While the tenant is paused nothing is begun; afterwards the apply goes on by itself.
func TestApplyWaitsWhilePaused(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.plans = append([]contract.ApplyPlan{{Paused: true}, {Paused: true}}, s.plans...)
	s.signal(time.Hour, s.approve("d1", digestA))
	s.mustEnd(t, contract.Applied)
	if n := s.called("BeginApply"); n != 3 {
		t.Errorf("began %d times, want 3", n)
	}
}

// A row that was refused when it was recorded has no effect, whoever sends its id.
func TestRefusedRowStaysRefused(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	m := s.approve("d1", digestA)
	s.recorded["d1"] = approval.NotConfirmed
	s.signal(time.Hour, m)
	s.mustEnd(t, contract.Expired)
	if len(s.effects) != 0 {
		t.Errorf("effects recorded: %v", s.effects)
	}
}

// What ends the wait comes before a decision that arrived while another was looked at.
func TestSupersededBeforeTheNextDecision(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	stale, right := s.approve("d1", digestB), s.approve("d2", digestA)
	looked := false
	s.before[contract.LoadDecision.Name] = func() {
		if !looked {
			looked = true
			s.SignalWorkflow(contract.SignalSuperseded, contract.Superseded{})
			s.SignalWorkflow(contract.SignalDecision, right)
		}
	}
	s.signal(time.Hour, stale)
	s.mustEnd(t, contract.SupersededByNewer)
}

// mustStop runs an import that is cancelled: its row says stopped and its run is cancelled.
func (s *script) mustStop(t *testing.T) {
	t.Helper()
	if _, err := s.run(t); !temporal.IsCanceledError(err) {
		t.Errorf("the run ended with %v, want it cancelled", err)
	}
	if diff := cmp.Diff([]contract.Outcome{contract.Stopped}, s.closed); diff != "" {
		t.Errorf("rows closed (-want +got):\n%s", diff)
	}
}

// An activity that fails for good fails the run, and the row stays open: it says nothing that is not so.
func TestFaultOfRollcallFailsTheRun(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.fails[contract.ReadRoster.Name] = temporal.NewNonRetryableApplicationError("not found", contract.ErrNotFound, nil)
	if _, err := s.run(t); err == nil || temporal.IsCanceledError(err) {
		t.Errorf("the run ended with %v, want it failed", err)
	}
	if len(s.closed) != 0 {
		t.Errorf("the row was closed as %v", s.closed)
	}
}

// The query answers in every phase, with the outcome once there is one.
func TestStatusQuery(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	status := func() (got contract.Status) {
		t.Helper()
		value, err := s.QueryWorkflow(contract.QueryStatus)
		if err != nil {
			t.Fatal(err)
		}
		if err := value.Get(&got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	s.RegisterDelayedCallback(func() {
		got := status()
		if got.Phase != contract.AwaitingDecision || got.ChangeSet != digestA || got.Totals.Create != 1 || got.Deadline != s.comparisons[0].Deadline {
			t.Errorf("while it waits the status is %+v", got)
		}
	}, time.Minute)
	s.signal(time.Hour, s.approve("d1", digestA))
	s.mustEnd(t, contract.Applied)
	if got := status(); got.Phase != contract.Closed || got.Outcome != contract.Applied || len(got.Decisions) != 1 {
		t.Errorf("after its end the status is %+v", got)
	}
}
