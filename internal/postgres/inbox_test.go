package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// noon is when these tests begin.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

var quick = inbox.Settings{Quiet: 2 * time.Second, TornQuiet: 2 * time.Minute}

// An inboxTest drives the rows of one tenant as a server would, on a time that it moves by hand.
type inboxTest struct {
	*testing.T
	db  *postgres.DB
	url string
	id  tenant.ID
	now time.Time
}

func newInbox(t *testing.T) *inboxTest {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(noon))
	pgtest.Tenant(t, url, "acme", "globex")
	return &inboxTest{T: t, db: db, url: url, id: "acme", now: noon}
}

func (t *inboxTest) check(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (t *inboxTest) pass(d time.Duration) { t.now = t.now.Add(d) }

func place(name string) inbox.Place { return inbox.Place{Folder: inbox.Inbox, Name: name} }

func (t *inboxTest) open(name string) inbox.ID {
	t.Helper()
	t.pass(time.Millisecond)
	d := inbox.Delivery{Tenant: t.id, ID: inbox.ID(uuid.Must(uuid.NewV7()).String()), Place: place(name), Fingerprint: "SHA256:x", OpenedAt: t.now}
	t.check(t.db.OpenDelivery(t.Context(), d, t.now.Add(time.Minute)))
	return d.ID
}

func (t *inboxTest) end(id inbox.ID, state inbox.State) error {
	t.Helper()
	t.pass(time.Millisecond)
	end := inbox.Ending{State: state, Bytes: 1, SHA256: strings.Repeat("a", 64), ChangedAt: t.now, At: t.now}
	return t.db.EndDelivery(t.Context(), t.id, id, end)
}

func (t *inboxTest) upload(name string) inbox.ID {
	t.Helper()
	id := t.open(name)
	t.check(t.end(id, inbox.Closed))
	return id
}

// settle lets the time pass and returns how many settled.
func (t *inboxTest) settle(after time.Duration) int {
	t.Helper()
	t.pass(after)
	n, err := t.db.SettleDeliveries(t.Context(), quick, t.now)
	t.check(err)
	return n
}

func (t *inboxTest) claim(n int) inbox.ID {
	t.Helper()
	d, found, err := t.db.ClaimNewest(t.Context(), t.id, n)
	t.check(err)
	if !found {
		return ""
	}
	return d.ID
}

func (t *inboxTest) state(id inbox.ID) (state inbox.State) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), t.url)
	t.check(err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	t.check(conn.QueryRow(t.Context(), `SELECT state FROM delivery WHERE id = $1`, id).Scan(&state))
	return state
}

func (t *inboxTest) want(id inbox.ID, want inbox.State) {
	t.Helper()
	if got := t.state(id); got != want {
		t.Errorf("delivery is %s, want %s", got, want)
	}
}

// seen returns the delivery that a client finds under a name, empty where there is none.
func (t *inboxTest) seen(name string) inbox.ID {
	t.Helper()
	d, err := t.db.Delivery(t.Context(), t.id, place(name), t.now)
	if errors.Is(err, inbox.ErrNotFound) {
		return ""
	}
	t.check(err)
	return d.ID
}

func TestDeliveryLife(t *testing.T) {
	it := newInbox(t)
	id := it.open("roster.csv")
	it.want(id, inbox.Open)
	it.check(it.end(id, inbox.Closed))
	if n := it.settle(time.Second); n != 0 {
		t.Errorf("%d settled after a second, want none", n)
	}
	if n := it.settle(time.Second); n != 1 {
		t.Errorf("%d settled after two seconds, want 1", n)
	}
	waiting, err := it.db.SettledUnclaimed(t.Context(), it.id)
	it.check(err)
	if len(waiting) != 1 || waiting[0].ID != id || !waiting[0].SettledAt.Equal(it.now) {
		t.Fatalf("waiting %+v, want the delivery settled now", waiting)
	}
	it.check(it.db.MarkWoken(t.Context(), it.id, id, it.now))
	waiting, err = it.db.SettledUnclaimed(t.Context(), it.id)
	it.check(err)
	if !waiting[0].WokenAt.Equal(it.now) {
		t.Errorf("woken at %v, want %v", waiting[0].WokenAt, it.now)
	}
	if got := it.claim(1); got != id {
		t.Errorf("claimed %q, want %q", got, id)
	}
	if got := it.claim(1); got != id {
		t.Errorf("claimed %q the second time, want %q again", got, id)
	}
	if got := it.claim(2); got != "" {
		t.Errorf("import 2 claimed %q, want nothing", got)
	}
	it.check(it.db.FinishDelivery(t.Context(), it.id, 1))
	it.want(id, inbox.Archived)
	if it.seen("roster.csv") != id {
		t.Error("the file is gone from the client's view within the day")
	}
	it.pass(inbox.VisibleFor)
	if it.seen("roster.csv") != "" {
		t.Error("the file is in the client's view after a day")
	}
}

func TestNewestIsClaimed(t *testing.T) {
	it := newInbox(t)
	older, newer := it.upload("march.csv"), it.upload("april.csv")
	it.settle(time.Minute)
	checked := inbox.Delivery{Tenant: it.id, ID: inbox.ID(uuid.Must(uuid.NewV7()).String()), Place: inbox.Place{Folder: inbox.Check, Name: "x"}, OpenedAt: it.now}
	it.check(it.db.OpenDelivery(t.Context(), checked, it.now.Add(time.Minute)))
	it.check(it.end(checked.ID, inbox.Closed))
	it.settle(time.Minute)
	if got := it.claim(1); got != newer {
		t.Errorf("claimed %q, want the newest", got)
	}
	it.want(older, inbox.Settled) // it is read where the newest is refused
	archived, err := it.db.ArchiveOlder(t.Context(), tenant.ImportID{Tenant: it.id, N: 1})
	it.check(err)
	if len(archived) != 1 || archived[0].ID != older {
		t.Errorf("archived %v, want the older one", archived)
	}
	it.want(older, inbox.Archived)
	it.want(newer, inbox.Claimed)
	it.want(checked.ID, inbox.Settled)
}

func TestLastToCloseHasTheName(t *testing.T) {
	it := newInbox(t)
	first, second := it.open("roster.csv"), it.open("roster.csv")
	it.check(it.end(second, inbox.Closed))
	it.check(it.end(first, inbox.Closed))
	it.want(second, inbox.Replaced)
	it.want(first, inbox.Closed)
	if it.seen("roster.csv") != first {
		t.Error("clients don't see the upload that closed last")
	}
	if n := it.settle(time.Minute); n != 1 {
		t.Errorf("%d settled, want 1", n)
	}
}

func TestConcurrentClosesLeaveOne(t *testing.T) {
	it := newInbox(t)
	var ids []inbox.ID
	for range 8 {
		ids = append(ids, it.open("roster.csv"))
	}
	it.pass(time.Second)
	var all sync.WaitGroup
	for _, id := range ids {
		all.Go(func() {
			end := inbox.Ending{State: inbox.Closed, SHA256: strings.Repeat("a", 64), ChangedAt: it.now, At: it.now}
			if err := it.db.EndDelivery(t.Context(), it.id, id, end); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	count := map[inbox.State]int{}
	for _, id := range ids {
		count[it.state(id)]++
	}
	if diff := cmp.Diff(count, map[inbox.State]int{inbox.Closed: 1, inbox.Replaced: 7}); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenDoesNotReplaceWhatIsNewer(t *testing.T) {
	it := newInbox(t)
	dead, again := it.open("roster.csv"), it.open("roster.csv")
	it.check(it.end(again, inbox.Closed))
	if err := it.end(dead, inbox.Broken); !errors.Is(err, inbox.ErrSuperseded) {
		t.Errorf("ending the dead upload: %v, want ErrSuperseded", err)
	}
	it.want(dead, inbox.Replaced)
	it.want(again, inbox.Closed)
}

func TestBrokenReplacesWhatIsOlder(t *testing.T) {
	it := newInbox(t)
	older := it.upload("roster.csv")
	broken := it.open("roster.csv")
	it.check(it.end(broken, inbox.Broken))
	it.want(older, inbox.Replaced)
	if n := it.settle(time.Hour); n != 0 {
		t.Errorf("%d settled, want none: the file is broken", n)
	}
}

func TestWriterKeepsNameFromSettling(t *testing.T) {
	it := newInbox(t)
	it.upload("roster.csv")
	resumed := it.open("roster.csv")
	if n := it.settle(10 * time.Second); n != 0 {
		t.Errorf("%d settled while it was written again, want none", n)
	}
	it.check(it.db.DropDelivery(t.Context(), it.id, resumed, it.now))
	if n := it.settle(0); n != 1 {
		t.Errorf("%d settled after the writer left without a word, want 1", n)
	}
}

func TestSilentOlderWriterDoesNot(t *testing.T) {
	it := newInbox(t)
	dead := it.open("roster.csv")
	it.pass(30 * time.Second)
	it.upload("roster.csv")
	if n := it.settle(10 * time.Second); n != 0 {
		t.Errorf("%d settled while another writer was active, want none", n)
	}
	it.check(it.db.HoldDeliveries(t.Context(), it.id, map[inbox.ID]time.Time{dead: noon}, it.now.Add(time.Hour)))
	if n := it.settle(inbox.StalledAfter); n != 1 {
		t.Errorf("%d settled after the older writer fell silent, want 1", n)
	}
}

func TestOpenWriterKeepsSettledFromClaim(t *testing.T) {
	it := newInbox(t)
	torn := it.upload("roster.csv")
	it.settle(time.Minute)
	resumed := it.open("roster.csv")
	if got := it.claim(1); got != "" {
		t.Fatalf("claimed %q although it is being resumed", got)
	}
	it.check(it.end(resumed, inbox.Closed))
	it.want(torn, inbox.Replaced)
	it.settle(time.Minute)
	if got := it.claim(1); got != resumed {
		t.Errorf("claimed %q, want the resumed upload", got)
	}
}

func TestUploadWhilePreviousIsClaimed(t *testing.T) {
	it := newInbox(t)
	first := it.upload("roster.csv")
	it.settle(time.Minute)
	it.claim(1)
	second := it.upload("roster.csv")
	it.want(first, inbox.Claimed)
	it.settle(time.Minute)
	if got := it.claim(2); got != second {
		t.Errorf("import 2 claimed %q, want the second upload", got)
	}
	it.want(first, inbox.Claimed)
}

func TestAbandonedUploadIsBroken(t *testing.T) {
	it := newInbox(t)
	id := it.open("roster.csv")
	it.pass(30 * time.Second)
	it.check(it.db.HoldDeliveries(t.Context(), it.id, map[inbox.ID]time.Time{id: it.now}, it.now.Add(time.Minute)))
	it.pass(59 * time.Second)
	if n, err := it.db.BreakAbandoned(t.Context(), it.now); n != 0 || err != nil {
		t.Errorf("BreakAbandoned = %d, %v; want 0 while the server vouches for it", n, err)
	}
	it.pass(time.Second)
	if n, err := it.db.BreakAbandoned(t.Context(), it.now); n != 1 || err != nil {
		t.Errorf("BreakAbandoned = %d, %v; want 1", n, err)
	}
	it.want(id, inbox.Broken)
	// The server was only cut off from the database, and has the bytes.
	it.check(it.end(id, inbox.Closed))
	it.want(id, inbox.Closed)
}

func TestInboxesAreApart(t *testing.T) {
	it := newInbox(t)
	id := it.upload("roster.csv")
	it.settle(time.Minute)
	theirs := &inboxTest{T: t, db: it.db, url: it.url, id: "globex", now: it.now}
	if theirs.seen("roster.csv") != "" {
		t.Error("another tenant sees the file")
	}
	if list, err := it.db.Deliveries(t.Context(), "globex", inbox.Inbox, it.now); len(list) != 0 || err != nil {
		t.Errorf("another tenant lists %d files, %v", len(list), err)
	}
	if err := theirs.end(id, inbox.Closed); !errors.Is(err, inbox.ErrSuperseded) {
		t.Errorf("another tenant ended the upload: %v", err)
	}
	if got := theirs.claim(1); got != "" {
		t.Error("another tenant claimed the file")
	}
	if err := it.db.MarkWoken(t.Context(), "globex", id, it.now); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("another tenant marked the file: %v", err)
	}
	theirs.upload("roster.csv")
	it.want(id, inbox.Settled)
}

func TestSettlingNotifies(t *testing.T) {
	it := newInbox(t)
	conn, err := pgx.Connect(t.Context(), it.url)
	it.check(err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	_, err = conn.Exec(t.Context(), "LISTEN "+postgres.DeliveryChannel)
	it.check(err)
	it.upload("roster.csv")
	it.settle(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	heard, err := conn.WaitForNotification(ctx)
	it.check(err)
	if heard.Payload != "acme" {
		t.Errorf("notified of %q, want acme", heard.Payload)
	}
}

func TestSeveralServersSettleOnce(t *testing.T) {
	it := newInbox(t)
	for i := range 20 {
		it.upload(fmt.Sprintf("%d.csv", i))
	}
	it.pass(time.Minute)
	var mu sync.Mutex
	var all sync.WaitGroup
	settled := 0
	for range 6 {
		all.Go(func() {
			n, err := it.db.SettleDeliveries(t.Context(), quick, it.now)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			settled += n
		})
	}
	all.Wait()
	if settled != 20 {
		t.Errorf("%d settled, want 20", settled)
	}
}
