package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/artifact"
)

// Record notes an artifact before its bytes take their name, as package blobstore asks of its index. Recording one again changes nothing, but that a
// snapshot is new again: old ones are removed.
func (db *DB) Record(ctx context.Context, ref artifact.Ref) error {
	err := db.inTenant(ctx, ref.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO artifact (tenant_id, kind, sha256, bytes, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tenant_id, kind, sha256) DO UPDATE SET created_at = EXCLUDED.created_at WHERE artifact.kind = $6`,
			ref.Tenant, ref.Kind, ref.SHA256, ref.Bytes, db.clock.Now(), artifact.Snapshot)
		return err
	})
	if err != nil {
		return fmt.Errorf("record artifact of %s: %w", ref.Tenant, err)
	}
	return nil
}

// ForgetArtifact removes the row of an artifact whose bytes are gone, unless it is a snapshot that was published meanwhile.
func (db *DB) ForgetArtifact(ctx context.Context, ref artifact.Ref) error {
	err := db.inTenant(ctx, ref.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM artifact a WHERE a.tenant_id = $1 AND a.kind = $2 AND a.sha256 = $3
			  AND NOT EXISTS (SELECT FROM directory_snapshot s WHERE s.tenant_id = $1 AND a.kind = $4 AND $3 IN (s.sha256, s.previous_sha256))`,
			ref.Tenant, ref.Kind, ref.SHA256, artifact.Snapshot)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget artifact of %s: %w", ref.Tenant, err)
	}
	return nil
}
