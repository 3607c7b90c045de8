package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// outbox is a database with mail of the tenants acme and zeta.
type outbox struct {
	*postgres.DB
	t   *testing.T
	url string
	now time.Time
}

func newOutbox(t *testing.T) outbox {
	t.Helper()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	db, url := pgtest.New(t, clock.Fixed(now))
	pgtest.Tenant(t, url, "acme", "zeta")
	return outbox{DB: db, t: t, url: url, now: now}
}

// queue adds a member in the given state with an invitation due after a while, and returns the mail's id.
func (o outbox) queue(id tenant.ID, n int, state string, after time.Duration) string {
	o.t.Helper()
	member, mail := uuid.NewString(), uuid.Must(uuid.NewV7()).String()
	pgtest.Exec(o.t, o.url, `
		INSERT INTO member (tenant_id, id, version, state, state_before, source, email, email_folded, first_name, last_name, locale, status, eligibility, profile,
		                    created_at, changed_at, deleted_at, deleted_until)
		VALUES ($1, $2, 1, $3, CASE WHEN $3 IN ('deactivated', 'deleted') THEN 'invited' END, 'roster', $4, $4, $5, 'L', 'fr-CA',
		        CASE WHEN $3 = 'deactivated' THEN 'inactive' ELSE 'active' END, 'eligible', '{}', $6, $6,
		        CASE WHEN $3 = 'deleted' THEN $6::timestamptz END, CASE WHEN $3 = 'deleted' THEN $6::timestamptz END)`,
		id, member, state, fmt.Sprintf("p%d@%s.test", n, id), fmt.Sprintf("First%d", n), o.now)
	pgtest.Exec(o.t, o.url, `
		INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, import_n, attempts, due_at, claimed_by, reply, created_at, changed_at)
		VALUES ($1, $2, 'invitation', $3, 'membership', 'waiting', 7, 0, $4, '', '', $5, $5)`,
		id, mail, member, o.now.Add(after), o.now.Add(time.Duration(n)*time.Second))
	return mail
}

func (o outbox) claim(owner string, now time.Time) (invite.Claimed, bool) {
	o.t.Helper()
	mail, ok, err := o.SettleAndClaimMail(o.t.Context(), "acme", nil, &invite.Claim{Owner: owner, Token: invite.NewToken()}, now)
	if err != nil {
		o.t.Fatal(err)
	}
	return mail, ok
}

func (o outbox) settle(mail invite.Claimed, try invite.Attempt, now time.Time) {
	o.t.Helper()
	s := invite.Settle(mail, try, now)
	if _, _, err := o.SettleAndClaimMail(o.t.Context(), "acme", &s, nil, now); err != nil {
		o.t.Fatal(err)
	}
}

// states returns how many mails of acme's import 7 are in each state.
func (o outbox) states() map[invite.State]int {
	o.t.Helper()
	counts, err := o.MailCounts(o.t.Context(), "acme", 7)
	if err != nil {
		o.t.Fatal(err)
	}
	return counts
}

func (o outbox) wantStates(want map[invite.State]int) {
	o.t.Helper()
	if diff := cmp.Diff(want, o.states()); diff != "" {
		o.t.Errorf("mails by state (-want +got):\n%s", diff)
	}
}

var (
	taken   = invite.Attempt{Step: invite.StepDot, Code: 250}
	noReply = invite.Attempt{Step: invite.StepDot, Lost: true}
	refused = invite.Attempt{Step: invite.StepRecipient, Code: 550, Enhanced: "5.1.1"}
	later   = invite.Attempt{Step: invite.StepRecipient, Code: 451}
)

func TestClaimTakesTheFirstDue(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	second := o.queue("acme", 1, "invited", -time.Minute)
	first := o.queue("acme", 2, "invited", -time.Hour)
	o.queue("acme", 3, "invited", time.Minute)
	o.queue("zeta", 4, "invited", -24*time.Hour)

	got, ok := o.claim("a/1", o.now)
	want := invite.Claimed{
		ID: first, Kind: invite.KindInvitation, Owner: "a/1", To: "p2@acme.test", FirstName: "First2", Locale: "fr-CA",
		Import: tenant.ImportID{Tenant: "acme", N: 7}, Tries: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("claimed %t (-want +got):\n%s", ok, diff)
	}
	if got, _ := o.claim("a/2", o.now); got.ID != second {
		t.Errorf("second claim is %s, want %s", got.ID, second)
	}
	if _, ok := o.claim("a/3", o.now); ok {
		t.Error("claimed what is not due yet, or another tenant's")
	}
	o.wantStates(map[invite.State]int{invite.Sending: 2, invite.Waiting: 1})
}

// A reply that was lost is asked for again: the same claim gets the same mail, and settles it once.
func TestRepeatedTurnsDoNothingTwice(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.queue("acme", 1, "invited", 0)
	o.queue("acme", 2, "invited", 0)
	first, _ := o.claim("a/1", o.now)
	again, ok := o.claim("a/1", o.now.Add(time.Second))
	if diff := cmp.Diff(first, again); diff != "" || !ok {
		t.Errorf("the repeated claim got another mail:\n%s", diff)
	}
	settled, next := invite.Settle(first, taken, o.now), &invite.Claim{Owner: "a/2", Token: invite.NewToken()}
	var ids []string
	for range 2 {
		mail, ok, err := o.SettleAndClaimMail(t.Context(), "acme", &settled, next, o.now)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		ids = append(ids, mail.ID)
	}
	if ids[0] != ids[1] || ids[0] == first.ID {
		t.Errorf("repeated turns got %v after %s", ids, first.ID)
	}
	o.wantStates(map[invite.State]int{invite.Delivered: 1, invite.Sending: 1})
}

// Who is no longer to be invited gets nothing, and a tenant that is not active sends nothing.
func TestClaimPassesOver(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	for i, state := range []string{"deactivated", "deleted", "active", "pending"} {
		o.queue("acme", i, state, -time.Hour)
	}
	o.queue("acme", 7, "invited", -time.Hour)
	pgtest.Exec(t, o.url, `UPDATE member SET eligibility = 'ineligible' WHERE email = 'p7@acme.test'`)
	o.queue("acme", 8, "invited", -time.Hour)
	pgtest.Exec(t, o.url, `UPDATE member SET status = 'inactive' WHERE email = 'p8@acme.test'`)
	o.queue("acme", 9, "invited", 0)
	pgtest.Exec(t, o.url, `UPDATE tenant SET state = 'paused' WHERE id = 'acme'`)
	if _, ok := o.claim("a/1", o.now); ok {
		t.Error("a paused tenant's mail was claimed")
	}
	o.wantStates(map[invite.State]int{invite.Waiting: 7})
	pgtest.Exec(t, o.url, `UPDATE tenant SET state = 'active' WHERE id = 'acme'`)
	if got, ok := o.claim("a/1", o.now); !ok || got.To != "p9@acme.test" {
		t.Errorf("claimed %t, mail of %s", ok, got.FirstName)
	}
	o.wantStates(map[invite.State]int{invite.Cancelled: 6, invite.Sending: 1})
}

func TestSettlements(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	for i, try := range []invite.Attempt{taken, refused, noReply, later} {
		o.queue("acme", i, "invited", 0)
		mail, _ := o.claim(fmt.Sprint("a/", i), o.now)
		o.settle(mail, try, o.now)
	}
	o.wantStates(map[invite.State]int{invite.Delivered: 1, invite.Failed: 1, invite.Unknown: 1, invite.Waiting: 1})
	if _, ok := o.claim("a/9", o.now.Add(59*time.Second)); ok {
		t.Error("the retry was claimed before its pause was over")
	}
	mail, ok := o.claim("a/9", o.now.Add(time.Minute))
	if !ok || mail.Tries != 2 {
		t.Errorf("after the pause: claimed %t, try %d, want the second", ok, mail.Tries)
	}
}

// A claim that outlives its lease becomes unknown. Its courier, should it wake, may still say for certain that the mail went or was refused, but may not have it
// sent again.
func TestSweepAndLateWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		try  invite.Attempt
		want invite.State
	}{{taken, invite.Delivered}, {refused, invite.Failed}, {later, invite.Unknown}, {noReply, invite.Unknown}} {
		o := newOutbox(t)
		o.queue("acme", 1, "invited", 0)
		mail, _ := o.claim("a/1", o.now)
		if n, err := o.SweepUnknown(t.Context(), "acme", o.now.Add(invite.Lease-time.Second)); err != nil || n != 0 {
			t.Errorf("swept %d within the lease, %v", n, err)
		}
		if n, err := o.SweepUnknown(t.Context(), "acme", o.now.Add(invite.Lease)); err != nil || n != 1 {
			t.Errorf("swept %d after the lease, %v", n, err)
		}
		o.wantStates(map[invite.State]int{invite.Unknown: 1})
		if _, ok := o.claim("b/1", o.now.Add(time.Hour)); ok {
			t.Error("what is unknown was claimed again")
		}
		o.settle(mail, c.try, o.now.Add(2*time.Minute))
		o.wantStates(map[invite.State]int{c.want: 1})
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	id := o.queue("acme", 1, "invited", 0)
	if err := o.ResendMail(t.Context(), "acme", id, o.now); !errors.Is(err, invite.ErrNotResendable) {
		t.Errorf("resend of waiting mail: %v", err)
	}
	if err := o.ResendMail(t.Context(), "zeta", id, o.now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("resend of another tenant's mail: %v", err)
	}
	first, _ := o.claim("a/1", o.now)
	o.settle(first, noReply, o.now)
	if err := o.ResendMail(t.Context(), "acme", id, o.now); err != nil {
		t.Fatal(err)
	}
	o.settle(first, taken, o.now) // a word about a claim that is over
	o.wantStates(map[invite.State]int{invite.Waiting: 1})
	again, ok := o.claim("a/2", o.now)
	if !ok || again.ID != first.ID || again.Tries != 1 {
		t.Errorf("claimed %t: %s, try %d", ok, again.ID, again.Tries)
	}
	o.settle(again, refused, o.now)
	pgtest.Exec(t, o.url, `UPDATE member SET eligibility = 'ineligible'`)
	if err := o.ResendMail(t.Context(), "acme", id, o.now); !errors.Is(err, invite.ErrNotResendable) {
		t.Errorf("resend to somebody who is not eligible: %v", err)
	}
	pgtest.Exec(t, o.url, `UPDATE member SET state = 'active', eligibility = 'eligible'`)
	if err := o.ResendMail(t.Context(), "acme", id, o.now); !errors.Is(err, invite.ErrNotResendable) {
		t.Errorf("resend to somebody who has an account: %v", err)
	}
}

func TestBacklogAndDue(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	ctx := t.Context()
	if next, err := o.NextMailDue(ctx, "acme"); err != nil || !next.IsZero() {
		t.Errorf("nothing waits, yet next is %v, %v", next, err)
	}
	for n := range 5 {
		o.queue("acme", n, "invited", 0)
	}
	o.queue("acme", 5, "invited", time.Hour)
	mail, _ := o.claim("a/1", o.now)
	backlog, err := o.MailBacklog(ctx, "acme", o.now, o.now.Add(-time.Minute))
	if want := (invite.Backlog{Due: 4, Recent: 1, Next: o.now}); err != nil || backlog != want {
		t.Errorf("backlog %+v, %v; want %+v", backlog, err, want)
	}
	untried := func(want int) {
		t.Helper()
		if got, err := o.UntriedDue(ctx, "acme", 7, o.now); err != nil || got != want {
			t.Errorf("untried %d, %v; want %d", got, err, want)
		}
	}
	untried(5)
	o.settle(mail, later, o.now)
	untried(4)

	slots := []time.Time{o.now.Add(10 * time.Minute), o.now.Add(20 * time.Minute)}
	if err := o.PostponeMail(ctx, "acme", o.now, slots, 1); err != nil {
		t.Fatal(err)
	}
	untried(0)
	for at, want := range map[time.Duration]int{time.Minute: 1, 10 * time.Minute: 2, 20 * time.Minute: 5, time.Hour: 6} {
		backlog, err := o.MailBacklog(ctx, "acme", o.now.Add(at), o.now)
		if err != nil || backlog.Due != want {
			t.Errorf("%d due after %v, %v; want %d", backlog.Due, at, err, want)
		}
	}
	if next, err := o.NextMailDue(ctx, "acme"); err != nil || !next.Equal(o.now.Add(time.Minute)) {
		t.Errorf("next due %v, %v; want the retry's minute", next, err)
	}
	o.claim("a/2", o.now.Add(2*time.Minute))
	if next, err := o.NextMailDue(ctx, "acme"); err != nil || !next.Equal(o.now.Add(2*time.Minute+invite.Lease)) {
		t.Errorf("next due %v, %v; want the end of the lease", next, err)
	}
}

func TestListMails(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.queue("acme", 1, "invited", -time.Hour)
	o.queue("zeta", 2, "invited", 0)
	o.queue("acme", 3, "invited", 0)
	mail, _ := o.claim("a/1", o.now)
	o.settle(mail, refused, o.now)
	pgtest.Exec(t, o.url, `UPDATE member SET email = 'new@acme.test', email_folded = 'new@acme.test' WHERE email = 'p1@acme.test'`)
	cases := []struct {
		name   string
		tenant tenant.ID
		filter invite.Filter
		want   []string
		total  int
	}{
		{"everybody's", "", invite.Filter{}, []string{"p3@acme.test waiting acme-7", "p2@zeta.test waiting zeta-7", "p1@acme.test failed acme-7"}, 3},
		{"the newest", "", invite.Filter{Limit: 1}, []string{"p3@acme.test waiting acme-7"}, 3},
		{"one tenant's", "zeta", invite.Filter{}, []string{"p2@zeta.test waiting zeta-7"}, 1},
		{"one state", "acme", invite.Filter{State: invite.Failed}, []string{"p1@acme.test failed acme-7"}, 1},
		{"none", "zeta", invite.Filter{State: invite.Failed}, nil, 0},
	}
	for _, c := range cases {
		list, total, err := o.ListMails(t.Context(), c.tenant, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range list {
			got = append(got, fmt.Sprint(e.To, " ", e.State, " ", e.Import))
		}
		if diff := cmp.Diff(c.want, got); diff != "" || total != c.total {
			t.Errorf("%s: total %d (-want +got):\n%s", c.name, total, diff)
		}
	}
}

// Many claimants at once never get the same mail, and leave none behind.
func TestConcurrentClaims(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	const mails, claimants = 60, 6
	for n := range mails {
		o.queue("acme", n, "invited", 0)
	}
	var mu sync.Mutex
	var got []string
	var group sync.WaitGroup
	for c := range claimants {
		group.Go(func() {
			var settled *invite.Settlement
			for n := 0; ; n++ {
				claim := &invite.Claim{Owner: fmt.Sprintf("%d/%d", c, n), Token: invite.NewToken()}
				mail, ok, err := o.SettleAndClaimMail(t.Context(), "acme", settled, claim, o.now)
				if err != nil {
					t.Error(err)
				}
				if !ok {
					return
				}
				s := invite.Settle(mail, taken, o.now)
				settled = &s
				mu.Lock()
				got = append(got, mail.ID)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(got)
	if len(got) != mails || len(slices.Compact(got)) != mails {
		t.Errorf("%d claims of %d mails", len(got), mails)
	}
	o.wantStates(map[invite.State]int{invite.Delivered: mails})
}
