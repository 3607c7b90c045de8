package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/tenant"
)

// nextMailDue is the [invite.Backlog]'s Next of tenant $1, with a lease of $2.
const nextMailDue = `LEAST(
	(SELECT min(due_at) FROM mail
	 WHERE tenant_id = $1 AND state = 'waiting' AND EXISTS (SELECT FROM tenant WHERE id = $1 AND state = 'active')),
	(SELECT min(claimed_at) + $2 FROM mail WHERE tenant_id = $1 AND state = 'sending'),
	` + nextNoticeDue + `)`

// MailBacklog says how many mails to members wait and are due by now, how many of them were claimed after since, and when a courier is next needed, be it for a notice. Mail to members that
// waits in a tenant that is not active is not due and needs nobody; notices go in every state.
func (db *DB) MailBacklog(ctx context.Context, id tenant.ID, now, since time.Time) (b invite.Backlog, err error) {
	var next *time.Time
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM mail
			        WHERE tenant_id = $1 AND state = 'waiting' AND due_at <= $3
			          AND EXISTS (SELECT FROM tenant WHERE id = $1 AND state = 'active')),
			       (SELECT count(*) FROM mail WHERE tenant_id = $1 AND claimed_at > $4), `+nextMailDue,
			id, invite.Lease, now, since).Scan(&b.Due, &b.Recent, &next)
	})
	if err != nil {
		return invite.Backlog{}, fmt.Errorf("read mail backlog: %w", err)
	}
	b.Next = orZero(next)
	return b, nil
}

// NextMailDue returns when a courier is next needed, as [DB.MailBacklog] does; zero where none is.
func (db *DB) NextMailDue(ctx context.Context, id tenant.ID) (time.Time, error) {
	var next *time.Time
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT `+nextMailDue, id, invite.Lease).Scan(&next)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due mail: %w", err)
	}
	return orZero(next), nil
}

// MailCounts returns how many mails to members of an import are in each state; states without any are absent.
func (db *DB) MailCounts(ctx context.Context, id tenant.ID, importN int) (map[invite.State]int, error) {
	counts := map[invite.State]int{}
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT state, count(*) FROM mail WHERE tenant_id = $1 AND import_n = $2 GROUP BY state`, id, importN)
		if err != nil {
			return err
		}
		var state invite.State
		var n int
		_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
			counts[state] = n
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count mail: %w", err)
	}
	return counts, nil
}

// UntriedDue returns how many mails to members of an import are due by now and have not been tried to an end: they wait for their first try or are in
// it. An import closes when there are none.
func (db *DB) UntriedDue(ctx context.Context, id tenant.ID, importN int, now time.Time) (n int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT count(*) FROM mail
			WHERE tenant_id = $1 AND import_n = $2
			  AND (state = 'waiting' AND attempts = 0 AND due_at <= $3 OR state = 'sending' AND attempts = 1)`,
			id, importN, now).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count untried mail: %w", err)
	}
	return n, nil
}

// ListMails returns the mails that match, those to members and those to contacts, newest first, and how many match in all. An empty tenant id stands for every tenant, each read in a
// transaction of its own.
func (db *DB) ListMails(ctx context.Context, id tenant.ID, f invite.Filter) (list []invite.Entry, total int, err error) {
	tenants := []tenant.Record{{ID: id}}
	if id == "" {
		if tenants, err = db.Tenants(ctx); err != nil {
			return nil, 0, fmt.Errorf("list mail: %w", err)
		}
	}
	for _, one := range tenants {
		some, n, err := db.listMails(ctx, one.ID, f)
		if err != nil {
			return nil, 0, fmt.Errorf("list mail: %w", err)
		}
		list, total = append(list, some...), total+n
	}
	slices.SortStableFunc(list, func(a, b invite.Entry) int { return b.Made.Compare(a.Made) })
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	return list, total, nil
}

// listMails reads one tenant's. Before a mail was claimed, its address is the one that its member has today.
func (db *DB) listMails(ctx context.Context, id tenant.ID, f invite.Filter) (list []invite.Entry, total int, err error) {
	var limit *int
	if f.Limit > 0 {
		limit = &f.Limit
	}
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, kind, address, state, import_n, attempts, reply, created_at, changed_at FROM (
				SELECT m.id, m.kind, COALESCE(m.sent_to, p.email) AS address, m.state, m.import_n, m.attempts, m.reply, m.created_at, m.changed_at
				FROM mail m JOIN member p ON p.tenant_id = m.tenant_id AND p.id = m.member_id
				WHERE m.tenant_id = $1 AND ($2 = '' OR m.state = $2)
				UNION ALL
				SELECT n.id, n.kind, n.address, n.state, n.import_n, n.attempts, n.reply, n.created_at, n.changed_at
				FROM notice n WHERE n.tenant_id = $1 AND ($2 = '' OR n.state = $2)
			) AS both_kinds
			ORDER BY created_at DESC, id DESC LIMIT $3`, id, string(f.State), limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e invite.Entry, err error) {
			var importN *int
			err = row.Scan(&e.ID, &e.Kind, &e.To, &e.State, &importN, &e.Tries, &e.Reply, &e.Made, &e.At)
			e.Import, e.Made, e.At = importOf(id, importN), e.Made.UTC(), e.At.UTC()
			return e, err
		})
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM mail WHERE tenant_id = $1 AND ($2 = '' OR state = $2))
			     + (SELECT count(*) FROM notice WHERE tenant_id = $1 AND ($2 = '' OR state = $2))`, id, string(f.State)).Scan(&total)
	})
	return list, total, err
}
