package activities

import (
	"context"
	"time"

	"rollcall.internal/internal/contract"
)

// invitationWait is how long an import stays open for its invitations at the most.
const invitationWait = time.Hour

// WakeInvitations starts the sending of the tenant's invitations, or tells it to look again.
func (a *Activities) WakeInvitations(ctx context.Context, in contract.ImportRef) (contract.ImportRef, error) {
	if err := a.Imports.EnterPhase(ctx, in.Import, contract.Inviting); err != nil {
		return in, err
	}
	return in, a.Runs.WakeInvitations(ctx, in.Import.Tenant)
}

// AwaitInvitations returns once every invitation of the import that is due was tried once, or after an hour.
func (a *Activities) AwaitInvitations(ctx context.Context, in contract.ImportRef) (contract.InvitationProgress, error) {
	var p contract.InvitationProgress
	_, stop := heartbeat(ctx, p)
	defer stop()
	end := time.Now().Add(invitationWait)
	err := waitFor(ctx, a.Poll, func() (bool, error) {
		untried, err := a.Courier.Untried(ctx, in.Import)
		return untried == 0 || time.Now().After(end), err
	})
	return p, err
}

// SendInvitations sends the tenant's invitations that are due.
func (a *Activities) SendInvitations(ctx context.Context, in contract.InvitationsInput) (contract.InvitationProgress, error) {
	progress, stop := heartbeat(ctx, contract.InvitationProgress{})
	defer stop()
	version, err := a.currentFile(ctx, in.Tenant)
	if err != nil {
		return contract.InvitationProgress{}, err
	}
	return a.Courier.Send(ctx, in.Tenant, version.Name, func(tried int) { progress(contract.InvitationProgress{Delivered: tried}) })
}
