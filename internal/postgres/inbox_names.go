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

// RenameDelivery gives the delivery at one place the name of another. It must be quiet anew before it settles. The error is inbox.ErrNotFound where there
// is none, inbox.ErrClaimed where a run has it, and inbox.ErrExists where the other place is taken and replace is false. With replace, what is there and
// unclaimed is replaced, and what is claimed stays what it was behind the name.
func (db *DB) RenameDelivery(ctx context.Context, id tenant.ID, from, to inbox.Place, replace bool, now time.Time) error {
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		d, err := unclaimedAt(ctx, tx, id, from, now)
		if err != nil || from == to {
			return err
		}
		if _, err := deliveryAt(ctx, tx, id, to, now); err == nil && !replace {
			return inbox.ErrExists
		} else if err != nil && !errors.Is(err, inbox.ErrNotFound) {
			return err
		}
		if err := replaceUnclaimed(ctx, tx, id, to, d.ID); err != nil {
			return err
		}
		if err := hideClaimed(ctx, tx, id, from, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE delivery SET folder = $3, name = $4, named_at = $5, changed_at = $5, settled_at = NULL,
			       state = CASE state WHEN 'settled' THEN 'closed' ELSE state END
			 WHERE tenant_id = $1 AND id = $2`, id, d.ID, to.Folder, to.Name, now)
		if err != nil {
			return err
		}
		return workDue(ctx, tx, id, workSettle, now)
	})
	if err != nil {
		return fmt.Errorf("rename delivery of %s: %w", id, err)
	}
	return nil
}

// RemoveDelivery removes the delivery at a place, and what is left of older ones of the name from the client's view. The error is inbox.ErrNotFound where
// there is none and inbox.ErrClaimed where a run has it.
func (db *DB) RemoveDelivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) error {
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		if _, err := unclaimedAt(ctx, tx, id, at, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'removed', held_until = NULL
			WHERE tenant_id = $1 AND folder = $2 AND name = $3 AND state IN ('open', 'broken', 'closed', 'settled')`, id, at.Folder, at.Name)
		if err != nil {
			return err
		}
		return hideClaimed(ctx, tx, id, at, now)
	})
	if err != nil {
		return fmt.Errorf("remove delivery of %s: %w", id, err)
	}
	return nil
}

// TouchDelivery notes that the client changed attributes of the delivery at a place: it must be quiet anew before it settles. A claimed one is left as it is. The error
// is inbox.ErrNotFound where there is none.
func (db *DB) TouchDelivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) error {
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		d, err := unclaimedAt(ctx, tx, id, at, now)
		if errors.Is(err, inbox.ErrClaimed) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE delivery SET changed_at = $3, settled_at = NULL, state = CASE state WHEN 'settled' THEN 'closed' ELSE state END
			 WHERE tenant_id = $1 AND id = $2`, id, d.ID, now)
		if err != nil {
			return err
		}
		return workDue(ctx, tx, id, workSettle, now)
	})
	if err != nil {
		return fmt.Errorf("touch delivery of %s: %w", id, err)
	}
	return nil
}

// unclaimedAt returns the delivery that a client finds at a place, or inbox.ErrClaimed where a run has it.
func unclaimedAt(ctx context.Context, tx pgx.Tx, id tenant.ID, at inbox.Place, now time.Time) (inbox.Delivery, error) {
	d, err := deliveryAt(ctx, tx, id, at, now)
	if err == nil && !d.State.Unclaimed() {
		return inbox.Delivery{}, inbox.ErrClaimed
	}
	return d, err
}

// hideClaimed keeps older, claimed versions from showing up under a name once what stood before them is gone.
func hideClaimed(ctx context.Context, tx pgx.Tx, id tenant.ID, at inbox.Place, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET hidden_at = $4
		WHERE tenant_id = $1 AND folder = $2 AND name = $3 AND state IN ('claimed', 'archived') AND hidden_at IS NULL`, id, at.Folder, at.Name, now)
	return err
}
