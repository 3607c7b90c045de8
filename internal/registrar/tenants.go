package registrar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// An AppliedTenant is what applying a tenant's file came to.
type AppliedTenant struct {
	Tenant   tenant.ID
	Name     string
	Version  int
	Stored   bool           // a new version was stored; otherwise the file says what the current one says
	Schedule ScheduleChange // what became of the tenant's schedule
}

// ApplyTenant stores what the revision says as the tenant's file and brings its schedule in line. A revision of the same file changes nothing. Where somebody else has changed the
// tenant's file since the revision was looked at, nothing is stored, and the error is [ErrNotAllowed].
func (r *Registrar) ApplyTenant(ctx context.Context, rev Revision) (applied AppliedTenant, err error) {
	file := rev.File
	applied = AppliedTenant{Tenant: file.Tenant, Name: file.Name}
	applied.Version, applied.Stored, err = r.Tenants.PutTenantFile(ctx, file.Tenant, tenant.FileVersion{
		Version: rev.Version + 1, Digest: tenantfile.Digest(rev.Source), Rules: file.RulesDigest(), Source: rev.Source,
	})
	if errors.Is(err, tenant.ErrOtherVersion) {
		return AppliedTenant{}, fmt.Errorf("%w: somebody else has changed the file of %s meanwhile; look at it again", ErrNotAllowed, file.Tenant)
	}
	if err != nil {
		return AppliedTenant{}, err
	}
	if applied.Schedule, err = r.ReconcileSchedule(ctx, file.Tenant); err != nil {
		return applied, err
	}
	return applied, r.planAnew(ctx, file)
}

// planAnew ends the imports that wait under other rules than the file's; their files are read again under the new ones.
func (r *Registrar) planAnew(ctx context.Context, file tenant.File) error {
	waiting, err := r.waitingUnderOthers(ctx, file)
	if err != nil {
		return err
	}
	for _, imp := range waiting {
		if err := (Runs{Temporal: r.Temporal}).Supersede(ctx, imp, tenant.ImportID{}); err != nil {
			return err
		}
	}
	return nil
}

// waitingUnderOthers returns the imports that wait for a decision under other rules than the file's.
func (r *Registrar) waitingUnderOthers(ctx context.Context, file tenant.File) ([]ledger.Import, error) {
	live, err := r.Ledger.LiveImports(ctx, file.Tenant)
	return slices.DeleteFunc(live, func(imp ledger.Import) bool {
		return imp.Phase != contract.AwaitingDecision || imp.MappingDigest == file.RulesDigest()
	}), err
}

// A TenantView is a tenant as people see it.
type TenantView struct {
	tenant.Record
	File      tenant.File
	AppliedAt time.Time // since when the file's version is current
	Steps     []tenant.StepDone
	Setup     []SetupStep // the guide's six steps; nil in a list of tenants
	// Paused says that the schedule is paused, by whomever; Note is the pause's.
	Paused bool
	Note   string
	// Unreadable is why the file's current version can't be understood by this release; nil where it can. Only a list of tenants has such views, and nothing of their files.
	Unreadable error
}

// Missing returns the steps of setting up that nobody has vouched for.
func (v TenantView) Missing() []tenant.SetupStep {
	var missing []tenant.SetupStep
	for _, step := range tenant.SetupSteps() {
		if !slices.ContainsFunc(v.Steps, func(s tenant.StepDone) bool { return s.Step == string(step) }) {
			missing = append(missing, step)
		}
	}
	return missing
}

// Tenant returns one tenant. Whether its schedule is paused is asked of Temporal; where that does not answer, the error says so.
func (r *Registrar) Tenant(ctx context.Context, id tenant.ID) (TenantView, error) {
	view, err := r.StoredTenant(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	view.Paused, view.Note, err = r.schedulePaused(ctx, id)
	return view, err
}

// StoredTenant returns one tenant as it is stored. It does not ask Temporal, so whether the schedule is paused is not told.
func (r *Registrar) StoredTenant(ctx context.Context, id tenant.ID) (TenantView, error) {
	view, err := r.storedTenant(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	view.Setup, err = r.setup(ctx, view)
	return view, err
}

// storedTenant is StoredTenant without the steps of setting up.
func (r *Registrar) storedTenant(ctx context.Context, id tenant.ID) (TenantView, error) {
	record, err := r.Tenants.Tenant(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	stored, err := r.Tenants.TenantFile(ctx, id, record.Version)
	if err != nil {
		return TenantView{}, err
	}
	file, err := tenantfile.Stored(stored.Source)
	if err != nil {
		return TenantView{Record: record, AppliedAt: stored.AppliedAt}, err
	}
	steps, err := r.Tenants.Steps(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	return TenantView{Record: record, File: file, AppliedAt: stored.AppliedAt, Steps: steps}, nil
}

// StoredTenants returns all tenants as they are stored, in the order of their ids. A file that can't be understood is told by its tenant's view alone.
func (r *Registrar) StoredTenants(ctx context.Context) ([]TenantView, error) {
	records, err := r.Tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]TenantView, len(records))
	for i, record := range records {
		views[i], err = r.storedTenant(ctx, record.ID)
		if unreadable, ok := errors.AsType[*tenantfile.Error](err); ok {
			views[i].Unreadable = unreadable
		} else if err != nil {
			return nil, err
		}
	}
	return views, nil
}

// TenantFile returns a version of what was agreed with a tenant; version 0 is the current one.
func (r *Registrar) TenantFile(ctx context.Context, id tenant.ID, version int) (tenant.File, error) {
	stored, err := r.Tenants.TenantFile(ctx, id, version)
	if err != nil {
		return tenant.File{}, err
	}
	return tenantfile.Stored(stored.Source)
}

// PausedByRollcall reports whether the schedule's pause was made here; otherwise it was made in Temporal.
func (v TenantView) PausedByRollcall() bool { return v.Paused && strings.HasPrefix(v.Note, pauseNote) }

// pauseNote begins the note of a pause that Rollcall made, which tells it from one that ops made in Temporal.
const pauseNote = "rollcall: "

// Pause stops everything that is driven for a tenant but the taking and answering of uploads: no run starts, nothing is applied.
func (r *Registrar) Pause(ctx context.Context, id tenant.ID, by string) error {
	record, err := r.Tenants.Tenant(ctx, id)
	if err != nil {
		return err
	}
	switch record.State {
	case tenant.Paused:
		return nil
	case tenant.SettingUp:
		return fmt.Errorf("%w: %s is being set up; only an active tenant is paused", ErrNotAllowed, id)
	}
	if err := r.Tenants.SetTenantState(ctx, id, tenant.Paused, by, ""); err != nil {
		return err
	}
	return r.pauseSchedule(ctx, id, pauseNote+"paused by a person")
}

// Resume ends a pause; the newest delivery that came meanwhile is planned.
func (r *Registrar) Resume(ctx context.Context, id tenant.ID, by string) error {
	record, err := r.Tenants.Tenant(ctx, id)
	if err != nil {
		return err
	}
	if record.State == tenant.SettingUp {
		return fmt.Errorf("%w: %s was never activated", ErrNotAllowed, id)
	}
	if err := r.Tenants.SetTenantState(ctx, id, tenant.Active, by, ""); err != nil {
		return err
	}
	return r.resumeSchedule(ctx, id)
}
