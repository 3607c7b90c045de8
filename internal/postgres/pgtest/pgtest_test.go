package pgtest_test

import (
	"testing"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/postgres/pgtest"
)

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	one, url := pgtest.New(t, clock.System{})
	pgtest.Tenant(t, url, "acme")
	_, other := pgtest.New(t, clock.System{})
	// The same tenant can be made again only where the first is not seen.
	pgtest.Tenant(t, other, "acme")
	if err := one.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
