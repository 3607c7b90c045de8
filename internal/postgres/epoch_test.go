package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// epochs are two tenants, of whom "acme" has members, and a connection of the superuser.
type epochs struct {
	*applying
	conn *pgx.Conn
}

func newEpochs(t *testing.T) *epochs {
	t.Helper()
	a := newApplying(t)
	pgtest.Tenant(t, a.url, "other")
	conn, err := pgx.Connect(t.Context(), a.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	a.apply(creation("1", "ana@x.example", "active", "eligible"), creation("2", "bob@x.example", "active", "ineligible"))
	return &epochs{applying: a, conn: conn}
}

func (e *epochs) epoch(id tenant.ID) (n int64) {
	e.t.Helper()
	if err := e.conn.QueryRow(e.t.Context(), `SELECT epoch FROM tenant WHERE id = $1`, id).Scan(&n); err != nil {
		e.t.Fatal(err)
	}
	return n
}

// moves runs statements in one transaction and reports how far both epochs moved.
func (e *epochs) moves(app bool, statements ...string) (acme, other int64) {
	e.t.Helper()
	a, o := e.epoch("acme"), e.epoch("other")
	err := pgx.BeginFunc(e.t.Context(), e.conn, func(tx pgx.Tx) error {
		if app {
			statements = append([]string{`SET LOCAL ROLE rollcall_app`, `SELECT set_config('app.tenant_id', 'acme', true)`}, statements...)
		}
		for _, s := range statements {
			if _, err := tx.Exec(e.t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		e.t.Fatalf("%v: %v", statements, err)
	}
	return e.epoch("acme") - a, e.epoch("other") - o
}

// another is the INSERT of somebody of a tenant.
func another(id tenant.ID, email string) string {
	return fmt.Sprintf(`INSERT INTO member (tenant_id, id, version, state, source, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
		VALUES ('%s', gen_random_uuid(), 1, 'pending', 'self', '%s', '%[2]s', 'Cy', 'Low', 'en-US', 'active', 'eligible', '{}', '2026-01-01', '2026-01-01')`, id, email)
}

// Whatever a comparison reads of members moves the epoch, and nothing else does, whoever writes.
func TestEpochMovesWithMembers(t *testing.T) {
	t.Parallel()
	e := newEpochs(t)
	for what, want := range map[string]int64{
		`version = version + 1`: 1, `source = 'staff'`: 1, `unique_id = unique_id || 'x'`: 1, `unique_id = NULL`: 1, `email = 'A' || email`: 1, `first_name = 'Éva'`: 1, `last_name = 'Z'`: 1,
		`locale = 'fr-CA'`: 1, `status = 'inactive'`: 1, `eligibility = CASE eligibility WHEN 'eligible' THEN 'ineligible' ELSE 'eligible' END`: 1, `profile = '{"city": "Rome"}'`: 1, `profile = profile - 'city'`: 1,
		`id = gen_random_uuid()`: 1, `state = 'deleted', state_before = 'invited', deleted_at = '2026-01-01', deleted_until = '2026-02-01'`: 1,
		`state = 'deactivated', status = 'inactive', state_before = 'invited'`: 1,

		`state = 'active'`: 0, `state = 'pending'`: 0, `changed_at = '2030-01-01', created_at = '2030-01-01'`: 0, `first_name = first_name, profile = profile || '{}'`: 0, `email_folded = 'x' || email_folded`: 0,
	} {
		// Nothing else refers to the members here, so that their ids can change.
		for _, reset := range []string{`DELETE FROM mail`, `DELETE FROM member_alias`, `DELETE FROM member`} {
			pgtest.Exec(t, e.url, reset)
		}
		e.apply(creation("1", "ana@x.example", "active", "ineligible"), creation("2", "bob@x.example", "active", "ineligible"))
		for _, app := range []bool{false, true} {
			who := ` WHERE email LIKE '%bob@x.example'`
			if app {
				who = ` WHERE email LIKE '%ana@x.example'`
			}
			if acme, other := e.moves(app, `UPDATE member SET `+what+who); acme != want || other != 0 {
				t.Errorf("SET %s (as the application: %t) moved the epoch by %d, want %d, and another tenant's by %d", what, app, acme, want, other)
			}
		}
	}
}

func TestEpochMovesOnceATransaction(t *testing.T) {
	t.Parallel()
	e := newEpochs(t)
	const update = `UPDATE member SET version = version + 1 WHERE tenant_id = 'acme'`
	for name, test := range map[string]struct {
		statements  []string
		acme, other int64
	}{
		"nobody":                      {[]string{`UPDATE member SET version = 9 WHERE false`, `DELETE FROM member WHERE false`}, 0, 0},
		"twice":                       {[]string{update, another("acme", "c@x.example"), update, `DELETE FROM member WHERE email = 'c@x.example'`}, 1, 0},
		"taken back":                  {[]string{`SAVEPOINT s`, update, `ROLLBACK TO s`}, 0, 0},
		"taken back, then done":       {[]string{`SAVEPOINT s`, update, `ROLLBACK TO s`, update, `SAVEPOINT s`, update}, 1, 0},
		"two tenants":                 {[]string{another("other", "d@x.example"), update}, 1, 1},
		"one after the other":         {[]string{update, `UPDATE member SET version = version + 1`}, 1, 1},
		"from tenant to tenant":       {[]string{`UPDATE member SET tenant_id = 'acme' WHERE tenant_id = 'other'`}, 1, 1},
		"triggers told to stay quiet": {[]string{`SET LOCAL session_replication_role = replica`, update}, 1, 0},
		"everybody":                   {[]string{`TRUNCATE member CASCADE`}, 1, 1},
	} {
		pgtest.Exec(t, e.url, `DELETE FROM mail; DELETE FROM member_alias; DELETE FROM member`)
		e.apply(creation("1", "ana@x.example", "active", "ineligible"))
		pgtest.Exec(t, e.url, another("other", "o@x.example"))
		if acme, other := e.moves(false, test.statements...); acme != test.acme || other != test.other {
			t.Errorf("%s: epochs moved by %d and %d, want %d and %d", name, acme, other, test.acme, test.other)
		}
	}
}

// A chunk moves the epoch by one, also where all of it is set aside, and its row has the epoch after it; done again it moves nothing.
func TestChunkMovesEpochByOne(t *testing.T) {
	t.Parallel()
	e := newEpochs(t)
	ana := e.members()["ana@x.example"]
	city := changeset.FieldChange{Field: roster.City, Before: "Bern", After: "Rome"}
	all := []changeset.Change{change(changeset.Update, ana, city), creation("3", "cy@x.example", "active", "eligible"), change(changeset.Update, ana, city)}
	id, _ := e.begin(all...)
	for n, c := range all {
		for range 2 {
			if _, err := e.db.ApplyChunk(t.Context(), id, directory.Chunk{Number: n, Position: n, Stage: changeset.StageUpdates, Changes: []changeset.Change{c}}, true); err != nil {
				t.Fatal(err)
			}
			var recorded int64
			if err := e.conn.QueryRow(t.Context(), `SELECT epoch FROM apply_chunk WHERE import_n = $1 AND chunk = $2`, id.N, n).Scan(&recorded); err != nil {
				t.Fatal(err)
			}
			if got, want := e.epoch("acme"), int64(2+n); got != want || recorded != want {
				t.Errorf("epoch %d and %d in the row after chunk %d, want %d", got, recorded, n, want)
			}
		}
	}
}

// A writer in the name of a tenant, who does not think of the tenant's row, does not deadlock with one who takes it first.
func TestWritersQueue(t *testing.T) {
	t.Parallel()
	e := newEpochs(t)
	other, err := pgx.Connect(t.Context(), e.url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	entered := func(conn *pgx.Conn) pgx.Tx {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `SELECT set_config('app.tenant_id', 'acme', true)`); err != nil {
			t.Fatal(err)
		}
		return tx
	}
	first, second := entered(e.conn), entered(other)
	if _, err := first.Exec(t.Context(), `SELECT FROM tenant WHERE id = 'acme' FOR NO KEY UPDATE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := second.Exec(t.Context(), `UPDATE member SET version = version + 1`)
		done <- errors.Join(err, second.Commit(t.Context()))
	}()
	pid := other.PgConn().PID()
	for waiting := false; !waiting; {
		if err := first.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)`, pid).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := first.Exec(t.Context(), `UPDATE member SET version = version + 1`); err != nil {
		t.Errorf("who took the tenant first: %v", err)
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("who did not: %v", err)
	}
	if v := e.members()["ana@x.example"].Version; v != 3 {
		t.Errorf("version %d after two changes of version 1", v)
	}
}

// Values of every length come out of a COPY as they are, and an error of whoever takes them ends it.
func TestCopyDirectory(t *testing.T) {
	t.Parallel()
	e := newEpochs(t)
	fields := []roster.Field{roster.Email, roster.City, roster.UniqueID, "custom.quote'"}
	long := fmt.Sprintf("%0200000d", 7)
	if _, err := e.conn.Exec(t.Context(), `UPDATE member SET profile = jsonb_build_object('city', $1::text, 'custom.quote''', 'é'), deleted_until = NULL WHERE unique_id = '1'`, long); err != nil {
		t.Fatal(err)
	}
	rows := 0
	epoch, err := e.db.CopyDirectory(t.Context(), "acme", fields, func(b *batch.MemberBlock) error {
		for i := range b.Rows() {
			rows++
			city, quote := string(b.Values[1].Bytes(i)), string(b.Values[3].Bytes(i))
			if string(b.UniqueID.Bytes(i)) == "1" && (city != long || quote != "é") || string(b.UniqueID.Bytes(i)) == "2" && (city != "Bern" || quote != "") {
				t.Errorf("member %d came out otherwise", i)
			}
		}
		return nil
	})
	if err != nil || rows != 2 || epoch != e.epoch("acme") {
		t.Errorf("%d members at epoch %d, %v", rows, epoch, err)
	}
	enough := errors.New("enough")
	if _, err = e.db.CopyDirectory(t.Context(), "acme", fields, func(*batch.MemberBlock) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error of the writer came to %v", err)
	}
	if _, err = e.db.CopyDirectory(t.Context(), "nobody", fields, func(*batch.MemberBlock) error { return nil }); err == nil {
		t.Error("no tenant was copied")
	}
	if _, _, err = e.db.PublishedSnapshot(t.Context(), "nobody"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("the snapshot of no tenant: %v", err)
	}
	if err := e.db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
