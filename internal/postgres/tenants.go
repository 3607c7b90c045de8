package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/tenant"
)

const tenantColumns = `id, state, version, imports, created_at`

// Tenants returns all tenants in the order of their ids.
func (db *DB) Tenants(ctx context.Context) (rows []tenant.Record, err error) {
	err = db.anyTenant(ctx, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT `+tenantColumns+` FROM tenant ORDER BY id`)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(r, pgx.RowToStructByPos[tenant.Record])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	return rows, nil
}

// Tenant returns one tenant, or [ErrNotFound].
func (db *DB) Tenant(ctx context.Context, id tenant.ID) (row tenant.Record, err error) {
	err = db.anyTenant(ctx, func(tx pgx.Tx) error {
		row, err = tenantRow(ctx, tx, id, "")
		return err
	})
	if err != nil {
		return tenant.Record{}, fmt.Errorf("read tenant %s: %w", id, err)
	}
	return row, nil
}

// tenantRow reads a tenant; lock is "" or "FOR NO KEY UPDATE".
func tenantRow(ctx context.Context, tx pgx.Tx, id tenant.ID, lock string) (tenant.Record, error) {
	r, err := tx.Query(ctx, `SELECT `+tenantColumns+` FROM tenant WHERE id = $1 `+lock, id)
	if err != nil {
		return tenant.Record{}, err
	}
	row, err := pgx.CollectExactlyOneRow(r, pgx.RowToStructByPos[tenant.Record])
	if errors.Is(err, pgx.ErrNoRows) {
		return tenant.Record{}, ErrNotFound
	}
	return row, err
}

// PutTenantFile stores a file as the tenant's current one where its digest is a new one, making the tenant where it is not known yet. It returns the current version, and
// whether that is a new one. Versions are immutable; storing what an earlier version said makes a new version. Where file.Version is set it is the version that the file is to become:
// if somebody else has stored one meanwhile nothing is stored, and the error is [tenant.ErrOtherVersion].
func (db *DB) PutTenantFile(ctx context.Context, id tenant.ID, file tenant.FileVersion) (version int, stored bool, err error) {
	now := db.clock.Now()
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO tenant (id, state, version, imports, epoch, created_at) VALUES ($1, 'setting_up', 0, 0, 0, $2)
			ON CONFLICT (id) DO NOTHING`, id, now)
		if err != nil {
			return err
		}
		row, err := tenantRow(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		version = row.Version
		if current, err := tenantFile(ctx, tx, id, version); err == nil && current.Digest == file.Digest {
			return nil
		}
		if file.Version != 0 && file.Version != version+1 {
			return tenant.ErrOtherVersion
		}
		version, stored = version+1, true
		if _, err := tx.Exec(ctx, `
			INSERT INTO tenant_file (tenant_id, version, digest, rules, source, applied_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, version, file.Digest, file.Rules, string(file.Source), now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE tenant SET version = $2 WHERE id = $1`, id, version); err != nil || row.State != tenant.Active {
			return err
		}
		return workDue(ctx, tx, id, workLate, now)
	})
	if err != nil {
		return 0, false, fmt.Errorf("store file of tenant %s: %w", id, err)
	}
	return version, stored, nil
}

// TenantFile returns a version of the tenant's file, or [ErrNotFound]; version 0 is the current one.
func (db *DB) TenantFile(ctx context.Context, id tenant.ID, version int) (file tenant.FileVersion, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		if version == 0 {
			row, err := tenantRow(ctx, tx, id, "")
			if err != nil {
				return err
			}
			version = row.Version
		}
		file, err = tenantFile(ctx, tx, id, version)
		return err
	})
	if err != nil {
		return tenant.FileVersion{}, fmt.Errorf("read file of tenant %s: %w", id, err)
	}
	return file, nil
}

func tenantFile(ctx context.Context, tx pgx.Tx, id tenant.ID, version int) (tenant.FileVersion, error) {
	r, err := tx.Query(ctx, `
		SELECT version, digest, rules, convert_to(source, 'UTF8'), applied_at FROM tenant_file WHERE tenant_id = $1 AND version = $2`, id, version)
	if err != nil {
		return tenant.FileVersion{}, err
	}
	file, err := pgx.CollectExactlyOneRow(r, pgx.RowToStructByPos[tenant.FileVersion])
	if errors.Is(err, pgx.ErrNoRows) {
		return tenant.FileVersion{}, ErrNotFound
	}
	return file, err
}

// RecordStep records that somebody vouches for a step of setting up. Recording it again replaces the name and the time.
func (db *DB) RecordStep(ctx context.Context, id tenant.ID, step, by, reason string) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error { return recordStep(ctx, tx, id, step, by, reason, db.clock.Now()) })
	if err != nil {
		return fmt.Errorf("record step %s of tenant %s: %w", step, id, err)
	}
	return nil
}

func recordStep(ctx context.Context, tx pgx.Tx, id tenant.ID, step, by, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO tenant_step (tenant_id, step, done_by, done_at, reason) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (tenant_id, step) DO UPDATE SET done_by = excluded.done_by, done_at = excluded.done_at, reason = excluded.reason`,
		id, step, by, now, reason)
	return err
}

// Steps returns the recorded steps of setting up, in the order in which they were recorded.
func (db *DB) Steps(ctx context.Context, id tenant.ID) (steps []tenant.StepDone, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT step, done_by, done_at, reason FROM tenant_step WHERE tenant_id = $1 ORDER BY done_at, step`, id)
		if err != nil {
			return err
		}
		steps, err = pgx.CollectRows(r, pgx.RowToStructByPos[tenant.StepDone])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list steps of tenant %s: %w", id, err)
	}
	return steps, nil
}

// ActivateTenant makes a tenant active that is being set up, and records that as a step. Where the tenant is no longer as the activation has seen it, nothing is done, and the
// error is [tenant.ErrChangedMeanwhile].
func (db *DB) ActivateTenant(ctx context.Context, id tenant.ID, a tenant.Activation) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		// Files and answers are stored under this lock too, so that none comes between the look and the move.
		row, err := tenantRow(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		var answer int64
		if err := tx.QueryRow(ctx, `SELECT COALESCE(max(seq), 0) FROM verification WHERE tenant_id = $1`, id).Scan(&answer); err != nil {
			return err
		}
		if row.State != tenant.SettingUp || row.Version != a.Version || answer != a.Answer {
			return tenant.ErrChangedMeanwhile
		}
		return setTenantState(ctx, tx, row, tenant.Active, a.By, a.Reason, db.clock.Now())
	})
	if err != nil {
		return fmt.Errorf("activate tenant %s: %w", id, err)
	}
	return nil
}

// SetTenantState moves a tenant to a state. Its activation, from setting up to active, is recorded as a step, with the reason for skipping the others where they
// were skipped; the end of a pause is none and leaves that record alone.
func (db *DB) SetTenantState(ctx context.Context, id tenant.ID, state tenant.State, by, reason string) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		was, err := tenantRow(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		return setTenantState(ctx, tx, was, state, by, reason, db.clock.Now())
	})
	if err != nil {
		return fmt.Errorf("move tenant %s to %s: %w", id, state, err)
	}
	return nil
}

// setTenantState moves a tenant whose row is locked.
func setTenantState(ctx context.Context, tx pgx.Tx, was tenant.Record, state tenant.State, by, reason string, now time.Time) error {
	begins := state == tenant.Active && was.State != tenant.Active
	_, err := tx.Exec(ctx, `UPDATE tenant SET state = $2, active_since = CASE WHEN $3 THEN $4 ELSE active_since END WHERE id = $1`, was.ID, state, begins, now)
	if err != nil || !begins {
		return err
	}
	if err := workDue(ctx, tx, was.ID, workLate, now); err != nil || was.State != tenant.SettingUp {
		return err
	}
	return recordStep(ctx, tx, was.ID, "activation", by, reason, now)
}
