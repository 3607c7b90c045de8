// Package courier empties a tenant's outboxes: it claims the mails that are due, sends them over a few connections at once, and records what came of
// each. There are two: notices to the tenant's contacts go first and at once, then come the mails to members.
//
// # One mail
//
// The order is what the promise of package invite rests on:
//
//  1. open a connection, where there is none; so a server that can't be reached costs no mail a try
//  2. claim: the row says sending, who by, and the hash of its token, and that is committed
//  3. hand the message to the server, within a deadline
//  4. settle: the row says what came of it, in the same transaction as the next claim
//
// A courier that dies between 2 and 4 leaves a row in sending; once its lease has passed it is swept: a mail to a member is unknown then, a notice waits to be sent again. The deadlines of 3 and 4 together stay
// below the lease, so no courier that lives is ever overtaken, and one that was frozen past its deadline sends nothing more.
//
// A connection that had carried messages before and turns out dead, or whose server has had enough of it, says nothing about the message at hand: where that message surely
// was not taken, it is tried once more on a fresh connection, under the same claim.
//
// # Stopping
//
// When the context ends, no further mail is claimed; the one under way is finished and recorded, each within its own deadline.
//
// # Pace
//
// [invite.Policy] is applied here, to mails to members alone: outside the hours nothing is claimed, and within them at most a batch. Whatever was due and may not go gets a later slot, so
// "due" always means "may go now" to those who wait for it.
//
// This package knows neither SMTP nor SQL.
package courier

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
)

// ErrUnreachable says that no connection to the mail server could be opened. Nothing was lost: what is due stays due.
var ErrUnreachable = errors.New("mail server can't be reached")

// An Outbox is the ledgers of mail. *postgres.DB is one; its methods of these names hold the contracts.
type Outbox interface {
	SweepNotices(ctx context.Context, id tenant.ID, now time.Time) (int, error)
	NoticesDue(ctx context.Context, id tenant.ID, now time.Time) (int, error)
	SettleAndClaimNotice(ctx context.Context, id tenant.ID, settle *invite.Settlement, claim *invite.Claim, now time.Time) (notice.Claimed, bool, error)

	SweepUnknown(ctx context.Context, id tenant.ID, now time.Time) (int, error)
	MailBacklog(ctx context.Context, id tenant.ID, now, since time.Time) (invite.Backlog, error)
	SettleAndClaimMail(ctx context.Context, id tenant.ID, settle *invite.Settlement, claim *invite.Claim, now time.Time) (invite.Claimed, bool, error)
	PostponeMail(ctx context.Context, id tenant.ID, now time.Time, slots []time.Time, each int) error
}

// A Session is one connection to a mail server; *mail.Session is one.
type Session interface {
	// Send hands over one message within the deadline of ctx, and does not end when ctx is cancelled. Its error means that the message could not be
	// built, and the server heard nothing of it.
	Send(context.Context, invite.Envelope, invite.Message) (invite.Attempt, error)
	Close()
}

// Settings are those of a deployment. The zero value of each field but BaseURL and Program has a default.
type Settings struct {
	// BaseURL is where the links in mails lead, without a slash at the end. It has no default.
	BaseURL string
	// Program is what members are invited to, as they know it. It has no default.
	Program string
	// Valid is how long the link of an invitation works. Defaults to 30 days.
	Valid time.Duration
	// Senders is how many connections are used at once. Defaults to 4.
	Senders int
	// SendWithin bounds one mail from its claim to the server's word, a fresh connection included. Defaults to 30 s.
	SendWithin time.Duration
	// SettleWithin bounds the recording of that word, which is repeated while the database is away. Defaults to 20 s. Together the two
	// stay below [invite.Lease].
	SettleWithin time.Duration
}

func (s Settings) withDefaults() Settings {
	if s.Valid == 0 {
		s.Valid = 30 * 24 * time.Hour
	}
	if s.Senders == 0 {
		s.Senders = 4
	}
	if s.SendWithin == 0 {
		s.SendWithin = 30 * time.Second
	}
	if s.SettleWithin == 0 {
		s.SettleWithin = 20 * time.Second
	}
	return s
}

// Validate says whether s can be honoured.
func (s Settings) Validate() error {
	s = s.withDefaults()
	switch {
	case !webAddress(s.BaseURL):
		return fmt.Errorf("%q is no address for the links in mails: use http or https, a host, and no slash at the end", s.BaseURL)
	case s.Program == "":
		return errors.New("what members are invited to has no name")
	case s.Valid < 0 || s.Senders < 0 || s.SendWithin < 0 || s.SettleWithin < 0:
		return errors.New("a setting of mail can't be negative")
	case s.SendWithin+s.SettleWithin >= invite.Lease:
		return fmt.Errorf("sending and recording a mail must take less than %v together", invite.Lease)
	}
	return nil
}

// A Courier sends. It holds no state between runs and is safe for concurrent use, but for the pace: two runs for one tenant at once may each send a
// batch.
type Courier struct {
	Outbox   Outbox
	Open     func(context.Context) (Session, error)
	Settings Settings // valid
	Clock    clock.Clock
	Log      *slog.Logger // told ids and codes of mails, never an address
}

// A Job is one tenant's mail.
type Job struct {
	Tenant tenant.ID
	Org    string // the organisation's name, as members read it
	Policy invite.Policy
	// Manager is the tenant's first customer success manager, whom contacts answer; zero where there is none.
	Manager tenant.Contact
}

// A Report says what a run did.
type Report struct {
	Tally // of mails to members
	// Swept is how many mails of couriers that died became unknown.
	Swept int
	// Notices is what came of notices to contacts.
	Notices Tally
	// NextDue is when a courier is next needed; zero where nothing waits.
	NextDue time.Time
}

// A Tally counts what came of mails.
type Tally struct{ Delivered, Failed, Retry, Unknown int }

// Run sends what is due now and may go, and returns when nothing of it is left or ctx has ended. What fails of a single mail is in the report and the ledger. The error is
// [ErrUnreachable], or the outbox's, or ctx's; the report then says what was done so far. A run may be repeated at any time.
//
// Progress, which may be nil, hears the number of mails to members delivered so far after each delivery, one call at a time.
func (c *Courier) Run(ctx context.Context, job Job, progress func(delivered int)) (Report, error) {
	r := &run{Courier: c, settings: c.Settings.withDefaults(), job: job, progress: progress, name: rand.Text()}
	for _, step := range []func(context.Context) error{r.beginNotices, r.send, r.begin, r.send} {
		if err := step(ctx); err != nil {
			return r.report, err
		}
	}
	if err := ctx.Err(); err != nil {
		return r.report, err
	}
	return r.report, r.rest(ctx)
}

// run is one call of Run.
type run struct {
	*Courier
	settings Settings
	job      Job
	progress func(int)
	name     string // no other run's
	pile     pile   // what is being sent
	due      int    // of the pile, when it was begun
	closed   bool   // outside the hours

	mu      sync.Mutex
	report  Report
	allowed int // how many more may be claimed
	claims  int // so far; each gets a name of its own
}

// beginNotices sweeps, and lets all notices go that are due.
func (r *run) beginNotices(ctx context.Context) error {
	now := r.Clock.Now()
	swept, err := r.Outbox.SweepNotices(ctx, r.job.Tenant, now)
	if err != nil {
		return err
	}
	r.pile, r.allowed = notices{r}, math.MaxInt
	r.report.Notices.Unknown = swept
	r.due, err = r.Outbox.NoticesDue(ctx, r.job.Tenant, now)
	return err
}

// begin sweeps, and finds out how many mails to members may go.
func (r *run) begin(ctx context.Context) error {
	r.pile = invitations{r}
	now := r.Clock.Now()
	swept, err := r.Outbox.SweepUnknown(ctx, r.job.Tenant, now)
	if err != nil {
		return err
	}
	r.report.Swept = swept
	size, every := r.job.Policy.Batch()
	backlog, err := r.Outbox.MailBacklog(ctx, r.job.Tenant, now, now.Add(-every))
	if err != nil {
		return err
	}
	r.due = backlog.Due
	r.closed = r.job.Policy.NextDue(now).After(now)
	switch {
	case r.closed:
		r.allowed = 0
	case size == 0:
		r.allowed = math.MaxInt
	default:
		r.allowed = max(0, size-backlog.Recent)
	}
	return nil
}

// send runs the senders. A sender that could not connect is no failure of the run as long as another could: servers limit connections.
func (r *run) send(ctx context.Context) error {
	senders := min(r.settings.Senders, r.due, r.allowed)
	if senders == 0 {
		return nil
	}
	errs := make([]error, senders)
	var group sync.WaitGroup
	for i := range senders {
		group.Go(func() { errs[i] = (&sender{run: r}).work(ctx) })
	}
	group.Wait()
	worked := false
	var unreachable error
	for _, err := range errs {
		switch {
		case err == nil:
			worked = true
		case errors.Is(err, ErrUnreachable):
			unreachable = err
		default:
			return err
		}
	}
	if !worked {
		return unreachable
	}
	return nil
}

// rest gives what was due and may not go its slots, and finds out when to come back. The slots are counted from the end of the batch, so that the
// next one finds all of its span free.
func (r *run) rest(ctx context.Context) error {
	now := r.Clock.Now()
	size, _ := r.job.Policy.Batch()
	if r.closed || size > 0 {
		if err := r.Outbox.PostponeMail(ctx, r.job.Tenant, now, r.job.Policy.Slots(now), max(size, 1)); err != nil {
			return err
		}
	}
	backlog, err := r.Outbox.MailBacklog(ctx, r.job.Tenant, now, now)
	r.report.NextDue = backlog.Next
	return err
}
