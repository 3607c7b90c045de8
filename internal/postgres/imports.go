package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/tenant"
)

// OpenImport makes the row of a run and, where claim is set, claims the newest settled delivery for it; a run that was opened before gets its row back as it is. An import that
// finds no delivery has no file. Nothing is claimed while the tenant is paused.
func (db *DB) OpenImport(ctx context.Context, id tenant.ID, workflowID, runID string, claim bool) (imp ledger.Import, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		row, err := tenantRow(ctx, tx, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		imp, err = importWhere(ctx, tx, id, "run_id = $2", runID)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		imp, err = db.newImport(ctx, tx, row, workflowID, runID, claim)
		return err
	})
	if err != nil {
		return ledger.Import{}, fmt.Errorf("open import of %s: %w", id, err)
	}
	return imp, nil
}

func (db *DB) newImport(ctx context.Context, tx pgx.Tx, row tenant.Record, workflowID, runID string, claim bool) (ledger.Import, error) {
	file, err := tenantFile(ctx, tx, row.ID, row.Version)
	if err != nil {
		return ledger.Import{}, err
	}
	n, now := row.Imports+1, db.clock.Now()
	var deliveryID *string
	imp := ledger.Import{
		ID: tenant.ImportID{Tenant: row.ID, N: n}, WorkflowID: workflowID, RunID: runID, Phase: contract.Receiving,
		TenantVersion: row.Version, MappingDigest: file.Rules, StartedAt: now,
	}
	if claim && row.State != tenant.Paused {
		d, found, overtaken, err := claimNewest(ctx, tx, row.ID, n)
		imp.Overtaken = overtaken
		if err != nil {
			return ledger.Import{}, err
		}
		if found {
			imp.Delivery, imp.File, imp.SHA256, imp.ReceivedAt = string(d.ID), d.Name, d.SHA256, d.ChangedAt
			deliveryID = &imp.Delivery
			imp.Artifacts.Upload = artifact.Ref{Tenant: row.ID, Kind: artifact.Upload, SHA256: d.SHA256, Bytes: d.Bytes}
		}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO import (tenant_id, n, workflow_id, run_id, phase, outcome, delivery_id, file, sha256, received_at, tenant_version, mapping_digest,
		                    rows, set_aside, unreadable, artifacts, changeset, summary, checks, started_at)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11, 0, 0, 0, $12, '', '{}', '[]', $13)`,
		row.ID, n, workflowID, runID, imp.Phase, deliveryID, imp.File, imp.SHA256, orNull(imp.ReceivedAt), imp.TenantVersion, imp.MappingDigest, imp.Artifacts, now)
	if err != nil {
		return ledger.Import{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE tenant SET imports = $2 WHERE id = $1`, row.ID, n)
	return imp, err
}

// orNull is t for a nullable column: the zero time is NULL.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

const importColumns = `n, workflow_id, run_id, phase, outcome, COALESCE(delivery_id::text, ''), file, sha256, received_at, tenant_version, mapping_digest,
	rows, set_aside, unreadable, artifacts, summary, checks, deadline, started_at, closed_at`

// importWhere reads the one import of the tenant that the condition names; arg is the condition's $2.
func importWhere(ctx context.Context, tx pgx.Tx, id tenant.ID, condition string, arg any) (ledger.Import, error) {
	r, err := tx.Query(ctx, `SELECT `+importColumns+` FROM import WHERE tenant_id = $1 AND `+condition, id, arg)
	if err != nil {
		return ledger.Import{}, err
	}
	imp, err := pgx.CollectExactlyOneRow(r, scanImport(id))
	if errors.Is(err, pgx.ErrNoRows) {
		return ledger.Import{}, ErrNotFound
	}
	return imp, err
}

func scanImport(id tenant.ID) pgx.RowToFunc[ledger.Import] {
	return func(row pgx.CollectableRow) (ledger.Import, error) {
		i := ledger.Import{ID: tenant.ImportID{Tenant: id}}
		var received, deadline, closed *time.Time
		var summary summaryRow
		err := row.Scan(&i.ID.N, &i.WorkflowID, &i.RunID, &i.Phase, &i.Outcome, &i.Delivery, &i.File, &i.SHA256, &received, &i.TenantVersion, &i.MappingDigest,
			&i.Rows, &i.SetAside, &i.Unreadable, &i.Artifacts, &summary, &i.Checks, &deadline, &i.StartedAt, &closed)
		i.ReceivedAt, i.Deadline, i.ClosedAt, i.StartedAt = orZero(received), orZero(deadline), orZero(closed), i.StartedAt.UTC()
		i.Summary = summary.domain()
		return i, err
	}
}

// Import returns one import, or [ErrNotFound].
func (db *DB) Import(ctx context.Context, id tenant.ImportID) (imp ledger.Import, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		imp, err = importWhere(ctx, tx, id.Tenant, "n = $2", id.N)
		return err
	})
	if err != nil {
		return ledger.Import{}, fmt.Errorf("read import %s: %w", id, err)
	}
	return imp, nil
}

// Imports returns the newest imports of a tenant, at most limit of them (0 for all), and the count of all that match. Runs that found nothing new count only with all.
func (db *DB) Imports(ctx context.Context, id tenant.ID, all bool, limit int) (imports []ledger.Import, total int, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		const matching = ` FROM import WHERE tenant_id = $1 AND ($2 OR outcome <> 'nothing_new')`
		if err := tx.QueryRow(ctx, `SELECT count(*)`+matching, id, all).Scan(&total); err != nil {
			return err
		}
		r, err := tx.Query(ctx, `SELECT `+importColumns+matching+` ORDER BY n DESC LIMIT NULLIF($3, 0)`, id, all, limit)
		if err != nil {
			return err
		}
		imports, err = pgx.CollectRows(r, scanImport(id))
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list imports of %s: %w", id, err)
	}
	return imports, total, nil
}

// LiveImports returns the tenant's imports that are not closed, oldest first.
func (db *DB) LiveImports(ctx context.Context, id tenant.ID) (imports []ledger.Import, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT `+importColumns+` FROM import WHERE tenant_id = $1 AND phase <> 'closed' ORDER BY n`, id)
		if err != nil {
			return err
		}
		imports, err = pgx.CollectRows(r, scanImport(id))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list live imports of %s: %w", id, err)
	}
	return imports, nil
}

// LastApplied returns the last import before n that was applied or found no change; found is false where there is none.
func (db *DB) LastApplied(ctx context.Context, before tenant.ImportID) (last ledger.Last, found bool, err error) {
	err = db.inTenant(ctx, before.Tenant, func(tx pgx.Tx) error {
		last.Import.Tenant = before.Tenant
		err := tx.QueryRow(ctx, `
			SELECT n, sha256, mapping_digest, file, rows FROM import
			WHERE tenant_id = $1 AND n < $2 AND outcome IN ('applied', 'applied_with_failures', 'no_change') ORDER BY n DESC LIMIT 1`,
			before.Tenant, before.N).Scan(&last.Import.N, &last.SHA256, &last.MappingDigest, &last.File, &last.Rows)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		found = err == nil
		return err
	})
	if err != nil {
		return ledger.Last{}, false, fmt.Errorf("read last import before %s: %w", before, err)
	}
	return last, found, nil
}

// LastBegun returns the last import before n that changed the directory in any way, or found that it equals its file; whole is set where all of it was released and applied, and nobody
// was set aside, or it found no change.
func (db *DB) LastBegun(ctx context.Context, before tenant.ImportID) (last ledger.Last, whole bool, err error) {
	err = db.inTenant(ctx, before.Tenant, func(tx pgx.Tx) error {
		last.Import.Tenant = before.Tenant
		err := tx.QueryRow(ctx, `
			SELECT i.n, i.sha256, i.mapping_digest, i.file, i.rows, i.outcome = 'no_change' OR i.outcome = 'applied' AND a.verdict = 'approve' AND a.groups = '{}'
			FROM import i LEFT JOIN apply a ON a.tenant_id = i.tenant_id AND a.import_n = i.n
			WHERE i.tenant_id = $1 AND i.n < $2 AND (i.outcome = 'no_change' OR a.import_n IS NOT NULL)
			ORDER BY i.n DESC LIMIT 1`, before.Tenant, before.N).Scan(&last.Import.N, &last.SHA256, &last.MappingDigest, &last.File, &last.Rows, &whole)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return ledger.Last{}, false, fmt.Errorf("read what was begun before %s: %w", before, err)
	}
	return last, whole, nil
}

// LastRead returns the roster of the last import before n that was read under the same rules; the zero Ref where there is none.
func (db *DB) LastRead(ctx context.Context, before tenant.ImportID, mappingDigest string) (ref artifact.Ref, err error) {
	err = db.inTenant(ctx, before.Tenant, func(tx pgx.Tx) error {
		var left ledger.Artifacts
		err := tx.QueryRow(ctx, `
			SELECT artifacts FROM import
			WHERE tenant_id = $1 AND n < $2 AND mapping_digest = $3 AND artifacts->'roster'->>'sha256' <> '' AND outcome <> 'refused' ORDER BY n DESC LIMIT 1`,
			before.Tenant, before.N, mappingDigest).Scan(&left)
		ref = left.Roster
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return artifact.Ref{}, fmt.Errorf("read last roster before %s: %w", before, err)
	}
	return ref, nil
}

// EnterPhase records that the import has come to a phase; a closed import stays closed.
func (db *DB) EnterPhase(ctx context.Context, id tenant.ImportID, phase contract.Phase) error {
	return db.updateImport(ctx, id, `phase = $3`, phase)
}

// RenewRun records which run drives the import now: a reset gives it another one.
func (db *DB) RenewRun(ctx context.Context, id tenant.ImportID, runID string) error {
	return db.updateImport(ctx, id, `run_id = $3`, runID)
}

// RecordReading records what reading the file came to.
func (db *DB) RecordReading(ctx context.Context, imp ledger.Import) error {
	return db.updateImport(ctx, imp.ID, `rows = $3, set_aside = $4, unreadable = $5, artifacts = $6`, imp.Rows, imp.SetAside, imp.Unreadable, imp.Artifacts)
}

// RecordPlan records what the import would change. The import waits for a decision from now until its deadline, unless wait is false. Its file is
// accepted, so that what is told of a late upload is looked at.
func (db *DB) RecordPlan(ctx context.Context, imp ledger.Import, wait bool) error {
	phase := contract.Comparing
	if wait {
		phase = contract.AwaitingDecision
	}
	checks := imp.Checks
	if checks == nil {
		checks = []approval.Check{}
	}
	err := db.updateImport(ctx, imp.ID, `phase = $3, changeset = $4, artifacts = $5, summary = $6, checks = $7, deadline = $8`,
		phase, imp.Summary.Digest, imp.Artifacts, summaryOf(imp.Summary), checks, orNull(imp.Deadline))
	if err != nil {
		return err
	}
	return db.inTenant(ctx, imp.ID.Tenant, func(tx pgx.Tx) error { return lookForArrival(ctx, tx, imp.ID.Tenant, db.clock.Now()) })
}

// CloseImport ends an import and archives its delivery; decisions that it had not seen come late, and what is told of a late upload is looked at. Closing it again changes nothing. Its
// delivery waits for another import where again is set.
func (db *DB) CloseImport(ctx context.Context, id tenant.ImportID, outcome contract.Outcome, again bool) error {
	_, err := db.closeImport(ctx, id, outcome, again, nil)
	return err
}

func (db *DB) closeImport(ctx context.Context, id tenant.ImportID, outcome contract.Outcome, again bool, notices []notice.Notice) (left int, err error) {
	now := db.clock.Now()
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		closed, err := tx.Exec(ctx, `
			UPDATE import SET phase = 'closed', outcome = $3, closed_at = $4 WHERE tenant_id = $1 AND n = $2 AND phase <> 'closed'`,
			id.Tenant, id.N, outcome, now)
		if err != nil {
			return err
		}
		if closed.RowsAffected() > 0 {
			if left, err = addNotices(ctx, tx, id.Tenant, notices, now); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE decision SET effect = 'late' WHERE tenant_id = $1 AND import_n = $2 AND effect = 'pending'`, id.Tenant, id.N)
		if err != nil {
			return err
		}
		if err := finishDelivery(ctx, tx, id.Tenant, id.N, again); err != nil {
			return err
		}
		return lookForArrival(ctx, tx, id.Tenant, now)
	})
	if err != nil {
		return 0, fmt.Errorf("close import %s: %w", id, err)
	}
	return left, nil
}

// updateImport sets columns of a live import; args are $3 and on.
func (db *DB) updateImport(ctx context.Context, id tenant.ImportID, set string, args ...any) error {
	err := db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import SET `+set+` WHERE tenant_id = $1 AND n = $2 AND phase <> 'closed'`, append([]any{id.Tenant, id.N}, args...)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("update import %s: %w", id, err)
	}
	return nil
}
