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

// A Waker compares rows with runs: it triggers an import where a settled delivery waits, and sends a decision again that was recorded and may not have been sent, because
// whoever recorded it died in between. Nobody else triggers, but for a person by [Registrar.StartImport].
type Waker struct {
	*Registrar
	sent map[string]time.Time // decisions sent again, by id
}

// NewWaker returns a waker. One at a time works, in whichever process.
func (r *Registrar) NewWaker() *Waker { return &Waker{Registrar: r, sent: map[string]time.Time{}} }

// Wake looks at every tenant once. It may be repeated at will.
func (w *Waker) Wake(ctx context.Context) error {
	tenants, err := w.Tenants.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if err := w.resendDecisions(ctx, t.ID); err != nil {
			w.Log.Warn("send decisions again", "tenant", string(t.ID), "error", err.Error())
		}
		if t.State == tenant.Paused {
			continue
		}
		if err := w.wakeTenant(ctx, t.ID); err != nil {
			w.Log.Warn("wake import", "tenant", string(t.ID), "error", err.Error())
		}
	}
	return ctx.Err()
}

// A decision is sent again where its run waits and has not answered for a while; the run knows a decision that it has seen.
const (
	unansweredAfter = 10 * time.Second
	resendEvery     = time.Minute
)

func (w *Waker) resendDecisions(ctx context.Context, id tenant.ID) error {
	now := w.Clock.Now()
	unanswered, err := w.Ledger.UnansweredDecisions(ctx, id, now.Add(-unansweredAfter))
	if err != nil {
		return err
	}
	for _, d := range unanswered {
		if now.Sub(w.sent[d.ID]) < resendEvery {
			continue
		}
		imp, err := w.Ledger.Import(ctx, d.Import)
		if err != nil {
			return err
		}
		w.sent[d.ID] = now
		if err := w.send(ctx, imp, d); err != nil {
			return err
		}
	}
	return nil
}

// wakeTenant triggers a run where a settled delivery waits. A paused schedule would obey a trigger, so it is asked first.
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
