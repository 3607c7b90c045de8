package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// watched is acme, whose upload was due a day ago.
type watched struct {
	outbox
	period lateness.Period
}

func newWatched(t *testing.T) watched {
	t.Helper()
	o := newOutbox(t)
	due := o.now.Add(-24 * time.Hour)
	return watched{outbox: o, period: lateness.Period{Due: due, From: due.AddDate(0, 0, -15), Next: due.AddDate(0, 0, 31)}}
}

// tell has d told: missing uploads to it@acme.test, an arrival to whoever heard of it. It returns what was known.
func (w watched) tell(d lateness.Decision) (known lateness.Known, told []notice.Recipient) {
	w.t.Helper()
	_, err := w.WatchUpload(w.t.Context(), "acme", w.period, w.now, func(k lateness.Known) (lateness.Decision, notice.Telling, error) {
		known = k
		return d, func(missed []notice.Recipient) []notice.Notice {
			told = missed
			f := tenant.File{Contacts: []tenant.Contact{
				{Role: tenant.TechnicalSFTP, Email: "it@acme.test", Locale: roster.EnUS}, {Role: tenant.CSM, Email: "csm@hub.test", Locale: roster.FrCA},
			}}
			m := notice.Missing{Due: w.period.Due}
			switch {
			case d.StillLate:
				return notice.StillLate(f, m)
			case d.Late:
				return notice.Late(f, m)
			}
			return notice.Arrived(f, missed, tenant.ImportID{}, d.Arrived, "r.csv", w.now)
		}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return known, told
}

// file makes an import of a file that was received a while before now.
func (w watched) file(n int, name string, ago time.Duration, phase contract.Phase, outcome contract.Outcome) {
	w.t.Helper()
	delivery, at := uuid.NewString(), w.now.Add(-ago)
	pgtest.Exec(w.t, w.url, `
		INSERT INTO delivery (tenant_id, id, folder, name, state, bytes, sha256, fingerprint, torn, opened_at, named_at, changed_at)
		VALUES ('acme', $1, 'inbox', $2, 'archived', 1, 'aa', '', false, $3, $3, $3)`, delivery, name, at)
	pgtest.Exec(w.t, w.url, `
		INSERT INTO import (tenant_id, n, workflow_id, run_id, phase, outcome, delivery_id, file, received_at, sha256, tenant_version, mapping_digest, rows, set_aside,
		                    unreadable, artifacts, changeset, summary, checks, started_at, closed_at)
		VALUES ('acme', $1, 'w', $2, $3, $4, $5, $6, $7, 'aa', 1, 'bb', 0, 0, 0, '{}', '', '{}', '[]', $7, CASE WHEN $4 <> '' THEN $7::timestamptz END)`,
		n, uuid.NewString(), phase, outcome, delivery, name, at)
}

func (w watched) due() bool {
	w.t.Helper()
	looks, err := w.UploadsToWatch(w.t.Context(), w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(looks) == 1 && looks[0].Tenant == "acme" && !looks[0].At.After(w.now)
}

func TestWhatIsKnownOfAnUpload(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	due := w.period.Due
	got, _ := w.tell(lateness.Decision{})
	if diff := cmp.Diff(lateness.Known{State: tenant.Active}, got, cmp.Transformer("len", func(s []lateness.Span) int { return len(s) })); diff != "" {
		t.Errorf("of a bare tenant (-want +got):\n%s", diff)
	}
	for version, at := range map[int]time.Time{1: due.AddDate(0, 0, -1), 2: due, 3: due.Add(time.Second)} {
		pgtest.Exec(t, w.url, `INSERT INTO tenant_file (tenant_id, version, digest, rules, source, applied_at) VALUES ('acme', $1, '', '', 'version ' || $1::int, $2)`, version, at)
	}
	pgtest.Exec(t, w.url, `INSERT INTO tenant_step (tenant_id, step, done_by, done_at, reason) VALUES ('acme', 'activation', 'x', $1, '')`, due.AddDate(0, -1, 0))
	pgtest.Exec(t, w.url, `UPDATE tenant SET active_since = $1 WHERE id = 'acme'`, due.Add(-time.Minute))
	pgtest.Exec(t, w.url, `INSERT INTO ssh_key (tenant_id, fingerprint, algorithm, public_key, label, added_at, last_used_at) VALUES ('acme', 'f', '', '', '', $1, $1)`, due)
	w.file(1, "old.csv", 20*24*time.Hour, contract.Closed, contract.Refused) // before the period
	w.file(2, "applied.csv", 40*24*time.Hour, contract.Closed, contract.Applied)
	w.file(3, "rehearsed.csv", 30*24*time.Hour, contract.Closed, contract.Rehearsed)
	w.file(4, "refused.csv", 3*time.Hour, contract.Closed, contract.Refused)
	w.file(5, "reading.csv", 2*time.Hour, contract.Reading, "")
	w.file(6, "stopped.csv", time.Hour, contract.Closed, contract.Stopped)
	got, _ = w.tell(lateness.Decision{})
	want := lateness.Known{
		State: tenant.Active, ActivatedAt: due.AddDate(0, -1, 0), ActiveSince: due.Add(-time.Minute), AgreedThen: []byte("version 2"), LastLogin: due,
		Accepted: lateness.Arrival{Import: tenant.ImportID{Tenant: "acme", N: 3}, File: "rehearsed.csv", ReceivedAt: w.now.AddDate(0, 0, -30)},
		Refused:  lateness.Arrival{Import: tenant.ImportID{Tenant: "acme", N: 4}, File: "refused.csv", ReceivedAt: w.now.Add(-3 * time.Hour)},
	}
	got.Up = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	// One that waits for a decision is accepted.
	pgtest.Exec(t, w.url, `UPDATE import SET phase = 'awaiting_decision' WHERE n = 5`)
	if got, _ = w.tell(lateness.Decision{}); got.Accepted.File != "reading.csv" {
		t.Errorf("accepted is %q", got.Accepted.File)
	}
}

func TestPendingUploads(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	for _, c := range []struct {
		folder, state string
		ago           time.Duration
		want          bool
	}{
		{"inbox", "open", time.Hour, true}, {"inbox", "settled", 20 * time.Hour, true}, {"inbox", "claimed", time.Hour, true}, {"inbox", "closed", time.Minute, true},
		{"inbox", "closed", time.Hour, false}, {"inbox", "archived", time.Minute, false}, {"inbox", "broken", time.Minute, false}, {"check", "settled", time.Minute, false},
		{"inbox", "settled", 30 * 24 * time.Hour, false},
	} {
		pgtest.Exec(t, w.url, `DELETE FROM delivery`)
		pgtest.Exec(t, w.url, `
			INSERT INTO delivery (tenant_id, id, folder, name, state, bytes, sha256, fingerprint, torn, opened_at, named_at, changed_at, held_until)
			VALUES ('acme', $1, $2, 'r.csv', $3, 1, 'aa', '', false, $4, $4, $4, CASE WHEN $3 = 'open' THEN $4::timestamptz END)`, uuid.NewString(), c.folder, c.state, w.now.Add(-c.ago))
		if known, _ := w.tell(lateness.Decision{}); known.Pending != c.want {
			t.Errorf("%+v: pending %t", c, known.Pending)
		}
	}
}

// What is told is recorded with its notices, once, however often it is told; whoever heard of the absence hears of the arrival.
func TestRoundsAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	next := w.now.Add(24 * time.Hour)
	for range 2 {
		w.tell(lateness.Decision{Late: true, Next: next})
	}
	w.wantList("upload_late it@acme.test waiting ")
	n, _ := w.claimNotice("n/1", w.now)
	w.settleNotice(n, taken, w.now)
	known, _ := w.tell(lateness.Decision{StillLate: true, Next: next})
	if want := (lateness.Round{Due: w.period.Due, LateAt: w.now}); known.Last != want {
		t.Errorf("the round is %+v, want %+v", known.Last, want)
	}
	n, _ = w.claimNotice("n/2", w.now)
	w.settleNotice(n, noReply, w.now) // it may have gone, and waits to go again
	for i := range 2 {
		known, told := w.tell(lateness.Decision{Arrived: w.period.Due, Next: next})
		if len(told) != 2 || told[0].Email != "it@acme.test" || told[1].Email != "csm@hub.test" || told[1].Locale != roster.FrCA {
			t.Errorf("told of the arrival: %+v", told)
		}
		if known.Last.StillLateAt.IsZero() || known.Last.ArrivedAt.IsZero() != (i == 0) {
			t.Errorf("the round is %+v", known.Last)
		}
	}
	w.wantList("upload_arrived csm@hub.test waiting ", "upload_arrived it@acme.test waiting ", "upload_still_late csm@hub.test cancelled ", "upload_late it@acme.test delivered ")
}

// Where the file comes before the alarm went, neither goes.
func TestAlarmThatDidNotGoIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.tell(lateness.Decision{Late: true, Next: w.now})
	n, _ := w.claimNotice("n/1", w.now)
	w.settleNotice(n, later, w.now) // surely not taken
	if _, told := w.tell(lateness.Decision{Arrived: w.period.Due, Next: w.now}); len(told) != 0 {
		t.Errorf("told of the arrival: %+v", told)
	}
	w.wantList("upload_late it@acme.test cancelled ")
}

// A decision that fails records nothing.
func TestWatchIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	fault := errors.New("fault")
	_, err := w.WatchUpload(t.Context(), "acme", w.period, w.now, func(lateness.Known) (lateness.Decision, notice.Telling, error) {
		return lateness.Decision{Late: true, Next: w.now}, nil, fault
	})
	if known, _ := w.tell(lateness.Decision{}); !errors.Is(err, fault) || !known.Last.LateAt.IsZero() || w.due() {
		t.Errorf("%v, round %+v", err, known.Last)
	}
}

// When an upload is looked at: when that was due, at once when a tenant becomes active or what is agreed changes, and at once when a file comes that somebody misses.
func TestWhenUploadsAreWatched(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	ctx := t.Context()
	if w.due() {
		t.Error("a bare tenant is looked at")
	}
	state := func(s tenant.State) {
		t.Helper()
		if err := w.SetTenantState(ctx, "acme", s, "x", ""); err != nil {
			t.Fatal(err)
		}
	}
	state(tenant.Paused)
	if w.due() {
		t.Error("a paused tenant is looked at")
	}
	state(tenant.Active)
	if !w.due() {
		t.Error("a resumed tenant is not looked at")
	}
	known, _ := w.tell(lateness.Decision{Next: w.now.Add(time.Hour)})
	if !known.ActiveSince.Equal(w.now) || w.due() {
		t.Errorf("active since %v; looked at again: %t", known.ActiveSince, w.due())
	}
	if _, _, err := w.PutTenantFile(ctx, "acme", tenant.FileVersion{Digest: "d", Source: []byte("s")}); err != nil || !w.due() {
		t.Errorf("a new file: %v, looked at %t", err, w.due())
	}
	w.tell(lateness.Decision{Next: w.now.Add(time.Hour)})
	w.file(1, "a.csv", 0, contract.Comparing, "")
	accept := func() {
		t.Helper()
		if err := w.RecordPlan(ctx, ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: 1}}, true); err != nil {
			t.Fatal(err)
		}
	}
	accept()
	if w.due() {
		t.Error("a file that nobody misses is looked at")
	}
	w.tell(lateness.Decision{Late: true, Next: w.now.Add(time.Hour)})
	accept()
	if !w.due() {
		t.Error("a file that was missed is not looked at")
	}
	w.tell(lateness.Decision{Next: w.now.Add(time.Hour)})
	if err := w.CloseImport(ctx, tenant.ImportID{Tenant: "acme", N: 1}, contract.NothingNew, false); err != nil || !w.due() {
		t.Errorf("after a close: %v, looked at %t", err, w.due())
	}
	w.tell(lateness.Decision{})
	if w.due() {
		t.Error("looked at again though nothing is to come")
	}
	if list, _, err := w.ListMails(ctx, "acme", invite.Filter{}); err != nil || len(list) != 1 {
		t.Errorf("mails %v, %v", list, err)
	}
}

// Short silences are none; a long one begins a new span, and only what concerns the period is read.
func TestUptime(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	from := w.period.From
	touch := func(at time.Time) {
		t.Helper()
		if err := w.TouchService(t.Context(), "sftp", at); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []time.Duration{-50 * time.Hour, -49 * time.Hour, -48 * time.Hour, 0, 5 * time.Second, 65 * time.Second, 125*time.Second + time.Microsecond, 130 * time.Second} {
		touch(from.Add(at))
	}
	if err := w.TouchService(t.Context(), "other", from.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	known, _ := w.tell(lateness.Decision{})
	want := []lateness.Span{
		{From: from.Add(-48 * time.Hour), To: from.Add(-48 * time.Hour)}, {From: from, To: from.Add(65 * time.Second)},
		{From: from.Add(125*time.Second + time.Microsecond), To: from.Add(130 * time.Second)},
	}
	if diff := cmp.Diff(want, known.Up); diff != "" {
		t.Errorf("up (-want +got):\n%s", diff)
	}
	// A clock that is put back, as a development stack's may be, goes on from where it is.
	touch(from.Add(10 * time.Second))
	touch(w.now.AddDate(2, 0, 0)) // long afterwards, what was is forgotten
	if known, _ = w.tell(lateness.Decision{}); len(known.Up) != 0 {
		t.Errorf("after two years: %v", known.Up)
	}
}

// An alarm that was on its way when the upload came, and comes back to wait, is not sent after the word that the upload has arrived; nor is one of a tenant that is paused.
func TestAlarmIsNotSentAfterItsEnd(t *testing.T) {
	t.Parallel()
	arrive := func(w watched) { w.tell(lateness.Decision{Arrived: w.period.Due, Next: w.now}) }
	pause := func(w watched) {
		if err := w.SetTenantState(w.t.Context(), "acme", tenant.Paused, "x", ""); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		end  func(watched)
		back func(w watched, n notice.Claimed)
		late string
	}{
		{"arrived, refused for now", arrive, func(w watched, n notice.Claimed) { w.settleNotice(n, later, w.now) }, "cancelled"},
		{"arrived, nobody knows", arrive, func(w watched, n notice.Claimed) { w.settleNotice(n, noReply, w.now) }, "cancelled"},
		{"arrived, delivered", arrive, func(w watched, n notice.Claimed) { w.settleNotice(n, taken, w.now) }, "delivered"},
		{"arrived, swept", arrive, func(w watched, _ notice.Claimed) {
			if _, err := w.SweepNotices(w.t.Context(), "acme", w.now.Add(invite.Lease)); err != nil {
				w.t.Fatal(err)
			}
		}, "cancelled"},
		{"paused, refused for now", pause, func(w watched, n notice.Claimed) { w.settleNotice(n, later, w.now) }, "cancelled"},
		{"neither", func(watched) {}, func(w watched, n notice.Claimed) { w.settleNotice(n, later, w.now) }, "waiting"},
	} {
		w := newWatched(t)
		w.tell(lateness.Decision{Late: true, Next: w.now})
		n, ok := w.claimNotice("n/1", w.now)
		if !ok {
			t.Fatal("nothing to claim")
		}
		c.end(w)
		c.back(w, n)
		list, _, err := w.ListMails(t.Context(), "acme", invite.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Kind == invite.KindUploadLate && string(e.State) != c.late {
				t.Errorf("%s: the alarm is %s, want %s", c.name, e.State, c.late)
			}
		}
	}
}

// An alarm that waits when its tenant is paused is not claimed, and a refused file's notice is.
func TestPausedTenantHearsNoAlarm(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.tell(lateness.Decision{Late: true, Next: w.now})
	if err := w.SetTenantState(t.Context(), "acme", tenant.Paused, "x", ""); err != nil {
		t.Fatal(err)
	}
	if n, ok := w.claimNotice("n/1", w.now); ok {
		t.Errorf("claimed %s", n.Kind)
	}
	w.refusal(8, "x", "it")
	if n, ok := w.claimNotice("n/2", w.now); !ok || n.Kind != invite.KindFileRefused {
		t.Errorf("claimed %t, %s", ok, n.Kind)
	}
}

// A round whose upload never came is over when something is told of the next: a file that comes then is that of the next.
func TestNextRoundEndsTheLast(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	open := func() (n int) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), w.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context()) //nolint:errcheck // nothing is open in it
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM lateness WHERE arrived_at IS NULL AND superseded_at IS NULL`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.tell(lateness.Decision{Late: true, Next: w.now})
	first := w.period.Due
	w.period = lateness.Period{Due: w.period.Next, From: w.period.Next.AddDate(0, 0, -15), Next: w.period.Next.AddDate(0, 1, 0)}
	w.now = w.period.Due.Add(24 * time.Hour)
	if w.tell(lateness.Decision{Next: w.now}); open() != 1 {
		t.Errorf("%d rounds are open before the next is told, want 1", open())
	}
	known, _ := w.tell(lateness.Decision{Late: true, Next: w.now})
	if open() != 1 || !known.Last.Due.Equal(first) {
		t.Errorf("%d rounds are open after the next was told, want 1; known before: %+v", open(), known.Last)
	}
	if w.tell(lateness.Decision{Arrived: w.period.Due, Next: w.now}); open() != 0 {
		t.Errorf("%d rounds are open after the arrival", open())
	}
}

// A tenant that is resumed while it is looked at is looked at again, also where it was not due to be: the resume waits for the look.
func TestResumeDuringALookIsNotLost(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	pgtest.Exec(t, w.url, `UPDATE tenant SET state = 'paused' WHERE id = 'acme'`)
	watcher, err := pgx.Connect(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close(t.Context()) //nolint:errcheck // nothing is open in it
	resumed := make(chan error, 1)
	_, err = w.WatchUpload(t.Context(), "acme", w.period, w.now, func(k lateness.Known) (lateness.Decision, notice.Telling, error) {
		go func() { resumed <- w.SetTenantState(t.Context(), "acme", tenant.Active, "x", "") }()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			var waits bool
			err := watcher.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits)
			if err != nil || waits || len(resumed) > 0 {
				return lateness.Decision{}, func([]notice.Recipient) []notice.Notice { return nil }, err
			}
		}
		return lateness.Decision{}, nil, errors.New("the resume neither waits nor ends")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-resumed; err != nil || !w.due() {
		t.Errorf("after a resume during a look: %v, looked at %t", err, w.due())
	}
}

// What waits to be sent is known, so that whoever repeats a look can have it sent.
func TestUnsentNoticesAreKnown(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	if known, _ := w.tell(lateness.Decision{Late: true, Next: w.now}); known.Unsent {
		t.Error("something is unsent at the start")
	}
	if known, _ := w.tell(lateness.Decision{Next: w.now}); !known.Unsent {
		t.Error("the notice of a late upload is not known to wait")
	}
	n, _ := w.claimNotice("n/1", w.now)
	w.settleNotice(n, taken, w.now)
	if known, _ := w.tell(lateness.Decision{Next: w.now}); known.Unsent {
		t.Error("a notice that went is still unsent")
	}
}
