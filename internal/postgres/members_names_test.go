package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/postgres/pgtest"
)

func TestMemberNames(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(noon))
	pgtest.Tenant(t, url, "acme", "globex")
	const ana, other, nobody = "018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002", "018f0000-0000-7000-8000-000000000003"
	for id, of := range map[string]string{ana: "acme", other: "globex"} {
		pgtest.Exec(t, url, `INSERT INTO member (tenant_id, id, version, state, source, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
			VALUES ($1, $2, 1, 'active', 'roster', 'a@acme.example', 'a@acme.example', 'Ana', 'Roy', 'en-US', 'active', 'eligible', '{}', $3, $3)`, of, id, noon)
	}
	got, err := db.MemberNames(t.Context(), "acme", []string{ana, other, nobody})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, map[string]string{ana: "Ana Roy"}); diff != "" {
		t.Errorf("names (-got +want):\n%s", diff)
	}
	if got, err = db.MemberNames(t.Context(), "acme", nil); err != nil || len(got) != 0 {
		t.Errorf("of nobody: %v, %v", got, err)
	}
}
