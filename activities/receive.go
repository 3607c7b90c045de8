package activities

import (
	"context"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// OpenImport makes the run's row and claims the newest delivery for it, unless the schedule was paused since the run was triggered: a paused schedule obeys a trigger. Repeated, it finds the
// row and answers the same.
func (a *Activities) OpenImport(ctx context.Context, in contract.OpenInput) (contract.Opened, error) {
	paused, err := a.Runs.SchedulePaused(ctx, in.Tenant)
	if err != nil {
		return contract.Opened{}, err
	}
	imp, err := a.Imports.OpenImport(ctx, in.Tenant, in.WorkflowID, in.RunID, !paused)
	if err != nil {
		return contract.Opened{}, err
	}
	return contract.Opened{Import: imp.ID, Found: imp.Delivery != ""}, a.tellUnread(ctx, imp, imp.Overtaken)
}

// tellUnread tells customer IT of uploads that were archived unread, because a newer one was accepted.
func (a *Activities) tellUnread(ctx context.Context, imp ledger.Import, archived []inbox.Delivery) error {
	if len(archived) == 0 {
		return nil
	}
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return err
	}
	for _, d := range archived {
		unread := ledger.Import{ID: imp.ID, File: d.Name, SHA256: d.SHA256, ReceivedAt: d.ChangedAt, Phase: contract.Closed, Outcome: contract.SupersededByNewer}
		if err := a.tell(ctx, unread, agreed, roster.Summary{}); err != nil { // without a verdict: nobody has read it
			return err
		}
	}
	return nil
}

// agreed returns the tenant's file in the version that the import is read under.
func (a *Activities) agreed(ctx context.Context, imp ledger.Import) (tenant.File, error) {
	version, err := a.Tenants.TenantFile(ctx, imp.ID.Tenant, imp.TenantVersion)
	if err != nil {
		return tenant.File{}, err
	}
	return tenantfile.Stored(version.Source)
}
