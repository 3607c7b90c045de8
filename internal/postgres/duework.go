package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/tenant"
)

// The kinds of work that a tenant may have waiting; the table's comments say what each is.
const (
	workSettle = "settle"
	workUpload = "upload"
	workLate   = "late"
)

// workDue notes that the tenant has work of a kind from the time at on, or earlier where an earlier time is noted. It belongs in the transaction that makes the
// work, and its row lock orders that transaction against the one that does the work: whichever comes second sees the other's rows.
func workDue(ctx context.Context, tx pgx.Tx, id tenant.ID, kind string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO due_work (tenant_id, kind, at) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, kind) DO UPDATE SET at = LEAST(due_work.at, EXCLUDED.at)`, id, kind, at)
	return err
}

// eachDue enters every tenant that has work of a kind due at the time now, in a transaction of its own with its inbox locked, and has do do it. do returns when it
// is due again, nil for never. A tenant whose work fails doesn't keep the others from theirs; it stays due.
func (db *DB) eachDue(ctx context.Context, kind string, now time.Time, do func(tx pgx.Tx, id tenant.ID) (next *time.Time, err error)) error {
	due, err := db.tenantsDue(ctx, kind, now)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range due {
		err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
			// Another server may have done it since.
			err := tx.QueryRow(ctx, `SELECT at FROM due_work WHERE tenant_id = $1 AND kind = $2 AND at <= $3 FOR UPDATE`, id, kind, now).Scan(nil)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
			next, err := do(tx, id)
			if err != nil {
				return err
			}
			return workDone(ctx, tx, id, kind, next)
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("tenant %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

func (db *DB) tenantsDue(ctx context.Context, kind string, now time.Time) (due []tenant.ID, err error) {
	err = db.anyTenant(ctx, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT tenant_id FROM due_work WHERE kind = $1 AND at <= $2 ORDER BY at, tenant_id`, kind, now)
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(r, pgx.RowTo[tenant.ID])
		return err
	})
	return due, err
}

func workDone(ctx context.Context, tx pgx.Tx, id tenant.ID, kind string, next *time.Time) error {
	if next == nil {
		_, err := tx.Exec(ctx, `DELETE FROM due_work WHERE tenant_id = $1 AND kind = $2`, id, kind)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE due_work SET at = $3 WHERE tenant_id = $1 AND kind = $2`, id, kind, *next)
	return err
}
