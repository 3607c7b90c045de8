package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"rollcall.internal/internal/contract"
)

// Whatever a signal carries, the run hears what comes after it: the deadline above all.
func TestUnreadableSignalDoesNotDeafenTheRun(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalDecision, "approve, please") }, time.Hour)
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalDecision, []int{1, 2, 3}) }, 2*time.Hour)
	s.mustEnd(t, contract.Expired)
	if got := s.elapsed(); got != waitTime {
		t.Errorf("expired after %v, want %v", got, waitTime)
	}
}

// A signal of megabytes is cut before it is passed on, because Temporal ends a run whose activity input is too large.
func TestHugeSignalIsCut(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	huge := strings.Repeat("é", 900_000)
	longest := 0
	s.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		var in contract.LoadDecisionInput
		if info.ActivityType.Name == contract.LoadDecision.Name && args.Get(&in) == nil {
			longest = max(longest, len(in.Message.Reason), len(in.Message.Groups)*len(in.Message.Groups[0]))
		}
	})
	m := contract.DecisionMessage{DecisionID: "d1", Reason: huge, Groups: []string{huge}}
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalDecision, m) }, time.Hour)
	s.mustEnd(t, contract.Expired)
	if longest == 0 || longest > 10_000 {
		t.Errorf("a text of %d bytes was passed on, want it cut", longest)
	}
}
