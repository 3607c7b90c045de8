package snapshot_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Whatever is done to members, in whatever order, and wherever it is broken off: what is opened afterwards is what Postgres says.
func TestNoStaleSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenants := 0
	rapid.Check(t, func(t *rapid.T) {
		tenants++
		m := &machine{here: w.tenant(t, tenant.ID(fmt.Sprint("t", tenants)))}
		steps := []func(*rapid.T){m.apply, m.apply, m.edit, m.insert, m.remove, m.spoil, m.accept, m.confirm, func(t *rapid.T) { m.check(t, head) }, func(t *rapid.T) { m.check(t, other) }}
		for range rapid.IntRange(1, 14).Draw(t, "steps") {
			steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")](t)
		}
		m.check(t, head)
	})
}

// machine is a tenant that anything is done to.
type machine struct {
	*here
	people int // numbers given away
	// unpublished is the last apply, whose snapshot may not have been published yet.
	unpublished func(t *rapid.T)
}

func (m *machine) number() int { m.people++; return m.people }

// apply applies some changes, and publishes the next snapshot or breaks off before that.
func (m *machine) apply(t *rapid.T) {
	var changes []changeset.Change
	for _, p := range m.truth(t) {
		if c, ok := m.drawChange(t, p); ok {
			changes = append(changes, c)
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "created") {
		changes = append(changes, creation(m.number()))
	}
	id := m.here.apply(t, rapid.IntRange(1, 4).Draw(t, "chunk"), changes...)
	m.unpublished = func(t *rapid.T) { m.publish(t, id, changes...) }
	if rapid.Bool().Draw(t, "publishes") {
		m.confirm(t)
	}
}

func (m *machine) drawChange(t *rapid.T, p person) (changeset.Change, bool) {
	if rapid.IntRange(0, 2).Draw(t, "changes") == 0 {
		return changeset.Change{}, false
	}
	if p.Presence == 2 {
		return change(changeset.Restore, p), true
	}
	switch rapid.IntRange(0, 4).Draw(t, "op") {
	case 0:
		return change(changeset.Delete, p), true
	case 1:
		if p.Presence == 1 {
			return change(changeset.Reactivate, p), true
		}
		return change(changeset.Deactivate, p), true
	case 2:
		n := m.number()
		c := change(changeset.Update, p, set(roster.Email, p.Email, fmt.Sprintf("moved%d@x.example", n)), set(roster.UniqueID, p.UniqueID, fmt.Sprint(n)))
		c.Email = c.Fields[0].After
		return c, true
	}
	city := rapid.SampledFrom([]string{"", "Bern", "Genève"}).Draw(t, "city")
	return change(changeset.Update, p, set(roster.City, p.Values[roster.City], city), set(roster.LastName, p.Values[roster.LastName], "Roy-"+city)), true
}

// edit changes something that a comparison reads, of somebody or of everybody, by SQL.
func (m *machine) edit(t *rapid.T) {
	what := rapid.SampledFrom(seen).Draw(t, "what")
	sql := `UPDATE member SET ` + what + ` WHERE tenant_id = $1`
	if rapid.Bool().Draw(t, "one") {
		sql += ` AND id = (SELECT id FROM member WHERE tenant_id = $1 ORDER BY email LIMIT 1)`
	}
	if rapid.Bool().Draw(t, "app") {
		m.execAsApp(t, sql, m.id)
		return
	}
	m.exec(t, sql, m.id)
}

func (m *machine) insert(t *rapid.T) {
	n := m.number()
	m.exec(t, inserted, m.id, fmt.Sprint(n), fmt.Sprintf("p%d@x.example", n))
}

// remove takes somebody away who has left nothing behind.
func (m *machine) remove(t *rapid.T) {
	m.exec(t, `DELETE FROM member WHERE tenant_id = $1 AND id = (
		SELECT id FROM member m WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM mail WHERE member_id = m.id) AND NOT EXISTS (SELECT FROM member_alias WHERE member_id = m.id) ORDER BY id LIMIT 1)`, m.id)
}

// accept does to members what no comparison sees.
func (m *machine) accept(t *rapid.T) {
	before := m.epoch(t)
	m.exec(t, `UPDATE member SET state = 'active' WHERE tenant_id = $1 AND state = 'invited'`, m.id)
	if after := m.epoch(t); after != before {
		t.Fatalf("accepting moved the epoch from %d to %d", before, after)
	}
}

func (m *machine) spoil(t *rapid.T) {
	if m.files(t) == 0 || m.published(t).IsZero() {
		return
	}
	size := int(m.published(t).Bytes)
	m.here.spoil(t, rapid.IntRange(0, size-1).Draw(t, "offset"), rapid.IntRange(1, size).Draw(t, "size"))
	m.check(t, head)
}

// confirm publishes the snapshot after the last apply, whatever happened since.
func (m *machine) confirm(t *rapid.T) {
	if m.unpublished != nil {
		m.unpublished(t)
	}
}

const inserted = `
INSERT INTO member (tenant_id, id, version, state, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility, profile, created_at, changed_at)
VALUES ($1, gen_random_uuid(), 1, 'pending', 'self', $2, $3, $3, 'Bea', 'Low', 'fr-CA', 'active', 'eligible', '{"city": "Lausanne"}', '2026-01-01', '2026-01-01')`

// seen are changes that a comparison sees; each does something to everybody.
var seen = []string{
	`version = version + 1`, `source = CASE source WHEN 'staff' THEN 'roster' ELSE 'staff' END`, `unique_id = unique_id || 'x'`, `email = 'x' || email, email_folded = 'x' || email_folded`,
	`first_name = first_name || 'x'`, `last_name = last_name || 'x'`, `locale = CASE locale WHEN 'en-US' THEN 'fr-CA' ELSE 'en-US' END`,
	`eligibility = CASE eligibility WHEN 'eligible' THEN 'ineligible' ELSE 'eligible' END`, `profile = profile || jsonb_build_object('city', COALESCE(profile->>'city', '') || 'x')`,
	`status = 'inactive', state_before = CASE WHEN state IN ('deactivated', 'deleted') THEN NULL ELSE state END,
	 state = CASE WHEN state IN ('deactivated', 'deleted') THEN state_before ELSE 'deactivated' END, deleted_at = NULL, deleted_until = NULL`,
	`state_before = COALESCE(state_before, state), state = 'deleted', deleted_at = '2026-01-01', deleted_until = COALESCE(deleted_until, '2026-01-01') + interval '1 day'`,
}
