package courier_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/invite/courier"
	"rollcall.internal/internal/mail/mailtest"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAllAreDelivered(t *testing.T) {
	t.Parallel()
	p := newPost(t, 200, mailtest.Behave)
	var heard []int
	report, err := p.Run(t.Context(), p.job, func(delivered int) { heard = append(heard, delivered) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(courier.Report{Tally: courier.Tally{Delivered: 200}}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if len(heard) != 200 || heard[199] != 200 {
		t.Errorf("progress was told %d times", len(heard))
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 200})
	if n := p.server.Dialled(); n != 4 {
		t.Errorf("%d connections, want 4", n)
	}
	p.languagesAndTokens()
	if again := p.run(); again != (courier.Report{}) {
		t.Errorf("a second run reports %+v", again)
	}
}

// languagesAndTokens checks that each mail is in its member's language and bears a link whose token's hash is stored.
func (p *post) languagesAndTokens() {
	p.t.Helper()
	conn, err := pgx.Connect(p.t.Context(), p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(p.t.Context()))
	locales := map[string]int{}
	for _, m := range p.server.Taken() {
		locales[m.Header.Get("Content-Language")]++
		_, token, _ := strings.Cut(strings.Trim(m.Header.Get("List-Unsubscribe"), "<>"), "/unsubscribe/")
		var to string
		err := conn.QueryRow(p.t.Context(), `SELECT sent_to FROM mail WHERE token_hash = $1`, invite.Token(token).Hash()).Scan(&to)
		if err != nil || to != m.To {
			p.t.Fatalf("the token in the mail to %s belongs to %q, %v", m.To, to, err)
		}
	}
	if locales["fr-CA"] != locales["en-US"] {
		p.t.Errorf("languages %v", locales)
	}
}

// Faults of all kinds strike every tenth time a point is reached, while four connections are at work. With the clock moved on until nothing waits, every
// mail has an end, nobody has two, and only replies that never came are unknown.
func TestFaultsNeverDuplicateNorLose(t *testing.T) {
	t.Parallel()
	hangup := mailtest.Act{Silent: true, Hangup: true}
	cases := []struct {
		name string
		at   mailtest.Point
		act  mailtest.Act
		end  invite.State // of those that were struck, where it is not delivered
	}{
		{"hangs up at the greeting", mailtest.Greeting, hangup, ""},
		{"hangs up at EHLO", mailtest.Hello, hangup, ""},
		{"hangs up at MAIL", mailtest.Sender, hangup, ""},
		{"hangs up at RCPT", mailtest.Recipient, hangup, ""},
		{"hangs up at DATA", mailtest.Data, hangup, ""},
		{"hangs up within the content", mailtest.Content, hangup, invite.Unknown},
		{"hangs up after the dot", mailtest.Dot, hangup, invite.Unknown},
		{"takes it and hangs up", mailtest.Dot, mailtest.Act{Take: true, Silent: true, Hangup: true}, invite.Unknown},
		{"hangs up after the 250", mailtest.Dot, mailtest.Act{Hangup: true}, ""},
		{"421 at MAIL", mailtest.Sender, mailtest.Act{Reply: "421 4.7.0 enough for one connection", Hangup: true}, ""},
		{"421 after the dot", mailtest.Dot, mailtest.Act{Reply: "421 4.3.2 closing", Hangup: true}, ""},
		{"451 at RCPT", mailtest.Recipient, mailtest.Act{Reply: "451 4.7.1 greylisted"}, ""},
		{"452 after the dot", mailtest.Dot, mailtest.Act{Reply: "452 4.3.1 full"}, ""},
		{"550 at RCPT", mailtest.Recipient, mailtest.Act{Reply: "550 5.1.1 unknown"}, invite.Failed},
		{"421 on RSET", mailtest.Reset, mailtest.Act{Reply: "421 4.3.2 closing", Hangup: true}, ""},
		{"hangs up at QUIT", mailtest.Quit, hangup, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t, 60, func(e mailtest.Event) mailtest.Act {
				if e.Point == c.at && e.Nth%10 == 3 {
					return c.act
				}
				return mailtest.Act{}
			})
			p.untilNothingWaits()
			states := p.check()
			if c.end == "" && states[invite.Delivered] != 60 {
				t.Errorf("states %v, want all delivered", states)
			}
			// Every tenth is struck; a fault within the content is a retry as well where the client notices in time.
			if c.end != "" && (states[c.end] > 7 || states[invite.Delivered]+states[c.end] != 60) {
				t.Errorf("states %v, want %s for every tenth", states, c.end)
			}
			if c.end != "" && c.at != mailtest.Content && states[c.end] < 6 {
				t.Errorf("states %v: the fault went unnoticed", states)
			}
		})
	}
}

// untilNothingWaits runs again and again, an hour apart.
func (p *post) untilNothingWaits() {
	p.t.Helper()
	for range 30 {
		report, err := p.Run(p.t.Context(), p.job, nil)
		if err == nil && report.NextDue.IsZero() {
			return
		}
		if err != nil && !errors.Is(err, courier.ErrUnreachable) {
			p.t.Fatal(err)
		}
		p.clock.add(time.Hour)
	}
	p.t.Errorf("mail still waits: %v", p.check())
}

func TestTarpit(t *testing.T) {
	t.Parallel()
	p := newPost(t, 8, mailtest.Once(mailtest.Dot, mailtest.Act{Stall: true}))
	if report := p.run(); report.Unknown != 1 || report.Delivered != 7 {
		t.Errorf("report %+v, want one unknown and the rest delivered", report)
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 7, invite.Unknown: 1})
}

// A server that takes a few messages a connection costs no mail a pause.
func TestConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	p := newPost(t, 40, func(e mailtest.Event) mailtest.Act {
		if e.Point == mailtest.Sender && e.Nth%6 == 5 {
			return mailtest.Act{Silent: true, Hangup: true}
		}
		return mailtest.Act{}
	})
	p.Settings.Senders = 1
	if report := p.run(); report != (courier.Report{Tally: courier.Tally{Delivered: 40}}) {
		t.Errorf("report %+v, want all delivered at once", report)
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 40})
}

// While no server answers, nothing is claimed and no try is spent.
func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	p := newPost(t, 10, mailtest.Behave)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := p.courier(nobody.Addr().String()).Run(t.Context(), p.job, nil)
	if !errors.Is(err, courier.ErrUnreachable) || report != (courier.Report{}) {
		t.Errorf("report %+v, error %v", report, err)
	}
	if n, err := p.db.UntriedDue(t.Context(), "acme", 1, p.clock.Now()); err != nil || n != 10 {
		t.Errorf("%d untried, %v; want all", n, err)
	}
}

func TestTwoCouriersAtOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t, 150, mailtest.Behave)
	other := p.courier(p.server.Addr)
	var group sync.WaitGroup
	reports := make([]courier.Report, 2)
	for i, c := range []*courier.Courier{p.Courier, other} {
		group.Go(func() {
			var err error
			if reports[i], err = c.Run(t.Context(), p.job, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := reports[0].Delivered + reports[1].Delivered; n != 150 {
		t.Errorf("both delivered %d", n)
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 150})
}

// A run that is stopped finishes what is under way and leaves the rest as it was: nothing is unknown.
func TestStopBetweenMails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := newPost(t, 100, func(e mailtest.Event) mailtest.Act {
		if e.Point == mailtest.Content && e.Nth == 20 {
			cancel()
		}
		return mailtest.Act{}
	})
	report, err := p.Run(ctx, p.job, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	states := p.check()
	if n := states[invite.Delivered]; n < 20 || n > 24 || n != report.Delivered || n+states[invite.Waiting] != 100 {
		t.Errorf("states %v, report %+v; want about 20 delivered and the rest waiting", states, report)
	}
}

// A courier that died in the middle leaves sending behind: the next run comes back for it and calls it unknown, and never sends it.
func TestDeadCourier(t *testing.T) {
	t.Parallel()
	p := newPost(t, 3, mailtest.Behave)
	claim := &invite.Claim{Owner: "dead/1", Token: invite.NewToken()}
	if _, ok, err := p.db.SettleAndClaimMail(t.Context(), "acme", nil, claim, p.clock.Now()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	report := p.run()
	if want := (courier.Report{Tally: courier.Tally{Delivered: 2}, NextDue: p.clock.Now().Add(invite.Lease)}); report != want {
		t.Errorf("report %+v, want %+v", report, want)
	}
	p.clock.add(invite.Lease)
	if report := p.run(); report != (courier.Report{Swept: 1}) {
		t.Errorf("report %+v, want one swept", report)
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 2, invite.Unknown: 1})
}

func TestPaceAndHours(t *testing.T) {
	t.Parallel()
	p := newPost(t, 25, mailtest.Behave)
	zone, err := time.LoadLocation("America/Toronto")
	if err != nil {
		t.Fatal(err)
	}
	// 14:00 UTC is 09:00 there. A hundred an hour are ten every six minutes.
	p.job.Policy = invite.Policy{PerHour: 100, From: 8, To: 18, Zone: zone}
	start := p.clock.Now()
	var got []string
	for range 10 {
		report := p.run()
		untried, err := p.db.UntriedDue(t.Context(), "acme", 1, p.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%v: %d, %d due", p.clock.Now().Sub(start), report.Delivered, untried))
		if report.NextDue.IsZero() {
			break
		}
		p.clock.add(report.NextDue.Sub(p.clock.Now()))
	}
	if diff := cmp.Diff([]string{"0s: 10, 0 due", "6m0s: 10, 0 due", "12m0s: 5, 0 due"}, got); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}

	p.clock.add(10 * time.Hour)
	pgtest.Exec(t, p.url, `UPDATE mail SET state = 'waiting', due_at = $1`, p.clock.Now())
	before := len(p.server.Taken())
	report := p.run()
	if want := time.Date(2026, 12, 2, 13, 0, 0, 0, time.UTC); report.Delivered != 0 || !report.NextDue.Equal(want) {
		t.Errorf("in the evening: %+v, want nothing before %v", report, want)
	}
	if after := len(p.server.Taken()); after != before {
		t.Errorf("%d went in the evening", after-before)
	}
}

// lossyOutbox loses the reply of every third turn: the transaction has committed, and the courier hears of an error.
type lossyOutbox struct {
	courier.Outbox
	mu sync.Mutex
	n  int
}

func (o *lossyOutbox) SettleAndClaimMail(ctx context.Context, id tenant.ID, s *invite.Settlement, c *invite.Claim, now time.Time) (invite.Claimed, bool, error) {
	mail, ok, err := o.Outbox.SettleAndClaimMail(ctx, id, s, c, now)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n++; o.n%3 == 0 {
		return invite.Claimed{}, false, errors.New("connection lost")
	}
	return mail, ok, err
}

func TestLostCommits(t *testing.T) {
	t.Parallel()
	p := newPost(t, 40, mailtest.Behave)
	p.Outbox = &lossyOutbox{Outbox: p.db}
	if report := p.run(); report != (courier.Report{Tally: courier.Tally{Delivered: 40}}) {
		t.Errorf("report %+v, want all delivered", report)
	}
	p.wantStates(map[invite.State]int{invite.Delivered: 40})
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	good := courier.Settings{BaseURL: "https://hub.example/app", Program: "Hub"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*courier.Settings){
		"no link":             func(s *courier.Settings) { s.BaseURL = "" },
		"a link with a slash": func(s *courier.Settings) { s.BaseURL = "https://hub.example/" },
		"no web address":      func(s *courier.Settings) { s.BaseURL = "ftp://hub.example" },
		"no program":          func(s *courier.Settings) { s.Program = "" },
		"negative":            func(s *courier.Settings) { s.Senders = -1 },
		"beyond the lease":    func(s *courier.Settings) { s.SendWithin = invite.Lease },
	}
	for name, spoil := range cases {
		s := good
		spoil(&s)
		if s.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// BenchmarkRun takes one mail as one operation.
func BenchmarkRun(b *testing.B) {
	p := newPost(b, b.N, mailtest.Behave)
	b.ResetTimer()
	if report := p.run(); report.Delivered != b.N {
		b.Errorf("report %+v, want %d delivered", report, b.N)
	}
}
