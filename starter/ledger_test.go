package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/rogpeppe/go-internal/testscript"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/config"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// TestScriptsWithoutTemporal runs what only needs the ledger, on a stack of which nothing but the database answers.
func TestScriptsWithoutTemporal(t *testing.T) {
	t.Parallel()
	endpoints := filepath.Join(t.TempDir(), "endpoints.json")
	state := t.TempDir()
	db, url := pgtest.New(t, clock.Fixed(seeded))
	(&seeding{T: t, db: db, url: url, state: state}).run()
	if err := (config.Endpoints{Temporal: "127.0.0.1:1", Namespace: "rollcall", Postgres: url, StateDir: state}).Write(endpoints); err != nil {
		t.Fatal(err)
	}
	// Scripts of one run go side by side on one database, so the one that writes goes after those that only read.
	for _, scripts := range [][]string{{"imports", "people", "report"}, {"tenants"}} {
		t.Run(scripts[0], func(t *testing.T) {
			params := testscript.Params{Cmds: scriptCommands(), RequireExplicitExec: true, Setup: func(env *testscript.Env) error {
				err := cleanEnvironment(env)
				env.Setenv("ROLLCALL_ENDPOINTS", endpoints)
				return err
			}}
			for _, name := range scripts {
				params.Files = append(params.Files, "testdata/ledger/"+name+".txtar")
			}
			testscript.Run(t, params)
		})
	}
}

// seeded is when all of it was written.
var seeded = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	seededFile = `version: 1
tenant: acme
name: Acme Corp
contacts:
  - {role: csm, name: Emily Hart, email: emily@hub.example}
upload: {source: hosted, cadence: monthly, due: {day: 1, time: "06:00"}, zone: America/Toronto}
fields:
  - {column: First Name, to: first_name, visibility: public}
  - {column: Last Name, to: last_name, visibility: public}
  - {column: Email Address, to: email}
  - {column: Unique ID, to: unique_id}
  - {column: Town, to: city, visibility: public}
`
	seededMember = "018f0000-0000-7000-8000-000000000001"
)

// A seeding writes a tenant with two members, an import that waits and a mail.
type seeding struct {
	*testing.T
	db         *postgres.DB
	url, state string
}

func (s *seeding) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *seeding) run() {
	s.Helper()
	source := []byte(seededFile)
	_, _, err := s.db.PutTenantFile(s.Context(), "acme", tenant.FileVersion{Digest: tenantfile.Digest(source), Rules: "r", Source: source})
	s.check(err)
	s.member(seededMember, "active", nil, "E1", "ana@acme.example", "Ana")
	s.member("018f0000-0000-7000-8000-000000000002", "deleted", seeded.AddDate(0, 0, 30), "E2", "gone@acme.example", "Gone\x1b[2J")
	s.imports()
	s.newer()
	pgtest.Exec(s, s.url, `INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, import_n, attempts, due_at, claimed_by, sent_to, reply, created_at, changed_at)
		VALUES ('acme', $1, 'invitation', $2, '2', 'unknown', 2, 1, $3, 'a/1', 'ana@acme.example', '', $3, $3)`, "018f0000-0000-7000-8000-000000000008", seededMember, seeded)
	pgtest.Exec(s, s.url, `INSERT INTO mail (tenant_id, id, kind, member_id, campaign, state, import_n, attempts, due_at, claimed_by, sent_to, reply, created_at, changed_at)
		VALUES ('acme', $1, 'invitation', $2, '1', 'delivered', 1, 1, $3, '', 'ana@acme.example', '250', $3, $3)`, "018f0000-0000-7000-8000-000000000009", seededMember, seeded)
}

func (s *seeding) member(id, state string, until any, uniqueID, email, first string) {
	s.Helper()
	var before, deleted any
	if state == "deleted" {
		before, deleted = "active", seeded
	}
	pgtest.Exec(s, s.url, `INSERT INTO member (tenant_id, id, version, state, state_before, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility,
			profile, created_at, changed_at, deleted_at, deleted_until)
		VALUES ('acme', $1, 1, $2, $3, 'roster', $4, $5, $5, $6, 'Roy', 'en-US', 'active', 'eligible', '{"city": "Lyon"}', $7, $7, $8, $9)`,
		id, state, before, uniqueID, email, first, seeded, deleted, until)
}

// imports makes acme-1, which waits for a decision, and acme-2, which found nothing new.
func (s *seeding) imports() {
	s.Helper()
	ctx := s.Context()
	store, err := blobstore.OpenDir(config.ArtifactsIn(s.state), s.db)
	s.check(err)
	defer store.Close()
	imp, err := s.db.OpenImport(ctx, "acme", "import/acme/run-1", "run-1", true)
	s.check(err)
	imp.Artifacts.ChangeSet, err = store.Put(ctx, "acme", artifact.ChangeSet, bytes.NewReader(s.changes()))
	s.check(err)
	imp.Summary = changeset.Summary{
		Digest: "sha256:3f2a9c01d4e5b6a73f2a9c01d4e5b6a73f2a9c01d4e5b6a73f2a9c01d4e5b6a7", Totals: changeset.Totals{Create: 1, Update: 1}, Members: 1, Rows: 2,
		Fields: map[roster.Field]int{roster.City: 1},
	}
	imp.Checks = []approval.Check{{ID: approval.CheckFirstImport, Level: approval.Hold, Value: 1, Origin: "default", Message: "This is the first import of this tenant."}}
	imp.Deadline = seeded.AddDate(0, 0, 9)
	s.check(s.db.RecordPlan(ctx, imp, true))
	second, err := s.db.OpenImport(ctx, "acme", "import/acme/run-2", "run-2", true)
	s.check(err)
	s.check(s.db.CloseImport(ctx, second.ID, "nothing_new", false))
}

// newer makes a tenant whose file a later release wrote, with two imports that were rehearsed.
func (s *seeding) newer() {
	s.Helper()
	ctx := s.Context()
	source := []byte(strings.Replace(seededFile, "tenant: acme", "tenant: newer", 1) + "people: {missing: archive}\n")
	_, _, err := s.db.PutTenantFile(ctx, "newer", tenant.FileVersion{Digest: tenantfile.Digest(source), Rules: "r", Source: source})
	s.check(err)
	for _, run := range []string{"1", "2"} {
		imp, err := s.db.OpenImport(ctx, "newer", "import/newer/run-"+run, "run-"+run, false)
		s.check(err)
		imp.Summary.Digest = changeset.Digest("sha256:" + strings.Repeat(run, 64))
		s.check(s.db.RecordPlan(ctx, imp, false))
		s.check(s.db.CloseImport(ctx, imp.ID, "rehearsed", false))
	}
}

// changes is the change set's file.
func (s *seeding) changes() []byte {
	s.Helper()
	var file bytes.Buffer
	out, err := batch.NewChangeSetWriter(&file, memory.DefaultAllocator)
	s.check(err)
	s.check(out.Add(changeset.Change{
		Op: changeset.Update, Member: seededMember, Version: 1, Row: 2, UniqueID: "E1", Email: "ana@acme.example",
		Fields: []changeset.FieldChange{{Field: roster.City, Before: "Lyon", After: "Pa\x1b[31mris"}},
	}))
	s.check(out.Add(changeset.Change{
		Op: changeset.Create, Row: 3, Email: "Bo@acme.example",
		Fields: []changeset.FieldChange{{Field: roster.FirstName, After: "Bo"}, {Field: roster.LastName, After: "Li"}},
	}))
	s.check(out.Close())
	return file.Bytes()
}
