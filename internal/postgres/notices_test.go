package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// refusal makes import n of acme and closes it as refused, with notices about the same to the given people.
func (o outbox) refusal(n int, about string, people ...string) {
	o.t.Helper()
	o.reading(n)
	var notices []notice.Notice
	for _, p := range people {
		notices = append(notices, notice.Notice{
			Kind: invite.KindFileRefused, About: about, Import: tenant.ImportID{Tenant: "acme", N: n},
			To:    notice.Recipient{Role: tenant.TechnicalSFTP, Name: "N " + p, Email: p + "@acme.test", Locale: roster.FrCA},
			Facts: notice.Facts{Told: len(people), File: "r.csv", Findings: []notice.Finding{{Code: roster.FileEmpty}}},
		})
	}
	if left, err := o.CloseRefused(o.t.Context(), tenant.ImportID{Tenant: "acme", N: n}, notices); err != nil || left > 0 {
		o.t.Fatal(left, err)
	}
}

// reading makes import n of acme, which is being read.
func (o outbox) reading(n int) {
	o.t.Helper()
	pgtest.Exec(o.t, o.url, `
		INSERT INTO import (tenant_id, n, workflow_id, run_id, phase, outcome, file, sha256, tenant_version, mapping_digest, rows, set_aside, unreadable, artifacts,
		                    changeset, summary, checks, started_at)
		VALUES ('acme', $1, 'w', $2, 'reading', '', 'r.csv', 'aa', 1, 'bb', 0, 0, 0, '{}', '', '{}', '[]', $3)`, n, uuid.NewString(), o.now)
}

func (o outbox) claimNotice(owner string, now time.Time) (notice.Claimed, bool) {
	o.t.Helper()
	n, ok, err := o.SettleAndClaimNotice(o.t.Context(), "acme", nil, &invite.Claim{Owner: owner}, now)
	if err != nil {
		o.t.Fatal(err)
	}
	return n, ok
}

func (o outbox) settleNotice(n notice.Claimed, try invite.Attempt, now time.Time) {
	o.t.Helper()
	s := notice.Settle(n, try, now)
	if _, _, err := o.SettleAndClaimNotice(o.t.Context(), "acme", &s, nil, now); err != nil {
		o.t.Fatal(err)
	}
}

// wantList compares acme's mails as people are shown them.
func (o outbox) wantList(want ...string) {
	o.t.Helper()
	list, total, err := o.ListMails(o.t.Context(), "acme", invite.Filter{})
	if err != nil {
		o.t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprint(e.Kind, " ", e.To, " ", e.State, " ", e.Import))
	}
	if diff := cmp.Diff(want, got); diff != "" || total != len(want) {
		o.t.Errorf("of %d mails (-want +got):\n%s", total, diff)
	}
}

// A notice goes where mail to members does not: in a tenant that is paused or being set up. Neither is claimed as the other.
func TestNoticesGoInEveryState(t *testing.T) {
	t.Parallel()
	for _, state := range []tenant.State{tenant.SettingUp, tenant.Paused, tenant.Active} {
		o := newOutbox(t)
		o.queue("acme", 1, "invited", -time.Hour)
		o.refusal(8, "x", "it")
		pgtest.Exec(t, o.url, `UPDATE tenant SET state = $1 WHERE id = 'acme'`, state)
		if _, ok := o.claim("a/1", o.now); ok != (state == tenant.Active) {
			t.Errorf("%s: an invitation is claimed: %t", state, ok)
		}
		next, err := o.NextMailDue(t.Context(), "acme")
		if err != nil || next.IsZero() || next.After(o.now) {
			t.Errorf("%s: a courier is needed at %v, %v", state, next, err)
		}
		got, ok := o.claimNotice("n/1", o.now)
		got.ID = ""
		want := notice.Claimed{
			Kind: invite.KindFileRefused, Owner: "n/1", To: notice.Recipient{Role: tenant.TechnicalSFTP, Name: "N it", Email: "it@acme.test", Locale: roster.FrCA},
			Import: tenant.ImportID{Tenant: "acme", N: 8}, Tries: 1, Facts: notice.Facts{Told: 1, File: "r.csv", Findings: []notice.Finding{{Code: roster.FileEmpty}}},
		}
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: claimed %t (-want +got):\n%s", state, ok, diff)
		}
		if _, ok := o.claimNotice("n/2", o.now); ok {
			t.Errorf("%s: there is another notice", state)
		}
	}
}

// Notices are no invitations: they use up no pace, no import waits for them, none is counted as one.
func TestNoticesAreNotCountedAsInvitations(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.refusal(7, "x", "it", "hr")
	o.claimNotice("n/1", o.now)
	backlog, err := o.MailBacklog(t.Context(), "acme", o.now, o.now.Add(-time.Hour))
	if err != nil || backlog.Due != 0 || backlog.Recent != 0 || !backlog.Next.Equal(o.now) {
		t.Errorf("backlog %+v, %v", backlog, err)
	}
	if n, err := o.UntriedDue(t.Context(), "acme", 7, o.now); err != nil || n != 0 {
		t.Errorf("the import waits for %d, %v", n, err)
	}
	o.wantStates(map[invite.State]int{})
	if err := o.PostponeMail(t.Context(), "acme", o.now, []time.Time{o.now.Add(time.Hour)}, 1); err != nil {
		t.Fatal(err)
	}
	if n, err := o.NoticesDue(t.Context(), "acme", o.now); err != nil || n != 1 {
		t.Errorf("%d notices are due after mail was postponed, %v", n, err)
	}
}

// The same bytes refused again under the same rules are not told again; under others they are. An address gets one, however it is written.
func TestNoticeOnce(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.refusal(1, "rejected/aa/bb", "it", "IT", "hr")
	o.refusal(2, "rejected/aa/bb", "it", "hr", "new")
	o.refusal(3, "rejected/aa/cc", "it")
	counts := map[string]int{}
	list, _, err := o.ListMails(t.Context(), "acme", invite.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		counts[fmt.Sprint(e.To, " ", e.Import.N)]++
	}
	want := map[string]int{"it@acme.test 1": 1, "hr@acme.test 1": 1, "new@acme.test 2": 1, "it@acme.test 3": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("notices by recipient and import (-want +got):\n%s", diff)
	}
	// An import that is closed already tells nothing more, whatever a repeated close says.
	late := []notice.Notice{{Kind: invite.KindFileRefused, About: "y", To: notice.Recipient{Role: tenant.CSM, Email: "c@hub.test", Locale: roster.EnUS}}}
	if _, err := o.CloseRefused(t.Context(), tenant.ImportID{Tenant: "acme", N: 1}, late); err != nil {
		t.Fatal(err)
	}
	if _, total, err := o.ListMails(t.Context(), "acme", invite.Filter{}); err != nil || total != 4 {
		t.Errorf("%d notices after an import was closed again, %v", total, err)
	}
}

// A notice of which nobody knows whether it went is sent again by itself, twice; then a person decides. An invitation never is.
func TestUnknownNoticeIsSentAgain(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.refusal(8, "x", "it")
	now := o.now
	for i := 1; i <= notice.ResendUnsure; i++ {
		n, ok := o.claimNotice(fmt.Sprint("n/", i), now)
		if !ok || n.Tries != i || n.Unsure != i-1 {
			t.Fatalf("claim %d: %t, %+v", i, ok, n)
		}
		if i == 2 { // this courier dies
			now = now.Add(invite.Lease)
			if unknown, err := o.SweepNotices(t.Context(), "acme", now); err != nil || unknown != 0 {
				t.Fatalf("%d unknown, %v", unknown, err)
			}
			continue
		}
		o.settleNotice(n, noReply, now)
		now = now.Add(time.Hour)
	}
	o.wantList("file_refused it@acme.test unknown acme-8")
	if _, ok := o.claimNotice("n/9", now.AddDate(0, 0, 1)); ok {
		t.Error("what is unknown was claimed again")
	}
	list, _, err := o.ListMails(t.Context(), "acme", invite.Filter{State: invite.Unknown})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := o.ResendMail(t.Context(), "zeta", list[0].ID, now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("resend of another tenant's notice: %v", err)
	}
	if err := o.ResendMail(t.Context(), "acme", list[0].ID, now); err != nil {
		t.Fatal(err)
	}
	if n, ok := o.claimNotice("n/10", now); !ok || n.Tries != 1 || n.Unsure != 0 {
		t.Errorf("after a person had it sent again: %t, %+v", ok, n)
	}
	if err := o.ResendMail(t.Context(), "acme", list[0].ID, now); !errors.Is(err, invite.ErrNotResendable) {
		t.Errorf("resend of a notice on its way: %v", err)
	}
}

// A courier that was taken for dead and lives may still say that its notice went: then it does not go again.
func TestLateWordAboutANotice(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.refusal(8, "x", "it")
	n, _ := o.claimNotice("n/1", o.now)
	now := o.now.Add(invite.Lease)
	if _, err := o.SweepNotices(t.Context(), "acme", now); err != nil {
		t.Fatal(err)
	}
	o.wantList("file_refused it@acme.test waiting acme-8")
	o.settleNotice(n, taken, now)
	o.wantList("file_refused it@acme.test delivered acme-8")
	if _, ok := o.claimNotice("n/2", now); ok {
		t.Error("a notice that went was claimed again")
	}
}

// A reply that was lost is asked for again: the same claim gets the same notice and costs no try.
func TestRepeatedNoticeClaim(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.refusal(8, "x", "it", "hr")
	first, _ := o.claimNotice("n/1", o.now)
	again, ok := o.claimNotice("n/1", o.now.Add(time.Second))
	if diff := cmp.Diff(first, again); diff != "" || !ok {
		t.Errorf("the repeated claim got another notice:\n%s", diff)
	}
	if other, ok := o.claimNotice("n/2", o.now); !ok || other.ID == first.ID {
		t.Errorf("the second claim: %t, %s", ok, other.ID)
	}
}

// Whatever a file and a tenant's contacts hold, the import of a refused file closes, and its notices can be sent.
func TestRefusedFilesOfOddTextsClose(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	for i, odd := range []string{
		"Em\x00ail", "\x00", "\x00\x00\x00", "a\nb\r\tc", "\x1b[31m", "\x7f", "\u0085", "caf\xe9", "\xff\xfe", "\xed\xa0\x80", "\ufeffEmail", "a\u202eb", "\u2028", `\u0000`, `"`, `\`, "'", "{name}",
		"名前🙂", strings.Repeat("x", 100_000), strings.Repeat("\x00", 10_000),
	} {
		n := i + 1
		o.reading(n)
		m := mapping.Mapping{Columns: []mapping.Column{{Title: odd, Visibility: roster.Public}, {Title: "Status"}}}
		s := roster.Summary{
			Findings: []roster.Finding{
				{Code: roster.ColumnMissing, Level: roster.Refused, Row: 1, Column: odd, Words: []string{"near", odd}}, {Code: roster.ColumnDuplicate, Level: roster.Refused, Row: 1, Column: odd, Value: odd},
				{Code: roster.ColumnUnmapped, Level: roster.Note, Row: 1, Column: odd},
			},
			Totals: map[roster.Code]int{roster.ColumnMissing: 1, roster.ColumnDuplicate: 1, roster.ColumnUnmapped: 1},
		}
		f := tenant.File{Contacts: []tenant.Contact{{Role: tenant.TechnicalSFTP, Name: odd, Email: "it@acme.test", Locale: roster.EnUS}}}
		refusal := notice.Refusal{File: odd, SHA256: fmt.Sprint(n), Rules: "bb"}
		left, err := o.CloseRefused(t.Context(), tenant.ImportID{Tenant: "acme", N: n}, notice.FileRefused(refusal, f, m, s))
		if err != nil || left != 0 {
			t.Errorf("%.40q: %d notices left out, %v", odd, left, err)
		}
		claimed, ok := o.claimNotice(fmt.Sprint("n/", n), o.now)
		if !ok || len(claimed.Facts.Findings) != 2 {
			t.Errorf("%.40q: claimed %t, %d findings", odd, ok, len(claimed.Facts.Findings))
		}
		if _, err := notice.Compose(claimed, notice.House{Tenant: "acme"}); err != nil {
			t.Errorf("%.40q: %v", odd, err)
		}
	}
}

// A notice that the database does not take is left out, and neither the import nor the other notices wait for it.
func TestImportClosesWithoutANoticeThatCannotBeStored(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.reading(1)
	to := func(name, email, locale string) notice.Notice {
		return notice.Notice{Kind: invite.KindFileRefused, About: "x", To: notice.Recipient{Role: tenant.CSM, Name: name, Email: email, Locale: locale}}
	}
	nul := to("", "nul@hub.test", roster.EnUS)
	nul.Facts.File = "r\x00.csv"
	left, err := o.CloseRefused(t.Context(), tenant.ImportID{Tenant: "acme", N: 1}, []notice.Notice{
		nul, to("first", "one@hub.test", roster.EnUS), to("b\x00d", "name@hub.test", roster.EnUS), to("b\xffd", "bytes@hub.test", roster.EnUS), to("", "", roster.EnUS), to("", "locale@hub.test", "xx"),
		to("last", "two@hub.test", roster.FrCA),
	})
	if err != nil || left != 5 {
		t.Fatalf("%d left out, %v", left, err)
	}
	o.wantList("file_refused two@hub.test waiting ", "file_refused one@hub.test waiting ")
	if imp, err := o.Import(t.Context(), tenant.ImportID{Tenant: "acme", N: 1}); err != nil || imp.Outcome != contract.Refused {
		t.Errorf("the import is %q, %v", imp.Outcome, err)
	}
}

// The courier of notices is needed for them alone.
func TestNextNoticeDue(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	o.queue("acme", 1, "invited", -time.Hour)
	want := func(want time.Time) {
		t.Helper()
		if got, err := o.NextNoticeDue(t.Context(), "acme"); err != nil || !got.Equal(want) {
			t.Errorf("due %v, %v, want %v", got, err, want)
		}
	}
	want(time.Time{})
	o.refusal(8, "x", "it")
	want(o.now)
	n, _ := o.claimNotice("n/1", o.now.Add(time.Second))
	want(o.now.Add(time.Second + invite.Lease))
	o.settleNotice(n, taken, o.now)
	want(time.Time{})
}
