package workflows

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
)

// applyOptions are those of the child: one apply of a tenant is alive at a time, and a parent that ends asks it to stop at a chunk's edge.
func applyOptions(s contract.Status) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:          contract.ApplyID(s.Tenant),
		TaskQueue:           contract.QueueWorkflows,
		ParentClosePolicy:   enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation: true,
		StaticSummary:       fmt.Sprintf("%s · apply %d changes", s.Import, s.Totals.Changes()),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			attrTenant.ValueSet(string(s.Tenant)), attrImport.ValueSet(s.Import.String()), attrChangeSet.ValueSet(string(s.ChangeSet))),
	}
}

// Apply changes the directory as a decision released it: stage after stage, each a loop over chunks of one transaction. A cancelled apply stops at the edge of a chunk, and
// its result says how much was done.
func (w Workflows) Apply(ctx workflow.Context, in contract.ApplyInput) (contract.ApplyResult, error) {
	plan, err := w.beginApply(ctx, in)
	switch {
	case temporal.IsCanceledError(err):
		return contract.ApplyResult{Stopped: true}, nil
	case err != nil:
		return contract.ApplyResult{}, err
	case plan.Stale:
		return contract.ApplyResult{Stale: true}, nil
	}
	for _, stage := range plan.Stages {
		workflow.SetCurrentDetails(ctx, applyDetails(in.Import, plan, stage.Stage))
		_, err := run(ctx, w.Pace, contract.ApplyStage, contract.ApplyStageInput{Import: in.Import, Stage: stage.Stage})
		if temporal.IsCanceledError(err) || ctx.Err() != nil {
			break // how far it came is counted below
		}
		if err != nil {
			return contract.ApplyResult{}, err
		}
	}
	report, err := run(detached(ctx), w.Pace, contract.EndApply, contract.ImportRef{Import: in.Import})
	if err != nil {
		return contract.ApplyResult{}, err
	}
	workflow.SetCurrentDetails(ctx, applyDetails(in.Import, plan, ""))
	return contract.ApplyResult{
		Applied: report.Applied, SetAside: report.SetAside, Invited: report.Invited, Stopped: report.Applied+report.SetAside < report.Planned,
	}, nil
}

// beginApply begins, and waits while the tenant is paused.
func (w Workflows) beginApply(ctx workflow.Context, in contract.ApplyInput) (contract.ApplyPlan, error) {
	between := pauses{next: 2 * time.Second, last: 10 * time.Minute}
	for {
		plan, err := run(ctx, w.Pace, contract.BeginApply, contract.BeginApplyInput(in))
		if err != nil || !plan.Paused {
			return plan, err
		}
		if err := between.rest(ctx, "the tenant is paused"); err != nil {
			return contract.ApplyPlan{}, err
		}
	}
}
