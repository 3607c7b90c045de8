package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// addNotices puts notices into the outbox, due now, and returns how many it left out. One that was there before, for the same kind, about and address, is left as it is. One that the database
// does not take for what it holds is left out: what a notice is about has happened, and a mail must not be what keeps it from being recorded.
func addNotices(ctx context.Context, tx pgx.Tx, id tenant.ID, notices []notice.Notice, now time.Time) (left int, err error) {
	for _, n := range notices {
		err := pgx.BeginFunc(ctx, tx, func(saved pgx.Tx) error { return addNotice(ctx, discreetTx{saved}, id, n, now) })
		switch {
		case err != nil && faultOfData(err):
			left++
		case err != nil:
			return 0, fmt.Errorf("add notice: %w", err)
		}
	}
	return left, nil
}

func addNotice(ctx context.Context, tx pgx.Tx, id tenant.ID, n notice.Notice, now time.Time) error {
	row, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make id of notice: %w", err)
	}
	var importN *int
	if n.Import.N > 0 {
		importN = &n.Import.N
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO notice (tenant_id, id, kind, about, address, address_folded, name, role, locale, facts, state, import_n, attempts, unsure, due_at,
		                    claimed_by, reply, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, 0, 0, $12, '', '', $12, $12)
		ON CONFLICT ON CONSTRAINT notice_once DO NOTHING`,
		id, row, n.Kind, n.About, n.To.Email, roster.FoldEmail(n.To.Email), n.To.Name, n.To.Role, n.To.Locale, n.Facts, importN, now)
	return err
}

// faultOfData reports whether the database refused a row for its values, so that trying again would do no good: a value that its type does not take, one that a check refuses, or one too large for
// an index.
func faultOfData(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pgErr.Code, "22") || pgErr.Code == "23514" || pgErr.Code == "54000")
}

// cancelMoot cancels the notices about a missing upload that wait though nobody is to hear them any more: whose upload has arrived, or whose tenant is not active. One that was being sent when that
// happened may come back to wait.
func cancelMoot(ctx context.Context, tx pgx.Tx, id tenant.ID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE notice SET state = 'cancelled', changed_at = $2
		WHERE tenant_id = $1 AND id IN (
			SELECT id FROM notice
			WHERE tenant_id = $1 AND state = 'waiting' AND kind IN ('upload_late', 'upload_still_late')
			  AND (NOT EXISTS (SELECT FROM tenant WHERE id = $1 AND state = 'active')
			       OR about IN (SELECT 'due/' || to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') FROM lateness WHERE tenant_id = $1 AND arrived_at IS NOT NULL))
			FOR UPDATE SKIP LOCKED)`, id, now)
	if err != nil {
		return fmt.Errorf("cancel notices: %w", err)
	}
	return nil
}

// SettleAndClaimNotice does for notices what [DB.SettleAndClaimMail] does for mail to members: it records what came of one and claims the next that is due, in one
// transaction, and may be repeated with the same arguments. A notice goes in every state of its tenant, but for one about a missing upload: that is cancelled where the tenant is not active, or
// the upload has arrived.
func (db *DB) SettleAndClaimNotice(ctx context.Context, id tenant.ID, settle *invite.Settlement, claim *invite.Claim, now time.Time) (claimed notice.Claimed, ok bool, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		claimed, ok = notice.Claimed{}, false
		if settle != nil {
			if err := settleNotice(ctx, tx, id, *settle, now); err != nil {
				return err
			}
		}
		if err := cancelMoot(ctx, tx, id, now); err != nil || claim == nil {
			return err
		}
		var err error
		claimed, err = claimNotice(ctx, tx, id, *claim, now)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	if err != nil {
		return notice.Claimed{}, false, fmt.Errorf("turn notice over: %w", err)
	}
	return claimed, ok, nil
}

// settleNotice leaves a row alone that its claim no longer holds. A row that was swept meanwhile still takes a final word of the courier that sent it: what has surely gone need not
// go again.
func settleNotice(ctx context.Context, tx pgx.Tx, id tenant.ID, s invite.Settlement, now time.Time) error {
	var due *time.Time
	if s.State == invite.Waiting {
		due = &s.Due
	}
	_, err := tx.Exec(ctx, `
		UPDATE notice SET state = $4, due_at = COALESCE($5, due_at), reply = $6, unsure = unsure + CASE WHEN $7 THEN 1 ELSE 0 END, changed_at = $8
		WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3
		  AND (state = 'sending' OR (state IN ('waiting', 'unknown') AND $4 IN ('delivered', 'failed')))`,
		id, s.ID, s.Owner, s.State, due, s.Reply, s.Unsure, now)
	if err != nil {
		return fmt.Errorf("settle notice: %w", err)
	}
	return nil
}

// claimNotice takes the notice that is due the longest. The claim's own row comes first: it is there when the reply to an earlier call was lost, and it has not been sent.
func claimNotice(ctx context.Context, tx pgx.Tx, id tenant.ID, c invite.Claim, now time.Time) (n notice.Claimed, err error) {
	var importN *int
	err = tx.QueryRow(ctx, `
		WITH mine AS (
			SELECT id FROM notice WHERE tenant_id = $1 AND claimed_by = $2 AND state = 'sending'
		), due AS (
			SELECT id FROM notice WHERE tenant_id = $1 AND state = 'waiting' AND due_at <= $3 AND NOT EXISTS (SELECT FROM mine)
			ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
		)
		UPDATE notice SET
			attempts = attempts + CASE WHEN state = 'sending' THEN 0 ELSE 1 END, state = 'sending', claimed_by = $2, claimed_at = $3, changed_at = $3
		WHERE tenant_id = $1 AND id IN (SELECT id FROM mine UNION ALL SELECT id FROM due)
		RETURNING id, kind, import_n, attempts, unsure, address, name, role, locale, facts`, id, c.Owner, now,
	).Scan(&n.ID, &n.Kind, &importN, &n.Tries, &n.Unsure, &n.To.Email, &n.To.Name, &n.To.Role, &n.To.Locale, &n.Facts)
	n.Owner, n.Import = c.Owner, importOf(id, importN)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("claim notice: %w", err)
	}
	return n, err
}

// SweepNotices ends every claim of a notice that is older than [invite.Lease] at now: its courier died, and whether the notice went nobody knows. It waits to be sent
// again at once, or is unknown after [notice.ResendUnsure] such tries; what nobody is to hear any more is cancelled. It returns how many are unknown now. It may be repeated, and by anyone.
func (db *DB) SweepNotices(ctx context.Context, id tenant.ID, now time.Time) (unknown int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			WITH swept AS (
				UPDATE notice SET state = CASE WHEN unsure + 1 < $4 THEN 'waiting' ELSE 'unknown' END, unsure = unsure + 1, due_at = $2, changed_at = $2
				WHERE tenant_id = $1 AND state = 'sending' AND claimed_at <= $3
				RETURNING state
			) SELECT count(*) FROM swept WHERE state = 'unknown'`, id, now, now.Add(-invite.Lease), notice.ResendUnsure).Scan(&unknown)
		if err != nil {
			return err
		}
		return cancelMoot(ctx, tx, id, now)
	})
	if err != nil {
		return 0, fmt.Errorf("sweep notices: %w", err)
	}
	return unknown, nil
}

// nextNoticeDue is when a courier is next needed for a notice of tenant $1, with a lease of $2.
const nextNoticeDue = `LEAST(
	(SELECT min(due_at) FROM notice WHERE tenant_id = $1 AND state = 'waiting'),
	(SELECT min(claimed_at) + $2 FROM notice WHERE tenant_id = $1 AND state = 'sending'))`

// NextNoticeDue returns when a courier is next needed for a notice: to send one, or to sweep one whose courier died. It is zero where none is.
func (db *DB) NextNoticeDue(ctx context.Context, id tenant.ID) (time.Time, error) {
	var next *time.Time
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error { return tx.QueryRow(ctx, `SELECT `+nextNoticeDue, id, invite.Lease).Scan(&next) })
	if err != nil {
		return time.Time{}, fmt.Errorf("read next due notice: %w", err)
	}
	return orZero(next), nil
}

// NoticesDue returns how many notices wait and are due by now.
func (db *DB) NoticesDue(ctx context.Context, id tenant.ID, now time.Time) (n int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM notice WHERE tenant_id = $1 AND state = 'waiting' AND due_at <= $2`, id, now).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count due notices: %w", err)
	}
	return n, nil
}

// resendNotice makes a failed or unknown notice wait again, due at now, with the whole schedule of tries before it.
func resendNotice(ctx context.Context, tx pgx.Tx, id tenant.ID, row string, now time.Time) error {
	var resendable bool
	err := tx.QueryRow(ctx, `SELECT state IN ('failed', 'unknown') FROM notice WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, id, row).Scan(&resendable)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case !resendable:
		return invite.ErrNotResendable
	}
	_, err = tx.Exec(ctx, `
		UPDATE notice SET state = 'waiting', attempts = 0, unsure = 0, due_at = $3, claimed_by = '', changed_at = $3 WHERE tenant_id = $1 AND id = $2`, id, row, now)
	return err
}

// CloseRefused closes an import of a file that was refused and puts the notices of it into the outbox, in one transaction. Where the import was closed before, nothing is added. It returns how many
// notices were left out because they could not be stored; the import is closed without them.
func (db *DB) CloseRefused(ctx context.Context, id tenant.ImportID, notices []notice.Notice) (left int, err error) {
	return db.closeImport(ctx, id, contract.Refused, false, notices)
}
