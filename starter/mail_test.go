package main

import (
	"errors"
	"testing"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres/pgtest"
)

func TestInvitationsLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mails map[invite.State]int
		want  string
	}{
		{nil, ""},
		{map[invite.State]int{invite.Delivered: 4, invite.Waiting: 2, invite.Cancelled: 1}, ""},
		{map[invite.State]int{invite.Delivered: 1200, invite.Unknown: 3}, "Invitations: 1,200 delivered, 3 unknown (rollcall mail list --tenant acme --state unknown)"},
		{map[invite.State]int{invite.Unknown: 1, invite.Failed: 2},
			"Invitations: 0 delivered, 1 unknown (rollcall mail list --tenant acme --state unknown), 2 failed (rollcall mail list --tenant acme --state failed)"},
	} {
		if got := invitationsLine("acme", test.mails); got != test.want {
			t.Errorf("%v: %q, want %q", test.mails, got, test.want)
		}
	}
}

// The id of a mail says nothing of its tenant, so every tenant's are looked through; what may not be sent again stays as it is.
func TestAMailIsFoundAndWaitsAgain(t *testing.T) {
	t.Parallel()
	const failed, delivered, nobodys = "018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002", "018f0000-0000-7000-8000-000000000003"
	db, url := pgtest.New(t, clock.Fixed(seeded))
	pgtest.Tenant(t, url, "acme", "globex")
	for id, state := range map[string]string{failed: "failed", delivered: "delivered"} {
		pgtest.Exec(t, url, `INSERT INTO member (tenant_id, id, version, state, source, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
			VALUES ('globex', $1, 1, 'invited', 'roster', $2, $2, 'Ana', 'Roy', 'en-US', 'active', 'eligible', '{}', $3, $3)`, id, state+"@globex.example", seeded)
		pgtest.Exec(t, url, `INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, attempts, due_at, claimed_by, reply, created_at, changed_at)
			VALUES ('globex', $1, 'invitation', $1, 'membership', $2, 3, $3, 'a/1', '550', $3, $3)`, id, state, seeded)
	}
	c := &connections{stack: stack{clock: clock.Fixed(seeded)}, db: db}
	if of, err := letWaitAgain(t.Context(), c, failed); err != nil || of != "globex" {
		t.Errorf("the failed mail is of %q, %v", of, err)
	}
	if _, err := letWaitAgain(t.Context(), c, delivered); !errors.Is(err, invite.ErrNotResendable) {
		t.Errorf("the delivered mail: %v", err)
	}
	if _, err := letWaitAgain(t.Context(), c, nobodys); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a mail that is not there: %v", err)
	}
	mails, _, err := db.ListMails(t.Context(), "globex", invite.Filter{State: invite.Waiting})
	if err != nil || len(mails) != 1 || mails[0].ID != failed || mails[0].Tries != 0 {
		t.Errorf("waiting: %+v, %v", mails, err)
	}
}
