package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

func TestOpenUsesWhatIsPublished(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	h.check(t, head)
	h.apply(t, 100, creations(1, 20)...)
	h.check(t, head)
	ref := h.published(t)
	h.check(t, head)
	fewer := head
	fewer.Fields = fields
	h.check(t, fewer)
	if again := h.published(t); again != ref {
		t.Errorf("a snapshot that serves was made again: %v, then %v", ref, again)
	}
	h.check(t, other)
	if again := h.published(t); again == ref {
		t.Error("a snapshot that does not serve was used")
	}
}

// After an apply of every operation the next snapshot is, byte for byte, the one that Postgres gives.
func TestRefreshedIsRebuilt(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	h.check(t, head)
	first := creations(1, 9000)
	if got := h.publish(t, h.apply(t, 4000, first...), first...); got != snapshot.Refreshed {
		t.Fatalf("the first apply's snapshot was %s", got)
	}
	h.check(t, head)
	people := h.truth(t)
	h.apply(t, 100, change(changeset.Deactivate, people[3]), change(changeset.Delete, people[4], nil...))
	h.check(t, head)
	people = h.truth(t)
	changes := append(creations(9000, 9050),
		change(changeset.Update, people[0], set(roster.City, "Genève", "Bern")),
		change(changeset.Update, people[4095], set("custom.desk", "", "12")), change(changeset.Update, people[4096], set(roster.UniqueID, "4097", "new")),
		change(changeset.Update, people[10], set(roster.Email, people[10].Email, people[11].Email)), change(changeset.Update, people[11], set(roster.Email, people[11].Email, people[10].Email)),
		change(changeset.Reactivate, people[3]), change(changeset.Restore, people[4]), change(changeset.Deactivate, people[5]), change(changeset.Delete, people[len(people)-1]))
	id := h.apply(t, 20, changes...)
	if got := h.publish(t, id, changes...); got != snapshot.Refreshed {
		t.Fatalf("the snapshot was %s", got)
	}
	refreshed, ref := h.bytes(t), h.published(t)
	h.check(t, head)
	if again := h.published(t); again != ref {
		t.Error("the snapshot that was published after an apply was not used")
	}
	if got := h.publish(t, id, changes...); got != snapshot.Current {
		t.Errorf("published again: %s", got)
	}
	h.exec(t, `DELETE FROM directory_snapshot`)
	h.check(t, head)
	if !bytes.Equal(refreshed, h.bytes(t)) {
		t.Error("a snapshot that was refreshed differs from one that was rebuilt")
	}
}

func TestPublishOnlyWhatIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		want snapshot.Outcome
		run  func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change)
	}{
		"nothing-was-published": {snapshot.Unfounded, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			h.exec(t, `DELETE FROM directory_snapshot WHERE tenant_id = $1`, h.id)
			return h.apply(t, 2, changes...), changes
		}},
		"an-edit-before": {snapshot.Overtaken, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			h.exec(t, `UPDATE member SET first_name = 'X' WHERE tenant_id = $1 AND unique_id = '5'`, h.id)
			return h.apply(t, 2, changes...), changes
		}},
		"an-edit-after": {snapshot.Overtaken, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			id := h.apply(t, 2, changes...)
			h.exec(t, `UPDATE member SET first_name = 'X' WHERE tenant_id = $1 AND unique_id = '5'`, h.id)
			return id, changes
		}},
		"an-import-between": {snapshot.Overtaken, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			h.apply(t, 2, creation(77))
			return h.apply(t, 2, changes...), changes
		}},
		"a-change-left-out": {snapshot.Overtaken, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			return h.apply(t, 2, changes...), changes[1:]
		}},
		"a-creation-left-out": {snapshot.Overtaken, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			return h.apply(t, 2, changes...), changes[:len(changes)-1]
		}},
		"more-than-was-applied": {snapshot.Refreshed, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			return h.apply(t, 2, changes[1:]...), changes
		}},
		"nothing": {snapshot.Current, func(h *here, changes []changeset.Change) (tenant.ImportID, []changeset.Change) {
			return h.begin(t, changes), changes
		}},
	} {
		h := w.tenant(t, tenant.ID(name))
		h.apply(t, 100, creations(1, 9)...)
		h.check(t, head)
		before := h.published(t)
		people := h.truth(t)
		changes := []changeset.Change{change(changeset.Update, people[0], set(roster.City, "Genève", "Bern")), change(changeset.Delete, people[1]), creation(50), creation(51)}
		id, told := test.run(h, changes)
		if got := h.publish(t, id, told...); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if after := h.published(t); test.want == snapshot.Overtaken && after != before {
			t.Errorf("%s: something was published", name)
		}
		h.check(t, head)
	}
}

// A file that is gone, cut, or spoiled anywhere is made again, and nobody is told an error or wrong data.
func TestSpoiledFiles(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	h.apply(t, 10_000, creations(1, 5000)...)
	h.check(t, head)
	size := int(h.published(t).Bytes)
	for _, at := range []struct{ off, n int }{{0, 0}, {0, 8}, {size - 30, 30}, {size / 2, 1}, {200, 50}, {0, size}, {size - size/3, 3}} {
		h.spoil(t, at.off, at.n)
		h.check(t, head)
	}
	// Where it is the base of the next, too.
	for i, at := range []struct{ off, n int }{{0, 0}, {size / 2, 1}, {size - 30, 30}} {
		city := fmt.Sprint("City ", i)
		changes := []changeset.Change{change(changeset.Update, h.truth(t)[i], set(roster.City, "Genève", city))}
		id := h.apply(t, 10, changes...)
		h.spoil(t, at.off, at.n)
		if got := h.publish(t, id, changes...); got != snapshot.Rebuilt {
			t.Errorf("on a base spoiled at %+v: %s", at, got)
		}
		h.check(t, head)
	}
	// Open itself tells where it could not have known better.
	h.spoil(t, size/2, 1)
	o, err := h.store.Open(t.Context(), "acme", head)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peopleOf(o.Snapshot); err == nil || !o.Damaged() {
		t.Errorf("a spoiled snapshot was read: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

func TestOldSnapshotsGo(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	h.apply(t, 10, creation(0))
	h.check(t, head)
	held, err := h.store.Open(t.Context(), "acme", head)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		h.apply(t, 10, creation(n+1))
		h.check(t, head)
	}
	if n := h.files(t); n != 2 {
		t.Errorf("%d snapshots lie in the store, want 2", n)
	}
	var rows int
	if err := h.root.QueryRow(t.Context(), `SELECT count(*) FROM artifact WHERE kind = 'snapshot'`).Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows of snapshots, %v, want 2", rows, err)
	}
	// Who reads an old one goes on.
	if people, err := peopleOf(held.Snapshot); err != nil || len(people) != 1 {
		t.Errorf("a snapshot that is held has %d people, %v", len(people), err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	changes := creations(1, 50)
	h.check(t, head)
	id := h.apply(t, 10, changes...)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			if i%2 == 0 {
				if _, err := h.store.Publish(context.Background(), id, each(changes)); err != nil {
					t.Error(err)
				}
				return
			}
			err := h.store.Use(context.Background(), "acme", head, func(o *snapshot.Opened) error {
				people, err := peopleOf(o.Snapshot)
				if err == nil && len(people) != 49 {
					err = fmt.Errorf("%d people, want 49", len(people))
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	h.check(t, head)
}

func TestCancelledContexts(t *testing.T) {
	t.Parallel()
	h := newWorld(t).tenant(t, "acme")
	h.apply(t, 10_000, creations(1, 5000)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.store.Open(ctx, "acme", head); err == nil {
		t.Error("opened in spite of being cancelled")
	}
	h.check(t, head)
	if _, err := h.store.Open(t.Context(), "nobody", head); err == nil {
		t.Error("opened the directory of no tenant")
	}
}

var _ snapshot.Directory = (*postgres.DB)(nil)
