// Package workflows orders the steps of an import; it computes nothing.
//
// There are four: [Workflows.Import] takes a file from delivery to outcome, [Workflows.Apply] is its child that changes the directory, [Workflows.Invitations] sends
// what is due for one tenant, and [Workflows.Lateness] looks whether a tenant's upload is missing. Steps are activities of package contract; rules are functions of the domain; what is here is their order, the wait for a person, and what
// operators see of it in the Web UI.
//
// # The wait
//
// An import waits for a decision by blocking in one Select over the decisions, the supersession, the deadline and cancellation, so that what came first in
// history wins; of what came while a decision was looked at, whatever ends the wait comes before another decision. There is one deadline timer for a whole wait. Signal and update go through the same reducer (approval.State.Reduce). Everything still queued when the wait ends is
// answered, and the run ends only when no handler is left hanging.
//
// # Runs beside each other
//
// A newer file starts a run of its own beside one that waits. The newer run reads its file first; only where the file is accepted does it tell the older one to
// end (activity TakeTurn), so that a refused file never closes a good plan. Compare and apply are done by one run of a tenant at a time.
//
// Whatever is waited for, be it a turn or the mails of an import, is looked at by short activities with timers between them: an activity that waits would take a worker's
// place from the very work that it waits for.
//
// # Versions
//
// Recorded histories of every outcome are replayed by a test. Until the first release a changed workflow records them anew in the same commit.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
)

// Workflows holds what the workflows of one worker share. Nothing in it may change which commands a workflow gives.
type Workflows struct {
	Pace contract.Pace // of timeouts and retries
}

// Register registers every workflow type under its name in the contract.
func (w Workflows) Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(w.Import, workflow.RegisterOptions{Name: contract.Import})
	r.RegisterWorkflowWithOptions(w.Apply, workflow.RegisterOptions{Name: contract.Apply})
	r.RegisterWorkflowWithOptions(w.Invitations, workflow.RegisterOptions{Name: contract.Invitations})
	r.RegisterWorkflowWithOptions(w.Lateness, workflow.RegisterOptions{Name: contract.Lateness})
}

// run executes an activity of the contract at the pace and waits for it.
func run[In, Out any](ctx workflow.Context, pace contract.Pace, a contract.Activity[In, Out], in In) (Out, error) {
	var out Out
	err := start(ctx, pace, a, in).Get(ctx, &out)
	return out, err
}

// start executes an activity of the contract at the pace.
func start[In, Out any](ctx workflow.Context, pace contract.Pace, a contract.Activity[In, Out], in In) workflow.Future {
	t := pace.Of(a.Times)
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              a.Queue,
		StartToCloseTimeout:    t.Attempt,
		ScheduleToCloseTimeout: t.Whole,
		HeartbeatTimeout:       t.Heartbeat,
		WaitForCancellation:    true,
		Summary:                a.Summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: t.FirstRetry, BackoffCoefficient: 2, MaximumInterval: t.MaxRetry,
			NonRetryableErrorTypes: []string{contract.ErrNotFound, contract.ErrReleaseRefused, contract.ErrInvalid},
		},
	}), a.Name, in)
}

// detached returns a context in which the last words of a cancelled run can still be said.
func detached(ctx workflow.Context) workflow.Context {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	return ctx
}

// timer is a timer with a summary on the Web UI's timeline; stop cancels it.
func timer(ctx workflow.Context, d time.Duration, summary string) (fired workflow.Future, stop workflow.CancelFunc) {
	ctx, stop = workflow.WithCancel(ctx)
	return workflow.NewTimerWithOptions(ctx, d, workflow.TimerOptions{Summary: summary}), stop
}

// pauses are the spans between two looks at something that is waited for: they double from first to last.
type pauses struct{ next, last time.Duration }

// rest sleeps for the next span.
func (p *pauses) rest(ctx workflow.Context, summary string) error {
	fired, stop := timer(ctx, p.next, summary)
	defer stop()
	p.next = min(2*p.next, p.last)
	return fired.Get(ctx, nil)
}
