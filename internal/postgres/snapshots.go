package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

// PublishedSnapshot returns the tenant's newest snapshot, or the zero value, and the tenant's present epoch: both as of one moment. A row that can't be read any more is none.
func (db *DB) PublishedSnapshot(ctx context.Context, id tenant.ID) (p snapshot.Published, epoch int64, err error) {
	var head string
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT t.epoch, COALESCE(s.epoch, 0), COALESCE(s.sha256, ''), COALESCE(s.bytes, 0), COALESCE(s.head, ''), COALESCE(s.pages, '')
			FROM tenant t LEFT JOIN directory_snapshot s ON s.tenant_id = t.id WHERE t.id = $1`, id).
			Scan(&epoch, &p.Epoch, &p.Ref.SHA256, &p.Ref.Bytes, &head, &p.Pages)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		err = ErrNotFound
		fallthrough
	case err != nil:
		return snapshot.Published{}, 0, fmt.Errorf("read snapshot of %s: %w", id, err)
	}
	if p.Head, err = batch.ParseSnapshotHead(head); err != nil || p.Ref.SHA256 == "" {
		return snapshot.Published{}, epoch, nil
	}
	p.Ref.Tenant, p.Ref.Kind = id, artifact.Snapshot
	return p, epoch, nil
}

// PublishSnapshot makes p the newest snapshot of its tenant, unless the epoch has moved on. It returns the artifacts of snapshots that are older than the two newest that were published.
func (db *DB) PublishSnapshot(ctx context.Context, p snapshot.Published) (superseded []artifact.Ref, err error) {
	id := p.Ref.Tenant
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO directory_snapshot AS s (tenant_id, epoch, sha256, bytes, head, pages, previous_sha256, made_at)
			SELECT id, epoch, $3, $4, $5, $6, '', $7 FROM tenant WHERE id = $1 AND epoch = $2
			ON CONFLICT (tenant_id) DO UPDATE SET epoch = EXCLUDED.epoch, sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes, head = EXCLUDED.head, pages = EXCLUDED.pages,
				previous_sha256 = CASE WHEN s.sha256 = EXCLUDED.sha256 THEN s.previous_sha256 ELSE s.sha256 END, made_at = EXCLUDED.made_at
			WHERE s.epoch <= EXCLUDED.epoch`, id, p.Epoch, p.Ref.SHA256, p.Ref.Bytes, p.Head.String(), p.Pages, db.clock.Now())
		if err != nil {
			return err
		}
		superseded, err = supersededSnapshots(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publish snapshot of %s: %w", id, err)
	}
	return superseded, nil
}

// supersededSnapshots returns what is older than the last snapshot but one. What is newer and not published may be about to be.
func supersededSnapshots(ctx context.Context, tx pgx.Tx, id tenant.ID) ([]artifact.Ref, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.sha256, a.bytes
		FROM directory_snapshot s
		JOIN artifact p ON p.tenant_id = s.tenant_id AND p.kind = $2 AND p.sha256 = s.previous_sha256
		JOIN artifact a ON a.tenant_id = s.tenant_id AND a.kind = $2 AND a.created_at < p.created_at AND a.sha256 <> s.sha256
		WHERE s.tenant_id = $1 ORDER BY a.sha256`, id, artifact.Snapshot)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (artifact.Ref, error) {
		ref := artifact.Ref{Tenant: id, Kind: artifact.Snapshot}
		return ref, row.Scan(&ref.SHA256, &ref.Bytes)
	})
}

// CopyDirectory gives w all members of the tenant, deleted ones included, in the order of their ids and in blocks of a batch each, and returns the epoch at which they stand: both come from
// one moment of the database. w keeps nothing of a block; its error ends the copy and is returned.
func (db *DB) CopyDirectory(ctx context.Context, id tenant.ID, fields []roster.Field, w func(*batch.MemberBlock) error) (epoch int64, err error) {
	err = db.atEpoch(ctx, id, func(tx pgx.Tx, now int64) error {
		epoch = now
		out := newMemberRows(fields, w)
		in := &copyReader{columns: fixedColumns + len(out.others), row: out.add}
		// A COPY takes no parameters; the tenant is the one that was entered.
		copied := `COPY (SELECT ` + snapshotColumns(fields) + ` FROM member WHERE tenant_id = current_setting('app.tenant_id') ORDER BY id) TO STDOUT (FORMAT binary)`
		if _, err := tx.Conn().PgConn().CopyTo(ctx, in, copied); err != nil {
			return cmp.Or(in.err, sanitize(err))
		}
		return errors.Join(in.end(), out.flush())
	})
	if err != nil {
		return 0, fmt.Errorf("copy directory of %s: %w", id, err)
	}
	return epoch, nil
}

// CopyApplied gives w the people touched who are in the directory, as CopyDirectory does, with the present epoch and the number of changes that the import applied. It is
// [snapshot.ErrOvertaken] where anything but the import's chunks moved the epoch since it was from.
func (db *DB) CopyApplied(
	ctx context.Context, id tenant.ImportID, from int64, t snapshot.Touched, fields []roster.Field, w func(*batch.MemberBlock) error,
) (epoch int64, applied int, err error) {
	err = db.atEpoch(ctx, id.Tenant, func(tx pgx.Tx, now int64) error {
		epoch = now
		if applied, err = chainOf(ctx, tx, id, from, now); err != nil {
			return err
		}
		ids, err := touchedIDs(ctx, tx, id.Tenant, t)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+snapshotColumns(fields)+` FROM member WHERE tenant_id = $1 AND id = ANY ($2) ORDER BY id`,
			pgx.QueryResultFormats{pgx.BinaryFormatCode}, id.Tenant, ids)
		if err != nil {
			return err
		}
		defer rows.Close()
		out := newMemberRows(fields, w)
		for rows.Next() {
			if err := out.add(rows.RawValues()); err != nil {
				return err
			}
		}
		return errors.Join(rows.Err(), out.flush())
	})
	if err != nil {
		return 0, 0, fmt.Errorf("copy people changed by %s: %w", id, err)
	}
	return epoch, applied, nil
}

// chainOf returns how many changes the import's chunks applied, where each of them moved the epoch by one and nothing else did between the epochs from and to.
func chainOf(ctx context.Context, tx pgx.Tx, id tenant.ImportID, from, to int64) (applied int, err error) {
	var chunks, first, last int64
	err = tx.QueryRow(ctx, `
		SELECT count(*), COALESCE(min(epoch), 0), COALESCE(max(epoch), 0), COALESCE(sum(applied), 0) FROM apply_chunk WHERE tenant_id = $1 AND import_n = $2`,
		id.Tenant, id.N).Scan(&chunks, &first, &last, &applied)
	if err == nil && (chunks == 0 || first != from+1 || last != to || last-first+1 != chunks) {
		err = snapshot.ErrOvertaken
	}
	return applied, err
}

// touchedIDs returns the ids of people, each once, in order. It is an array for the planner's sake: see chunkApply.
func touchedIDs(ctx context.Context, tx pgx.Tx, id tenant.ID, t snapshot.Touched) ([][16]byte, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM member WHERE tenant_id = $1 AND email_folded = ANY ($2)`, id, t.Addresses)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[[16]byte])
	if err != nil {
		return nil, err
	}
	for _, member := range t.IDs {
		ids = append(ids, member)
	}
	slices.SortFunc(ids, func(a, b [16]byte) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids), nil
}
