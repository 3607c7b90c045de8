package postgres_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

var applyTime = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

// applying is a tenant whose directory a test changes by change sets, one import each.
type applying struct {
	t   *testing.T
	db  *postgres.DB
	url string
	id  tenant.ID
}

func newApplying(t *testing.T) *applying {
	t.Helper()
	db, url := pgtest.New(t, clock.Fixed(applyTime))
	pgtest.Tenant(t, url, "acme")
	if _, _, err := db.PutTenantFile(t.Context(), "acme", tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	return &applying{t: t, db: db, url: url, id: "acme"}
}

// begin opens an import and begins its apply.
func (a *applying) begin(changes ...changeset.Change) (tenant.ImportID, bool) {
	a.t.Helper()
	imp, err := a.db.OpenImport(a.t.Context(), a.id, "import/acme/run", newRunID(a.t), true)
	if err != nil {
		a.t.Fatal(err)
	}
	begun, err := a.db.BeginApply(a.t.Context(), imp.ID, ledger.Decision{Verdict: approval.Approve}, changes, 100)
	if err != nil {
		a.t.Fatal(err)
	}
	return imp.ID, begun.Stale
}

func newRunID(t *testing.T) string { return t.Name() + time.Now().Format(time.RFC3339Nano) }

// apply applies changes as one chunk of one import.
func (a *applying) apply(changes ...changeset.Change) directory.ChunkResult {
	a.t.Helper()
	id, stale := a.begin(changes...)
	if stale {
		a.t.Fatal("stale at the beginning")
	}
	return a.chunk(id, changes...)
}

func (a *applying) chunk(id tenant.ImportID, changes ...changeset.Change) directory.ChunkResult {
	a.t.Helper()
	r, err := a.db.ApplyChunk(a.t.Context(), id, directory.Chunk{Stage: changeset.StageUpdates, Changes: changes}, true)
	if err != nil {
		a.t.Fatal(err)
	}
	return r
}

// members returns the directory by address.
func (a *applying) members() map[string]directory.Member {
	a.t.Helper()
	byEmail := map[string]directory.Member{}
	err := a.db.Directory(a.t.Context(), a.id, func(_ int64, members iter.Seq2[directory.Member, error]) error {
		for m, err := range members {
			if err != nil {
				return err
			}
			byEmail[m.Value(roster.Email)] = m
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return byEmail
}

func creation(id, email, status, eligibility string) changeset.Change {
	c := changeset.Change{Op: changeset.Create, Row: 2, UniqueID: id, Email: email}
	for f, v := range map[roster.Field]string{
		roster.UniqueID: id, roster.Email: email, roster.FirstName: "Ana", roster.LastName: "Roy", roster.Status: status, roster.ProgramEligibility: eligibility, roster.City: "Bern",
	} {
		c.Fields = append(c.Fields, changeset.FieldChange{Field: f, After: v})
	}
	return c
}

func change(op changeset.Op, m directory.Member, fields ...changeset.FieldChange) changeset.Change {
	return changeset.Change{Op: op, Removal: op == changeset.Delete, Member: m.ID, Version: m.Version, Email: m.Value(roster.Email), Fields: fields}
}

// The SQL that moves members in bulk follows directory.Next, for every state and operation that a change set can hold.
func TestApplyFollowsTheStates(t *testing.T) {
	t.Parallel()
	events := map[changeset.Op]directory.Event{
		changeset.Deactivate: directory.Deactivate, changeset.Reactivate: directory.Reactivate, changeset.Delete: directory.Delete, changeset.Restore: directory.Restore,
	}
	ways := [][]changeset.Op{
		{}, {changeset.Deactivate}, {changeset.Delete}, {changeset.Deactivate, changeset.Reactivate}, {changeset.Deactivate, changeset.Delete},
		{changeset.Delete, changeset.Restore}, {changeset.Deactivate, changeset.Delete, changeset.Restore},
	}
	for _, underneath := range []directory.State{directory.Pending, directory.Invited} {
		for _, way := range ways {
			a := newApplying(t)
			eligibility := roster.Eligible
			if underneath == directory.Pending {
				eligibility = roster.Ineligible
			}
			a.apply(creation("1", "ana@x.example", roster.StatusActive, eligibility))
			want := directory.Standing{State: underneath}
			for _, op := range way {
				m := a.members()["ana@x.example"]
				var err error
				if want, err = directory.Next(want, events[op], m.Value(roster.Status) == roster.StatusInactive); err != nil {
					t.Fatal(err)
				}
				if r := a.apply(change(op, m)); r.Applied != 1 {
					t.Fatalf("%v: %s came to %+v", way, op, r)
				}
			}
			m := a.members()["ana@x.example"]
			if got := (directory.Standing{State: m.State, Before: m.Before}); got != want {
				t.Errorf("%s after %v is %+v, want %+v", underneath, way, got, want)
			}
		}
	}
}

func TestApplyChunkOnce(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	changes := []changeset.Change{creation("1", "ana@x.example", "active", "eligible"), creation("2", "bob@x.example", "active", "eligible")}
	id, _ := a.begin(changes...)
	first := a.chunk(id, changes...)
	second := a.chunk(id, changes...)
	if first != second || first.Applied != 2 {
		t.Errorf("first %+v, second %+v, want 2 applied by both", first, second)
	}
	if n := len(a.members()); n != 2 {
		t.Errorf("%d members, want 2", n)
	}
	counts, err := a.db.MailCounts(t.Context(), "acme", id.N)
	if err != nil || counts["waiting"] != 2 {
		t.Errorf("mails %v, %v, want 2 waiting", counts, err)
	}
}

func TestOnlyActiveAndEligiblePeopleAreInvited(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	a.apply(
		creation("1", "both@x.example", "active", "eligible"), creation("2", "leave@x.example", "inactive", "eligible"),
		creation("3", "not@x.example", "active", "ineligible"), creation("4", "neither@x.example", "inactive", "ineligible"))
	want := map[string]directory.Standing{
		"both@x.example": {State: directory.Invited}, "leave@x.example": {State: directory.Deactivated, Before: directory.Pending},
		"not@x.example": {State: directory.Pending}, "neither@x.example": {State: directory.Deactivated, Before: directory.Pending},
	}
	got := map[string]directory.Standing{}
	for email, m := range a.members() {
		got[email] = directory.Standing{State: m.State, Before: m.Before}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("standings (-got +want):\n%s", diff)
	}
	back := a.members()["leave@x.example"]
	a.apply(change(changeset.Reactivate, back, changeset.FieldChange{Field: roster.Status, Before: "inactive", After: "active"}))
	if m := a.members()["leave@x.example"]; m.State != directory.Invited {
		t.Errorf("back from leave and never invited: %s, want invited", m.State)
	}
}

// A mail is cancelled when its member is no longer to be invited, waits again when they are, and there is never a second one.
func TestInvitationsStopAndResume(t *testing.T) {
	t.Parallel()
	eligibility := func(before, after string) changeset.FieldChange {
		return changeset.FieldChange{Field: roster.ProgramEligibility, Before: before, After: after}
	}
	city := func(before, after string) changeset.FieldChange {
		return changeset.FieldChange{Field: roster.City, Before: before, After: after}
	}
	type step struct {
		op     changeset.Op
		fields []changeset.FieldChange
		want   invite.State // of the one mail afterwards
	}
	stops := step{changeset.Update, []changeset.FieldChange{eligibility("eligible", "ineligible")}, invite.Cancelled}
	for name, steps := range map[string][]step{
		"leave":              {{changeset.Deactivate, nil, invite.Cancelled}, {changeset.Reactivate, nil, invite.Waiting}},
		"deletion":           {{changeset.Delete, nil, invite.Cancelled}, {changeset.Restore, nil, invite.Waiting}},
		"eligibility":        {stops, {changeset.Update, []changeset.FieldChange{eligibility("ineligible", "eligible")}, invite.Waiting}},
		"another field":      {{changeset.Update, []changeset.FieldChange{city("Bern", "Rome")}, invite.Waiting}},
		"still not eligible": {stops, {changeset.Update, []changeset.FieldChange{city("Bern", "Rome")}, invite.Cancelled}},
		"back, not eligible": {stops, {changeset.Deactivate, nil, invite.Cancelled}, {changeset.Reactivate, nil, invite.Cancelled}},
		"eligible, not back": {{changeset.Deactivate, []changeset.FieldChange{eligibility("eligible", "ineligible")}, invite.Cancelled}, {changeset.Update, []changeset.FieldChange{eligibility("ineligible", "eligible")}, invite.Cancelled}},
	} {
		a := newApplying(t)
		a.apply(creation("1", "ana@x.example", "active", "eligible"))
		for i, s := range steps {
			a.apply(change(s.op, a.members()["ana@x.example"], s.fields...))
			counts, err := a.db.MailCounts(t.Context(), "acme", 1)
			if diff := cmp.Diff(counts, map[invite.State]int{s.want: 1}); diff != "" || err != nil {
				t.Errorf("%s: mails after step %d, %v (-got +want):\n%s", name, i+1, err, diff)
			}
		}
	}
}

func TestSomebodyElseWasFaster(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	a.apply(creation("1", "ana@x.example", "active", "eligible"), creation("2", "bob@x.example", "active", "eligible"))
	ana, bob := a.members()["ana@x.example"], a.members()["bob@x.example"]
	city := changeset.FieldChange{Field: roster.City, Before: "Bern", After: "Rome"}
	plan := []changeset.Change{change(changeset.Update, ana, city), change(changeset.Update, bob, city), creation("3", "cy@x.example", "active", "eligible")}
	id, stale := a.begin(plan...)
	if stale {
		t.Fatal("stale before anything changed")
	}
	a.apply(change(changeset.Update, ana, changeset.FieldChange{Field: roster.City, Before: "Bern", After: "Oslo"}))
	a.apply(creation("9", "cy@x.example", "active", "eligible"))
	if got, want := a.chunk(id, plan...), (directory.ChunkResult{Applied: 1, SetAside: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	after := a.members()
	if after["ana@x.example"].Value(roster.City) != "Oslo" || after["bob@x.example"].Value(roster.City) != "Rome" || after["cy@x.example"].Value(roster.UniqueID) != "9" {
		t.Error("a change by somebody else was overwritten, or one that was free was not applied")
	}
	if _, stale := a.begin(plan...); !stale {
		t.Error("a plan on members who have moved on is not stale")
	}
}

// Addresses may swap and move along a chain within one chunk; who is set aside keeps theirs, and so whoever counted on it is set aside too.
func TestAddressesMoveTogether(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	a.apply(creation("1", "a@x.example", "active", "eligible"), creation("2", "b@x.example", "active", "eligible"), creation("3", "c@x.example", "active", "eligible"))
	to := func(m directory.Member, email string) changeset.Change {
		c := change(changeset.Update, m, changeset.FieldChange{Field: roster.Email, Before: m.Value(roster.Email), After: email})
		c.Email = email
		return c
	}
	before := a.members()
	if r := a.apply(to(before["a@x.example"], "b@x.example"), to(before["b@x.example"], "c@x.example"), to(before["c@x.example"], "a@x.example")); r.Applied != 3 {
		t.Fatalf("a ring of addresses came to %+v", r)
	}
	after := a.members()
	if after["b@x.example"].ID != before["a@x.example"].ID || after["a@x.example"].ID != before["c@x.example"].ID {
		t.Error("addresses did not move")
	}
	chain := []changeset.Change{to(after["a@x.example"], "b@x.example"), to(after["b@x.example"], "c@x.example"), to(after["c@x.example"], "new@x.example")}
	id, _ := a.begin(chain...)
	a.apply(change(changeset.Update, after["c@x.example"], changeset.FieldChange{Field: roster.City, Before: "Bern", After: "Oslo"}))
	if got, want := a.chunk(id, chain...), (directory.ChunkResult{SetAside: 3}); got != want {
		t.Errorf("a chain whose end was changed by somebody else came to %+v, want %+v", got, want)
	}
}

func TestTenantsAreKeptApart(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(applyTime))
	pgtest.Tenant(t, url, "acme", "other")
	if _, _, err := db.PutTenantFile(t.Context(), "acme", tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	a := &applying{t: t, db: db, id: "acme"}
	a.apply(creation("1", "ana@x.example", "active", "eligible"))
	if _, total, err := db.SearchMembers(context.Background(), "other", postgres.MemberQuery{}); err != nil || total != 0 {
		t.Errorf("another tenant finds %d members, %v", total, err)
	}
	if _, err := db.Import(t.Context(), tenant.ImportID{Tenant: "other", N: 1}); err == nil {
		t.Error("another tenant reads the import")
	}
}

// Whoever goes on with an apply cuts the chunks that it was begun with; a chunk of the same number that was cut otherwise is refused, and so is another release.
func TestApplyGoesOnAsItBegan(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	changes := []changeset.Change{creation("1", "ana@x.example", "active", "eligible"), creation("2", "bob@x.example", "active", "eligible")}
	id, _ := a.begin(changes...)
	a.chunk(id, changes[0])
	begun, err := a.db.BeginApply(t.Context(), id, ledger.Decision{Verdict: approval.Approve}, changes, 7)
	if err != nil || begun.ChunkSize != 100 {
		t.Errorf("begun again: %+v, %v, want chunks of 100", begun, err)
	}
	_, err = a.db.ApplyChunk(t.Context(), id, directory.Chunk{Stage: changeset.StageCreations, Changes: changes}, true)
	if !errors.Is(err, ledger.ErrOtherRelease) {
		t.Errorf("chunk 0 cut otherwise came to %v, want %v", err, ledger.ErrOtherRelease)
	}
	other := ledger.Decision{Verdict: approval.ApproveWithoutRemovals}
	if _, err = a.db.BeginApply(t.Context(), id, other, changes, 100); !errors.Is(err, ledger.ErrOtherRelease) {
		t.Errorf("another release came to %v, want %v", err, ledger.ErrOtherRelease)
	}
}

func TestNothingBeginsWhilePaused(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	imp, err := a.db.OpenImport(t.Context(), a.id, "import/acme/run", newRunID(t), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.db.SetTenantState(t.Context(), a.id, tenant.Paused, "ops", ""); err != nil {
		t.Fatal(err)
	}
	begun, err := a.db.BeginApply(t.Context(), imp.ID, ledger.Decision{Verdict: approval.Approve}, nil, 100)
	if err != nil || !begun.Paused {
		t.Errorf("got %+v, %v, want paused", begun, err)
	}
	if _, err := a.db.ApplyProgress(t.Context(), imp.ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an apply of a paused tenant left a row: %v", err)
	}
}
