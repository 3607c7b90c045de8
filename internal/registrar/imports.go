package registrar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// StartImport starts an import now, as a settled upload would, and returns it once its row is there. found is false where no worker took the run up within
// patience; the run then starts as soon as one is there.
func (r *Registrar) StartImport(ctx context.Context, id tenant.ID, patience time.Duration) (imp ledger.Import, found bool, err error) {
	record, err := r.Tenants.Tenant(ctx, id)
	if err != nil {
		return ledger.Import{}, false, err
	}
	if record.State == tenant.Paused {
		return ledger.Import{}, false, fmt.Errorf("%w: %s is paused; resume it first", ErrNotAllowed, id)
	}
	paused, _, err := r.schedulePaused(ctx, id)
	if err != nil {
		return ledger.Import{}, false, err
	}
	if paused {
		return ledger.Import{}, false, fmt.Errorf("%w: the schedule of %s is paused in Temporal", ErrNotAllowed, id)
	}
	if err := r.trigger(ctx, id); err != nil {
		return ledger.Import{}, false, err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		imports, _, err := r.Ledger.Imports(ctx, id, true, 10)
		if err != nil {
			return ledger.Import{}, false, err
		}
		if imp, found := startedSince(imports, record.Imports); found {
			return imp, true, nil
		}
		select {
		case <-ctx.Done():
			return ledger.Import{}, false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return ledger.Import{}, false, nil
}

// startedSince returns, of imports newest first, the first that was opened after number n and has a file. The upload's own waking may have come in between: then that run
// has the file, and the one that was asked for found nothing new, which is returned only where there is no other.
func startedSince(imports []ledger.Import, n int) (imp ledger.Import, found bool) {
	for _, i := range imports {
		if i.ID.N > n && (!found || i.File != "") {
			imp, found = i, true
		}
	}
	return imp, found
}

// Imports returns the newest imports, of one tenant or where id is "" of all, at most limit of them (0 for all), and the count of all that match. Runs that found
// nothing new count only with all.
func (r *Registrar) Imports(ctx context.Context, id tenant.ID, all bool, limit int) (imports []ledger.Import, total int, err error) {
	if id != "" {
		if _, err := r.Tenants.Tenant(ctx, id); err != nil {
			return nil, 0, err
		}
		return r.Ledger.Imports(ctx, id, all, limit)
	}
	tenants, err := r.Tenants.Tenants(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, t := range tenants {
		some, n, err := r.Ledger.Imports(ctx, t.ID, all, limit)
		if err != nil {
			return nil, 0, err
		}
		imports, total = append(imports, some...), total+n
	}
	slices.SortStableFunc(imports, func(a, b ledger.Import) int { return b.StartedAt.Compare(a.StartedAt) })
	if limit > 0 && len(imports) > limit {
		imports = imports[:limit]
	}
	return imports, total, nil
}

// An ImportView is an import with what was decided about it, what the customer said, and how far its apply has come.
type ImportView struct {
	ledger.Import
	Decisions    []ledger.Decision
	Apply        *ledger.Apply        // nil until one began
	Verification *ledger.Verification // the customer's newest answer; nil where there is none
}

// Import returns one import.
func (r *Registrar) Import(ctx context.Context, id tenant.ImportID) (ImportView, error) {
	imp, err := r.Ledger.Import(ctx, id)
	if err != nil {
		return ImportView{}, err
	}
	view := ImportView{Import: imp}
	if view.Decisions, err = r.Ledger.Decisions(ctx, id); err != nil {
		return ImportView{}, err
	}
	if view.Verification, err = r.verificationOf(ctx, id); err != nil {
		return ImportView{}, err
	}
	progress, err := r.Ledger.ApplyProgress(ctx, id)
	switch {
	case err == nil:
		view.Apply = &progress
	case !isNotFound(err):
		return ImportView{}, err
	}
	return view, nil
}

// Changes returns the changes of an import's change set from position from (0 is the first), at most limit of them (0 for all), and the count of all. An import that was not
// compared has none.
func (r *Registrar) Changes(ctx context.Context, imp ledger.Import, from, limit int) (changes []changeset.Change, total int, err error) {
	if imp.Artifacts.ChangeSet.IsZero() {
		return nil, 0, nil
	}
	file, size, err := r.Artifacts.OpenAt(ctx, imp.Artifacts.ChangeSet)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	if total, err = batch.CountChanges(file, size, memory.DefaultAllocator); err != nil {
		return nil, 0, err
	}
	to := total
	if limit > 0 {
		to = min(total, from+limit)
	}
	for c, err := range batch.ReadChanges(file, size, from, to, memory.DefaultAllocator) {
		if err != nil {
			return nil, 0, err
		}
		changes = append(changes, c)
	}
	return changes, total, nil
}

// Findings returns what reading an import's file found; the zero summary where it was not read.
func (r *Registrar) Findings(ctx context.Context, imp ledger.Import) (roster.Summary, error) {
	return imp.Findings(ctx, r.Artifacts)
}

const (
	// blinkPatience is how long Follow goes on without a good look: a database that is started again, or a network that is gone for a moment, ends nothing.
	blinkPatience = 30 * time.Second
	// lookPatience is how long one look may take: a connection whose other end is gone without a word would keep it for minutes.
	lookPatience = 10 * time.Second
)

// Follow calls seen with an import whenever it has moved on, until it is closed, or waits for a decision and stopWaiting is set. It returns the last state. An import that
// can't be read is looked at again; only where that lasts for 30 seconds is the error returned, at once only an import that is not there ([ledger.ErrNotFound]).
func (r *Registrar) Follow(ctx context.Context, id tenant.ImportID, stopWaiting bool, seen func(ImportView)) (ImportView, error) {
	var view ImportView
	var last string
	for good := time.Now(); ; {
		now, err := r.look(ctx, id)
		switch {
		case ctx.Err() != nil:
			return view, ctx.Err()
		case err == nil:
			view, good = now, time.Now()
			if at := position(view); at != last {
				last = at
				seen(view)
			}
			if view.Phase == contract.Closed || stopWaiting && view.Phase == contract.AwaitingDecision {
				return view, nil
			}
		case isNotFound(err) || time.Since(good) >= blinkPatience:
			return view, err
		}
		select {
		case <-ctx.Done():
			return view, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// look is Import, given up after lookPatience.
func (r *Registrar) look(ctx context.Context, id tenant.ImportID) (ImportView, error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	return r.Import(ctx, id)
}

// position tells two states of an import apart.
func position(v ImportView) string {
	done := 0
	if v.Apply != nil {
		done = v.Apply.Applied + v.Apply.SetAside
	}
	effects := make([]approval.Effect, len(v.Decisions))
	for i, d := range v.Decisions {
		effects[i] = d.Effect
	}
	return fmt.Sprint(v.Phase, v.Outcome, v.Summary.Digest, done, effects)
}
