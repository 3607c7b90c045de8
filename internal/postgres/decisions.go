package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// RecordDecision writes a decision's row, unless one with its id is there already; it returns the row as it is now. What is recorded first stands.
func (db *DB) RecordDecision(ctx context.Context, d ledger.Decision) (row ledger.Decision, err error) {
	err = db.inTenant(ctx, d.Import.Tenant, func(tx pgx.Tx) error {
		groups := make([]string, len(d.Groups))
		for i, g := range d.Groups {
			groups[i] = string(g)
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO decision (tenant_id, import_n, decision_id, changeset, verdict, groups, confirm_deletes, decided_by, sent_by, reason, origin, effect, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
			d.Import.Tenant, d.Import.N, d.ID, d.ChangeSet, d.Verdict, groups, d.ConfirmDeletes, d.By, d.SentBy, d.Reason, d.Origin, d.Effect, d.At)
		if err != nil {
			return err
		}
		row, err = decisionRow(ctx, tx, d.Import, d.ID)
		return err
	})
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("record decision on %s: %w", d.Import, err)
	}
	return row, nil
}

// Decision returns one decision on an import, or [ErrNotFound].
func (db *DB) Decision(ctx context.Context, id tenant.ImportID, decisionID string) (d ledger.Decision, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		d, err = decisionRow(ctx, tx, id, decisionID)
		return err
	})
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("read decision on %s: %w", id, err)
	}
	return d, nil
}

// Decisions returns the decisions on an import in the order in which they were recorded.
func (db *DB) Decisions(ctx context.Context, id tenant.ImportID) (list []ledger.Decision, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision WHERE tenant_id = $1 AND import_n = $2 ORDER BY decided_at, decision_id`, id.Tenant, id.N)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(r, scanDecision(id))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list decisions on %s: %w", id, err)
	}
	return list, nil
}

// TakenDecision returns the decision on an import that was taken for a change set, or [ErrNotFound].
func (db *DB) TakenDecision(ctx context.Context, id tenant.ImportID, digest changeset.Digest) (d ledger.Decision, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		d, err = decisionWhere(ctx, tx, id, "effect = 'taken' AND changeset = $3", digest)
		return err
	})
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("read the decision taken on %s: %w", id, err)
	}
	return d, nil
}

// RecordEffect writes what became of a decision. An effect that is written stays, so that a retry can't turn a taken decision into a late one.
func (db *DB) RecordEffect(ctx context.Context, id tenant.ImportID, decisionID string, effect approval.Effect) error {
	err := db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE decision SET effect = $4 WHERE tenant_id = $1 AND import_n = $2 AND decision_id = $3 AND effect = 'pending'`,
			id.Tenant, id.N, decisionID, effect)
		if violates(err, "decision_taken_once") {
			return ledger.ErrOtherRelease
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("record effect of decision on %s: %w", id, err)
	}
	return nil
}

// UnansweredDecisions returns the decisions by people that were recorded before an instant, on imports of the tenant that wait for one, and of which no effect is known.
func (db *DB) UnansweredDecisions(ctx context.Context, id tenant.ID, before time.Time) (list []ledger.Decision, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `
			SELECT import_n, `+decisionColumns+` FROM decision d
			WHERE tenant_id = $1 AND effect = 'pending' AND origin = 'person' AND decided_at < $2
			  AND EXISTS (SELECT FROM import i WHERE i.tenant_id = d.tenant_id AND i.n = d.import_n AND i.phase = 'awaiting_decision')
			ORDER BY decided_at, decision_id`, id, before)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(r, func(row pgx.CollectableRow) (ledger.Decision, error) {
			d := ledger.Decision{Import: tenant.ImportID{Tenant: id}}
			err := row.Scan(append([]any{&d.Import.N}, decisionFields(&d)...)...)
			d.At = d.At.UTC()
			return d, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list unanswered decisions of %s: %w", id, err)
	}
	return list, nil
}

const decisionColumns = `decision_id, changeset, verdict, groups, confirm_deletes, decided_by, sent_by, reason, origin, effect, decided_at`

func decisionRow(ctx context.Context, tx pgx.Tx, id tenant.ImportID, decisionID string) (ledger.Decision, error) {
	return decisionWhere(ctx, tx, id, "decision_id = $3", decisionID)
}

// decisionWhere reads the one decision on the import that the condition names; arg is the condition's $3.
func decisionWhere(ctx context.Context, tx pgx.Tx, id tenant.ImportID, condition string, arg any) (ledger.Decision, error) {
	r, err := tx.Query(ctx, `SELECT `+decisionColumns+` FROM decision WHERE tenant_id = $1 AND import_n = $2 AND `+condition, id.Tenant, id.N, arg)
	if err != nil {
		return ledger.Decision{}, err
	}
	d, err := pgx.CollectExactlyOneRow(r, scanDecision(id))
	if errors.Is(err, pgx.ErrNoRows) {
		return ledger.Decision{}, ErrNotFound
	}
	return d, err
}

func scanDecision(id tenant.ImportID) pgx.RowToFunc[ledger.Decision] {
	return func(row pgx.CollectableRow) (ledger.Decision, error) {
		d := ledger.Decision{Import: id}
		err := row.Scan(decisionFields(&d)...)
		d.At = d.At.UTC()
		return d, err
	}
}

// decisionFields are where the values of decisionColumns go.
func decisionFields(d *ledger.Decision) []any {
	return []any{&d.ID, &d.ChangeSet, &d.Verdict, &d.Groups, &d.ConfirmDeletes, &d.By, &d.SentBy, &d.Reason, &d.Origin, &d.Effect, &d.At}
}
