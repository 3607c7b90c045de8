package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

const memberColumns = `id::text, version, state, COALESCE(state_before, ''), source, COALESCE(unique_id, ''), email, first_name, last_name, locale, status, eligibility,
	profile, deleted_until`

// scanMember reads memberColumns.
func scanMember(row pgx.CollectableRow) (directory.Member, error) {
	var m directory.Member
	var uniqueID, email, first, last, locale, status, eligibility string
	var until *time.Time
	err := row.Scan(&m.ID, &m.Version, &m.State, &m.Before, &m.Source, &uniqueID, &email, &first, &last, &locale, &status, &eligibility, &m.Values, &until)
	if m.Values == nil {
		m.Values = map[roster.Field]string{}
	}
	m.DeletedUntil = orZero(until)
	m.Values[roster.Email], m.Values[roster.FirstName], m.Values[roster.LastName] = email, first, last
	m.Values[roster.Locale], m.Values[roster.Status], m.Values[roster.ProgramEligibility] = locale, status, eligibility
	if uniqueID != "" {
		m.Values[roster.UniqueID] = uniqueID
	}
	return m, err
}

// Directory gives f all members of the tenant, deleted ones included, in the order of their ids, and the epoch at which they stand: both come from one snapshot of
// the database. The sequence is good only inside f.
func (db *DB) Directory(ctx context.Context, id tenant.ID, f func(epoch int64, members iter.Seq2[directory.Member, error]) error) error {
	return db.atEpoch(ctx, id, func(tx pgx.Tx, epoch int64) error {
		rows, err := tx.Query(ctx, `SELECT `+memberColumns+` FROM member WHERE tenant_id = $1 ORDER BY id`, id)
		if err != nil {
			return fmt.Errorf("read directory of %s: %w", id, err)
		}
		defer rows.Close()
		return f(epoch, func(yield func(directory.Member, error) bool) {
			for rows.Next() {
				m, err := scanMember(rows)
				if !yield(m, err) || err != nil {
					return
				}
			}
			if err := rows.Err(); err != nil {
				yield(directory.Member{}, fmt.Errorf("read directory of %s: %w", id, err))
			}
		})
	})
}

// atEpoch runs f in a transaction that sees one moment of the database, of which it gives f the tenant's epoch, and in which nothing can be written.
func (db *DB) atEpoch(ctx context.Context, id tenant.ID, f func(tx pgx.Tx, epoch int64) error) error {
	begun, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("read directory of %s: %w", id, sanitize(err))
	}
	tx := discreetTx{begun}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	if err := enter(ctx, tx, id); err != nil {
		return err
	}
	var epoch int64
	if err := tx.QueryRow(ctx, `SELECT epoch FROM tenant WHERE id = $1`, id).Scan(&epoch); err != nil {
		return fmt.Errorf("read epoch of %s: %w", id, err)
	}
	return f(tx, epoch)
}

// A MemberQuery says which members to list.
type MemberQuery struct {
	Text  string          // part of a name, an address or a unique ID, whatever the case; "" for everybody
	State directory.State // "" for every state but deleted
	Limit int             // 0 for all
}

// SearchMembers returns members by last name, first name and id, and the count of all that match. It is the staff's view.
func (db *DB) SearchMembers(ctx context.Context, id tenant.ID, q MemberQuery) (members []directory.Member, total int, err error) {
	const matching = ` FROM member WHERE tenant_id = $1
		AND (CASE WHEN $2 = '' THEN state <> 'deleted' ELSE state = $2 END)
		AND ($3 = '' OR first_name || ' ' || last_name ILIKE $3 OR email ILIKE $3 OR email_folded LIKE $3 OR unique_id ILIKE $3)`
	pattern := ""
	if q.Text != "" {
		pattern = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Text) + "%"
	}
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT count(*)`+matching, id, q.State, pattern).Scan(&total); err != nil {
			return err
		}
		r, err := tx.Query(ctx, `SELECT `+memberColumns+matching+` ORDER BY last_name, first_name, id LIMIT NULLIF($4, 0)`, id, q.State, pattern, q.Limit)
		if err != nil {
			return err
		}
		members, err = pgx.CollectRows(r, scanMember)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("search members of %s: %w", id, err)
	}
	return members, total, nil
}

// Member returns the member with the given address (folded before it is compared), unique ID or id, in this order, or [ErrNotFound].
func (db *DB) Member(ctx context.Context, id tenant.ID, who string) (m directory.Member, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		for _, by := range []struct{ condition, value string }{
			{"email_folded = $2", roster.FoldEmail(who)}, {"unique_id = $2", who}, {"id::text = $2", strings.ToLower(who)},
		} {
			r, err := tx.Query(ctx, `SELECT `+memberColumns+` FROM member WHERE tenant_id = $1 AND `+by.condition, id, by.value)
			if err != nil {
				return err
			}
			m, err = pgx.CollectExactlyOneRow(r, scanMember)
			if !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return directory.Member{}, fmt.Errorf("read member of %s: %w", id, err)
	}
	return m, nil
}
