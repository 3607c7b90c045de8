package registrar_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/deploy"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A settingUp is a tenant that is being set up, on a real database and real artifacts.
type settingUp struct {
	*testing.T
	r     *registrar.Registrar
	db    *postgres.DB
	url   string
	store *blobstore.Store
	runs  int
}

func newSettingUp(t *testing.T) *settingUp {
	t.Helper()
	at := clock.Fixed(time.Date(2026, 1, 13, 14, 0, 0, 0, time.UTC))
	db, url := pgtest.New(t, at)
	store, err := blobstore.OpenDir(t.TempDir(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &settingUp{T: t, r: &registrar.Registrar{Tenants: db, Ledger: db, Artifacts: store, Clock: at}, db: db, url: url, store: store}
	s.agree(string(deploy.AcmeTenant))
	return s
}

// agree stores the tenant's file.
func (s *settingUp) agree(source string) {
	s.Helper()
	file, err := tenantfile.Decode([]byte(source))
	if err != nil {
		s.Fatal(err)
	}
	_, _, err = s.db.PutTenantFile(s.Context(), "acme", tenant.FileVersion{Digest: tenantfile.Digest([]byte(source)), Rules: file.RulesDigest(), Source: []byte(source)})
	if err != nil {
		s.Fatal(err)
	}
}

// open is an import of which nothing is read yet.
func (s *settingUp) open() ledger.Import {
	s.Helper()
	s.runs++
	imp, err := s.db.OpenImport(s.Context(), "acme", "import/acme/run", fmt.Sprintf("run-%d", s.runs), false)
	if err != nil {
		s.Fatal(err)
	}
	return imp
}

// rehearse is an import that was compared and found these changes and findings.
func (s *settingUp) rehearse(findings roster.Summary, changes ...changeset.Change) ledger.Import {
	s.Helper()
	imp := s.open()
	changeset.Sort(changes)
	digester := changeset.NewDigester("file", imp.MappingDigest)
	var set bytes.Buffer
	w, err := batch.NewChangeSetWriter(&set, memory.DefaultAllocator)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range changes {
		digester.Add(c)
		imp.Summary.Totals.Add(c.Op)
		if err := w.Add(c); err != nil {
			s.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.Fatal(err)
	}
	imp.Summary.Digest = digester.Digest()
	imp.Artifacts.ChangeSet = s.put(artifact.ChangeSet, &set)
	stored, err := ledger.EncodeFindings(findings)
	if err != nil {
		s.Fatal(err)
	}
	imp.Artifacts.Findings = s.put(artifact.Findings, stored)
	if err := s.db.RecordPlan(s.Context(), imp, false); err != nil {
		s.Fatal(err)
	}
	if err := s.db.CloseImport(s.Context(), imp.ID, contract.Rehearsed, false); err != nil {
		s.Fatal(err)
	}
	return imp
}

func (s *settingUp) put(kind artifact.Kind, r io.Reader) artifact.Ref {
	s.Helper()
	ref, err := s.store.Put(s.Context(), "acme", kind, r)
	if err != nil {
		s.Fatal(err)
	}
	return ref
}

func (s *settingUp) record(steps ...tenant.SetupStep) {
	s.Helper()
	for _, step := range steps {
		if err := s.r.RecordStep(s.Context(), "acme", step, "Emily"); err != nil {
			s.Fatal(err)
		}
	}
}

// answer records an answer, and returns which import it is about.
func (s *settingUp) answer(v ledger.Verification) tenant.ImportID {
	s.Helper()
	v.Tenant, v.By = "acme", "Ana Roy"
	recorded, imp, err := s.r.RecordVerification(s.Context(), v)
	if err != nil {
		s.Fatal(err)
	}
	if recorded.Import != imp.ID || recorded.ChangeSet != imp.Summary.Digest {
		s.Errorf("the answer is about %s %s, the import is %s %s", recorded.Import, recorded.ChangeSet, imp.ID, imp.Summary.Digest)
	}
	return recorded.Import
}

// refused tries an activation that must be refused, and returns what is open.
func (s *settingUp) refused() map[tenant.SetupStep]registrar.StepProblem {
	s.Helper()
	activated, err := s.r.Activate(s.Context(), "acme", "Emily", false, "")
	open, ok := errors.AsType[*registrar.SetupOpen](err)
	if !ok || activated || !errors.Is(err, registrar.ErrNotAllowed) {
		s.Fatalf("activated %t, %v; want it refused", activated, err)
	}
	problems := map[tenant.SetupStep]registrar.StepProblem{}
	for _, step := range open.Steps {
		if step.Title == "" || step.Owner == "" {
			s.Errorf("%s has neither title nor owner: %+v", step.Step, step)
		}
		problems[step.Step] = step.Problem
	}
	return problems
}

func TestActivationAsksForEveryStep(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	want := map[tenant.SetupStep]registrar.StepProblem{}
	for _, step := range tenant.SetupSteps() {
		want[step] = registrar.StepNotDone
	}
	if diff := cmp.Diff(want, s.refused()); diff != "" {
		t.Errorf("open steps (-want +got):\n%s", diff)
	}
	s.record(tenant.StepFrequency, tenant.StepMapping, tenant.StepSample, tenant.StepReview)
	if diff := cmp.Diff(map[tenant.SetupStep]registrar.StepProblem{tenant.StepVerification: registrar.StepNotDone}, s.refused()); diff != "" {
		t.Errorf("open steps (-want +got):\n%s", diff)
	}

	imp := s.rehearse(roster.Summary{})
	if got := s.answer(ledger.Verification{Answer: ledger.AnswerRight}); got != imp.ID {
		t.Errorf("the answer is about %s, want %s", got, imp.ID)
	}
	s.answer(ledger.Verification{Answer: ledger.AnswerWrong, Comment: "Ben is missing", Import: imp.ID})
	if diff := cmp.Diff(map[tenant.SetupStep]registrar.StepProblem{tenant.StepVerification: registrar.AnsweredWrong}, s.refused()); diff != "" {
		t.Errorf("open steps (-want +got):\n%s", diff)
	}
	s.answer(ledger.Verification{Answer: ledger.AnswerRight})
	for _, want := range []bool{true, false} { // the second changes nothing
		if activated, err := s.r.Activate(t.Context(), "acme", "Emily", false, ""); err != nil || activated != want {
			t.Fatalf("activated %t, %v; want %t", activated, err, want)
		}
	}
}

func TestVerificationIsOfTheRulesOfNow(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	s.record(tenant.StepFrequency, tenant.StepMapping, tenant.StepSample, tenant.StepReview)
	s.rehearse(roster.Summary{})
	s.answer(ledger.Verification{Answer: ledger.AnswerRight})

	s.agree(strings.Replace(string(deploy.AcmeTenant), "missing: delete", "missing: deactivate", 1))
	if diff := cmp.Diff(map[tenant.SetupStep]registrar.StepProblem{tenant.StepVerification: registrar.RulesChanged}, s.refused()); diff != "" {
		t.Errorf("open steps (-want +got):\n%s", diff)
	}
	// What decides nothing about a roster may change: here a contact does, and the rules are those that were verified again.
	s.agree(strings.Replace(string(deploy.AcmeTenant), "Ana Roy", "Ana Leroy", 1))
	if activated, err := s.r.Activate(t.Context(), "acme", "Emily", false, ""); err != nil || !activated {
		t.Errorf("activated %t, %v", activated, err)
	}
}

// Without any import the step can be recorded as before, and then no rules are compared.
func TestVerificationWithoutAnImport(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	s.open() // was not compared
	s.record(tenant.StepFrequency, tenant.StepMapping, tenant.StepSample, tenant.StepReview)
	if got := s.answer(ledger.Verification{Answer: ledger.AnswerRight}); got != (tenant.ImportID{}) {
		t.Errorf("the answer is about %s", got)
	}
	s.agree(strings.Replace(string(deploy.AcmeTenant), "missing: delete", "missing: keep", 1))
	// Once there is a list, an answer from before it is about nothing.
	s.rehearse(roster.Summary{})
	if diff := cmp.Diff(map[tenant.SetupStep]registrar.StepProblem{tenant.StepVerification: registrar.StepNotDone}, s.refused()); diff != "" {
		t.Errorf("open steps (-want +got):\n%s", diff)
	}
	s.answer(ledger.Verification{Answer: ledger.AnswerRight})
	if activated, err := s.r.Activate(t.Context(), "acme", "Emily", false, ""); err != nil || !activated {
		t.Errorf("activated %t, %v", activated, err)
	}
}

// A tenant without any list can be activated by vouching for every step.
func TestActivationWithoutAnImport(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	s.record(tenant.StepFrequency, tenant.StepMapping, tenant.StepSample, tenant.StepReview)
	s.answer(ledger.Verification{Answer: ledger.AnswerRight})
	if activated, err := s.r.Activate(t.Context(), "acme", "Emily", false, ""); err != nil || !activated {
		t.Errorf("activated %t, %v", activated, err)
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	unread := s.open()
	for name, test := range map[string]struct {
		v    ledger.Verification
		want error
	}{
		"wrong, without saying what": {ledger.Verification{Tenant: "acme", By: "Ana", Answer: ledger.AnswerWrong, Comment: " "}, registrar.ErrInvalid},
		"of another tenant":          {ledger.Verification{Tenant: "acme", By: "Ana", Answer: ledger.AnswerRight, Import: tenant.ImportID{Tenant: "zeta", N: 1}}, registrar.ErrInvalid},
		"not compared":               {ledger.Verification{Tenant: "acme", By: "Ana", Answer: ledger.AnswerRight, Import: unread.ID}, registrar.ErrNotAllowed},
		"no such import":             {ledger.Verification{Tenant: "acme", By: "Ana", Answer: ledger.AnswerRight, Import: tenant.ImportID{Tenant: "acme", N: 9}}, ledger.ErrNotFound},
		"no such tenant":             {ledger.Verification{Tenant: "zeta", By: "Ana", Answer: ledger.AnswerRight}, ledger.ErrNotFound},
	} {
		if _, _, err := s.r.RecordVerification(t.Context(), test.v); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if view, err := s.r.StoredTenant(t.Context(), "acme"); err != nil || len(view.Steps) > 0 {
		t.Errorf("steps %v, %v; want none", view.Steps, err)
	}
}

// A list takes from the directory what the change set does not hold, and says of whom it is.
func TestReport(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	const member = "0198f3c4-0000-7000-8000-000000000001"
	pgtest.Exec(t, s.url, `INSERT INTO member (tenant_id, id, version, state, source, unique_id, email, email_folded, first_name, last_name, locale, status, eligibility,
		profile, created_at, changed_at) VALUES ('acme', $1, 1, 'pending', 'roster', '007', 'ben@acme.example', 'ben@acme.example', 'Ben', 'Ito', 'en-US', 'active', 'ineligible',
		'{}', '2026-01-01', '2026-01-01')`, member)
	imp := s.rehearse(
		roster.Summary{Totals: map[roster.Code]int{roster.RequiredBlank: 1}, Findings: []roster.Finding{{Code: roster.RequiredBlank, Level: roster.RowAside, Row: 5, Column: "Last Name"}}},
		changeset.Change{Op: changeset.Create, Row: 2, Email: "zoe@acme.example", Fields: []changeset.FieldChange{
			{Field: roster.FirstName, After: "Zoe"}, {Field: roster.LastName, After: "Sá"}, {Field: roster.Email, After: "zoe@acme.example"},
		}},
		changeset.Change{Op: changeset.Update, Row: 3, Member: member, UniqueID: "007", Email: "ben@acme.example", Fields: []changeset.FieldChange{
			{Field: roster.ProgramEligibility, Before: roster.Ineligible, After: roster.Eligible},
		}},
	)
	err := s.r.Report(t.Context(), imp.ID, "", false, func(d *report.Document) error {
		if d.Locale != roster.FrCA || d.Invitations != 2 || d.Apply != nil {
			t.Errorf("locale %s, %d invitations, apply %v", d.Locale, d.Invitations, d.Apply)
		}
		asides, unlisted := d.Asides()
		if len(asides) != 1 || unlisted != 0 || asides[0].Row != 5 {
			t.Errorf("set aside are %+v, %d unlisted", asides, unlisted)
		}
		var names []string
		for _, op := range changeset.Ops() {
			for p, err := range d.People(op) {
				if err != nil {
					return err
				}
				names = append(names, string(op)+" "+p.Name)
			}
		}
		if diff := cmp.Diff([]string{"create Zoe Sá", "update Ben Ito"}, names); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsWithoutAList(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	never := func(*report.Document) error { t.Error("there is a list"); return nil }
	unread, refused := s.open(), s.open()
	if err := s.db.CloseImport(t.Context(), refused.ID, contract.Refused, false); err != nil {
		t.Fatal(err)
	}
	for id, says := range map[tenant.ImportID]string{unread.ID: "not compared with the directory yet (receiving)", refused.ID: "its receipt says what is wrong"} {
		if err := s.r.Report(t.Context(), id, "", false, never); !errors.Is(err, registrar.ErrNotAllowed) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := s.r.Report(t.Context(), tenant.ImportID{Tenant: "acme", N: 9}, "", false, never); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("no such import: %v", err)
	}
}
