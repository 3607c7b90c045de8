package registrar

import (
	"context"
	"errors"
	"fmt"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
	"rollcall.internal/internal/trial"
)

// A Revision is a tenant's file that somebody wants to become the current one, and what that would change. Nothing is stored by making one.
type Revision struct {
	File   tenant.File
	Source []byte
	// Version is the version that is current, 0 where the tenant is not known yet; Same says that the file says what that version says.
	Version int
	Same    bool
	Keys    []tenant.KeyChange // what the file says otherwise than the current version
	// Trial is what the new rules make of the newest file that was accepted; nil where the rules are the same, there was no file, or Untried says why it can't be told.
	Trial   *TriedFile
	Untried error
	// Ends are the imports that wait for a decision and would be ended, to be planned anew under the new rules.
	Ends []tenant.ImportID
	// fileSeen: a file of the tenant was accepted once, so that there is somebody to change anything for.
	fileSeen bool
}

// A TriedFile is a file of an earlier import, and what it would do under the new rules.
type TriedFile struct {
	Import tenant.ImportID
	File   string
	trial.Difference
}

// Exposes reports whether a field becomes public.
func (r Revision) Exposes() bool {
	for _, k := range r.Keys {
		if k.Exposes {
			return true
		}
	}
	return false
}

// Asks reports whether a person should be asked before the revision is applied: it changes what the last file does, or that can't be told; it shows members what they did not
// see; or it ends a plan that somebody may be looking at. A tenant's first file, and whatever comes before its first roster, is never asked about.
func (r Revision) Asks() bool {
	return !r.Same && r.fileSeen && (r.Untried != nil || len(r.Ends) > 0 || r.Exposes() || r.Trial != nil && r.Trial.Any())
}

// Revise says what applying source as the tenant's file would change. trying is called before the last file is compared, which takes seconds where it is large. A file that is not
// valid comes back as tenantfile's error.
func (r *Registrar) Revise(ctx context.Context, source []byte, trying func(ledger.Import)) (Revision, error) {
	file, err := tenantfile.Decode(source)
	if err != nil {
		return Revision{}, err
	}
	rev := Revision{File: file, Source: source}
	current, err := r.Tenants.TenantFile(ctx, file.Tenant, 0)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return rev, nil
	case err != nil:
		return Revision{}, err
	}
	rev.Version, rev.Same = current.Version, current.Digest == tenantfile.Digest(source)
	if rev.Same {
		return rev, nil
	}
	old, err := tenantfile.Stored(current.Source)
	if err != nil {
		// An earlier release took what this one refuses. The new file replaces it, so there is nothing to compare with.
		rev.Untried, rev.fileSeen = fmt.Errorf("version %d can't be read by this release", current.Version), true
		return rev, nil
	}
	rev.Keys = tenant.Changes(old, file)
	waiting, err := r.waitingUnderOthers(ctx, file)
	for _, imp := range waiting {
		rev.Ends = append(rev.Ends, imp.ID)
	}
	if err != nil {
		return Revision{}, err
	}
	return rev, r.tryRevision(ctx, &rev, old, trying)
}

// tryRevision tries the last file under the new rules. That it can't be tried is told and is no error, unless the caller is gone.
func (r *Registrar) tryRevision(ctx context.Context, rev *Revision, old tenant.File, trying func(ledger.Import)) error {
	last, found, err := r.lastAccepted(ctx, rev.File.Tenant)
	if err == nil && !found {
		return nil
	}
	rev.fileSeen = true
	if err == nil && sameReading(old, rev.File) {
		return nil
	}
	if err == nil {
		trying(last)
		tried := TriedFile{Import: last.ID, File: last.File}
		tried.Difference, err = trial.Bench{Artifacts: r.Artifacts, Directory: r.Directory, Clock: r.Clock}.Compare(ctx, last, old, rev.File)
		if err == nil {
			rev.Trial = &tried
			return nil
		}
	}
	rev.Untried = err
	return ctx.Err()
}

// sameReading reports whether two files make the same of every roster. Protected people are no part of the rules that an import is pinned to, and change what it does all the same.
func sameReading(a, b tenant.File) bool {
	return a.RulesDigest() == b.RulesDigest() && a.Upload.MaxRows == b.Upload.MaxRows && a.Upload.MaxBytes == b.Upload.MaxBytes &&
		len(tenant.Changes(tenant.File{People: tenant.People{Protect: a.People.Protect}}, tenant.File{People: tenant.People{Protect: b.People.Protect}})) == 0
}

// lastAccepted returns the newest import whose file was accepted.
func (r *Registrar) lastAccepted(ctx context.Context, id tenant.ID) (last ledger.Import, found bool, err error) {
	for _, limit := range []int{20, 0} { // it is mostly among the first
		imports, total, err := r.Ledger.Imports(ctx, id, false, limit)
		if err != nil {
			return ledger.Import{}, false, err
		}
		for _, imp := range imports {
			if accepted, err := r.accepted(ctx, imp); err != nil || accepted {
				return imp, accepted, err
			}
		}
		if len(imports) == total {
			break
		}
	}
	return ledger.Import{}, false, nil
}

// accepted reports whether the import's file was read and accepted.
func (r *Registrar) accepted(ctx context.Context, imp ledger.Import) (bool, error) {
	if imp.Outcome == contract.Refused || imp.Artifacts.Upload.IsZero() || imp.Artifacts.Findings.IsZero() {
		return false, nil
	}
	if imp.Summary.Digest != "" {
		return true, nil // it was compared, and only what was accepted is
	}
	read, err := imp.Findings(ctx, r.Artifacts)
	return read.Verdict == roster.Accepted, err
}
