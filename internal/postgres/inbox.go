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

const deliveryColumns = `d.tenant_id, d.id::text, d.folder, d.name, d.state, d.bytes, d.sha256, d.fingerprint, d.torn, d.opened_at, d.named_at, d.changed_at,
	d.settled_at, d.woken_at, COALESCE(d.import_n, 0)`

// visible is the condition under which a client still sees delivery d: while it is unclaimed, and afterwards if it took its name after $3, which is
// inbox.VisibleFor ago.
const visible = `(d.state IN ('open', 'broken', 'closed', 'settled') OR d.state IN ('claimed', 'archived') AND d.hidden_at IS NULL AND d.named_at > $3)`

// written is whether somebody else writes to the name of delivery d. A writer that began earlier and has been silent since $2, which is inbox.StalledAfter ago,
// is a connection that broke.
const written = `EXISTS (SELECT FROM delivery o
	WHERE o.tenant_id = d.tenant_id AND o.folder = d.folder AND o.name = d.name AND o.state = 'open' AND o.id <> d.id
	  AND (o.named_at > d.named_at OR o.changed_at > $2))`

func scanDelivery(row pgx.CollectableRow) (inbox.Delivery, error) {
	var d inbox.Delivery
	var settled, woken *time.Time
	err := row.Scan(&d.Tenant, &d.ID, &d.Folder, &d.Name, &d.State, &d.Bytes, &d.SHA256, &d.Fingerprint, &d.Torn, &d.OpenedAt, &d.NamedAt, &d.ChangedAt,
		&settled, &woken, &d.ImportN)
	d.OpenedAt, d.NamedAt, d.ChangedAt = d.OpenedAt.UTC(), d.NamedAt.UTC(), d.ChangedAt.UTC()
	d.SettledAt, d.WokenAt = orZero(settled), orZero(woken)
	return d, err
}

// lockInbox makes the rest of the transaction the only one that changes deliveries of the tenant, so that what two clients do to one name happens one after the
// other. The tenant's row comes first, as it does in every transaction that locks both; otherwise an insert's foreign key would ask for it afterwards.
func lockInbox(ctx context.Context, tx pgx.Tx, id tenant.ID) error {
	if _, err := tx.Exec(ctx, `SELECT FROM tenant WHERE id = $1 FOR KEY SHARE`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('inbox ' || $1, 0))`, id)
	return err
}

// inInbox is inTenant with the tenant's inbox locked.
func (db *DB) inInbox(ctx context.Context, id tenant.ID, f func(tx pgx.Tx) error) error {
	return db.inTenant(ctx, id, func(tx pgx.Tx) error {
		if err := lockInbox(ctx, tx, id); err != nil {
			return err
		}
		return f(tx)
	})
}

// Deliveries returns what a client sees in a folder at the time now: the newest visible delivery of each name, in the order of the names.
func (db *DB) Deliveries(ctx context.Context, id tenant.ID, folder inbox.Folder, now time.Time) (list []inbox.Delivery, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT DISTINCT ON (d.name) `+deliveryColumns+` FROM delivery d
			WHERE d.tenant_id = $1 AND d.folder = $2 AND `+visible+` ORDER BY d.name, d.named_at DESC, d.id DESC`, id, folder, now.Add(-inbox.VisibleFor))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(r, scanDelivery)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries of %s: %w", id, err)
	}
	return list, nil
}

// Delivery returns the delivery that a client finds at a place at the time now, or inbox.ErrNotFound.
func (db *DB) Delivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) (d inbox.Delivery, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		d, err = deliveryAt(ctx, tx, id, at, now)
		return err
	})
	if err != nil {
		return inbox.Delivery{}, fmt.Errorf("find delivery of %s: %w", id, err)
	}
	return d, nil
}

func deliveryAt(ctx context.Context, tx pgx.Tx, id tenant.ID, at inbox.Place, now time.Time) (inbox.Delivery, error) {
	return oneDelivery(ctx, tx, `WHERE d.tenant_id = $1 AND d.folder = $2 AND d.name = $4 AND `+visible+` ORDER BY d.named_at DESC, d.id DESC LIMIT 1`,
		id, at.Folder, now.Add(-inbox.VisibleFor), at.Name)
}

func oneDelivery(ctx context.Context, tx pgx.Tx, where string, args ...any) (inbox.Delivery, error) {
	r, err := tx.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d `+where, args...)
	if err != nil {
		return inbox.Delivery{}, err
	}
	d, err := pgx.CollectExactlyOneRow(r, scanDelivery)
	if errors.Is(err, pgx.ErrNoRows) {
		return inbox.Delivery{}, inbox.ErrNotFound
	}
	return d, err
}

// OpenDelivery makes the row of an upload that begins, in the state open, for which the server vouches until held. Any number of uploads of one name may be
// open; the name is decided when they end.
func (db *DB) OpenDelivery(ctx context.Context, d inbox.Delivery, held time.Time) error {
	err := db.inInbox(ctx, d.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO delivery (tenant_id, id, folder, name, state, bytes, sha256, fingerprint, torn, opened_at, named_at, changed_at, held_until)
			VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, false, $8, $8, $8, $9)`,
			d.Tenant, d.ID, d.Folder, d.Name, d.Bytes, d.SHA256, d.Fingerprint, d.OpenedAt, held)
		if err != nil {
			return err
		}
		return workDue(ctx, tx, d.Tenant, workUpload, held)
	})
	if err != nil {
		return fmt.Errorf("open delivery %s: %w", d.ID, err)
	}
	return nil
}

// HoldDeliveries vouches for open uploads until held, and notes when each was last written to. Uploads that are no longer open stay as they are.
func (db *DB) HoldDeliveries(ctx context.Context, id tenant.ID, written map[inbox.ID]time.Time, held time.Time) error {
	ids, ats := make([]string, 0, len(written)), make([]time.Time, 0, len(written))
	for d, at := range written {
		ids, ats = append(ids, d.String()), append(ats, at)
	}
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE delivery d SET held_until = $4, changed_at = GREATEST(d.changed_at, w.at)
			  FROM unnest($2::uuid[], $3::timestamptz[]) AS w (id, at)
			 WHERE d.tenant_id = $1 AND d.id = w.id AND d.state = 'open'`, id, ids, ats, held)
		if err != nil {
			return err
		}
		return workDue(ctx, tx, id, workUpload, held)
	})
	if err != nil {
		return fmt.Errorf("hold deliveries of %s: %w", id, err)
	}
	return nil
}

// EndDelivery records what became of an upload and gives it its name.
//
// A closed upload takes its name from whatever unclaimed delivery has it, however that came: of two writers, the last to close wins. A
// broken one takes it only where nothing newer has it: its connection may be long dead and only now be missed. An upload that no longer is the one
// of its name is stored as replaced and gives inbox.ErrSuperseded, as does one that the client removed meanwhile or that is closed already.
func (db *DB) EndDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, end inbox.Ending) error {
	superseded := false
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		d, err := oneDelivery(ctx, tx, `WHERE d.tenant_id = $1 AND d.id = $2 AND d.state IN ('open', 'broken')`, id, delivery)
		if errors.Is(err, inbox.ErrNotFound) {
			superseded = true
			return nil
		}
		if err != nil {
			return err
		}
		superseded, err = endDelivery(ctx, tx, d, end)
		return err
	})
	if err == nil && superseded {
		err = inbox.ErrSuperseded
	}
	if err != nil {
		return fmt.Errorf("end delivery %s: %w", delivery, err)
	}
	return nil
}

func endDelivery(ctx context.Context, tx pgx.Tx, d inbox.Delivery, end inbox.Ending) (superseded bool, err error) {
	state, named := end.State, d.NamedAt
	if state == inbox.Closed {
		named = end.At
	} else {
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM delivery d WHERE d.tenant_id = $1 AND d.folder = $2 AND d.name = $3 AND d.id <> $4
			AND d.named_at > $5 AND d.state NOT IN ('replaced', 'removed'))`, d.Tenant, d.Folder, d.Name, d.ID, d.NamedAt).Scan(&superseded)
		if err != nil {
			return false, err
		}
	}
	if superseded {
		state = inbox.Replaced
	} else if err := replaceUnclaimed(ctx, tx, d.Tenant, d.Place, d.ID); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE delivery SET state = $3, bytes = $4, sha256 = $5, torn = $6, changed_at = GREATEST(changed_at, $7), named_at = $8, held_until = NULL
		 WHERE tenant_id = $1 AND id = $2`, d.Tenant, d.ID, state, end.Bytes, end.SHA256, end.Torn, end.ChangedAt, named)
	if err != nil {
		return false, err
	}
	return superseded, workDue(ctx, tx, d.Tenant, workSettle, end.At)
}

// replaceUnclaimed takes a name from the finished, unclaimed delivery that has it, but not from keep.
func replaceUnclaimed(ctx context.Context, tx pgx.Tx, id tenant.ID, at inbox.Place, keep inbox.ID) error {
	_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'replaced'
		WHERE tenant_id = $1 AND folder = $2 AND name = $3 AND id <> $4 AND state IN ('broken', 'closed', 'settled')`, id, at.Folder, at.Name, keep)
	return err
}

// DropDelivery ends an upload that wrote nothing over an older version, which stays what it was.
func (db *DB) DropDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, now time.Time) error {
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE delivery SET state = 'removed', held_until = NULL WHERE tenant_id = $1 AND id = $2 AND state IN ('open', 'broken')`, id, delivery)
		if err != nil {
			return err
		}
		return workDue(ctx, tx, id, workSettle, now)
	})
	if err != nil {
		return fmt.Errorf("drop delivery %s: %w", delivery, err)
	}
	return nil
}
