package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
)

// Whatever becomes of a decision is recorded, and only the one that is taken decides.
func TestDecisionEffects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		send    func(s *script)
		want    contract.Outcome
		effects []string
	}{
		{"a stale digest, then the right one", func(s *script) {
			s.signal(1*time.Hour, s.approve("d1", digestB))
			s.signal(2*time.Hour, s.approve("d2", digestA))
		}, contract.Applied, []string{"d1 stale", "d2 taken"}},
		{"the same stale decision twice", func(s *script) {
			s.signal(1*time.Hour, s.approve("d1", digestB))
			s.signal(2*time.Hour, s.approve("d1", digestB))
		}, contract.Expired, []string{"d1 stale"}},
		{"one that nobody may make", func(s *script) {
			s.signal(time.Hour, s.decision(approval.Decision{ID: "d1", ChangeSet: digestA, Verdict: approval.Approve}))
		}, contract.Expired, []string{"d1 not_allowed"}},
		{"one that can't be understood", func(s *script) {
			s.signal(time.Hour, s.decision(approval.Decision{ID: "d1", ChangeSet: digestA, Verdict: "perhaps", Allowed: true}))
		}, contract.Expired, []string{"d1 not_valid"}},
		{"turned down without a reason, then with one", func(s *script) {
			s.signal(1*time.Hour, s.decision(approval.Decision{ID: "d1", ChangeSet: digestA, Verdict: approval.TurnDown, Allowed: true}))
			s.signal(2*time.Hour, s.decision(approval.Decision{ID: "d2", ChangeSet: digestA, Verdict: approval.TurnDown, Allowed: true, HasReason: true}))
		}, contract.TurnedDown, []string{"d1 reason_missing", "d2 taken"}},
		{"approved where a check holds, without a reason", func(s *script) {
			s.comparisons[0].Checks = []approval.Check{{ID: approval.CheckFirstImport, Level: approval.Hold}}
			s.signal(time.Hour, s.approve("d1", digestA))
		}, contract.Expired, []string{"d1 reason_missing"}},
		{"removals over their limit, not confirmed", func(s *script) {
			s.comparisons[0].Removals = 12
			s.comparisons[0].Checks = []approval.Check{{ID: approval.CheckDeletes, Level: approval.Hold}}
			eleven, twelve := 11, 12
			d := approval.Decision{ID: "d1", ChangeSet: digestA, Verdict: approval.Approve, Allowed: true, HasReason: true, ConfirmDeletes: &eleven}
			s.signal(1*time.Hour, s.decision(d))
			d.ID, d.ConfirmDeletes = "d2", &twelve
			s.signal(2*time.Hour, s.decision(d))
		}, contract.Applied, []string{"d1 not_confirmed", "d2 taken"}},
		{"before the run waits", func(s *script) { s.signal(0, s.approve("d1", digestA)) }, contract.Applied, []string{"d1 taken"}},
		{"one more once it is decided", func(s *script) {
			s.signal(time.Hour, s.approve("d1", digestA))
			s.before[contract.ApplyStage.Name] = func() { s.SignalWorkflow(contract.SignalDecision, s.approve("d2", digestA)) }
			s.plans[0].Stages = s.plans[0].Stages[:1]
		}, contract.Applied, []string{"d1 taken", "d2 late"}},
		{"one more while the outcome is written down", func(s *script) {
			s.before[contract.CloseImport.Name] = func() { s.SignalWorkflow(contract.SignalDecision, s.approve("d1", digestA)) }
		}, contract.Expired, []string{"d1 late"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t)
			test.send(s)
			s.mustEnd(t, test.want)
			if diff := cmp.Diff(test.effects, s.effects); diff != "" {
				t.Errorf("effects (-want +got):\n%s", diff)
			}
		})
	}
}

// The update tells its sender what became of the decision, whatever that is.
func TestUpdateAnswersWithTheEffect(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	stale := s.update(t, 1*time.Hour, s.approve("d1", digestB))
	taken := s.update(t, 2*time.Hour, s.approve("d2", digestA))
	s.mustEnd(t, contract.Applied)
	for _, test := range []struct {
		got  contract.DecisionAnswer
		id   string
		want approval.Effect
	}{{stale(), "d1", approval.Stale}, {taken(), "d2", approval.Taken}} {
		want := contract.DecisionAnswer{Import: s.opened.Import, DecisionID: test.id, Effect: test.want, Message: test.want.Sentence()}
		if diff := cmp.Diff(want, test.got); diff != "" {
			t.Errorf("answer to %s (-want +got):\n%s", test.id, diff)
		}
	}
}

// A signal and an update that are both there before the run waits: one decides, and whoever sent the other is told.
func TestSignalAndUpdateBothQueued(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.signal(0, s.approve("d1", digestA))
	answered := s.update(t, 0, s.approve("d2", digestA))
	s.mustEnd(t, contract.Applied)
	if got := answered(); got.Effect != approval.Late {
		t.Errorf("the update was answered %q, want %q", got.Effect, approval.Late)
	}
	if diff := cmp.Diff([]string{"d1 taken", "d2 late"}, s.effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// The same decision by signal and by update has one effect, and the update hears that it was received before.
func TestDecisionThatComesTwice(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	m := s.approve("d1", digestA)
	s.signal(time.Hour, m)
	answered := s.update(t, time.Hour, m)
	s.mustEnd(t, contract.Applied)
	if got := answered(); got.Effect != approval.Duplicate {
		t.Errorf("the update was answered %q, want %q", got.Effect, approval.Duplicate)
	}
	if diff := cmp.Diff([]string{"d1 taken"}, s.effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// Nobody who asks by update is left without an answer, also where the run is cancelled.
func TestUpdateOfACancelledRunIsAnswered(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	var answered func() contract.DecisionAnswer
	s.RegisterDelayedCallback(s.CancelWorkflow, time.Hour)
	answered = s.update(t, time.Hour, s.approve("d1", digestA))
	s.mustStop(t)
	if got := answered(); got.Effect != approval.Late {
		t.Errorf("the update was answered %q, want %q", got.Effect, approval.Late)
	}
}
