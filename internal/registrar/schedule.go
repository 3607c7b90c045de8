package registrar

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A ScheduleChange is what reconciling did to a schedule.
type ScheduleChange string

// The changes.
const (
	ScheduleCreated   ScheduleChange = "created"
	ScheduleUpdated   ScheduleChange = "updated"
	ScheduleUnchanged ScheduleChange = "unchanged"
)

var (
	attrTenant = temporal.NewSearchAttributeKeyKeyword(contract.AttrTenant)
	attrConfig = temporal.NewSearchAttributeKeyKeyword(contract.AttrConfig)
)

// scheduleVersion is a part of every schedule's digest: raise it when this program makes another schedule of the same file.
const scheduleVersion = 2

// schedulePatience is how long a changed schedule may take to show its change: Temporal updates schedules after it has answered.
const schedulePatience = 10 * time.Second

// scheduleTries is how often a schedule is reconciled where Temporal does not answer in time. It answers for a schedule by asking a workflow of its own, which a server that is
// busy now and then does not get to; asked again, it does.
const scheduleTries = 3

// late reports whether err says that Temporal did not answer in time, while there is time left.
func late(ctx context.Context, err error) bool {
	_, exceeded := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return ctx.Err() == nil && (exceeded || errors.Is(err, context.DeadlineExceeded))
}

// ReconcileSchedule makes the tenant's schedule, or brings it in line with the tenant's file where it was made from another. It returns once the schedule shows
// the change, or fails loudly.
func (r *Registrar) ReconcileSchedule(ctx context.Context, id tenant.ID) (change ScheduleChange, err error) {
	err = r.Tenants.Alone(ctx, "schedule/"+string(id), func(ctx context.Context) error {
		change, err = r.reconcileSchedule(ctx, id)
		for try := 1; late(ctx, err) && try < scheduleTries; try++ {
			change, err = r.reconcileSchedule(ctx, id)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reconcile schedule of %s: %w", id, err)
	}
	return change, nil
}

func (r *Registrar) reconcileSchedule(ctx context.Context, id tenant.ID) (ScheduleChange, error) {
	version, err := r.Tenants.TenantFile(ctx, id, 0)
	if err != nil {
		return "", err
	}
	file, err := tenantfile.Stored(version.Source)
	if err != nil {
		return "", err
	}
	want := scheduleOf(file)
	handle := r.Temporal.ScheduleClient().GetHandle(ctx, want.ID)
	existing, err := handle.Describe(ctx)
	if missing(err) {
		_, err = r.Temporal.ScheduleClient().Create(ctx, want)
		if err == nil {
			return ScheduleCreated, r.awaitConfig(ctx, handle, want)
		}
		if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
			return "", err
		}
		existing, err = handle.Describe(ctx)
	}
	if err != nil {
		return "", err
	}
	if configOf(existing.TypedSearchAttributes) == configOf(want.TypedSearchAttributes) {
		return ScheduleUnchanged, nil
	}
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		s := in.Description.Schedule // with its state: a pause stays
		s.Spec, s.Action = &want.Spec, want.Action
		s.Policy.Overlap, s.Policy.CatchupWindow, s.Policy.PauseOnFailure = want.Overlap, want.CatchupWindow, want.PauseOnFailure
		return &client.ScheduleUpdate{Schedule: &s, TypedSearchAttributes: &want.TypedSearchAttributes}, nil
	}})
	if err != nil {
		return "", err
	}
	return ScheduleUpdated, r.awaitConfig(ctx, handle, want)
}

// awaitConfig waits until the schedule shows the digest that it should have.
func (r *Registrar) awaitConfig(ctx context.Context, handle client.ScheduleHandle, want client.ScheduleOptions) error {
	ctx, cancel := context.WithTimeout(ctx, schedulePatience)
	defer cancel()
	for {
		d, err := handle.Describe(ctx)
		if err == nil && configOf(d.TypedSearchAttributes) == configOf(want.TypedSearchAttributes) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("schedule does not show its change after %s", schedulePatience)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func configOf(attributes temporal.SearchAttributes) string {
	config, _ := attributes.GetKeyword(attrConfig)
	return config
}

// missing reports whether Temporal says that there is no such schedule.
func missing(err error) bool {
	_, notFound := errors.AsType[*serviceerror.NotFound](err)
	return notFound
}

// scheduleOf is the schedule that a tenant's file asks for. It is given as a calendar, never as an interval or a cron line: calendars obey the zone.
//
// Its timed runs find what no settled upload has woken, and say that nothing is new where there is nothing. They queue behind a run that waits for a decision.
func scheduleOf(file tenant.File) client.ScheduleOptions {
	spec := client.ScheduleSpec{Calendars: calendars(file.Upload), TimeZoneName: file.Upload.Zone}
	digest, _ := json.Marshal([]any{scheduleVersion, file.Tenant, file.Upload.Cadence, file.Upload.Calendar, file.Upload.Due, file.Upload.Zone}) // strings and numbers: it can't fail
	return client.ScheduleOptions{
		ID:   contract.ScheduleID(file.Tenant),
		Spec: spec,
		Action: &client.ScheduleWorkflowAction{
			ID: contract.RunIDPrefix(file.Tenant), Workflow: contract.Import, TaskQueue: contract.QueueWorkflows,
			Args:                  []any{contract.ImportInput{Tenant: file.Tenant}},
			StaticSummary:         fmt.Sprintf("%s · roster import", file.Tenant),
			TypedSearchAttributes: temporal.NewSearchAttributes(attrTenant.ValueSet(string(file.Tenant))),
			Priority:              temporal.Priority{PriorityKey: 3, FairnessKey: string(file.Tenant)},
		},
		Overlap:               enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
		CatchupWindow:         7 * 24 * time.Hour,
		TypedSearchAttributes: temporal.NewSearchAttributes(attrTenant.ValueSet(string(file.Tenant)), attrConfig.ValueSet(fmt.Sprintf("%x", sha256.Sum256(digest)))),
	}
}

func (r *Registrar) schedulePaused(ctx context.Context, id tenant.ID) (paused bool, note string, err error) {
	return schedulePaused(ctx, r.Temporal, id)
}

// schedulePaused reports whether the schedule is paused, with the note; a tenant without a schedule is not paused.
func schedulePaused(ctx context.Context, c client.Client, id tenant.ID) (paused bool, note string, err error) {
	d, err := c.ScheduleClient().GetHandle(ctx, contract.ScheduleID(id)).Describe(ctx)
	if missing(err) {
		return false, "", nil
	}
	if err != nil {
		return false, "", fmt.Errorf("describe schedule of %s: %w", id, err)
	}
	return d.Schedule.State.Paused, d.Schedule.State.Note, nil
}

// pauseSchedule pauses a schedule that is not paused: the note of ops stays.
func (r *Registrar) pauseSchedule(ctx context.Context, id tenant.ID, note string) error {
	if paused, _, err := r.schedulePaused(ctx, id); err != nil || paused {
		return err
	}
	return r.Temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(id)).Pause(ctx, client.SchedulePauseOptions{Note: note})
}

// resumeSchedule ends a pause that Rollcall made, and leaves one that ops made.
func (r *Registrar) resumeSchedule(ctx context.Context, id tenant.ID) error {
	paused, note, err := r.schedulePaused(ctx, id)
	if err != nil || !paused || !strings.HasPrefix(note, pauseNote) {
		return err
	}
	return r.Temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(id)).Unpause(ctx, client.ScheduleUnpauseOptions{Note: pauseNote + "resumed by a person"})
}
