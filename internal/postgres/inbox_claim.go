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

// claimNewest gives the newest settled delivery of the inbox to import n; found is false where there is none to claim. Older ones keep waiting: they are read where the newest is
// refused, see [DB.ArchiveOlder]. An import that has claimed before gets the same delivery again.
//
// A delivery can settle late (one that may be cut off waits for minutes). Where a newer one was accepted meanwhile it is overtaken: it is archived unread, and returned as such. Where a
// newer one is just being read, it waits.
func claimNewest(ctx context.Context, tx pgx.Tx, id tenant.ID, n int) (d inbox.Delivery, found bool, overtaken []inbox.Delivery, err error) {
	if err := lockInbox(ctx, tx, id); err != nil {
		return inbox.Delivery{}, false, nil, err
	}
	d, err = oneDelivery(ctx, tx, `WHERE d.tenant_id = $1 AND d.import_n = $2`, id, n)
	if !errors.Is(err, inbox.ErrNotFound) {
		return d, err == nil, nil, err
	}
	list, err := claimable(ctx, tx, id)
	if err != nil || len(list) == 0 {
		return inbox.Delivery{}, false, nil, err
	}
	accepted, reading, err := newestRead(ctx, tx, id)
	if err != nil {
		return inbox.Delivery{}, false, nil, err
	}
	for i, d := range list {
		switch {
		case d.NamedAt.Before(accepted):
			overtaken = list[i:] // the list is newest first
			return inbox.Delivery{}, false, overtaken, archive(ctx, tx, id, overtaken)
		case d.NamedAt.Before(reading):
			continue
		}
		d.State, d.ImportN = inbox.Claimed, n
		_, err = tx.Exec(ctx, `UPDATE delivery SET state = 'claimed', import_n = $3 WHERE tenant_id = $1 AND id = $2`, id, d.ID, n)
		return d, err == nil, nil, err
	}
	return inbox.Delivery{}, false, nil, nil
}

// newestRead returns when the newest delivery took its name among those that imports have accepted, and among those that imports are reading; the zero time where there is none.
func newestRead(ctx context.Context, tx pgx.Tx, id tenant.ID) (accepted, reading time.Time, err error) {
	var a, r *time.Time
	err = tx.QueryRow(ctx, `
		SELECT max(d.named_at) FILTER (WHERE i.outcome <> 'refused' AND i.phase NOT IN ('receiving', 'reading')),
		       max(d.named_at) FILTER (WHERE i.phase IN ('receiving', 'reading'))
		FROM import i JOIN delivery d ON d.tenant_id = i.tenant_id AND d.id = i.delivery_id
		WHERE i.tenant_id = $1`, id).Scan(&a, &r)
	return orZero(a), orZero(r), err
}

func archive(ctx context.Context, tx pgx.Tx, id tenant.ID, list []inbox.Delivery) error {
	for _, d := range list {
		if _, err := tx.Exec(ctx, `UPDATE delivery SET state = 'archived' WHERE tenant_id = $1 AND id = $2`, id, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// ArchiveOlder archives the settled deliveries that came before the one that the import has claimed, and returns them: no import will read them. It is called once that one is
// accepted, so that a file which is refused never keeps a good one from being read.
func (db *DB) ArchiveOlder(ctx context.Context, imp tenant.ImportID) (archived []inbox.Delivery, err error) {
	err = db.inTenant(ctx, imp.Tenant, func(tx pgx.Tx) error {
		if err := lockInbox(ctx, tx, imp.Tenant); err != nil {
			return err
		}
		own, err := oneDelivery(ctx, tx, `WHERE d.tenant_id = $1 AND d.import_n = $2`, imp.Tenant, imp.N)
		if errors.Is(err, inbox.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		list, err := claimable(ctx, tx, imp.Tenant)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.NamedAt.Before(own.NamedAt) {
				archived = append(archived, d)
			}
		}
		return archive(ctx, tx, imp.Tenant, archived)
	})
	if err != nil {
		return nil, fmt.Errorf("archive deliveries older than that of %s: %w", imp, err)
	}
	return archived, nil
}

// finishDelivery archives the delivery that import n claimed, or, where another import is to read it again, lets it wait anew, unless a newer one of its name waits or a newer import
// has another; an import without one changes nothing. What waits is woken at once.
func finishDelivery(ctx context.Context, tx pgx.Tx, id tenant.ID, n int, again bool) error {
	if err := lockInbox(ctx, tx, id); err != nil {
		return err
	}
	if again {
		_, err := tx.Exec(ctx, `
			UPDATE delivery d SET state = 'settled', import_n = NULL WHERE d.tenant_id = $1 AND d.import_n = $2 AND d.state = 'claimed'
			  AND NOT EXISTS (SELECT FROM delivery o WHERE o.tenant_id = d.tenant_id AND o.folder = d.folder AND o.name = d.name
			                  AND o.state IN ('broken', 'closed', 'settled'))
			  AND NOT EXISTS (SELECT FROM import i WHERE i.tenant_id = d.tenant_id AND i.n > $2 AND i.delivery_id IS NOT NULL)`, id, n)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'archived' WHERE tenant_id = $1 AND import_n = $2 AND state = 'claimed'`, id, n)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE delivery SET woken_at = NULL WHERE tenant_id = $1 AND state = 'settled' AND folder = 'inbox'`, id)
	return err
}
