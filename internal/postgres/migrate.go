package postgres

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"rollcall.internal/schema"
)

// Migrate brings the database at url to the schema of this program and returns how many migrations ran. Several processes may call it at once: one works, the
// others wait. The login needs the right to create tables, and once per cluster the right to create the role rollcall_app.
func Migrate(ctx context.Context, url string) (ran int, err error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return 0, fmt.Errorf("open database: %w", withoutPassword(err))
	}
	defer pool.Close()
	if err := pool.Ping(ctx); err != nil {
		return 0, fmt.Errorf("reach database: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()

	files, err := fs.Sub(schema.Migrations, "migrations")
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	one, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return 0, fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(one))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate database: %w", err)
	}
	return len(results), nil
}
