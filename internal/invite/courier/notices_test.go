package courier_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/invite/courier"
	"rollcall.internal/internal/mail/mailtest"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// notify adds a notice of a refused file to each of the people, due now.
func (p *post) notify(people ...string) {
	p.t.Helper()
	for _, who := range people {
		pgtest.Exec(p.t, p.url, `
			INSERT INTO notice (tenant_id, id, kind, about, address, address_folded, name, role, locale, facts, state, import_n, attempts, unsure, due_at, claimed_by, reply,
			                    created_at, changed_at)
			VALUES ('acme', $1, 'file_refused', 'x', $2, $2, 'Sam', 'technical_sftp', 'fr-CA', '{"file": "r.csv", "findings": [{"code": "file-empty"}]}', 'waiting', 4, 0, 0, $3,
			        '', '', $3, $3)`, uuid.Must(uuid.NewV7()), who, p.clock.Now())
	}
}

// Notices go in a tenant that is paused, at night and beyond the pace; the invitations beside them wait.
func TestNoticesGoAtOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t, 3, mailtest.Behave)
	p.notify("it@acme.test", "hr@acme.test", "emily@hub.test")
	pgtest.Exec(t, p.url, `UPDATE tenant SET state = 'paused'`)
	p.job.Policy = invite.Policy{PerHour: 100, From: 20, To: 21}
	p.job.Manager = tenant.Contact{Role: tenant.CSM, Name: "Emily", Email: "emily@hub.test"}
	report := p.run()
	if diff := cmp.Diff(courier.Report{Notices: courier.Tally{Delivered: 3}}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	replies := map[string]string{}
	for _, m := range p.server.Taken() {
		replies[m.To] = m.Header.Get("Reply-To")
		if !strings.HasPrefix(m.MessageID, "<file_refused.") || m.Header.Get("X-Rollcall-Import") != "acme-4" || m.Header.Get("Content-Language") != "fr-CA" {
			t.Errorf("headers %v", m.Header)
		}
		if m.Header.Get("List-Unsubscribe") != "" || m.Header.Get("Precedence") != "" || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("headers %v", m.Header)
		}
	}
	want := map[string]string{"it@acme.test": "<emily@hub.test>", "hr@acme.test": "<emily@hub.test>", "emily@hub.test": "<hub@hub.example>"}
	if diff := cmp.Diff(want, replies); diff != "" {
		t.Errorf("recipients, and where they answer (-want +got):\n%s", diff)
	}
	if again := p.run(); again != (courier.Report{}) {
		t.Errorf("a second run reports %+v", again)
	}
	pgtest.Exec(t, p.url, `UPDATE tenant SET state = 'active'`)
	p.clock.add(6 * time.Hour) // until the hours are open
	if report := p.run(); report != (courier.Report{Tally: courier.Tally{Delivered: 3}}) {
		t.Errorf("the invitations afterwards: %+v", report)
	}
}

// A server that takes a notice and never says so gets it again, with the same Message-ID; after three times a person decides.
func TestNoticeIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		silent, copies int
		want           courier.Tally
	}{{1, 2, courier.Tally{Delivered: 1}}, {9, 3, courier.Tally{Unknown: 1}}} {
		p := newPost(t, 0, func(e mailtest.Event) mailtest.Act {
			if e.Point == mailtest.Dot && e.Nth <= c.silent {
				return mailtest.Act{Take: true, Silent: true, Hangup: true}
			}
			return mailtest.Act{}
		})
		p.notify("it@acme.test")
		var last courier.Tally
		for range 5 {
			report := p.run()
			if report.Notices != (courier.Tally{}) {
				last = report.Notices
			}
			if wait := report.NextDue.Sub(p.clock.Now()); !report.NextDue.IsZero() && wait > 2*time.Minute {
				t.Errorf("the next try is %v away", wait)
			}
			p.clock.add(5 * time.Minute)
		}
		taken := p.server.Taken()
		if last != c.want || len(taken) != c.copies {
			t.Errorf("silent %d times: %+v with %d copies, want %+v with %d", c.silent, last, len(taken), c.want, c.copies)
		}
		for _, m := range taken {
			if m.MessageID != taken[0].MessageID {
				t.Errorf("Message-IDs %s and %s", m.MessageID, taken[0].MessageID)
			}
		}
	}
}

// A courier that died over a notice: once its lease is over the notice goes.
func TestDeadCourierOfANotice(t *testing.T) {
	t.Parallel()
	p := newPost(t, 0, mailtest.Behave)
	p.notify("it@acme.test")
	if _, ok, err := p.db.SettleAndClaimNotice(t.Context(), "acme", nil, &invite.Claim{Owner: "dead/1"}, p.clock.Now()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if report := p.run(); report != (courier.Report{NextDue: p.clock.Now().Add(invite.Lease)}) {
		t.Errorf("report %+v, want to come back for it", report)
	}
	p.clock.add(invite.Lease)
	if report := p.run(); report.Notices.Delivered != 1 {
		t.Errorf("report %+v", report)
	}
}
