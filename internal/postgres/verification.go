package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// RecordVerification keeps a customer's answer and returns it with its number and its time. In the same transaction the step of setting up is recorded in the name of who answered, or is
// open again where the answer is that something is wrong.
func (db *DB) RecordVerification(ctx context.Context, v ledger.Verification) (ledger.Verification, error) {
	v.At = db.clock.Now().UTC()
	err := db.inTenant(ctx, v.Tenant, func(tx pgx.Tx) error {
		// One at a time, so that the step says what the newest answer does.
		if _, err := tenantRow(ctx, tx, v.Tenant, "FOR NO KEY UPDATE"); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			INSERT INTO verification (tenant_id, import_n, changeset, answer, answered_by, comment, at) VALUES ($1, NULLIF($2, 0), $3, $4, $5, $6, $7) RETURNING seq`,
			v.Tenant, v.Import.N, v.ChangeSet, v.Answer, v.By, v.Comment, v.At).Scan(&v.Seq)
		if err != nil {
			return err
		}
		if v.Answer == ledger.AnswerRight {
			return recordStep(ctx, tx, v.Tenant, string(tenant.StepVerification), v.By, "", v.At)
		}
		_, err = tx.Exec(ctx, `DELETE FROM tenant_step WHERE tenant_id = $1 AND step = $2`, v.Tenant, tenant.StepVerification)
		return err
	})
	if err != nil {
		return ledger.Verification{}, fmt.Errorf("record verification of %s: %w", v.Tenant, err)
	}
	return v, nil
}

// LastVerification returns the customer's newest answer, or [ErrNotFound].
func (db *DB) LastVerification(ctx context.Context, id tenant.ID) (ledger.Verification, error) {
	return db.verification(ctx, id, `tenant_id = $1`, id)
}

// VerificationOf returns the newest answer about an import, or [ErrNotFound].
func (db *DB) VerificationOf(ctx context.Context, id tenant.ImportID) (ledger.Verification, error) {
	return db.verification(ctx, id.Tenant, `tenant_id = $1 AND import_n = $2`, id.Tenant, id.N)
}

func (db *DB) verification(ctx context.Context, id tenant.ID, condition string, args ...any) (v ledger.Verification, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT seq, COALESCE(import_n, 0), changeset, answer, answered_by, comment, at FROM verification WHERE `+condition+` ORDER BY seq DESC LIMIT 1`, args...)
		if err != nil {
			return err
		}
		v, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (ledger.Verification, error) {
			v := ledger.Verification{Tenant: id}
			err := row.Scan(&v.Seq, &v.Import.N, &v.ChangeSet, &v.Answer, &v.By, &v.Comment, &v.At)
			if v.Import.N != 0 {
				v.Import.Tenant = id
			}
			v.At = v.At.UTC()
			return v, err
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return ledger.Verification{}, fmt.Errorf("read verification of %s: %w", id, err)
	}
	return v, nil
}

// LastCompared returns the tenant's newest import that was compared with the directory, or [ErrNotFound].
func (db *DB) LastCompared(ctx context.Context, id tenant.ID) (imp ledger.Import, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		imp, err = importWhere(ctx, tx, id, `n = (SELECT max(n) FROM import WHERE tenant_id = $1 AND changeset <> $2)`, "")
		return err
	})
	if err != nil {
		return ledger.Import{}, fmt.Errorf("read newest compared import of %s: %w", id, err)
	}
	return imp, nil
}
