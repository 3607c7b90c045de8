package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/tenant"
)

// MemberNames returns first and last name of the members with the given ids, deleted ones included. Ids that are not the tenant's, or were purged, are left out.
func (db *DB) MemberNames(ctx context.Context, id tenant.ID, members []string) (map[string]string, error) {
	names := make(map[string]string, len(members))
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id::text, first_name || ' ' || last_name FROM member WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`, id, members)
		if err != nil {
			return err
		}
		var member, name string
		_, err = pgx.ForEachRow(rows, []any{&member, &name}, func() error {
			names[member] = name
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read names of members of %s: %w", id, err)
	}
	return names, nil
}
