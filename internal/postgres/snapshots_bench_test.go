package postgres_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// benchFields are twenty columns, as a roster has them.
var benchFields = []roster.Field{
	roster.UniqueID, roster.Email, roster.FirstName, roster.LastName, roster.Status, roster.ProgramEligibility, roster.JobFunction, roster.JobFamily, roster.ManagementLevel, roster.HireStartDate,
	roster.MostRecentRoleStartDate, roster.BusinessUnit, roster.SupervisorOrganization, roster.Department, roster.City, roster.Country, roster.PeopleManagerStatus, roster.HighPotentialStatus,
	roster.FirstLevelSupervisor, roster.Locale,
}

// benchPeople fills a directory of so many people.
func benchPeople(b *testing.B, n int) (*postgres.DB, string) {
	b.Helper()
	db, url := pgtest.New(b, clock.Fixed(applyTime))
	pgtest.Tenant(b, url, "acme")
	pgtest.Exec(b, url, `
		INSERT INTO member (tenant_id, id, version, state, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
		SELECT 'acme', lpad(to_hex(i), 32, '0')::uuid, 1, 'invited', 'roster', lpad(i::text, 7, '0'), 'person' || i || '@acme.example', 'person' || i || '@acme.example', 'Zoë', 'Dupont-' || i, 'fr-CA',
			'active', 'eligible', jsonb_build_object('job_function', 'Finance ' || i % 11, 'job_family', 'Operations', 'management_level', 'M' || i % 7, 'hire_start_date', '2019-03-04',
			'most_recent_role_start_date', '2022-11-30', 'business_unit', 'Unit ' || i % 20, 'supervisor_organization', 'Org ' || i % 300, 'department', 'Dept ' || i % 90, 'city', 'Montréal',
			'country', 'Canada', 'people_manager_status', 'no', 'high_potential_status', 'no', 'first_level_supervisor', 'Ana Roy ' || i % 5000), '2026-01-01', '2026-01-01'
		FROM generate_series(1, $1::int) i`, n)
	pgtest.Exec(b, url, `ANALYZE member`)
	return db, url
}

// The two ways to read 100,000 members: in columns by COPY, and one by one.
func BenchmarkDirectory(b *testing.B) {
	db, _ := benchPeople(b, 100_000)
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			rows := 0
			if _, err := db.CopyDirectory(b.Context(), "acme", benchFields, func(m *batch.MemberBlock) error { rows += m.Rows(); return nil }); err != nil || rows != 100_000 {
				b.Fatal(rows, err)
			}
		}
	})
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			rows := 0
			err := db.Directory(b.Context(), "acme", func(_ int64, members iter.Seq2[directory.Member, error]) error {
				for _, err := range members {
					if err != nil {
						return err
					}
					rows++
				}
				return nil
			})
			if err != nil || rows != 100_000 {
				b.Fatal(rows, err)
			}
		}
	})
}

// A chunk of 2,000 updates in a directory of 100,000, with the triggers that move the epoch and without.
func BenchmarkChunk(b *testing.B) {
	db, url := benchPeople(b, 100_000)
	a := &applying{db: db, url: url, id: "acme"}
	if _, _, err := db.PutTenantFile(b.Context(), a.id, tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		b.Fatal(err)
	}
	imp, err := db.OpenImport(b.Context(), a.id, "import/acme/run", "run", true)
	if err != nil {
		b.Fatal(err)
	}
	pgtest.Exec(b, url, `INSERT INTO apply (tenant_id, import_n, changeset, release, verdict, groups, planned, chunk_size, started_at) VALUES ('acme', $1, '', '', '', '{}', 0, 2000, '2026-01-01')`, imp.ID.N)
	number, versions := 0, slices.Repeat([]int64{1}, 50)
	chunk := func() time.Duration {
		part := number * 7 % 50
		c := directory.Chunk{Number: number, Position: number * 2000, Stage: changeset.StageUpdates}
		for i := range 2000 {
			c.Changes = append(c.Changes, changeset.Change{Op: changeset.Update, Member: batch.NumberID(part*2000 + i + 1).String(), Version: versions[part], Fields: []changeset.FieldChange{
				{Field: roster.City, Before: "", After: fmt.Sprint("City ", number)}, {Field: roster.Department, Before: "", After: fmt.Sprint("Dept ", number)}}})
		}
		versions[part]++
		number++
		begin := time.Now()
		if r, err := db.ApplyChunk(b.Context(), imp.ID, c, true); err != nil || r.Applied != 2000 {
			b.Fatal(r, err)
		}
		return time.Since(begin)
	}
	// One after the other, so that the table and the planner's statistics are the same for both.
	var with, without time.Duration
	for b.Loop() {
		with += chunk()
		pgtest.Exec(b, url, `ALTER TABLE member DISABLE TRIGGER USER`)
		without += chunk()
		pgtest.Exec(b, url, `ALTER TABLE member ENABLE TRIGGER USER`)
	}
	b.ReportMetric(float64(with.Microseconds())/1000/float64(b.N), "ms/chunk")
	b.ReportMetric(float64(without.Microseconds())/1000/float64(b.N), "ms/chunk-without")
}
