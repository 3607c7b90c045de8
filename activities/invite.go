package activities

import (
	"context"

	"rollcall.internal/internal/contract"
)

// WakeInvitations starts the sending of the tenant's invitations, or tells it to look again.
func (a *Activities) WakeInvitations(ctx context.Context, in contract.ImportRef) (contract.ImportRef, error) {
	if err := a.Imports.EnterPhase(ctx, in.Import, contract.Inviting); err != nil {
		return in, err
	}
	return in, a.Runs.WakeInvitations(ctx, in.Import.Tenant)
}

// CountUntried returns how many invitations of the import are due now and were never tried.
func (a *Activities) CountUntried(ctx context.Context, in contract.ImportRef) (contract.Untried, error) {
	n, err := a.Courier.Untried(ctx, in.Import)
	return contract.Untried{Count: n}, err
}

// SendInvitations sends the tenant's invitations that are due.
func (a *Activities) SendInvitations(ctx context.Context, in contract.InvitationsInput) (contract.InvitationProgress, error) {
	progress, stop := heartbeat(ctx, contract.InvitationProgress{})
	defer stop()
	current, err := a.currentFile(ctx, in.Tenant)
	if err != nil {
		return contract.InvitationProgress{}, err
	}
	return a.Courier.Send(ctx, in.Tenant, current.Name, func(delivered int) { progress(contract.InvitationProgress{Delivered: delivered}) })
}
