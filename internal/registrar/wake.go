package registrar

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// rewakeAfter is how long a triggered run may take to claim its delivery before another is triggered. A run too many finds nothing new and ends.
const rewakeAfter = 20 * time.Second

// A Waker compares rows with runs and does what was recorded and not done: it triggers an import where a settled delivery waits, sends a decision again that no run has answered, starts
// the sending of mail that is due and the look for uploads that may be missing, and has imports closed whose run is over. Nobody else triggers, but for a person by [Registrar.StartImport].
type Waker struct {
	*Registrar
	mails   Mails
	uploads Uploads
	bury    func(context.Context, ledger.Import) error
	// What was done lately, by decision, by import, by look and by tenant, so that it is not done every two seconds.
	sent    map[string]time.Time
	looked  map[tenant.ImportID]time.Time
	watched map[lateness.Look]time.Time
	mailed  map[tenant.ID]mailing
}

// A mailing is when the sending of notices that were due at some time was last woken.
type mailing struct{ due, at time.Time }

// NewWaker returns a waker. One at a time works, in whichever process. bury closes an import whose run is over.
func (r *Registrar) NewWaker(mails Mails, uploads Uploads, bury func(context.Context, ledger.Import) error) *Waker {
	return &Waker{
		Registrar: r, mails: mails, uploads: uploads, bury: bury,
		sent: map[string]time.Time{}, looked: map[tenant.ImportID]time.Time{}, watched: map[lateness.Look]time.Time{}, mailed: map[tenant.ID]mailing{},
	}
}

// Wake looks at every tenant once. It may be repeated at will.
func (w *Waker) Wake(ctx context.Context) error {
	if err := w.watchUploads(ctx); err != nil {
		w.Log.Warn("watch uploads", "error", err.Error())
	}
	tenants, err := w.Tenants.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		steps := []func(context.Context, tenant.ID) error{w.buryDead, w.resendDecisions, w.wakeMail}
		if t.State != tenant.Paused {
			steps = append(steps, w.wakeTenant)
		}
		for _, step := range steps {
			if err := step(ctx, t.ID); err != nil {
				w.Log.Warn("wake tenant", "tenant", string(t.ID), "error", err.Error())
			}
		}
	}
	return ctx.Err()
}

// A look for a missing upload takes seconds. Where it is not done after rewatchAfter it is started again, which changes nothing while it runs. Many tenants are due at the same time, so a round of the
// waker starts a part of them.
const (
	rewatchAfter  = 20 * time.Second
	watchedAtOnce = 50
)

// watchUploads starts the look for each upload that is to be looked at by now. Which those are is one question for all tenants.
func (w *Waker) watchUploads(ctx context.Context) error {
	due, err := w.uploads.UploadsToWatch(ctx, w.Clock.Now())
	if err != nil {
		return err
	}
	// What is no longer due was done. A look that is due anew has another time and is another.
	maps.DeleteFunc(w.watched, func(look lateness.Look, _ time.Time) bool { return !slices.Contains(due, look) })
	runs, started := Runs{Temporal: w.Temporal}, 0
	for _, look := range due {
		if time.Since(w.watched[look]) < rewatchAfter {
			continue
		}
		if started++; started > watchedAtOnce {
			break
		}
		if err := runs.WatchUpload(ctx, look.Tenant); err != nil {
			return err
		}
		w.watched[look] = time.Now()
	}
	return nil
}

// lookEvery is how often a live import's run is looked for.
const lookEvery = 10 * time.Second

// buryDead closes the imports whose run is over though their row is not: it failed, or somebody terminated it. An apply that outlives its parent is let come to the edge of its chunk.
func (w *Waker) buryDead(ctx context.Context, id tenant.ID) error {
	live, err := w.Ledger.LiveImports(ctx, id)
	if err != nil {
		return err
	}
	runs := Runs{Temporal: w.Temporal}
	for _, imp := range live {
		if time.Since(w.looked[imp.ID]) < lookEvery {
			continue
		}
		w.looked[imp.ID] = time.Now()
		alive, err := runs.Alive(ctx, imp)
		if err != nil {
			return err
		}
		if alive {
			continue
		}
		if applying, err := runs.Applying(ctx, id); err != nil || applying {
			return err
		}
		if err := w.bury(ctx, imp); err != nil {
			return err
		}
	}
	return nil
}

// overdue is how long mail may be due before its sending is started; it is started by whoever makes it due, and this is for when that one died.
const overdue = 10 * time.Second

// renotifyEvery is how often the sending of a tenant's notices is told of the same ones. Each telling stands in the history of a run that may have been waiting for its mail server for days.
const renotifyEvery = 5 * time.Minute

// wakeMail starts the sending of mail that is due where nobody sends it. A run that is there may sleep until the mail that it knew of is due, so for notices, which go at once, it is told.
func (w *Waker) wakeMail(ctx context.Context, id tenant.ID) error {
	due, err := w.mails.NextMailDue(ctx, id)
	if err != nil || due.IsZero() || w.Clock.Now().Sub(due) < overdue {
		return err
	}
	if notified, err := w.wakeNotices(ctx, id); err != nil || notified {
		return err
	}
	runs := Runs{Temporal: w.Temporal}
	for _, busy := range []func(context.Context, tenant.ID) (bool, error){runs.Applying, runs.Inviting} { // an apply starts the sending at its end
		if is, err := busy(ctx, id); err != nil || is {
			return err
		}
	}
	return runs.WakeInvitations(ctx, id)
}

// wakeNotices has notices sent that are due, whatever runs, and reports whether it did.
func (w *Waker) wakeNotices(ctx context.Context, id tenant.ID) (woken bool, err error) {
	due, err := w.mails.NextNoticeDue(ctx, id)
	if err != nil || due.IsZero() || w.Clock.Now().Sub(due) < overdue {
		return false, err
	}
	if last := w.mailed[id]; last.due.Equal(due) && time.Since(last.at) < renotifyEvery {
		return false, nil
	}
	if err := (Runs{Temporal: w.Temporal}).WakeInvitations(ctx, id); err != nil {
		return false, err
	}
	w.mailed[id] = mailing{due: due, at: time.Now()}
	return true, nil
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
