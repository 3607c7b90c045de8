package postgres_test

import (
	"testing"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
)

func TestSchemaVersions(t *testing.T) {
	t.Parallel()
	_, url := pgtest.New(t, clock.Fixed(noon))
	has, wants, err := postgres.SchemaVersions(t.Context(), url)
	if err != nil || has != wants || wants == 0 {
		t.Errorf("a migrated database has %d of %d: %v", has, wants, err)
	}
	pgtest.Exec(t, url, `DELETE FROM goose_db_version WHERE version_id = $1`, wants)
	if has, _, err = postgres.SchemaVersions(t.Context(), url); err != nil || has != wants-1 {
		t.Errorf("one migration behind it has %d of %d: %v", has, wants, err)
	}
	pgtest.Exec(t, url, `DROP TABLE goose_db_version`)
	if has, _, err = postgres.SchemaVersions(t.Context(), url); err != nil || has != 0 {
		t.Errorf("never migrated it has %d: %v", has, err)
	}
}
