package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
)

// UploadsToWatch returns the tenants whose uploads are to be looked at by now, those that wait the longest first.
func (db *DB) UploadsToWatch(ctx context.Context, now time.Time) (looks []lateness.Look, err error) {
	err = db.anyTenant(ctx, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT tenant_id, at FROM due_work WHERE kind = $1 AND at <= $2 ORDER BY at, tenant_id`, workLate, now)
		if err != nil {
			return err
		}
		looks, err = pgx.CollectRows(r, func(row pgx.CollectableRow) (l lateness.Look, err error) {
			err = row.Scan(&l.Tenant, &l.At)
			l.At = l.At.UTC()
			return l, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list uploads to watch: %w", err)
	}
	return looks, nil
}

// WatchUpload has decide say what is to be told of a tenant's upload, and records it: what was told, the notices, and when to look again, all in one transaction, so that nothing is told twice
// however often it is repeated. decide gets what is known for the period at now; its error is returned and nothing is recorded. Where the upload has arrived, notices about its being late that surely
// have not gone are cancelled first, and their recipients are not told that it has arrived. It returns how many notices were left out because they could not be stored.
func (db *DB) WatchUpload(ctx context.Context, id tenant.ID, p lateness.Period, now time.Time, decide func(lateness.Known) (lateness.Decision, notice.Telling, error)) (left int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		// Whoever moves the tenant to another state, or agrees something else, has the upload looked at again: that comes before this look or after it, also where there is no row to lock below.
		if _, err := tenantRow(ctx, tx, id, "FOR NO KEY UPDATE"); err != nil {
			return err
		}
		// Whoever records an arrival looks at this row too, see lookForArrival: one of the two sees what the other did.
		if _, err := tx.Exec(ctx, `SELECT FROM due_work WHERE tenant_id = $1 AND kind = $2 FOR UPDATE`, id, workLate); err != nil {
			return err
		}
		known, err := readKnown(ctx, tx, id, p, now)
		if err != nil {
			return err
		}
		d, tell, err := decide(known)
		if err != nil {
			return err
		}
		if err := recordRound(ctx, tx, id, p, d, now); err != nil {
			return err
		}
		var told []notice.Recipient
		if !d.Arrived.IsZero() {
			if told, err = tellArrival(ctx, tx, id, notice.AboutDue(d.Arrived), now); err != nil {
				return err
			}
		}
		if left, err = addNotices(ctx, tx, id, tell(told), now); err != nil {
			return err
		}
		return lookAgain(ctx, tx, id, d.Next)
	})
	if err != nil {
		return 0, fmt.Errorf("watch upload of %s: %w", id, err)
	}
	return left, nil
}

// accepted holds for imports whose file was accepted, though their import may go on. One that was stopped before its file was compared says nothing about the file.
const accepted = `delivery_id IS NOT NULL AND phase NOT IN ('receiving', 'reading') AND outcome <> 'refused' AND (outcome <> 'stopped' OR changeset <> '')`

// stuckAfter is how long a finished upload may take to settle before it is no longer waited for: one under a temporary name never does.
const stuckAfter = 10 * time.Minute

func readKnown(ctx context.Context, tx pgx.Tx, id tenant.ID, p lateness.Period, now time.Time) (k lateness.Known, err error) {
	var activated, since, login *time.Time
	err = tx.QueryRow(ctx, `
		SELECT t.state, t.active_since,
		       (SELECT done_at FROM tenant_step WHERE tenant_id = $1 AND step = 'activation'),
		       (SELECT convert_to(source, 'UTF8') FROM tenant_file WHERE tenant_id = $1 AND applied_at <= $2 ORDER BY version DESC LIMIT 1),
		       (SELECT max(last_used_at) FROM ssh_key WHERE tenant_id = $1),
		       EXISTS (SELECT FROM delivery WHERE tenant_id = $1 AND folder = 'inbox' AND changed_at > $3
		               AND (state IN ('open', 'settled', 'claimed') OR state = 'closed' AND changed_at > $4)),
		       EXISTS (SELECT FROM notice WHERE tenant_id = $1 AND state = 'waiting')
		FROM tenant t WHERE t.id = $1`, id, p.Due, p.From, now.Add(-stuckAfter),
	).Scan(&k.State, &since, &activated, &k.AgreedThen, &login, &k.Pending, &k.Unsent)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, ErrNotFound
	}
	if err != nil {
		return k, err
	}
	k.ActiveSince, k.ActivatedAt, k.LastLogin = orZero(since), orZero(activated), orZero(login)
	if k.Accepted, err = newestFile(ctx, tx, id, accepted, time.Time{}); err != nil {
		return k, err
	}
	if k.Refused, err = newestFile(ctx, tx, id, `outcome = 'refused'`, p.From); err != nil {
		return k, err
	}
	if k.Last, err = lastRound(ctx, tx, id); err != nil {
		return k, err
	}
	k.Up, err = uptime(ctx, tx, ServiceSFTP, p.From, now)
	return k, err
}

// newestFile returns the newest file of the imports that match, if it was received after a time.
func newestFile(ctx context.Context, tx pgx.Tx, id tenant.ID, condition string, after time.Time) (a lateness.Arrival, err error) {
	a.Import.Tenant = id
	err = tx.QueryRow(ctx, `
		SELECT n, file, received_at FROM import WHERE tenant_id = $1 AND received_at > $2 AND `+condition+`
		ORDER BY received_at DESC, n DESC LIMIT 1`, id, after).Scan(&a.Import.N, &a.File, &a.ReceivedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return lateness.Arrival{}, nil
	}
	a.ReceivedAt = a.ReceivedAt.UTC()
	return a, err
}

func lastRound(ctx context.Context, tx pgx.Tx, id tenant.ID) (r lateness.Round, err error) {
	var still, arrived *time.Time
	err = tx.QueryRow(ctx, `
		SELECT due_at, late_at, still_late_at, arrived_at FROM lateness WHERE tenant_id = $1 ORDER BY late_at DESC, due_at DESC LIMIT 1`, id,
	).Scan(&r.Due, &r.LateAt, &still, &arrived)
	if errors.Is(err, pgx.ErrNoRows) {
		return lateness.Round{}, nil
	}
	r.Due, r.LateAt, r.StillLateAt, r.ArrivedAt = r.Due.UTC(), r.LateAt.UTC(), orZero(still), orZero(arrived)
	return r, err
}

// recordRound records what a decision tells. What was recorded before stays; rounds of other due times are over where something is told of this one.
func recordRound(ctx context.Context, tx pgx.Tx, id tenant.ID, p lateness.Period, d lateness.Decision, now time.Time) error {
	if d.Late || d.StillLate {
		_, err := tx.Exec(ctx, `
			INSERT INTO lateness (tenant_id, due_at, late_at, still_late_at) VALUES ($1, $2, $3, CASE WHEN $4 THEN $3::timestamptz END)
			ON CONFLICT (tenant_id, due_at) DO UPDATE SET still_late_at = COALESCE(lateness.still_late_at, EXCLUDED.still_late_at)`, id, p.Due, now, d.StillLate)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE lateness SET superseded_at = $3 WHERE tenant_id = $1 AND due_at <> $2 AND arrived_at IS NULL AND superseded_at IS NULL`, id, p.Due, now)
		if err != nil {
			return err
		}
	}
	if d.Arrived.IsZero() {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE lateness SET arrived_at = $3 WHERE tenant_id = $1 AND due_at = $2 AND arrived_at IS NULL`, id, d.Arrived, now)
	return err
}

// tellArrival cancels the notices about a missing upload that wait, and returns whom the others may have reached.
func tellArrival(ctx context.Context, tx pgx.Tx, id tenant.ID, about string, now time.Time) (told []notice.Recipient, err error) {
	_, err = tx.Exec(ctx, `
		UPDATE notice SET state = 'cancelled', changed_at = $3
		WHERE tenant_id = $1 AND kind IN ('upload_late', 'upload_still_late') AND about = $2 AND state = 'waiting'`, id, about, now)
	if err != nil {
		return nil, err
	}
	r, err := tx.Query(ctx, `
		SELECT role, name, address, locale FROM notice
		WHERE tenant_id = $1 AND kind IN ('upload_late', 'upload_still_late') AND about = $2 AND (state IN ('sending', 'delivered', 'unknown') OR unsure > 0)
		ORDER BY id`, id, about)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, pgx.RowToStructByPos[notice.Recipient])
}

// lookAgain says when the tenant's upload is to be looked at again; the zero time: not before something happens.
func lookAgain(ctx context.Context, tx pgx.Tx, id tenant.ID, next time.Time) error {
	if next.IsZero() {
		return workDone(ctx, tx, id, workLate, nil)
	}
	_, err := tx.Exec(ctx, `INSERT INTO due_work (tenant_id, kind, at) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, kind) DO UPDATE SET at = EXCLUDED.at`,
		id, workLate, next)
	return err
}

// lookForArrival has the tenant's upload looked at now where somebody was told that it is missing. It belongs at the end of the transaction that records an accepted file. The row is locked before
// it is found out what was told, so that a round which is being recorded is seen.
func lookForArrival(ctx context.Context, tx pgx.Tx, id tenant.ID, now time.Time) error {
	if _, err := tx.Exec(ctx, `SELECT FROM due_work WHERE tenant_id = $1 AND kind = $2 FOR UPDATE`, id, workLate); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE due_work SET at = LEAST(at, $3) WHERE tenant_id = $1 AND kind = $2
		AND EXISTS (SELECT FROM lateness WHERE tenant_id = $1 AND arrived_at IS NULL AND superseded_at IS NULL)`, id, workLate, now)
	return err
}
