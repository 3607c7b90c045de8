// Package postgres is Rollcall's storage on PostgreSQL, by pgx: one file a noun, raw SQL in the method that runs it.
//
// # Tenants are kept apart here, and again in the database
//
// Every method about a tenant takes its id right after the context and runs inside [DB.inTenant], which opens a transaction and names the tenant to the
// row-level security of every table (migrations, package schema). All connections work as the role rollcall_app, which owns no table and bypasses no policy.
// The few queries that run before a tenant is known go through [DB.anyTenant] and can reach only tables without personal data.
//
// # Concurrency
//
// Every writer of members locks the tenant's row first (its epoch), so that writers of one tenant queue in one order and can't deadlock. The epoch itself is moved by triggers, whoever
// writes; a chunk of an apply moves it by the triggers' own function, before it touches anybody, and once more than that moves nothing. COPY is refused on
// tables with a policy, so bulk data is copied into a temporary table before any lock is taken and moved by one statement afterwards.
//
// Errors are wrapped as "verb noun: cause" and hold no personal data: what Postgres and pgx say of the values that they were given is taken out by [sanitize],
// where the error arises, before anything wraps it.
package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/schema"
)

// ErrNotFound says that what was asked for does not exist, or is another tenant's.
var ErrNotFound = ledger.ErrNotFound

// A DB is a pool of connections to Rollcall's database. It is safe for concurrent use.
type DB struct {
	pool  *pgxpool.Pool
	clock clock.Clock
}

// Open connects to the database at url (postgres://...). It does not migrate: see [Migrate].
func Open(ctx context.Context, url string, c clock.Clock) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse database address: %w", withoutPassword(err))
	}
	cfg.MaxConns = max(cfg.MaxConns, 12)
	cfg.ConnConfig.RuntimeParams["application_name"] = "rollcall"
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "SET ROLE "+schema.AppRole); err != nil {
			return fmt.Errorf("take role: %w", err)
		}
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{pool: pool, clock: c}, nil
}

// withoutPassword drops the text of a parse error, which may quote the address with its password.
func withoutPassword(error) error {
	return errors.New("it is not a postgres:// address")
}

// Close closes all connections.
func (db *DB) Close() { db.pool.Close() }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("reach database: %w", err)
	}
	return nil
}

// inTenant runs f in a transaction that sees the rows of one tenant and no other's, and commits where f returns nil.
func (db *DB) inTenant(ctx context.Context, id tenant.ID, f func(tx pgx.Tx) error) error {
	return sanitize(pgx.BeginFunc(ctx, db.pool, func(begun pgx.Tx) error {
		tx := discreetTx{begun}
		if err := enter(ctx, tx, id); err != nil {
			return err
		}
		return f(tx)
	}))
}

// enter names the tenant to the row-level security of the transaction.
func enter(ctx context.Context, tx pgx.Tx, id tenant.ID) error {
	if id == "" {
		return errors.New("enter tenant: no tenant named")
	}
	_, err := tx.Exec(ctx, "SELECT set_config('app.tenant_id', $1, true)", string(id))
	if err != nil {
		return fmt.Errorf("enter tenant: %w", err)
	}
	return nil
}

// anyTenant runs f in a transaction that has entered no tenant: it sees the tables without a policy and nothing else.
func (db *DB) anyTenant(ctx context.Context, f func(tx pgx.Tx) error) error {
	return sanitize(pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return f(discreetTx{tx}) }))
}

// violates reports whether err is the violation of the named constraint.
func violates(err error, constraint string) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.ConstraintName == constraint
}
