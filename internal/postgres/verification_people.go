package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/tenant"
)

// PeopleNamed returns what a verification list needs to know of the members with the given ids, deleted ones included, by id and in one query. Ids that are not the
// tenant's, or were purged, are left out.
func (db *DB) PeopleNamed(ctx context.Context, id tenant.ID, members []string) (map[string]directory.Known, error) {
	people := make(map[string]directory.Known, len(members))
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id::text, first_name, last_name, state, COALESCE(state_before, ''), status, eligibility FROM member WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
			id, members)
		if err != nil {
			return err
		}
		var member string
		var k directory.Known
		_, err = pgx.ForEachRow(rows, []any{&member, &k.FirstName, &k.LastName, &k.State, &k.Before, &k.Status, &k.Eligibility}, func() error {
			people[member] = k
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read people of %s: %w", id, err)
	}
	return people, nil
}

// InvitationsOf returns how many invitations an import made, sent or not.
func (db *DB) InvitationsOf(ctx context.Context, id tenant.ImportID) (n int, err error) {
	err = db.inTenant(ctx, id.Tenant, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM mail WHERE tenant_id = $1 AND import_n = $2 AND kind = 'invitation'`, id.Tenant, id.N).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count invitations of %s: %w", id, err)
	}
	return n, nil
}
