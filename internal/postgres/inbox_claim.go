package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// SettledUnclaimed returns the deliveries of the tenant's inbox that wait for a run, newest first. Those of /check are not among them.
func (db *DB) SettledUnclaimed(ctx context.Context, id tenant.ID) (list []inbox.Delivery, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		list, err = claimable(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list settled deliveries of %s: %w", id, err)
	}
	return list, nil
}

// claimable leaves out what somebody is writing to again: a resumed upload turns a whole-looking file into a longer one.
func claimable(ctx context.Context, tx pgx.Tx, id tenant.ID) ([]inbox.Delivery, error) {
	r, err := tx.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d
		WHERE d.tenant_id = $1 AND d.folder = 'inbox' AND d.state = 'settled'
		  AND NOT EXISTS (SELECT FROM delivery o WHERE o.tenant_id = d.tenant_id AND o.folder = d.folder AND o.name = d.name
		                  AND o.state = 'open' AND o.named_at > d.named_at)
		ORDER BY d.named_at DESC, d.id DESC`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, scanDelivery)
}

// MarkWoken notes that a run was triggered for a delivery.
func (db *DB) MarkWoken(ctx context.Context, id tenant.ID, delivery inbox.ID, at time.Time) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE delivery SET woken_at = $3 WHERE tenant_id = $1 AND id = $2`, id, delivery, at)
		if err == nil && tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("mark delivery %s woken: %w", delivery, err)
	}
	return nil
}

// claimNewest gives the newest settled delivery of the inbox to import n and archives the older ones, which no import will read; found is false where none is settled.
// An import that has claimed before gets the same delivery again.
func claimNewest(ctx context.Context, tx pgx.Tx, id tenant.ID, n int, now time.Time) (d inbox.Delivery, found bool, err error) {
	if err := lockInbox(ctx, tx, id); err != nil {
		return inbox.Delivery{}, false, err
	}
	d, err = oneDelivery(ctx, tx, `WHERE d.tenant_id = $1 AND d.import_n = $2`, id, n)
	if !errors.Is(err, inbox.ErrNotFound) {
		return d, err == nil, err
	}
	list, err := claimable(ctx, tx, id)
	if err != nil || len(list) == 0 {
		return inbox.Delivery{}, false, err
	}
	d = list[0]
	d.State, d.ImportN = inbox.Claimed, n
	if _, err := tx.Exec(ctx, `UPDATE delivery SET state = 'claimed', import_n = $3 WHERE tenant_id = $1 AND id = $2`, id, d.ID, n); err != nil {
		return inbox.Delivery{}, false, err
	}
	older := make([]string, 0, len(list))
	for _, o := range list[1:] {
		older = append(older, o.ID.String())
	}
	_, err = tx.Exec(ctx, `UPDATE delivery SET state = 'archived' WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`, id, older)
	return d, err == nil, err
}

// finishDelivery archives the delivery that import n claimed; an import without one changes nothing.
func finishDelivery(ctx context.Context, tx pgx.Tx, id tenant.ID, n int) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'archived' WHERE tenant_id = $1 AND import_n = $2 AND state = 'claimed'`, id, n)
	return err
}
