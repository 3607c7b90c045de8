package snapshot_test

import (
	"fmt"
	"testing"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/snapshot"
)

// With 100,000 members of twenty fields: making a snapshot from Postgres, opening it, reading it, and making the next one after an apply of 1,000 changes.
func BenchmarkSnapshot(b *testing.B) {
	h := newWorld(b).tenant(b, "acme")
	h.exec(b, `
		INSERT INTO member (tenant_id, id, version, state, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
		SELECT 'acme', lpad(to_hex(i), 32, '0')::uuid, 1, 'invited', 'roster', lpad(i::text, 7, '0'), 'person' || i || '@acme.example', 'person' || i || '@acme.example', 'Zoë', 'Dupont-' || i, 'fr-CA',
			'active', 'eligible', jsonb_build_object('job_function', 'Finance ' || i % 11, 'job_family', 'Operations', 'management_level', 'M' || i % 7, 'hire_start_date', '2019-03-04',
			'most_recent_role_start_date', '2022-11-30', 'business_unit', 'Unit ' || i % 20, 'supervisor_organization', 'Org ' || i % 300, 'department', 'Dept ' || i % 90, 'city', 'Montréal',
			'country', 'Canada', 'people_manager_status', 'no', 'high_potential_status', 'no', 'first_level_supervisor', 'Ana Roy ' || i % 5000), '2026-01-01', '2026-01-01'
		FROM generate_series(1, 100000) i`)
	h.exec(b, `ANALYZE member`)
	all := batch.SnapshotHead{Fields: []roster.Field{
		roster.UniqueID, roster.Email, roster.FirstName, roster.LastName, roster.Status, roster.ProgramEligibility, roster.JobFunction, roster.JobFamily, roster.ManagementLevel, roster.HireStartDate,
		roster.MostRecentRoleStartDate, roster.BusinessUnit, roster.SupervisorOrganization, roster.Department, roster.City, roster.Country, roster.PeopleManagerStatus, roster.HighPotentialStatus,
		roster.FirstLevelSupervisor, roster.Locale,
	}}
	all.Hashed = all.Fields
	open := func(b *testing.B, read bool) {
		err := h.store.Use(b.Context(), "acme", all, func(o *snapshot.Opened) error {
			for i := 0; read && i < o.Batches(); i++ {
				m, err := o.Members(i)
				if err != nil {
					return err
				}
				m.Release()
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			h.exec(b, `DELETE FROM directory_snapshot`)
			open(b, false)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			open(b, false)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			open(b, true)
		}
	})
	b.Run("refresh", func(b *testing.B) {
		round := 0
		for b.Loop() {
			b.StopTimer()
			open(b, false)
			var changes []changeset.Change
			for i := range 1000 {
				changes = append(changes, changeset.Change{Op: changeset.Update, Member: batch.NumberID(97*i + 1).String(), Version: int64(round + 1), Fields: []changeset.FieldChange{set(roster.City, "", fmt.Sprint("City ", round))}})
			}
			round++
			id := h.apply(b, 1000, changes...)
			b.StartTimer()
			if got := h.publish(b, id, changes...); got != snapshot.Refreshed {
				b.Fatal(got)
			}
		}
	})
}
