package activities

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/deploy"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
)

// uploads is a tenant's uploads as WatchUpload sees them, and what it tells.
type uploads struct {
	Tenants
	Runs
	file  string // the tenant's
	known lateness.Known
	heard []notice.Recipient
	told  []string
	woken int
}

func (u *uploads) TenantFile(context.Context, tenant.ID, int) (tenant.FileVersion, error) {
	return tenant.FileVersion{Source: []byte(u.file)}, nil
}

func (u *uploads) WakeInvitations(context.Context, tenant.ID) error {
	u.woken++
	return nil
}

func (u *uploads) WatchUpload(_ context.Context, _ tenant.ID, _ lateness.Period, _ time.Time, decide func(lateness.Known) (lateness.Decision, notice.Telling, error)) (int, error) {
	_, tell, err := decide(u.known)
	if err != nil {
		return 0, err
	}
	for _, n := range tell(u.heard) {
		u.told = append(u.told, fmt.Sprintf("%s to %s about %s", n.Kind, n.To.Email, n.About))
	}
	return 0, nil
}

func TestWatchUpload(t *testing.T) {
	t.Parallel()
	// The example's file is due on the first of a month at 06:00 in Toronto, with a grace of a day.
	due := time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
	now := due.Add(24*time.Hour + time.Minute)
	secondTime, next := due.Add(48*time.Hour), time.Date(2027, 1, 2, 11, 0, 0, 0, time.UTC)
	file := string(deploy.AcmeTenant)
	known := lateness.Known{State: tenant.Active, AgreedThen: []byte(file), Up: []lateness.Span{{From: due.AddDate(-1, 0, 0), To: now}}}
	for _, test := range []struct {
		name  string
		given func(u *uploads)
		want  contract.LatenessResult
		told  []string
	}{
		{"missing", nil, contract.LatenessResult{Due: due, Late: true, Next: secondTime}, []string{
			"upload_late to it@acme.example about due/2026-12-01T11:00:00Z", "upload_late to hris@acme.example about due/2026-12-01T11:00:00Z",
		}},
		{"missing still", func(u *uploads) { u.known.Last = lateness.Round{Due: due, LateAt: due.Add(-time.Hour)} }, contract.LatenessResult{Due: due, Next: secondTime}, nil},
		{"arrived", func(u *uploads) {
			u.known.Last = lateness.Round{Due: due, LateAt: due.Add(time.Hour)}
			u.known.Accepted = lateness.Arrival{File: "r.csv", ReceivedAt: due.Add(2 * time.Hour)}
			u.heard = []notice.Recipient{{Role: tenant.TechnicalSFTP, Email: "it@acme.example"}}
		}, contract.LatenessResult{Due: due, Arrived: true, Next: next}, []string{"upload_arrived to it@acme.example about due/2026-12-01T11:00:00Z"}},
		{"due on another day by what was agreed then", func(u *uploads) {
			u.known.AgreedThen = []byte(strings.Replace(file, "{day: 1,", "{day: 2,", 1))
		}, contract.LatenessResult{Due: due, Next: next}, nil},
		{"told by a try that died before it woke the sending", func(u *uploads) {
			u.known.Last, u.known.Unsent = lateness.Round{Due: due, LateAt: now}, true
		}, contract.LatenessResult{Due: due, Next: secondTime}, nil},
		{"agreed then in a way that is no longer understood", func(u *uploads) {
			u.known.AgreedThen = []byte("upload: [of an older kind")
		}, contract.LatenessResult{Due: due, Next: next}, nil},
		{"not known then", func(u *uploads) { u.known.AgreedThen = nil }, contract.LatenessResult{Due: due, Next: next}, nil},
		{"other contacts then, the same day", func(u *uploads) {
			u.known.AgreedThen = []byte(strings.Replace(file, "it@acme.example", "old@acme.example", 1))
		}, contract.LatenessResult{Due: due, Late: true, Next: secondTime}, []string{
			"upload_late to it@acme.example about due/2026-12-01T11:00:00Z", "upload_late to hris@acme.example about due/2026-12-01T11:00:00Z",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u := &uploads{file: file, known: known}
			if test.given != nil {
				test.given(u)
			}
			a := &Activities{Tenants: u, Runs: u, Uploads: u, Clock: clock.Fixed(now), OutageRest: time.Hour}
			got, err := a.WatchUpload(t.Context(), contract.LatenessInput{Tenant: "acme"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.told, u.told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if woken := u.woken == 1; woken != (len(test.told) > 0 || u.known.Unsent) {
				t.Errorf("sending was woken %d times", u.woken)
			}
		})
	}
}
