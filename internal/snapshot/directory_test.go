package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

var (
	fields = []roster.Field{roster.UniqueID, roster.Email, roster.FirstName, roster.LastName, roster.City, "custom.desk"}
	head   = batch.SnapshotHead{Fields: append(slices.Clone(fields), roster.Status, roster.ProgramEligibility), Hashed: fields, Seed: 7}
	// other is what another mapping asks for.
	other = batch.SnapshotHead{Fields: []roster.Field{roster.Email, roster.UniqueID, roster.Locale, roster.Country}, Hashed: []roster.Field{roster.Email, roster.Locale}, Seed: 8}
)

// ticking is a clock of which no two instants are the same.
type ticking struct{ n atomic.Int64 }

func (c *ticking) Now() time.Time {
	return time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(c.n.Add(1)) * time.Second)
}

// A T is a test, of the standard library or of rapid.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// world is a database with artifacts.
type world struct {
	db        *postgres.DB
	root      *pgxpool.Pool // the superuser
	dir       string
	artifacts *blobstore.Store
	store     *snapshot.Store
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db, url := pgtest.New(t, &ticking{})
	root, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(root.Close)
	w := &world{db: db, root: root, dir: t.TempDir()}
	if w.artifacts, err = blobstore.OpenDir(w.dir, db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.artifacts.Close() })
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	w.store = snapshot.New(db, w.artifacts, alloc)
	return w
}

// here is one tenant of the world.
type here struct {
	*world
	id    tenant.ID
	names int // given away so far
}

func (w *world) tenant(t T, id tenant.ID) *here {
	t.Helper()
	h := &here{world: w, id: id}
	h.exec(t, `INSERT INTO tenant (id, state, version, imports, epoch, created_at) VALUES ($1, 'active', 0, 0, 0, '2026-01-01')`, id)
	if _, _, err := w.db.PutTenantFile(context.Background(), id, tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	return h
}

// exec runs a statement as the superuser who named no tenant.
func (h *here) exec(t T, sql string, args ...any) int64 {
	t.Helper()
	tag, err := h.root.Exec(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}

// execAsApp runs a statement as the role that programs work as.
func (h *here) execAsApp(t T, sql string, args ...any) {
	t.Helper()
	err := pgx.BeginFunc(context.Background(), h.root, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), `SET LOCAL ROLE rollcall_app`); err != nil {
			return err
		}
		if _, err := tx.Exec(context.Background(), `SELECT set_config('app.tenant_id', $1, true)`, h.id); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *here) epoch(t T) (epoch int64) {
	t.Helper()
	if err := h.root.QueryRow(context.Background(), `SELECT epoch FROM tenant WHERE id = $1`, h.id).Scan(&epoch); err != nil {
		t.Fatal(err)
	}
	return epoch
}

// person is a member as a comparison is told of them.
type person struct {
	ID, UniqueID, Email string
	Version             int64
	Presence            batch.Presence
	FromRoster          bool
	Until               time.Time
	Values              map[roster.Field]string
}

// truth is the directory by a plain query.
func (h *here) truth(t T) []person {
	t.Helper()
	rows, err := h.root.Query(context.Background(), `
		SELECT id::text, COALESCE(unique_id, ''), email, version, CASE state WHEN 'deactivated' THEN 1 WHEN 'deleted' THEN 2 ELSE 0 END, source = 'roster',
		       COALESCE(deleted_until, '1970-01-01Z'), profile || jsonb_build_object('first_name', first_name, 'last_name', last_name, 'locale', locale, 'status', status, 'program_eligibility', eligibility)
		FROM member WHERE tenant_id = $1 ORDER BY id`, h.id)
	if err != nil {
		t.Fatal(err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (person, error) {
		var p person
		var presence int16
		err := row.Scan(&p.ID, &p.UniqueID, &p.Email, &p.Version, &presence, &p.FromRoster, &p.Until, &p.Values)
		p.Presence, p.Until = batch.Presence(presence), p.Until.UTC()
		p.Values[roster.Email], p.Values[roster.UniqueID] = p.Email, p.UniqueID
		return p, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return people
}

// only keeps the values of fields.
func only(people []person, fields []roster.Field) []person {
	for i, p := range people {
		kept := map[roster.Field]string{}
		for _, f := range fields {
			kept[f] = p.Values[f]
		}
		people[i].Values = kept
	}
	return people
}

// peopleOf returns what a snapshot holds.
func peopleOf(s *batch.Snapshot) (people []person, err error) {
	for i := range s.Batches() {
		m, err := s.Members(i)
		if err != nil {
			return nil, err
		}
		for k := range m.Rows() {
			p := person{ID: m.ID(k), UniqueID: m.UniqueID.Text(k), Email: m.Email.Text(k), Version: m.Version[k], Presence: m.Presence[k], FromRoster: m.FromRoster[k] == 1, Until: m.Until(k)}
			p.Values = map[roster.Field]string{}
			for c, f := range s.Head().Fields {
				p.Values[f] = m.Values[c].Text(k)
			}
			people = append(people, p)
		}
		m.Release()
	}
	return people, nil
}

// check compares what is opened with what Postgres says.
func (h *here) check(t T, want batch.SnapshotHead) {
	t.Helper()
	err := h.store.Use(context.Background(), h.id, want, func(o *snapshot.Opened) error {
		if !o.Head().Serves(want) {
			return fmt.Errorf("opened under %s, wanted %s", o.Head(), want)
		}
		if epoch := h.epoch(t); o.Epoch != epoch {
			return fmt.Errorf("opened at epoch %d of %d", o.Epoch, epoch)
		}
		got, err := peopleOf(o.Snapshot)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(got, only(h.truth(t), o.Head().Fields), cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("the snapshot and the directory differ (-snapshot +directory):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begin begins the apply of changes.
func (h *here) begin(t T, changes []changeset.Change) tenant.ImportID {
	t.Helper()
	h.names++
	imp, err := h.db.OpenImport(context.Background(), h.id, "import/run", fmt.Sprintf("%s-%d", h.id, h.names), true)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := h.db.BeginApply(context.Background(), imp.ID, ledger.Decision{Verdict: approval.Approve}, changes, 100)
	if err != nil || begun.Stale {
		t.Fatal(begun, err)
	}
	return imp.ID
}

// apply applies changes in chunks of size.
func (h *here) apply(t T, size int, changes ...changeset.Change) tenant.ImportID {
	t.Helper()
	changeset.Sort(changes)
	id := h.begin(t, changes)
	for _, c := range directory.Chunks(changes, size) {
		before := h.epoch(t)
		if _, err := h.db.ApplyChunk(context.Background(), id, c, true); err != nil {
			t.Fatal(err)
		}
		if after := h.epoch(t); after != before+1 {
			t.Fatalf("a chunk moved the epoch from %d to %d", before, after)
		}
	}
	return id
}

func (h *here) publish(t T, id tenant.ImportID, changes ...changeset.Change) snapshot.Outcome {
	t.Helper()
	outcome, err := h.store.Publish(context.Background(), id, each(changes))
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func each(changes []changeset.Change) func(func(changeset.Change, error) bool) {
	return func(yield func(changeset.Change, error) bool) {
		for _, c := range changes {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// creation is a new person of a number.
func creation(n int) changeset.Change {
	c := changeset.Change{Op: changeset.Create, Row: 2, UniqueID: fmt.Sprint(n), Email: fmt.Sprintf("P%d@X.example", n)}
	for f, v := range map[roster.Field]string{
		roster.UniqueID: c.UniqueID, roster.Email: c.Email, roster.FirstName: "Ana", roster.LastName: fmt.Sprint("Roy ", n), roster.Status: "active", roster.City: "Genève", "custom.desk": "",
	} {
		c.Fields = append(c.Fields, changeset.FieldChange{Field: f, After: v})
	}
	slices.SortFunc(c.Fields, func(a, b changeset.FieldChange) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return c
}

func creations(from, to int) (changes []changeset.Change) {
	for n := from; n < to; n++ {
		changes = append(changes, creation(n))
	}
	return changes
}

func change(op changeset.Op, p person, fields ...changeset.FieldChange) changeset.Change {
	return changeset.Change{Op: op, Removal: op == changeset.Delete, Member: p.ID, Version: p.Version, Email: p.Email, UniqueID: p.UniqueID, Fields: fields}
}

func set(f roster.Field, before, after string) changeset.FieldChange {
	return changeset.FieldChange{Field: f, Before: before, After: after}
}

// published returns the reference of the snapshot that is published.
func (h *here) published(t T) artifact.Ref {
	t.Helper()
	p, _, err := h.db.PublishedSnapshot(context.Background(), h.id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Ref
}

// bytes returns the published file.
func (h *here) bytes(t T) []byte {
	t.Helper()
	r, err := h.artifacts.Open(context.Background(), h.published(t))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// files returns how many snapshots of the tenant lie in the store.
func (h *here) files(t T) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(h.dir, string(h.id), "snapshot", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// spoil damages the published file from an offset on, by so many bytes; where that is none, it removes it.
func (h *here) spoil(t T, off, n int) {
	t.Helper()
	path := filepath.Join(h.dir, h.published(t).Key())
	if n == 0 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := off; i < min(off+n, len(file)); i++ {
		file[i] ^= 0x5A
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}
