package workflows_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/workflows"
)

// digestA and digestB name two change sets.
const (
	digestA changeset.Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB changeset.Digest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// waitTime is how long the decisions of a script may take.
const waitTime = 72 * time.Hour

// A script plays the activities behind one import, at the edge of the contract: what they answer is set before the run, what was asked of them is read after it. Time is
// the test environment's and takes no time.
type script struct {
	*testsuite.TestWorkflowEnvironment

	// What the activities answer.
	opened      contract.Opened
	reading     contract.RosterRead
	comparisons []contract.Comparison // one a comparison; the last again where there are more
	plans       []contract.ApplyPlan  // the same of BeginApply
	report      contract.ApplyReport
	sent        []contract.InvitationProgress // the same of SendInvitations
	watched     contract.LatenessResult
	turns       []contract.Turn              // the same of TakeTurn
	untried     []int                        // the same of CountUntried
	rows        map[string]approval.Decision // decisions by their id
	recorded    map[string]approval.Effect   // what their rows say of them already; pending where nothing
	before      map[string]func()            // called by an activity, by its name, before it answers
	fails       map[string]error             // what an activity answers with instead

	mu      sync.Mutex
	calls   []string // of activities, in their order
	effects []string // "ID EFFECT" as recorded, in their order
	closed  []contract.Outcome
}

// newScript is an import of a file with one new person, under a mapping and a tenant that let it through.
func newScript(t *testing.T) *script {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &script{
		TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(),
		opened:                  contract.Opened{Import: tenant.ImportID{Tenant: "acme", N: 3}, Found: true},
		reading:                 contract.RosterRead{Rows: 1, Accepted: 1},
		plans:                   []contract.ApplyPlan{{Stages: []contract.StagePlan{{Stage: changeset.StageUpdates}, {Stage: changeset.StageCreations, Chunks: 1, Changes: 1}}}},
		report:                  contract.ApplyReport{Planned: 1, Applied: 1, Invited: 1},
		sent:                    []contract.InvitationProgress{{Delivered: 1, NextIn: -1}},
		turns:                   []contract.Turn{{Free: true}},
		untried:                 []int{0},
		rows:                    map[string]approval.Decision{},
		recorded:                map[string]approval.Effect{},
		before:                  map[string]func(){},
		fails:                   map[string]error{},
	}
	s.comparisons = []contract.Comparison{s.comparison(digestA)}
	s.SetStartTime(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC))
	s.SetTestTimeout(time.Minute)
	workflows.Workflows{Pace: contract.Production}.Register(s)
	s.play()
	return s
}

func (s *script) comparison(digest changeset.Digest) contract.Comparison {
	return contract.Comparison{
		ChangeSet: digest, Totals: changeset.Totals{Create: 1}, Wait: waitTime, Deadline: time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC), Checks: []approval.Check{},
	}
}

// play registers every activity of the contract.
func (s *script) play() {
	answer(s, contract.OpenImport, func(contract.OpenInput) contract.Opened { return s.opened })
	answer(s, contract.ReadRoster, func(contract.ImportRef) contract.RosterRead { return s.reading })
	answer(s, contract.TakeTurn, func(contract.ImportRef) contract.Turn { return next(&s.turns) })
	answer(s, contract.Compare, func(contract.ImportRef) contract.Comparison { return next(&s.comparisons) })
	answer(s, contract.LoadDecision, func(in contract.LoadDecisionInput) contract.Decided {
		effect, ok := s.recorded[in.Message.DecisionID]
		if !ok {
			effect = approval.Recorded
		}
		return contract.Decided{Decision: s.rows[in.Message.DecisionID], Effect: effect}
	})
	answer(s, contract.RecordEffect, func(in contract.EffectInput) contract.ImportRef {
		s.effects = append(s.effects, in.DecisionID+" "+string(in.Effect))
		return contract.ImportRef{Import: in.Import}
	})
	answer(s, contract.BeginApply, func(contract.BeginApplyInput) contract.ApplyPlan { return next(&s.plans) })
	answer(s, contract.ApplyStage, func(contract.ApplyStageInput) contract.ApplyProgress { return contract.ApplyProgress{Chunks: 1} })
	answer(s, contract.EndApply, func(contract.ImportRef) contract.ApplyReport { return s.report })
	answer(s, contract.WakeInvitations, func(in contract.ImportRef) contract.ImportRef { return in })
	answer(s, contract.CountUntried, func(contract.ImportRef) contract.Untried { return contract.Untried{Count: next(&s.untried)} })
	answer(s, contract.SendInvitations, func(contract.InvitationsInput) contract.InvitationProgress { return next(&s.sent) })
	answer(s, contract.WatchUpload, func(contract.LatenessInput) contract.LatenessResult { return s.watched })
	answer(s, contract.CloseImport, func(in contract.CloseInput) contract.ImportRef {
		s.closed = append(s.closed, in.Outcome)
		return contract.ImportRef{Import: in.Import}
	})
}

// answer registers f as an activity of the contract.
func answer[In, Out any](s *script, a contract.Activity[In, Out], f func(In) Out) {
	s.RegisterActivityWithOptions(func(_ context.Context, in In) (Out, error) {
		if hook := s.before[a.Name]; hook != nil {
			hook()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, a.Name)
		return f(in), s.fails[a.Name]
	}, activity.RegisterOptions{Name: a.Name})
}

// next takes the first of a list, and leaves its last.
func next[T any](list *[]T) T {
	first := (*list)[0]
	if len(*list) > 1 {
		*list = (*list)[1:]
	}
	return first
}

// approve writes a decision's row and returns the message that carries its id.
func (s *script) approve(id string, digest changeset.Digest) contract.DecisionMessage {
	return s.decision(approval.Decision{ID: id, ChangeSet: digest, Verdict: approval.Approve, Allowed: true})
}

func (s *script) decision(d approval.Decision) contract.DecisionMessage {
	s.rows[d.ID] = d
	return contract.DecisionMessage{DecisionID: d.ID}
}

// signal sends a decision after a time.
func (s *script) signal(after time.Duration, m contract.DecisionMessage) {
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalDecision, m) }, after)
}

// update sends a decision after a time, and hands over its answer.
func (s *script) update(t *testing.T, after time.Duration, m contract.DecisionMessage) (answered func() contract.DecisionAnswer) {
	t.Helper()
	var got *contract.DecisionAnswer
	s.RegisterDelayedCallback(func() {
		s.UpdateWorkflow(contract.UpdateDecide, m.DecisionID+"-update", &testsuite.TestUpdateCallback{
			OnReject: func(err error) { t.Errorf("update of %s was rejected: %v", m.DecisionID, err) },
			OnAccept: func() {},
			OnComplete: func(result any, err error) {
				if err != nil {
					t.Errorf("update of %s: %v", m.DecisionID, err)
					return
				}
				a := result.(contract.DecisionAnswer)
				got = &a
			},
		}, m)
	}, after)
	return func() contract.DecisionAnswer {
		t.Helper()
		if got == nil {
			t.Fatalf("the update of %s was never answered", m.DecisionID)
		}
		return *got
	}
}

// run runs the import to its end.
func (s *script) run(t *testing.T) (contract.ImportResult, error) {
	t.Helper()
	s.ExecuteWorkflow(contract.Import, contract.ImportInput{Tenant: "acme"})
	if !s.IsWorkflowCompleted() {
		t.Fatal("the import did not end")
	}
	var result contract.ImportResult
	if err := s.GetWorkflowError(); err != nil {
		return result, err
	}
	return result, s.GetWorkflowResult(&result)
}

// called counts the calls of an activity.
func (s *script) called(name string) int {
	n := 0
	for _, c := range s.calls {
		if c == name {
			n++
		}
	}
	return n
}

// elapsed is how long the import took, by its own clock.
func (s *script) elapsed() time.Duration {
	return s.Now().Sub(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)).Round(time.Minute)
}

// mustEnd runs the import and expects its outcome, in its result, in its row, and in nothing else.
func (s *script) mustEnd(t *testing.T, want contract.Outcome) contract.ImportResult {
	t.Helper()
	result, err := s.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if result.Outcome != want || !slices.Equal(s.closed, []contract.Outcome{want}) {
		t.Errorf("outcome %q, rows closed as %q, want %q", result.Outcome, s.closed, want)
	}
	return result
}
