package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"rollcall.internal/schema"
)

// SchemaVersions returns the version of the schema that the database at url has, 0 where it was never migrated, and the one of this program. It changes nothing.
func SchemaVersions(ctx context.Context, url string) (has, wants int64, err error) {
	files, err := fs.ReadDir(schema.Migrations, "migrations")
	if err != nil {
		return 0, 0, fmt.Errorf("read migrations: %w", err)
	}
	for _, f := range files {
		n, err := goose.NumericComponent(f.Name())
		if err != nil {
			return 0, 0, fmt.Errorf("read migrations: %w", err)
		}
		wants = max(wants, n)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, wants, fmt.Errorf("reach database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	err = conn.QueryRow(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&has)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "42P01" {
		return 0, wants, nil // no such table
	}
	if err != nil {
		return 0, wants, fmt.Errorf("read schema version: %w", sanitize(err))
	}
	return has, wants, nil
}
