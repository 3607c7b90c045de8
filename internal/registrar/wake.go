package registrar

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant"
)

// rewakeAfter is how long a triggered run may take to claim its delivery before another is triggered. A run too many finds nothing new and ends.
const rewakeAfter = 20 * time.Second

// Wake triggers a run for every tenant in which a settled delivery waits. Nobody else triggers, but for a person by [Registrar.StartImport]. A paused
// schedule would obey a trigger, so it is asked first.
func (r *Registrar) Wake(ctx context.Context) error {
	tenants, err := r.Tenants.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if t.State == tenant.Paused {
			continue
		}
		if err := r.wakeTenant(ctx, t.ID); err != nil {
			r.Log.Warn("wake import", "tenant", string(t.ID), "error", err.Error())
		}
	}
	return ctx.Err()
}

func (r *Registrar) wakeTenant(ctx context.Context, id tenant.ID) error {
	waiting, err := r.Deliveries.SettledUnclaimed(ctx, id)
	if err != nil || len(waiting) == 0 {
		return err
	}
	now := r.Clock.Now()
	asleep := waiting[:0]
	for _, d := range waiting {
		if d.WokenAt.IsZero() || now.Sub(d.WokenAt) > rewakeAfter {
			asleep = append(asleep, d)
		}
	}
	if len(asleep) == 0 {
		return nil
	}
	if paused, _, err := r.schedulePaused(ctx, id); err != nil || paused {
		return err
	}
	if err := r.trigger(ctx, id); err != nil {
		return err
	}
	for _, d := range asleep {
		if err := r.Deliveries.MarkWoken(ctx, id, d.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// trigger starts a run beside whatever runs; a schedule that is missing is made first.
func (r *Registrar) trigger(ctx context.Context, id tenant.ID) error {
	handle := r.Temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(id))
	options := client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}
	err := handle.Trigger(ctx, options)
	if missing(err) {
		if _, err := r.ReconcileSchedule(ctx, id); err != nil {
			return err
		}
		err = handle.Trigger(ctx, options)
	}
	if err != nil {
		return fmt.Errorf("trigger import of %s: %w", id, err)
	}
	return nil
}
