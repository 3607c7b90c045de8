package courier_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/invite/courier"
	"rollcall.internal/internal/mail"
	"rollcall.internal/internal/mail/mailtest"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
)

// handClock is moved by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// post is a tenant's outbox, a mail server and a courier between them.
type post struct {
	*courier.Courier
	t      testing.TB
	db     *postgres.DB
	url    string
	clock  *handClock
	server *mailtest.Server
	job    courier.Job
	log    *strings.Builder
}

func newPost(t testing.TB, mails int, script mailtest.Script) *post {
	t.Helper()
	p := &post{t: t, clock: &handClock{now: time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC)}, server: mailtest.Start(t, script), log: &strings.Builder{}}
	p.db, p.url = pgtest.New(t, p.clock)
	pgtest.Tenant(t, p.url, "acme")
	p.queue(mails)
	p.job = courier.Job{Tenant: "acme", Org: "Acme"}
	p.Courier = p.courier(p.server.Addr)
	return p
}

// courier makes one that sends to address, with timeouts short enough for a test of a server that stalls.
func (p *post) courier(address string) *courier.Courier {
	p.t.Helper()
	sender, err := mail.New(mail.Settings{
		Address: address, TLS: mail.TLSNone, From: "hub@hub.example", DialTimeout: 2 * time.Second, Timeout: 2 * time.Second,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	settings := courier.Settings{BaseURL: "https://hub.example", Program: "Mentoring Hub", SettleWithin: 5 * time.Second}
	if err := settings.Validate(); err != nil {
		p.t.Fatal(err)
	}
	return &courier.Courier{
		Outbox: p.db, Settings: settings, Clock: p.clock, Log: slog.New(slog.NewTextHandler(p.log, nil)),
		Open: func(ctx context.Context) (courier.Session, error) { return sender.Open(ctx) },
	}
}

// queue adds members p1, p2, ... and an invitation each, due now.
func (p *post) queue(n int) {
	p.t.Helper()
	members, mails := make([]string, n), make([]string, n)
	for i := range n {
		members[i], mails[i] = uuid.NewString(), uuid.Must(uuid.NewV7()).String()
	}
	pgtest.Exec(p.t, p.url, `
		WITH new AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS n (member, mail, nth)), m AS (
			INSERT INTO member (tenant_id, id, version, state, source, email, email_folded, first_name, last_name, locale, status, eligibility, profile,
			                    created_at, changed_at)
			SELECT 'acme', member, 1, 'invited', 'roster', 'p' || nth || '@acme.test', 'p' || nth || '@acme.test', 'Zoë', 'L',
			       CASE WHEN nth % 2 = 0 THEN 'fr-CA' ELSE 'en-US' END, 'active', 'eligible', '{}', $3, $3
			FROM new)
		INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, import_n, attempts, due_at, claimed_by, reply, created_at, changed_at)
		SELECT 'acme', mail, 'invitation', member, 'membership', 'waiting', 1, 0, $3, '', '', $3, $3 FROM new`,
		members, mails, p.clock.Now())
}

func (p *post) run() courier.Report {
	p.t.Helper()
	report, err := p.Run(p.t.Context(), p.job, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return report
}

// check is the oracle: nobody got two, a mail is delivered only if the server took it, and a mail that was taken is delivered or, where no reply came, unknown.
func (p *post) check() map[invite.State]int {
	p.t.Helper()
	byTo, byID := map[string]int{}, map[string]int{}
	for _, m := range p.server.Taken() {
		byTo[m.To]++
		byID[m.MessageID]++
	}
	list, _, err := p.db.ListMails(p.t.Context(), "acme", invite.Filter{})
	if err != nil {
		p.t.Fatal(err)
	}
	states := map[invite.State]int{}
	for _, e := range list {
		states[e.State]++
		taken := byTo[e.To]
		if id := byID["<invitation."+e.ID+"@hub.example>"]; taken > 1 || id != taken {
			p.t.Errorf("%s got %d messages, %d with its Message-ID", e.To, taken, id)
		}
		if e.State == invite.Delivered && taken == 0 || taken == 1 && e.State != invite.Delivered && e.State != invite.Unknown {
			p.t.Errorf("mail to %s is %s, and the server took %d", e.To, e.State, taken)
		}
	}
	if strings.Contains(p.log.String(), "@acme.test") || strings.Contains(p.log.String(), "Zoë") {
		p.t.Error("the log holds personal data")
	}
	return states
}

func (p *post) wantStates(want map[invite.State]int) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.check()); diff != "" {
		p.t.Errorf("mails by state (-want +got):\n%s", diff)
	}
}
