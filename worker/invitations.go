package main

import (
	"context"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/invite/courier"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// invitations joins the courier with what was agreed with each tenant.
type invitations struct{ *parts }

// Send implements activities.Courier.
func (i invitations) Send(ctx context.Context, id tenant.ID, org string, progress func(delivered int)) (contract.InvitationProgress, error) {
	version, err := i.db.TenantFile(ctx, id, 0)
	if err != nil {
		return contract.InvitationProgress{}, err
	}
	file, err := tenantfile.Stored(version.Source)
	if err != nil {
		return contract.InvitationProgress{}, err
	}
	report, err := i.courier.Run(ctx, courier.Job{Tenant: id, Org: org, Policy: i.policy(file), Manager: manager(file)}, progress)
	sent := contract.InvitationProgress{
		Delivered: report.Delivered, Failed: report.Failed + report.Notices.Failed, Unknown: report.Unknown + report.Swept + report.Notices.Unknown,
		Retrying: report.Retry + report.Notices.Retry, Notices: report.Notices.Delivered, NextIn: -1,
	}
	if !report.NextDue.IsZero() {
		sent.NextIn = max(0, report.NextDue.Sub(i.clock.Now())) + time.Second
	}
	return sent, err
}

// policy is the tenant's hours and pace of mail to members; in development there is only the zone.
func (i invitations) policy(file tenant.File) invite.Policy {
	if i.settings.Relaxed() {
		return invite.Policy{Zone: file.Upload.Location()}
	}
	return invite.DefaultPolicy(file.Upload.Location())
}

// manager is the first customer success manager of the tenant; zero where there is none.
func manager(file tenant.File) tenant.Contact {
	for _, c := range file.Contacts {
		if c.Role == tenant.CSM {
			return c
		}
	}
	return tenant.Contact{}
}

// Untried implements activities.Courier.
func (i invitations) Untried(ctx context.Context, id tenant.ImportID) (int, error) {
	return i.db.UntriedDue(ctx, id.Tenant, id.N, i.clock.Now())
}
