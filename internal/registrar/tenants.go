package registrar

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/contract"
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

// ApplyTenant stores source as the tenant's file and brings its schedule in line. Applying the same file again changes nothing. A file that is not valid
// comes back as tenantfile's error and changes nothing.
func (r *Registrar) ApplyTenant(ctx context.Context, source []byte) (AppliedTenant, error) {
	file, err := tenantfile.Decode(source)
	if err != nil {
		return AppliedTenant{}, err
	}
	applied := AppliedTenant{Tenant: file.Tenant, Name: file.Name}
	applied.Version, applied.Stored, err = r.Tenants.PutTenantFile(ctx, file.Tenant, tenant.FileVersion{
		Digest: tenantfile.Digest(source), Rules: file.RulesDigest(), Source: source,
	})
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
	live, err := r.Ledger.LiveImports(ctx, file.Tenant)
	if err != nil {
		return err
	}
	for _, imp := range live {
		if imp.Phase == contract.AwaitingDecision && imp.MappingDigest != file.RulesDigest() {
			if err := (Runs{Temporal: r.Temporal}).Supersede(ctx, imp, tenant.ImportID{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// A TenantView is a tenant as people see it.
type TenantView struct {
	tenant.Record
	File  tenant.File
	Steps []tenant.StepDone
	// Paused says that the schedule is paused, by whomever; Note is the pause's.
	Paused bool
	Note   string
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
	record, err := r.Tenants.Tenant(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	file, err := r.TenantFile(ctx, id, 0)
	if err != nil {
		return TenantView{}, err
	}
	steps, err := r.Tenants.Steps(ctx, id)
	if err != nil {
		return TenantView{}, err
	}
	return TenantView{Record: record, File: file, Steps: steps}, nil
}

// StoredTenants returns all tenants as they are stored, in the order of their ids.
func (r *Registrar) StoredTenants(ctx context.Context) ([]TenantView, error) {
	records, err := r.Tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]TenantView, len(records))
	for i, record := range records {
		if views[i], err = r.StoredTenant(ctx, record.ID); err != nil {
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
	return tenantfile.Decode(stored.Source)
}

// PausedByRollcall reports whether the schedule's pause was made here; otherwise it was made in Temporal.
func (v TenantView) PausedByRollcall() bool { return v.Paused && strings.HasPrefix(v.Note, pauseNote) }

// RecordStep records that somebody vouches for a step of setting up.
func (r *Registrar) RecordStep(ctx context.Context, id tenant.ID, step tenant.SetupStep, by string) error {
	if _, err := r.Tenants.Tenant(ctx, id); err != nil {
		return err
	}
	return r.Tenants.RecordStep(ctx, id, string(step), by, "")
}

// Activate lets a tenant's imports be applied from now on; it applies nothing by itself. It refuses while steps of setting up are missing, unless a reason
// is given for skipping them.
func (r *Registrar) Activate(ctx context.Context, id tenant.ID, by string, skipSetup bool, reason string) error {
	view, err := r.Tenant(ctx, id)
	if err != nil {
		return err
	}
	missing := view.Missing()
	switch {
	case view.State == tenant.Active:
		return nil
	case view.State == tenant.Paused:
		return fmt.Errorf("%w: %s is paused; resume it", ErrNotAllowed, id)
	case skipSetup && strings.TrimSpace(reason) == "":
		return fmt.Errorf("%w: skipping the set-up needs a reason", ErrInvalid)
	case len(missing) > 0 && !skipSetup:
		return fmt.Errorf("%w: steps of setting up are missing: %s", ErrNotAllowed, join(missing))
	}
	return r.Tenants.SetTenantState(ctx, id, tenant.Active, by, reason)
}

func join[T ~string](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = string(item)
	}
	return strings.Join(texts, ", ")
}

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
