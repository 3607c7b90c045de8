package activities

import (
	"context"
	"errors"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// TakeTurn looks whether an earlier import of the tenant is in the way. One that waits for a decision is told that it is superseded, unless this file says just what that one's does; one
// that is being applied is let finish; one whose run is over though its row is not is closed. It looks once, so that waiting takes no worker's place.
func (a *Activities) TakeTurn(ctx context.Context, in contract.ImportRef) (contract.Turn, error) {
	imp, err := a.Imports.Import(ctx, in.Import)
	if err != nil {
		return contract.Turn{}, err
	}
	live, err := a.Imports.LiveImports(ctx, in.Import.Tenant)
	if err != nil {
		return contract.Turn{}, err
	}
	var earlier []ledger.Import
	for _, other := range live {
		if other.ID.N < imp.ID.N && other.Phase != contract.Inviting {
			earlier = append(earlier, other)
		}
	}
	switch len(earlier) {
	case 0:
		// An apply outlives a parent that was terminated, and stops at the edge of a chunk.
		applying, err := a.Runs.Applying(ctx, imp.ID.Tenant)
		if err != nil || applying {
			return contract.Turn{}, err
		}
		return a.lastWord(ctx, imp)
	case 1:
		same, err := a.makeWay(ctx, earlier[0], imp)
		return contract.Turn{Same: same}, err
	}
	// Whoever is next before this one deals with those before itself: what it finds in its file decides whether they stay open.
	return contract.Turn{}, a.buryDead(ctx, earlier)
}

// buryDead closes those whose run is over.
func (a *Activities) buryDead(ctx context.Context, imports []ledger.Import) error {
	for _, imp := range imports {
		alive, err := a.Runs.Alive(ctx, imp)
		if err == nil && !alive {
			err = a.Bury(ctx, imp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lastWord compares the file with what was applied last: the same bytes under the same rules say nothing new, but where something was begun since, or was not applied to
// its end. What was turned down, expired, rehearsed or refused is planned again when it comes again.
func (a *Activities) lastWord(ctx context.Context, imp ledger.Import) (contract.Turn, error) {
	last, whole, err := a.Imports.LastBegun(ctx, imp.ID)
	return contract.Turn{Free: true, Same: whole && last.SHA256 == imp.SHA256 && last.MappingDigest == imp.MappingDigest}, err
}

// makeWay asks an earlier import to end where it waits for a person, closes it where its run is dead, and reports whether it waits with the very same file.
func (a *Activities) makeWay(ctx context.Context, other, by ledger.Import) (same bool, err error) {
	alive, err := a.Runs.Alive(ctx, other)
	switch {
	case err != nil:
		return false, err
	case !alive:
		return false, a.Bury(ctx, other)
	case other.Phase != contract.AwaitingDecision:
		return false, nil
	case other.SHA256 == by.SHA256 && other.MappingDigest == by.MappingDigest:
		return true, nil
	}
	return false, a.Runs.Supersede(ctx, other, by.ID)
}

// Bury closes an import whose run is over though its row is not: it failed, or somebody terminated it. Where nothing of it was applied its file is planned again, unless a newer import
// has come since.
func (a *Activities) Bury(ctx context.Context, imp ledger.Import) error {
	_, err := a.Imports.ApplyProgress(ctx, imp.ID)
	begun := err == nil
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return a.closeImport(ctx, imp.ID, contract.Stopped, !begun)
}

// closeImport records how an import ended and tells customer IT.
func (a *Activities) closeImport(ctx context.Context, id tenant.ImportID, outcome contract.Outcome, again bool) error {
	if outcome == contract.Refused {
		return a.closeRefused(ctx, id)
	}
	if err := a.Imports.CloseImport(ctx, id, outcome, again); err != nil {
		return err
	}
	return a.retell(ctx, id)
}
