package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// AddKey lets a key open the tenant's inbox from now on. The error is inbox.ErrKeyExists where it does already, and [ErrNotFound] where there is no such tenant.
// Another tenant may have the same key: the user name says whose inbox is meant.
func (db *DB) AddKey(ctx context.Context, id tenant.ID, key inbox.Key) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO ssh_key (tenant_id, fingerprint, algorithm, public_key, label, added_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			id, key.Fingerprint, key.Algorithm, key.PublicKey, key.Label, key.AddedAt)
		switch {
		case violates(err, "ssh_key_pkey"):
			return inbox.ErrKeyExists
		case violates(err, "ssh_key_tenant_id_fkey"):
			return ErrNotFound
		case err != nil:
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO ssh_key_fingerprint (fingerprint, tenant_id) VALUES ($1, $2)`, key.Fingerprint, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("add key to %s: %w", id, err)
	}
	return nil
}

// ListKeys returns the tenant's keys, the first added first.
func (db *DB) ListKeys(ctx context.Context, id tenant.ID) (keys []inbox.Key, err error) {
	err = db.inTenant(ctx, id, func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, `SELECT fingerprint, algorithm, public_key, label, added_at, last_used_at FROM ssh_key
			WHERE tenant_id = $1 ORDER BY added_at, fingerprint`, id)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(r, func(row pgx.CollectableRow) (inbox.Key, error) {
			var k inbox.Key
			var used *time.Time
			err := row.Scan(&k.Fingerprint, &k.Algorithm, &k.PublicKey, &k.Label, &k.AddedAt, &used)
			k.AddedAt, k.LastUsedAt = k.AddedAt.UTC(), orZero(used)
			return k, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list keys of %s: %w", id, err)
	}
	return keys, nil
}

// RemoveKey takes the tenant's inbox from a key, for logins from now on. The error is [ErrNotFound] where it was not the tenant's.
func (db *DB) RemoveKey(ctx context.Context, id tenant.ID, fingerprint string) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM ssh_key WHERE tenant_id = $1 AND fingerprint = $2`, id, fingerprint)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		_, err = tx.Exec(ctx, `DELETE FROM ssh_key_fingerprint WHERE fingerprint = $1 AND tenant_id = $2`, fingerprint, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove key of %s: %w", id, err)
	}
	return nil
}

// KeyAllowed reports whether a key opens the inbox of the tenant that a client says it is. It costs one look-up whether or not there is such a tenant or such a
// key, so that nobody learns which of the two was wrong.
func (db *DB) KeyAllowed(ctx context.Context, id tenant.ID, fingerprint string) (allowed bool, err error) {
	err = db.anyTenant(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ssh_key_fingerprint WHERE fingerprint = $1 AND tenant_id = $2)`, fingerprint, id).Scan(&allowed)
	})
	if err != nil {
		return false, fmt.Errorf("look up key: %w", err)
	}
	return allowed, nil
}

// TouchKey notes that somebody logged in with a key. A key that is gone is no error.
func (db *DB) TouchKey(ctx context.Context, id tenant.ID, fingerprint string, at time.Time) error {
	err := db.inTenant(ctx, id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE ssh_key SET last_used_at = $3 WHERE tenant_id = $1 AND fingerprint = $2`, id, fingerprint, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("note use of key of %s: %w", id, err)
	}
	return nil
}
