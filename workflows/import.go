package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
)

// Import takes one delivery from its claim to an outcome. Every business outcome is a result; an error means that a part of Rollcall failed for longer
// than the contract's budgets, and a cancelled run is closed as stopped and ends as cancelled.
func (w Workflows) Import(ctx workflow.Context, in contract.ImportInput) (contract.ImportResult, error) {
	i := &importRun{pace: w.Pace}
	i.status.Tenant = in.Tenant
	i.status.Phase = contract.Receiving
	if err := i.listen(ctx); err != nil {
		return contract.ImportResult{}, err
	}
	outcome, err := i.run(ctx)
	if err != nil {
		return i.fail(ctx, err)
	}
	return i.close(ctx, outcome)
}

// importRun is one run of Import.
type importRun struct {
	pace   contract.Pace
	status contract.Status // answers the query, and is shown as current details
	plan   approval.State
	wait   time.Duration           // how long the decision may take; the status has the instant on the clock of business, which may be moved
	inbox  workflow.ReceiveChannel // signals that carry decisions
	asked  workflow.Channel        // updates that carry decisions: *question
	newer  workflow.ReceiveChannel // Superseded
	again  bool                    // whether the file is to be planned anew by another import
	result contract.ApplyResult
}

// run is the way of a file. An empty outcome never comes back without an error.
func (i *importRun) run(ctx workflow.Context) (contract.Outcome, error) {
	if outcome, err := i.receive(ctx); outcome != "" || err != nil {
		return outcome, err
	}
	if outcome, err := i.read(ctx); outcome != "" || err != nil {
		return outcome, err
	}
	if outcome, err := i.awaitTurn(ctx); outcome != "" || err != nil {
		return outcome, err
	}
	for {
		if outcome, err := i.compare(ctx); outcome != "" || err != nil {
			return outcome, err
		}
		decision, outcome, err := i.awaitDecision(ctx)
		if outcome != "" || err != nil {
			return outcome, err
		}
		if err := i.apply(ctx, decision); err != nil {
			return "", err
		}
		if i.result.Stale {
			continue // a planned person was changed meanwhile: planned anew, decided anew
		}
		return i.invite(ctx)
	}
}

// receive makes the import's row and claims the newest delivery.
func (i *importRun) receive(ctx workflow.Context) (contract.Outcome, error) {
	info := workflow.GetInfo(ctx)
	opened, err := run(ctx, i.pace, contract.OpenImport, contract.OpenInput{
		Tenant: i.status.Tenant, WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID,
	})
	if err != nil {
		return "", err
	}
	i.status.Import = opened.Import
	if err := i.describe(ctx); err != nil {
		return "", err
	}
	if !opened.Found {
		return contract.NothingNew, nil
	}
	return "", nil
}

// read reads the file under the tenant's mapping.
func (i *importRun) read(ctx workflow.Context) (contract.Outcome, error) {
	if err := i.enter(ctx, contract.Reading); err != nil {
		return "", err
	}
	reading, err := run(ctx, i.pace, contract.ReadRoster, i.ref())
	if err != nil {
		return "", err
	}
	i.status.Rows = reading.Rows
	i.status.Totals.SetAside = reading.SetAside
	if reading.Refused {
		return contract.Refused, nil
	}
	return "", nil
}

// awaitTurn ends an older import that waits, and lets one that is being applied finish. A file that says nothing new ends here.
func (i *importRun) awaitTurn(ctx workflow.Context) (contract.Outcome, error) {
	between := pauses{next: 250 * time.Millisecond, last: time.Minute}
	for {
		turn, err := run(ctx, i.pace, contract.TakeTurn, i.ref())
		switch {
		case err != nil:
			return "", err
		case turn.Same:
			return contract.NothingNew, nil
		case turn.Free:
			return "", nil
		}
		if err := between.rest(ctx, "an earlier import is in the way"); err != nil {
			return "", err
		}
	}
}

// compare computes the change set and what is unusual about it.
func (i *importRun) compare(ctx workflow.Context) (contract.Outcome, error) {
	if err := i.enter(ctx, contract.Comparing); err != nil {
		return "", err
	}
	c, err := run(ctx, i.pace, contract.Compare, i.ref())
	if err != nil {
		return "", err
	}
	i.status.ChangeSet, i.status.Totals, i.status.Checks, i.status.Deadline = c.ChangeSet, c.Totals, c.Checks, c.Deadline
	i.wait = c.Wait
	i.plan = approval.State{ChangeSet: c.ChangeSet, Removals: c.Removals, RemovalOp: c.RemovalOp, Checks: c.Checks, Seen: i.plan.Seen}
	switch {
	case c.Rehearsal: // also where nothing would change: the file is to be planned when it comes again
		return contract.Rehearsed, nil
	case !approval.Waits(c.Totals, c.Checks):
		return contract.NoChange, nil
	}
	return "", nil
}

// apply runs the child that changes the directory, and waits for it.
func (i *importRun) apply(ctx workflow.Context, decisionID string) error {
	if err := i.enter(ctx, contract.Applying); err != nil {
		return err
	}
	child := workflow.WithChildOptions(ctx, applyOptions(i.status))
	return workflow.ExecuteChildWorkflow(child, contract.Apply, contract.ApplyInput{Import: i.status.Import, DecisionID: decisionID}).Get(ctx, &i.result)
}

// invite starts the sending of invitations, also of those that an apply had made due when it was stopped, and waits until each that is due now was tried once, or for an
// hour. What fails or comes due later is the Invitations workflow's. Being cancelled ends the waiting and no longer changes what the import came to.
func (i *importRun) invite(ctx workflow.Context) (contract.Outcome, error) {
	outcome := contract.Applied
	switch {
	case i.result.Stopped:
		outcome = contract.Stopped
	case i.result.SetAside > 0:
		outcome = contract.AppliedWithFailures
	}
	if i.result.Invited == 0 {
		return outcome, i.cancelled(ctx)
	}
	if err := i.enter(ctx, contract.Inviting); err != nil {
		return "", err
	}
	if _, err := run(detached(ctx), i.pace, contract.WakeInvitations, i.ref()); err != nil {
		return "", err
	}
	if i.result.Stopped {
		return outcome, i.cancelled(ctx)
	}
	if err := i.awaitInvitations(ctx); err != nil && !temporal.IsCanceledError(err) {
		return "", err
	}
	return outcome, nil
}

// cancelled is the run's cancellation where it left the apply half done; being cancelled later changes nothing.
func (i *importRun) cancelled(ctx workflow.Context) error {
	if i.result.Stopped {
		return ctx.Err()
	}
	return nil
}

// invitationTime is how long an import stays open for its invitations at the most.
const invitationTime = time.Hour

func (i *importRun) awaitInvitations(ctx workflow.Context) error {
	between := pauses{next: 250 * time.Millisecond, last: 10 * time.Second}
	for end := workflow.Now(ctx).Add(invitationTime); workflow.Now(ctx).Before(end); {
		untried, err := run(ctx, i.pace, contract.CountUntried, i.ref())
		if err != nil || untried.Count == 0 {
			return err
		}
		if err := between.rest(ctx, "invitations are being sent"); err != nil {
			return err
		}
	}
	return nil
}

// close records the outcome and ends the run. It says its last words also where the run was cancelled.
func (i *importRun) close(ctx workflow.Context, outcome contract.Outcome) (contract.ImportResult, error) {
	ctx = detached(ctx)
	if _, err := run(ctx, i.pace, contract.CloseImport, contract.CloseInput{Import: i.status.Import, Outcome: outcome, Again: i.again}); err != nil {
		return contract.ImportResult{}, err
	}
	i.status.Phase, i.status.Outcome = contract.Closed, outcome
	if err := i.describe(ctx); err != nil {
		return contract.ImportResult{}, err
	}
	if err := i.answerTheRest(ctx); err != nil {
		return contract.ImportResult{}, err
	}
	return contract.ImportResult{
		Import: i.status.Import, Outcome: outcome, ChangeSet: i.status.ChangeSet, Totals: i.status.Totals,
		Applied: i.result.Applied, SetAside: i.result.SetAside, Invited: i.result.Invited,
	}, nil
}

// fail closes a run that was cancelled, and passes every other error on: the row of a run that failed is closed by whoever finds it dead.
func (i *importRun) fail(ctx workflow.Context, err error) (contract.ImportResult, error) {
	if !temporal.IsCanceledError(err) || i.status.Import.N == 0 {
		return contract.ImportResult{}, err
	}
	result, closeErr := i.close(ctx, contract.Stopped)
	if closeErr != nil {
		return result, closeErr
	}
	return result, err
}

func (i *importRun) ref() contract.ImportRef { return contract.ImportRef{Import: i.status.Import} }
