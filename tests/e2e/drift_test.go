package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// touch changes a member beside Rollcall's imports, as the hub does when a person edits their profile.
func (c *customer) touch(id string) {
	c.t.Helper()
	c.rows(func(tx pgx.Tx) error { return c.touchIn(tx, id) })
}

func (c *customer) touchIn(tx pgx.Tx, id string) error {
	tag, err := tx.Exec(c.t.Context(), `UPDATE member SET version = version + 1 WHERE tenant_id = $1 AND unique_id = $2`, c.id, id)
	if err == nil && tag.RowsAffected() != 1 {
		return fmt.Errorf("%d members were touched", tag.RowsAffected())
	}
	return err
}

// tellDrift: a planned person who was changed before the apply makes the plan stale, and it is decided anew; one who is changed while it runs is set aside.
func tellDrift(t *testing.T, s *stack) {
	c := settled(t, s, "drift", 1200)
	month := c.company.Next(rostergen.Delta{Joiners: 400, Changed: 300, Leavers: 3})
	imp := c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	c.touch(month.Changed[0].After.Value(roster.UniqueID))
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	var anew imported
	eventually(t, patience, "the plan is made anew", func() bool {
		anew = c.show(imp.Import)
		return anew.Phase == contract.AwaitingDecision && anew.ChangeSet != imp.ChangeSet
	})
	if diff := cmp.Diff(imp.Totals, anew.Totals); diff != "" {
		t.Errorf("the plan made anew changes something else (-first +anew):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"approve taken"}, effects(anew)); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	s.refuse(t, 5, "another change set", "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "the old one")
	c.approve(anew)
	c.check()
	s.replay(t, "stale-then-applied", imp.WorkflowID, c.runID(imp))
	s.replay(t, "apply-stale", contract.ApplyID(tenantID(c.id)), c.applies(imp)[0])

	// Removals come last, so somebody who is to be removed can still be changed while the first chunks are applied.
	month = c.company.Next(rostergen.Delta{Joiners: 500, Changed: 600, Leavers: 2})
	kept := c.directory()
	imp = c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	// Whoever changes a member waits for the tenant's row, so it is changed by who holds that.
	held := c.hold(imp, 1)
	touched := month.Leavers[0].Value(roster.UniqueID)
	if err := errors.Join(c.touchIn(held, touched), held.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.AppliedWithFailures)
	c.invite()
	want := c.expected()
	want[touched] = kept[touched]
	c.checkDirectory(want)
	c.checkMails()
	s.replay(t, "applied_with_failures", imp.WorkflowID, c.runID(imp))
}

// holdAt waits until an apply has done so many chunks and not all, and keeps it from doing more until release is called: every writer waits for the tenant's row.
func (c *customer) holdAt(imp imported, least int) (release func()) {
	c.t.Helper()
	tx := c.hold(imp, least)
	return func() { _ = tx.Rollback(context.WithoutCancel(c.t.Context())) }
}

// hold is holdAt, and returns the transaction that the apply waits for.
func (c *customer) hold(imp imported, least int) pgx.Tx {
	c.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		tx, done := c.lockAndCount(imp)
		release := func() { _ = tx.Rollback(context.WithoutCancel(c.t.Context())) }
		if done < least {
			release()
			continue
		}
		if all := (imp.Totals.Changes() + chunk - 1) / chunk; done >= all {
			release()
			c.t.Fatalf("%s had applied all of its %d chunks before it could be held", imp.Import, all)
		}
		c.t.Cleanup(release)
		return tx
	}
	c.t.Fatalf("%s has not applied %d chunks", imp.Import, least)
	return nil
}

// lockAndCount locks the tenant's row and counts the chunks that an apply has done.
func (c *customer) lockAndCount(imp imported) (tx pgx.Tx, done int) {
	c.t.Helper()
	tx, err := c.s.db.Begin(c.t.Context())
	if err == nil {
		_, err = tx.Exec(c.t.Context(), `SELECT set_config('app.tenant_id', $1, true) FROM tenant WHERE id = $1 FOR UPDATE`, c.id)
	}
	if err == nil {
		err = tx.QueryRow(c.t.Context(), `SELECT count(*) FROM apply_chunk WHERE import_n = $1`, number(imp.Import)).Scan(&done)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return tx, done
}
