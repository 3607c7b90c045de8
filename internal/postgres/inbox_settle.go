package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// DeliveryChannel is where a notification is sent whenever deliveries have settled; its payload is the tenant's id. Whoever listens must also look now and then, since
// a notification that nobody hears is gone.
const DeliveryChannel = "rollcall_delivery"

// recheck is how soon to look again at a delivery whose name is being written to: the end of that upload asks for a look by itself, but its silence does not.
const recheck = time.Second

// SettleDeliveries settles what is whole under the settings at the time now, in every tenant where something may be, and tells those who listen. Any number
// of servers may do this at once, each delivery settles once. It returns how many settled.
func (db *DB) SettleDeliveries(ctx context.Context, settings inbox.Settings, now time.Time) (settled int, err error) {
	err = db.eachDue(ctx, workSettle, now, func(tx pgx.Tx, id tenant.ID) (*time.Time, error) {
		n, next, err := settleTenant(ctx, tx, id, settings, now)
		settled += n
		return next, err
	})
	if err != nil {
		return settled, fmt.Errorf("settle deliveries: %w", err)
	}
	return settled, nil
}

// settleTenant settles one tenant's deliveries and returns when to look again; nil where nothing waits.
func settleTenant(ctx context.Context, tx pgx.Tx, id tenant.ID, settings inbox.Settings, now time.Time) (settled int, next *time.Time, err error) {
	closed, err := closedDeliveries(ctx, tx, id, now)
	if err != nil {
		return 0, nil, err
	}
	var whole []string
	for _, d := range closed {
		at, ever := settings.SettlesAt(d)
		switch {
		case settings.Settled(d, now):
			whole = append(whole, d.ID.String())
			continue
		case !ever:
			continue
		case d.Writing && at.Before(now.Add(recheck)):
			at = now.Add(recheck)
		}
		if next == nil || at.Before(*next) {
			next = &at
		}
	}
	if len(whole) == 0 {
		return 0, next, nil
	}
	_, err = tx.Exec(ctx, `UPDATE delivery SET state = 'settled', settled_at = $3 WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state = 'closed'`, id, whole, now)
	if err != nil {
		return 0, nil, err
	}
	_, err = tx.Exec(ctx, `SELECT pg_notify($1, $2)`, DeliveryChannel, id)
	return len(whole), next, err
}

func closedDeliveries(ctx context.Context, tx pgx.Tx, id tenant.ID, now time.Time) ([]inbox.Delivery, error) {
	r, err := tx.Query(ctx, `SELECT `+written+`, `+deliveryColumns+` FROM delivery d WHERE d.tenant_id = $1 AND d.state = 'closed' ORDER BY d.id`, id, now.Add(-inbox.StalledAfter))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, func(row pgx.CollectableRow) (inbox.Delivery, error) {
		var writing bool
		d, err := scanDelivery(prefixed{row, &writing})
		d.Writing = writing
		return d, err
	})
}

// prefixed is a row with one more column in front.
type prefixed struct {
	pgx.CollectableRow
	first any
}

func (p prefixed) Scan(dest ...any) error {
	return p.CollectableRow.Scan(append([]any{p.first}, dest...)...)
}

// BreakAbandoned marks uploads broken whose server no longer vouches for them at the time now: it died, or lost the database for long. Of the bytes that it had
// received nothing is stored, so what is left is the version that the client began from, or nothing. It returns how many there were.
func (db *DB) BreakAbandoned(ctx context.Context, now time.Time) (broken int, err error) {
	err = db.eachDue(ctx, workUpload, now, func(tx pgx.Tx, id tenant.ID) (*time.Time, error) {
		n, err := breakWhere(ctx, tx, id, now, `d.held_until <= $2`, now)
		broken += n
		if err != nil {
			return nil, err
		}
		var next *time.Time
		err = tx.QueryRow(ctx, `SELECT min(held_until) FROM delivery WHERE tenant_id = $1 AND state = 'open'`, id).Scan(&next)
		return next, err
	})
	if err != nil {
		return broken, fmt.Errorf("break abandoned deliveries: %w", err)
	}
	return broken, nil
}

// BreakDelivery does the same to one upload at once: its server came back and knows that it lost it. One that is no longer open stays as it is.
func (db *DB) BreakDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, now time.Time) error {
	err := db.inInbox(ctx, id, func(tx pgx.Tx) error {
		_, err := breakWhere(ctx, tx, id, now, `d.id = $2`, delivery)
		return err
	})
	if err != nil {
		return fmt.Errorf("break delivery %s: %w", delivery, err)
	}
	return nil
}

func breakWhere(ctx context.Context, tx pgx.Tx, id tenant.ID, now time.Time, condition string, arg any) (int, error) {
	r, err := tx.Query(ctx, `SELECT `+deliveryColumns+` FROM delivery d WHERE d.tenant_id = $1 AND d.state = 'open' AND `+condition+` ORDER BY d.id`, id, arg)
	if err != nil {
		return 0, err
	}
	lost, err := pgx.CollectRows(r, scanDelivery)
	if err != nil {
		return 0, err
	}
	for _, d := range lost {
		end := inbox.Ending{State: inbox.Broken, Bytes: d.Bytes, SHA256: d.SHA256, Torn: d.Torn, ChangedAt: d.ChangedAt, At: now}
		if _, err := endDelivery(ctx, tx, d, end); err != nil {
			return 0, err
		}
	}
	return len(lost), nil
}
