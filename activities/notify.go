package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
)

// closeRefused records that the import's file was refused, and tells customer IT and the customer success manager: by mail, which is in the outbox as soon as the import is closed, and by the receipt.
func (a *Activities) closeRefused(ctx context.Context, id tenant.ImportID) error {
	notices, err := a.refusal(ctx, id)
	if err != nil {
		return err
	}
	left, err := a.Imports.CloseRefused(ctx, id, notices)
	if err != nil {
		return err
	}
	reportLeftOut(ctx, id.Tenant, left)
	if err := a.retell(ctx, id); err != nil || len(notices) == 0 {
		return err
	}
	return a.Runs.WakeInvitations(ctx, id.Tenant)
}

// reportLeftOut logs that notices could not be stored.
func reportLeftOut(ctx context.Context, id tenant.ID, left int) {
	if left > 0 && activity.IsActivity(ctx) { // an import is also closed by the waker
		activity.GetLogger(ctx).Error("notices could not be stored", "tenant", string(id), "count", left)
	}
}

// refusal returns the notices of a file that was refused. They go to those who are agreed as contacts now; the file was read as had been agreed when it came.
func (a *Activities) refusal(ctx context.Context, id tenant.ImportID) ([]notice.Notice, error) {
	imp, err := a.Imports.Import(ctx, id)
	if err != nil {
		return nil, err
	}
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return nil, err
	}
	current, err := a.currentFile(ctx, id.Tenant)
	if err != nil {
		return nil, err
	}
	summary, err := imp.Findings(ctx, a.Artifacts)
	if err != nil {
		return nil, err
	}
	refusal := notice.Refusal{Import: id, File: imp.File, SHA256: imp.SHA256, Rules: imp.MappingDigest, ReceivedAt: imp.ReceivedAt}
	return notice.FileRefused(refusal, current, agreed.Mapping, summary), nil
}
