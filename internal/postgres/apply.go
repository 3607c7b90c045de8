package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// BeginApply makes the row of an apply, unless it is there already, and reports whether the plan is stale: whether a member that it names has moved on from the
// version that it was planned on. A stale plan leaves no row. An apply that was begun before is never stale: what was changed since is set aside person by
// person.
func (db *DB) BeginApply(ctx context.Context, id tenant.ImportID, d ledger.Decision, planned []changeset.Change) (stale bool, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		if err := stageVersions(ctx, tx, planned); err != nil {
			return err
		}
		if err := lockEpoch(ctx, tx, id.Tenant); err != nil {
			return err
		}
		var begun bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM apply WHERE tenant_id = $1 AND import_n = $2)`, id.Tenant, id.N).Scan(&begun); err != nil || begun {
			return err
		}
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM planned p LEFT JOIN member m ON m.tenant_id = $1 AND m.id = p.id WHERE m.version IS DISTINCT FROM p.version)`,
			id.Tenant).Scan(&stale)
		if err != nil || stale {
			return err
		}
		release := d.Release()
		groups := make([]string, len(release.Groups))
		for i, g := range release.Groups {
			groups[i] = string(g)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO apply (tenant_id, import_n, changeset, release, verdict, groups, planned, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id.Tenant, id.N, release.ChangeSet, release.Digest(), release.Verdict, groups, len(planned), db.clock.Now())
		return err
	})
	if err != nil {
		return false, fmt.Errorf("begin apply of %s: %w", id, err)
	}
	return stale, nil
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
		SELECT a.planned, a.started_at, a.ended_at, COALESCE(sum(c.applied), 0), COALESCE(sum(c.set_aside), 0), count(c.chunk)
		FROM apply a LEFT JOIN apply_chunk c USING (tenant_id, import_n)
		WHERE a.tenant_id = $1 AND a.import_n = $2 GROUP BY a.tenant_id, a.import_n`, id.Tenant, id.N).
		Scan(&a.Planned, &a.StartedAt, &ended, &a.Applied, &a.SetAside, &a.Chunks)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrNotFound
	}
	a.EndedAt = orZero(ended)
	return a, err
}
