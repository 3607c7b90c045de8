package activities

import (
	"context"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant/tenantfile"

	"rollcall.internal/internal/tenant"
)

// OpenImport makes the run's row and claims the newest delivery for it. Repeated, it finds the row and answers the same.
func (a *Activities) OpenImport(ctx context.Context, in contract.OpenInput) (contract.Opened, error) {
	imp, err := a.Imports.OpenImport(ctx, in.Tenant, in.WorkflowID, in.RunID)
	if err != nil {
		return contract.Opened{}, err
	}
	opened := contract.Opened{Import: imp.ID, Found: imp.Delivery != "", Bytes: imp.Artifacts.Upload.Bytes}
	if !opened.Found {
		return opened, nil
	}
	other, same, err := a.sameAs(ctx, imp)
	if err != nil || !same {
		return opened, err
	}
	// It is not read again: what reading it found is what the other one found.
	opened.Same = true
	imp.Rows, imp.SetAside, imp.Unreadable = other.Rows, other.SetAside, other.Unreadable
	imp.Artifacts.Roster, imp.Artifacts.Findings = other.Artifacts.Roster, other.Artifacts.Findings
	return opened, a.Imports.RecordReading(ctx, imp)
}

// sameAs returns the import after which a file says nothing new, where there is one: its bytes and rules are those of the last import that was applied or changed nothing, or
// of one that waits for a decision. What was turned down, expired, rehearsed or refused is planned again when it comes again.
func (a *Activities) sameAs(ctx context.Context, imp ledger.Import) (other ledger.Import, same bool, err error) {
	last, found, err := a.Imports.LastApplied(ctx, imp.ID)
	if err != nil {
		return ledger.Import{}, false, err
	}
	if found && last.SHA256 == imp.SHA256 && last.MappingDigest == imp.MappingDigest {
		other, err = a.Imports.Import(ctx, last.Import)
		return other, err == nil, err
	}
	live, err := a.Imports.LiveImports(ctx, imp.ID.Tenant)
	if err != nil {
		return ledger.Import{}, false, err
	}
	for _, other := range live {
		if other.ID.N < imp.ID.N && other.Phase == contract.AwaitingDecision && other.SHA256 == imp.SHA256 && other.MappingDigest == imp.MappingDigest {
			return other, true, nil
		}
	}
	return ledger.Import{}, false, nil
}

// agreed returns the tenant's file in the version that the import is read under.
func (a *Activities) agreed(ctx context.Context, imp ledger.Import) (tenant.File, error) {
	version, err := a.Tenants.TenantFile(ctx, imp.ID.Tenant, imp.TenantVersion)
	if err != nil {
		return tenant.File{}, err
	}
	return tenantfile.Decode(version.Source)
}

// AwaitTurn returns once no earlier import of the tenant is in the way: it tells one that waits for a decision that it is superseded, and lets one that is being applied
// finish. An import whose run is over though its row is not (somebody terminated it) is closed as stopped.
func (a *Activities) AwaitTurn(ctx context.Context, in contract.ImportRef) (contract.ImportRef, error) {
	_, stop := heartbeat(ctx, in)
	defer stop()
	err := waitFor(ctx, a.Poll, func() (bool, error) {
		live, err := a.Imports.LiveImports(ctx, in.Import.Tenant)
		if err != nil {
			return false, err
		}
		free := true
		for _, other := range live {
			if other.ID.N < in.Import.N && other.Phase != contract.Inviting {
				free = false
				if err := a.makeWay(ctx, other, in.Import); err != nil {
					return false, err
				}
			}
		}
		return free, nil
	})
	return in, err
}

// makeWay asks an earlier import to end where it waits for a person, and closes it where its run is dead.
func (a *Activities) makeWay(ctx context.Context, other ledger.Import, by tenant.ImportID) error {
	dead, err := a.Runs.Closed(ctx, other.WorkflowID, other.RunID)
	switch {
	case err != nil:
		return err
	case dead:
		return a.Imports.CloseImport(ctx, other.ID, contract.Stopped)
	case other.Phase == contract.AwaitingDecision:
		return a.Runs.Supersede(ctx, other, by)
	}
	return nil
}
