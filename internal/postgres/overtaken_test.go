package postgres_test

import (
	"testing"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// An upload that settles late, because it may have been cut off, never takes the place of a newer one that was accepted; where the newer one is refused it is read after all.
func TestLateUploadIsOvertaken(t *testing.T) {
	for _, test := range []struct {
		name    string
		newer   func(it *inboxTest, id tenant.ImportID)
		claimed bool
		want    inbox.State
	}{
		{"the newer one is being read", func(it *inboxTest, id tenant.ImportID) {
			it.check(it.db.EnterPhase(it.Context(), id, contract.Reading))
		}, false, inbox.Settled},
		{"the newer one waits for a decision", func(it *inboxTest, id tenant.ImportID) {
			it.check(it.db.EnterPhase(it.Context(), id, contract.AwaitingDecision))
		}, false, inbox.Archived},
		{"the newer one was turned down", func(it *inboxTest, id tenant.ImportID) {
			it.check(it.db.CloseImport(it.Context(), id, contract.TurnedDown, false))
		}, false, inbox.Archived},
		{"the newer one was refused", func(it *inboxTest, id tenant.ImportID) {
			it.check(it.db.CloseImport(it.Context(), id, contract.Refused, false))
		}, true, inbox.Claimed},
	} {
		t.Run(test.name, func(t *testing.T) {
			it := newInbox(t)
			_, _, err := it.db.PutTenantFile(t.Context(), it.id, tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")})
			it.check(err)
			older, newer := it.upload("torn.csv"), it.upload("whole.csv")
			it.settle(time.Minute)
			pgtest.Exec(t, it.url, `UPDATE delivery SET state = 'closed' WHERE id = $1`, older)
			imp, err := it.db.OpenImport(t.Context(), it.id, "import/acme/run-1", "run-1", true)
			it.check(err)
			if imp.Delivery != string(newer) {
				t.Fatalf("the first import claimed %s, want the newer upload", imp.Delivery)
			}
			test.newer(it, imp.ID)
			pgtest.Exec(t, it.url, `UPDATE delivery SET state = 'settled' WHERE id = $1`, older)
			second, err := it.db.OpenImport(t.Context(), it.id, "import/acme/run-2", "run-2", true)
			it.check(err)
			if got := second.Delivery == string(older); got != test.claimed {
				t.Errorf("claimed %t, want %t", got, test.claimed)
			}
			if archived := len(second.Overtaken) == 1; archived != (test.want == inbox.Archived) {
				t.Errorf("overtaken %v", second.Overtaken)
			}
			it.want(older, test.want)
		})
	}
}
