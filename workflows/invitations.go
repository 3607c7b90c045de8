package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
)

// Invitations sends a tenant's mail as it comes due, invitations to members and notices to contacts, and ends when none is waiting. Whoever makes mail due starts or wakes it by the signal due.
//
// It continues as new when Temporal suggests it; a signal that arrives meanwhile is taken over by draining the channel before it decides to end.
func (w Workflows) Invitations(ctx workflow.Context, in contract.InvitationsInput) (contract.InvitationProgress, error) {
	due := workflow.GetSignalChannelWithOptions(ctx, contract.SignalDue, workflow.SignalChannelOptions{Description: "Invitations may be due."})
	var total contract.InvitationProgress
	for {
		for due.ReceiveAsync(nil) {
		}
		sent, err := run(ctx, w.Pace, contract.SendInvitations, in)
		if err != nil {
			return total, err
		}
		total.Delivered += sent.Delivered
		total.Failed += sent.Failed
		total.Unknown += sent.Unknown
		total.Notices += sent.Notices
		total.Retrying = sent.Retrying
		workflow.SetCurrentDetails(ctx, invitationDetails(in.Tenant, total))
		switch {
		case due.Len() > 0:
		case sent.NextIn < 0:
			return total, nil
		default:
			if err := awaitDue(ctx, due, sent); err != nil {
				return total, err
			}
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return total, workflow.NewContinueAsNewError(ctx, contract.Invitations, in)
		}
	}
}

// awaitDue waits until the next invitation is due or a new one may be.
func awaitDue(ctx workflow.Context, due workflow.ReceiveChannel, sent contract.InvitationProgress) error {
	fired, stop := timer(ctx, sent.NextIn, fmt.Sprintf("next invitation in %s", sent.NextIn))
	defer stop()
	sel := workflow.NewSelector(ctx)
	sel.AddFuture(fired, func(workflow.Future) {})
	sel.AddReceive(due, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	sel.Select(ctx)
	return ctx.Err()
}
