package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/tenant"
)

// toBeInvited holds for a member p whom an invitation may still go to.
const toBeInvited = `(p.state = 'invited' AND p.status = 'active' AND p.eligibility = 'eligible')`

// SettleAndClaimMail records what came of one mail and claims the next, in one transaction: one commit a mail. Either may be nil. A claim takes the
// mail that is due the longest, whose member is to be invited and whose tenant is active, and marks it as sending; mails on the
// way whose member is no longer to be invited are cancelled. It returns false where nothing is due.
//
// The commit comes before the caller may tell the mail server anything. A call whose reply was lost is repeated with the same arguments and does
// nothing twice: the settlement finds its row settled, the claim its mail claimed, and the lease begins anew.
func (db *DB) SettleAndClaimMail(ctx context.Context, id tenant.ID, settle *invite.Settlement, claim *invite.Claim, now time.Time) (claimed invite.Claimed, ok bool, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		claimed, ok = invite.Claimed{}, false
		if settle != nil {
			if err := settleMail(ctx, tx, id, *settle, now); err != nil {
				return err
			}
		}
		if claim == nil {
			return nil
		}
		var err error
		claimed, ok, err = claimMail(ctx, tx, id, *claim, now)
		return err
	})
	if err != nil {
		return invite.Claimed{}, false, fmt.Errorf("turn mail over: %w", err)
	}
	return claimed, ok, nil
}

// settleMail leaves a row alone that its claim no longer holds. A row that was swept meanwhile still takes the word of the courier that sent it
// where that word is final: only "try again" comes too late, because nobody but a person resends what was once unknown.
func settleMail(ctx context.Context, tx pgx.Tx, id tenant.ID, s invite.Settlement, now time.Time) error {
	var due *time.Time
	if s.State == invite.Waiting {
		due = &s.Due
	}
	_, err := tx.Exec(ctx, `
		UPDATE mail SET state = $4, due_at = COALESCE($5, due_at), reply = $6, changed_at = $7
		WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3
		  AND (state = 'sending' OR (state = 'unknown' AND $4 IN ('delivered', 'failed')))`,
		id, s.ID, s.Owner, s.State, due, s.Reply, now)
	if err != nil {
		return fmt.Errorf("settle mail: %w", err)
	}
	return nil
}

// claimMail takes the next mail, cancelling those on the way that are not to go.
func claimMail(ctx context.Context, tx pgx.Tx, id tenant.ID, c invite.Claim, now time.Time) (invite.Claimed, bool, error) {
	for {
		mail, state, err := claimOne(ctx, tx, id, c, now)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return invite.Claimed{}, false, nil
		case err != nil:
			return invite.Claimed{}, false, fmt.Errorf("claim mail: %w", err)
		case state == invite.Sending:
			return mail, true, nil
		}
	}
}

// claimOne moves one row on and says where to. The claim's own row comes first: it is there when the reply to an earlier call was lost, and it has
// not been sent.
func claimOne(ctx context.Context, tx pgx.Tx, id tenant.ID, c invite.Claim, now time.Time) (mail invite.Claimed, state invite.State, err error) {
	var importN *int
	err = tx.QueryRow(ctx, `
		WITH mine AS (
			SELECT id FROM mail WHERE tenant_id = $1 AND claimed_by = $2 AND state = 'sending'
		), due AS (
			SELECT id FROM mail
			WHERE tenant_id = $1 AND state = 'waiting' AND due_at <= $4
			  AND NOT EXISTS (SELECT FROM mine)
			  AND EXISTS (SELECT FROM tenant WHERE id = $1 AND state = 'active')
			ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
		), next AS (
			SELECT m.id, m.state = 'sending' AS again, m.state = 'sending' OR `+toBeInvited+` AS goes, p.email, p.first_name, p.locale
			FROM mail m JOIN member p ON p.tenant_id = m.tenant_id AND p.id = m.member_id
			WHERE m.tenant_id = $1 AND m.id IN (SELECT id FROM mine UNION ALL SELECT id FROM due)
		)
		UPDATE mail SET
			state      = CASE WHEN goes THEN 'sending' ELSE 'cancelled' END,
			attempts   = attempts + CASE WHEN goes AND NOT again THEN 1 ELSE 0 END,
			claimed_by = CASE WHEN goes THEN $2 ELSE claimed_by END,
			claimed_at = CASE WHEN goes THEN $4 ELSE claimed_at END,
			token_hash = CASE WHEN goes THEN $3 ELSE token_hash END,
			sent_to    = CASE WHEN goes THEN next.email ELSE sent_to END,
			changed_at = $4
		FROM next WHERE mail.tenant_id = $1 AND mail.id = next.id
		RETURNING mail.id, mail.kind, mail.state, mail.import_n, mail.attempts, next.email, next.first_name, next.locale`,
		id, c.Owner, c.Token.Hash(), now,
	).Scan(&mail.ID, &mail.Kind, &state, &importN, &mail.Tries, &mail.To, &mail.FirstName, &mail.Locale)
	mail.Owner, mail.Import = c.Owner, importOf(id, importN)
	return mail, state, err
}

func importOf(id tenant.ID, n *int) tenant.ImportID {
	if n == nil {
		return tenant.ImportID{}
	}
	return tenant.ImportID{Tenant: id, N: *n}
}

// SweepUnknown makes unknown every mail that has been in sending for longer than [invite.Lease] at now, and returns how many: their
// courier died, and whether they went nobody knows. It may be repeated, and by anyone.
func (db *DB) SweepUnknown(ctx context.Context, id tenant.ID, now time.Time) (n int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE mail SET state = 'unknown', changed_at = $2 WHERE tenant_id = $1 AND state = 'sending' AND claimed_at <= $3`,
			id, now, now.Add(-invite.Lease))
		n = int(tag.RowsAffected())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep mail: %w", err)
	}
	return n, nil
}

// PostponeMail gives every mail that waits and is due by now a later slot: the first each of them slots[0], the next each slots[1], and
// so on, all that are left the last one. It needs at least one slot; each at least 1. Mails that another transaction holds are passed over: whoever moves
// many rows at once must not wait for one.
func (db *DB) PostponeMail(ctx context.Context, id tenant.ID, now time.Time, slots []time.Time, each int) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH held AS (
				SELECT id, due_at FROM mail WHERE tenant_id = $1 AND state = 'waiting' AND due_at <= $2 FOR UPDATE SKIP LOCKED
			), ranked AS (
				SELECT id, (row_number() OVER (ORDER BY due_at, id) - 1) / $3 + 1 AS slot FROM held
			)
			UPDATE mail SET due_at = ($4::timestamptz[])[LEAST(ranked.slot, $5)::int], changed_at = $2
			FROM ranked WHERE mail.tenant_id = $1 AND mail.id = ranked.id`,
			id, now, each, slots, len(slots))
		return err
	})
	if err != nil {
		return fmt.Errorf("postpone mail: %w", err)
	}
	return nil
}

// ResendMail makes a failed or unknown mail wait again, due at now, with the whole schedule of tries before it: a person's act. A mail that is not there
// is [ErrNotFound]; one in another state, or whose member is no longer to be invited, [invite.ErrNotResendable]. The id may be a notice's.
func (db *DB) ResendMail(ctx context.Context, id tenant.ID, mail string, now time.Time) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		var resendable bool
		err := tx.QueryRow(ctx, `
			SELECT m.state IN ('failed', 'unknown') AND `+toBeInvited+`
			FROM mail m JOIN member p ON p.tenant_id = m.tenant_id AND p.id = m.member_id
			WHERE m.tenant_id = $1 AND m.id = $2 FOR UPDATE OF m`, id, mail).Scan(&resendable)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return resendNotice(ctx, tx, id, mail, now)
		case err != nil:
			return err
		case !resendable:
			return invite.ErrNotResendable
		}
		// Without its owner, the courier of the earlier claim can no longer settle the row, should it still live.
		_, err = tx.Exec(ctx, `
			UPDATE mail SET state = 'waiting', attempts = 0, due_at = $3, claimed_by = '', changed_at = $3 WHERE tenant_id = $1 AND id = $2`,
			id, mail, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("resend mail: %w", err)
	}
	return nil
}
