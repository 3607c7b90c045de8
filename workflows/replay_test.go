package workflows_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
	"rollcall.internal/workflows"
)

// recorded are the histories that have to be there: one of each outcome that a run can reach, and those of the workflows beside Import. They were recorded from a real
// server by `make histories`.
func recorded() []string {
	return []string{
		"applied", "applied-killed", "applied_with_failures", "expired", "no_change", "nothing_new", "refused", "rehearsed", "stopped", "stopped-while-applying", "superseded", "turned_down",
		"stale-then-applied", "update-stale-then-taken",
		"apply", "apply-killed", "apply-stale", "apply-stopped", "invitations", "lateness",
	}
}

// A workflow that gives other commands than the recorded run did would block every run that is alive when it is deployed.
func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	for _, name := range recorded() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := replay(workflows.Workflows{Pace: contract.Development}, name); err != nil {
				t.Error(err)
			}
		})
	}
}

// The replayer has to notice a workflow that goes another way, or the test above shows nothing.
func TestReplayNoticesAnotherOrder(t *testing.T) {
	t.Parallel()
	if err := replay(impatient{}, "expired"); err == nil || !strings.Contains(err.Error(), "TMPRL1100") {
		t.Errorf("a workflow that skips steps replays with %v", err)
	}
}

// registrant registers the workflows that a history is replayed with.
type registrant interface{ Register(worker.WorkflowRegistry) }

func replay(r registrant, name string) error {
	replayer := worker.NewWorkflowReplayer()
	r.Register(replayer)
	return replayer.ReplayWorkflowHistoryFromJSONFile(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), filepath.Join("testdata", "histories", name+".json"))
}

// impatient is an Import that waits before it does anything.
type impatient struct{}

func (impatient) Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(func(ctx workflow.Context, in contract.ImportInput) error {
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: contract.Import})
}
