package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/artifact"
)

// Record notes an artifact before its bytes take their name, as package blobstore asks of its index. Recording one again changes nothing.
func (db *DB) Record(ctx context.Context, ref artifact.Ref) error {
	err := db.inTenant(ctx, ref.Tenant, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO artifact (tenant_id, kind, sha256, bytes, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			ref.Tenant, ref.Kind, ref.SHA256, ref.Bytes, db.clock.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("record artifact of %s: %w", ref.Tenant, err)
	}
	return nil
}
