package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// PutReceipt stores the answer to a file in place of the older one of the same name and kind. An import's answer does not give way to that of an earlier import, so
// that a late retry changes nothing; a pre-flight's never touches an import's.
func (db *DB) PutReceipt(ctx context.Context, id tenant.ID, r inbox.Receipt) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO receipt (tenant_id, name, kind, import_n, json, text, received_at, written_at)
			VALUES ($1, $2, $3, NULLIF($4, 0), $5, $6, $7, $8)
			ON CONFLICT (tenant_id, name, kind) DO UPDATE
			   SET import_n = EXCLUDED.import_n, json = EXCLUDED.json, text = EXCLUDED.text, received_at = EXCLUDED.received_at, written_at = EXCLUDED.written_at
			 WHERE COALESCE(receipt.import_n, 0) <= COALESCE(EXCLUDED.import_n, 0)`,
			id, r.Name, r.Kind, r.ImportN, r.JSON, r.Text, r.ReceivedAt, db.clock.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("store receipt of %s: %w", id, err)
	}
	return nil
}

// ListReceipts returns what a client sees of the tenant's receipts, in the order of their names: one a name, an import's where there is one.
func (db *DB) ListReceipts(ctx context.Context, id tenant.ID) (list []inbox.ReceiptInfo, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT DISTINCT ON (name) name, kind, length(json), length(text), written_at FROM receipt
			WHERE tenant_id = $1 ORDER BY name, kind = 'import' DESC`, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(r, func(row pgx.CollectableRow) (inbox.ReceiptInfo, error) {
			var i inbox.ReceiptInfo
			err := row.Scan(&i.Name, &i.Kind, &i.JSONBytes, &i.TextBytes, &i.WrittenAt)
			i.WrittenAt = i.WrittenAt.UTC()
			return i, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list receipts of %s: %w", id, err)
	}
	return list, nil
}

// ReadReceipt returns what a client sees as the receipt of a name, or inbox.ErrNotFound.
func (db *DB) ReadReceipt(ctx context.Context, id tenant.ID, name string) (inbox.Receipt, error) {
	return db.oneReceipt(ctx, id, `name = $2 ORDER BY kind = 'import' DESC`, name)
}

// LatestReceipt returns the receipt that was written last, of either kind, or inbox.ErrNotFound.
func (db *DB) LatestReceipt(ctx context.Context, id tenant.ID) (inbox.Receipt, error) {
	return db.oneReceipt(ctx, id, `$2 = '' ORDER BY written_at DESC, import_n DESC NULLS LAST`, "")
}

func (db *DB) oneReceipt(ctx context.Context, id tenant.ID, where, name string) (receipt inbox.Receipt, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT name, kind, COALESCE(import_n, 0), json, text, received_at, written_at FROM receipt
			WHERE tenant_id = $1 AND `+where+` LIMIT 1`, id, name)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(r, pgx.RowToStructByPos[inbox.Receipt])
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return inbox.ErrNotFound
		}
		receipt = found[0]
		receipt.ReceivedAt, receipt.WrittenAt = receipt.ReceivedAt.UTC(), receipt.WrittenAt.UTC()
		return nil
	})
	if err != nil {
		return inbox.Receipt{}, fmt.Errorf("read receipt of %s: %w", id, err)
	}
	return receipt, nil
}
