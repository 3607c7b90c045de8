package activities

import (
	"context"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// WatchUpload looks whether the tenant's upload is missing, or has come after all, and tells whom it concerns.
func (a *Activities) WatchUpload(ctx context.Context, in contract.LatenessInput) (result contract.LatenessResult, err error) {
	file, err := a.currentFile(ctx, in.Tenant)
	if err != nil {
		return result, err
	}
	now := a.Clock.Now()
	period, _ := lateness.At(file.Upload, now)
	told, unsent := 0, false
	left, err := a.Uploads.WatchUpload(ctx, in.Tenant, period, now, func(known lateness.Known) (lateness.Decision, notice.Telling, error) {
		d := a.lateness(file, period, known, now)
		unsent = known.Unsent
		result = contract.LatenessResult{Due: period.Due, Late: d.Late, StillLate: d.StillLate, Arrived: !d.Arrived.IsZero(), Next: d.Next}
		return d, func(missed []notice.Recipient) []notice.Notice {
			notices := uploadNotices(file, period, known, d, missed)
			told = len(notices)
			return notices
		}, nil
	})
	if err != nil {
		return result, err
	}
	reportLeftOut(ctx, in.Tenant, left)
	// A try before this one may have recorded the notices and died before it woke anybody.
	if told == 0 && !unsent {
		return result, nil
	}
	return result, a.Runs.WakeInvitations(ctx, in.Tenant)
}

// lateness decides about what is known. What was agreed at the due time may be of a kind that is no longer understood; then nobody knows that the upload was due.
func (a *Activities) lateness(file tenant.File, p lateness.Period, k lateness.Known, now time.Time) lateness.Decision {
	agreed := false
	if k.AgreedThen != nil {
		then, err := tenantfile.Stored(k.AgreedThen)
		agreed = err == nil && then.Upload.PreviousDue(p.Due).Equal(p.Due)
	}
	return lateness.Decide(lateness.Facts{
		Now: now, Period: p, Grace: file.Upload.Grace, State: k.State, ActivatedAt: k.ActivatedAt, ActiveSince: k.ActiveSince, Agreed: agreed,
		Accepted: k.Accepted.ReceivedAt, Pending: k.Pending, Last: k.Last, Up: k.Up, Rest: a.OutageRest,
	})
}

// uploadNotices writes what a decision tells; missed are those who heard that the upload was missing.
func uploadNotices(file tenant.File, p lateness.Period, k lateness.Known, d lateness.Decision, missed []notice.Recipient) []notice.Notice {
	if !d.Arrived.IsZero() {
		return notice.Arrived(file, missed, k.Accepted.Import, d.Arrived, k.Accepted.File, k.Accepted.ReceivedAt)
	}
	m := notice.Missing{
		Due: p.Due, LastFile: k.Accepted.File, LastReceivedAt: k.Accepted.ReceivedAt, RefusedFile: k.Refused.File, RefusedAt: k.Refused.ReceivedAt,
		LastLogin: k.LastLogin, Away: d.Away,
	}
	var notices []notice.Notice
	if d.Late {
		notices = notice.Late(file, m)
	}
	if d.StillLate {
		m.ToldAt = d.ToldAt
		notices = append(notices, notice.StillLate(file, m)...)
	}
	return notices
}
