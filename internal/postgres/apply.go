package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// BeginApply makes the row of an apply, unless it is there already. A plan that is stale, and one of a tenant that is paused, leave no row. An apply that was begun before is
// never stale: what was changed since is set aside person by person; and it goes on with the chunks that it was cut into first. It is [ledger.ErrOtherRelease]
// where it was begun for another release.
func (db *DB) BeginApply(ctx context.Context, id tenant.ImportID, d ledger.Decision, planned []changeset.Change, chunkSize int) (begun ledger.Beginning, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		if err := stageVersions(ctx, tx, planned); err != nil {
			return err
		}
		record, err := tenantRow(ctx, tx, id.Tenant, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		begun, err = beginning(ctx, tx, id, d.Release())
		if err == nil || !errors.Is(err, ErrNotFound) {
			return err
		}
		begun = ledger.Beginning{Paused: record.State == tenant.Paused, ChunkSize: chunkSize}
		if begun.Paused {
			return nil
		}
		err = tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM planned p LEFT JOIN member m ON m.tenant_id = $1 AND m.id = p.id WHERE m.version IS DISTINCT FROM p.version)`,
			id.Tenant).Scan(&begun.Stale)
		if err != nil || begun.Stale {
			return err
		}
		return newApply(ctx, tx, id, d.Release(), len(planned), chunkSize, db.clock.Now())
	})
	if err != nil {
		return ledger.Beginning{}, fmt.Errorf("begin apply of %s: %w", id, err)
	}
	return begun, nil
}

// beginning returns how the import's apply was begun, or [ErrNotFound].
func beginning(ctx context.Context, tx pgx.Tx, id tenant.ImportID, release approval.Release) (begun ledger.Beginning, err error) {
	var digest string
	err = tx.QueryRow(ctx, `SELECT release, chunk_size FROM apply WHERE tenant_id = $1 AND import_n = $2`, id.Tenant, id.N).Scan(&digest, &begun.ChunkSize)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return begun, ErrNotFound
	case err == nil && digest != release.Digest():
		return begun, ledger.ErrOtherRelease
	}
	return begun, err
}

func newApply(ctx context.Context, tx pgx.Tx, id tenant.ImportID, release approval.Release, planned, chunkSize int, now time.Time) error {
	groups := make([]string, len(release.Groups))
	for i, g := range release.Groups {
		groups[i] = string(g)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO apply (tenant_id, import_n, changeset, release, verdict, groups, planned, chunk_size, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id.Tenant, id.N, release.ChangeSet, release.Digest(), release.Verdict, groups, planned, chunkSize, now)
	return err
}

// stageVersions copies the versions that a plan counts on into the temporary table "planned".
func stageVersions(ctx context.Context, tx pgx.Tx, planned []changeset.Change) error {
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE planned (id uuid, version bigint) ON COMMIT DROP`); err != nil {
		return err
	}
	existing := make([][]any, 0, len(planned))
	for _, c := range planned {
		if c.Member != "" {
			existing = append(existing, []any{c.Member, c.Version})
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"planned"}, []string{"id", "version"}, pgx.CopyFromRows(uuidRows(existing)))
	return err
}

// lockEpoch takes its place in the queue of writers of the tenant's members. It is not FOR UPDATE, which would keep uploads out: a row that refers to the tenant locks its key.
func lockEpoch(ctx context.Context, tx pgx.Tx, id tenant.ID) error {
	_, err := tx.Exec(ctx, `SELECT epoch FROM tenant WHERE id = $1 FOR NO KEY UPDATE`, id)
	return err
}

// ApplyChunk applies a chunk, once: a chunk whose row is there is not applied again, and its result is the one of the first time. invite says whether people who become
// invitable are invited.
func (db *DB) ApplyChunk(ctx context.Context, id tenant.ImportID, chunk directory.Chunk, invite bool) (result directory.ChunkResult, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		a := &chunkApply{tx: tx, id: id, chunk: chunk, now: db.clock.Now(), invite: invite}
		result, err = a.run(ctx)
		return err
	})
	if err != nil {
		return directory.ChunkResult{}, fmt.Errorf("apply chunk %d of %s: %w", chunk.Number, id, err)
	}
	return result, nil
}

// EndApply marks an apply as ended and returns what it did in all, with the number of invitations that it made due. It may be called again.
func (db *DB) EndApply(ctx context.Context, id tenant.ImportID) (a ledger.Apply, invited int, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE apply SET ended_at = $3 WHERE tenant_id = $1 AND import_n = $2 AND ended_at IS NULL`, id.Tenant, id.N, db.clock.Now()); err != nil {
			return err
		}
		if a, err = applyProgress(ctx, tx, id); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*) FROM mail WHERE tenant_id = $1 AND kind = 'invitation' AND import_n = $2`, id.Tenant, id.N).Scan(&invited)
	})
	if err != nil {
		return ledger.Apply{}, 0, fmt.Errorf("end apply of %s: %w", id, err)
	}
	return a, invited, nil
}

// ApplyProgress returns how far an apply has come, or [ErrNotFound] where none was begun.
func (db *DB) ApplyProgress(ctx context.Context, id tenant.ImportID) (a ledger.Apply, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		a, err = applyProgress(ctx, tx, id)
		return err
	})
	if err != nil {
		return ledger.Apply{}, fmt.Errorf("read apply of %s: %w", id, err)
	}
	return a, nil
}

func applyProgress(ctx context.Context, tx pgx.Tx, id tenant.ImportID) (a ledger.Apply, err error) {
	var ended *time.Time
	err = tx.QueryRow(ctx, `
		SELECT a.planned, a.chunk_size, a.started_at, a.ended_at, COALESCE(sum(c.applied), 0), COALESCE(sum(c.set_aside), 0), count(c.chunk)
		FROM apply a LEFT JOIN apply_chunk c USING (tenant_id, import_n)
		WHERE a.tenant_id = $1 AND a.import_n = $2 GROUP BY a.tenant_id, a.import_n`, id.Tenant, id.N).
		Scan(&a.Planned, &a.ChunkSize, &a.StartedAt, &ended, &a.Applied, &a.SetAside, &a.Chunks)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrNotFound
	}
	a.EndedAt = orZero(ended)
	return a, err
}
