package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/lateness"
)

// ServiceSFTP is the hosted SFTP server, in whichever copy.
const ServiceSFTP = "sftp"

// uptimeKept is for how long it is known when services were up: longer than from one due time to the next.
const uptimeKept = 400 * 24 * time.Hour

// TouchService notes that a service is up at the time now. It is called every few seconds, by every copy of the service; a silence of more than [lateness.Gap] is a time at which it was
// away.
func (db *DB) TouchService(ctx context.Context, service string, now time.Time) error {
	err := db.anyTenant(ctx, func(tx pgx.Tx) error {
		moved, err := tx.Exec(ctx, `
			UPDATE service_uptime SET last_seen = $2
			WHERE service = $1 AND last_seen >= $3 AND up_since = (SELECT max(up_since) FROM service_uptime WHERE service = $1 AND up_since <= $2)`,
			service, now, now.Add(-lateness.Gap))
		if err != nil || moved.RowsAffected() > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM service_uptime WHERE service = $1 AND last_seen < $2`, service, now.Add(-uptimeKept)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO service_uptime (service, up_since, last_seen) VALUES ($1, $2, $2) ON CONFLICT (service, up_since) DO NOTHING`, service, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("touch service %s: %w", service, err)
	}
	return nil
}

// uptime returns when a service was up from the time from on until now, and the span before that, so that it is known how long it was away in between.
func uptime(ctx context.Context, tx pgx.Tx, service string, from, now time.Time) ([]lateness.Span, error) {
	r, err := tx.Query(ctx, `
		SELECT up_since, last_seen FROM service_uptime
		WHERE service = $1 AND up_since <= $3
		  AND last_seen >= COALESCE((SELECT max(last_seen) FROM service_uptime WHERE service = $1 AND last_seen < $2), $2)
		ORDER BY up_since`, service, from, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, func(row pgx.CollectableRow) (s lateness.Span, err error) {
		err = row.Scan(&s.From, &s.To)
		return lateness.Span{From: s.From.UTC(), To: s.To.UTC()}, err
	})
}
