package activities

import (
	"context"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// findingsTold is how many findings a receipt lists; its totals count all of them.
const findingsTold = 100

// CloseImport records an import's outcome and tells customer IT.
func (a *Activities) CloseImport(ctx context.Context, in contract.CloseInput) (contract.ImportRef, error) {
	return contract.ImportRef{Import: in.Import}, a.closeImport(ctx, in.Import, in.Outcome, in.Again)
}

// retell writes the import's receipt anew from what is stored.
func (a *Activities) retell(ctx context.Context, id tenant.ImportID) error {
	imp, err := a.Imports.Import(ctx, id)
	if err != nil || imp.Delivery == "" {
		return err
	}
	agreed, err := a.agreed(ctx, imp)
	if err != nil {
		return err
	}
	summary, err := imp.Findings(ctx, a.Artifacts)
	if err != nil {
		return err
	}
	return a.tell(ctx, imp, agreed, summary)
}

// tell writes the import's receipt, in the language of those who upload.
func (a *Activities) tell(ctx context.Context, imp ledger.Import, agreed tenant.File, summary roster.Summary) error {
	locale := agreed.UploaderLocale()
	r := receipt.New(receipt.Upload{
		Kind: receipt.Import, Import: imp.ID.String(), File: imp.File, SHA256: imp.SHA256, ReceivedAt: imp.ReceivedAt, Outcome: string(imp.Outcome), Locale: locale,
		Next: receipt.Next(receipt.Progress{Phase: imp.Phase, Outcome: imp.Outcome, Deadline: imp.Deadline, Changes: imp.Summary.Totals.Changes()}, locale),
	}, summary, agreed.Mapping, findingsTold)
	text, err := r.JSON()
	if err != nil {
		return err
	}
	return a.Receipts.PutReceipt(ctx, imp.ID.Tenant, inbox.Receipt{
		Name: imp.File, Kind: inbox.ImportReceipt, ImportN: imp.ID.N, JSON: text, Text: []byte(r.Text()), ReceivedAt: imp.ReceivedAt, WrittenAt: a.Clock.Now(),
	})
}

// currentFile returns what is agreed with a tenant now.
func (a *Activities) currentFile(ctx context.Context, id tenant.ID) (tenant.File, error) {
	version, err := a.Tenants.TenantFile(ctx, id, 0)
	if err != nil {
		return tenant.File{}, err
	}
	return tenantfile.Stored(version.Source)
}
