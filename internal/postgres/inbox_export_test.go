package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// ClaimNewest runs claimNewest in a transaction of its own.
func (db *DB) ClaimNewest(ctx context.Context, id tenant.ID, n int) (d inbox.Delivery, found bool, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		d, found, _, err = claimNewest(ctx, tx, id, n)
		return err
	})
	return d, found, err
}

// FinishDelivery runs finishDelivery in a transaction of its own.
func (db *DB) FinishDelivery(ctx context.Context, id tenant.ID, n int) error {
	return db.inTenant(ctx, id, func(tx pgx.Tx) error { return finishDelivery(ctx, tx, id, n, false) })
}
