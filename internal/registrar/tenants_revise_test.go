package registrar_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

const agreed = `version: 1
tenant: acme
name: Acme Corp
upload: {source: hosted, cadence: monthly, due: {day: 1, time: "06:00"}, zone: America/Toronto}
fields:
  - {column: First Name, to: first_name}
  - {column: Last Name, to: last_name}
  - {column: Email Address, to: email}
  - {column: Unit, to: business_unit}
`

const uploaded = `First Name,Last Name,Email Address,Unit
Ana,Roy,ana@acme.example,Finance
Bob,Ng,bob@acme.example,Sales
`

// office is a registrar on a real database and a real folder of artifacts, without Temporal.
type office struct {
	*registrar.Registrar
	t     *testing.T
	db    *postgres.DB
	url   string
	store *blobstore.Store
}

func newOffice(t *testing.T) office {
	t.Helper()
	now := clock.Fixed(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	db, url := pgtest.New(t, now)
	store, err := blobstore.OpenDir(t.TempDir(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return office{Registrar: &registrar.Registrar{Tenants: db, Ledger: db, Deliveries: db, Artifacts: store, Directory: db, Clock: now}, t: t, db: db, url: url, store: store}
}

// put stores a version of the tenant's file, as an apply of it does.
func (o office) put(source string) {
	o.t.Helper()
	file, err := tenantfile.Decode([]byte(source))
	if err != nil {
		o.t.Fatal(err)
	}
	stored := tenant.FileVersion{Digest: tenantfile.Digest([]byte(source)), Rules: file.RulesDigest(), Source: []byte(source)}
	if _, _, err := o.db.PutTenantFile(o.t.Context(), file.Tenant, stored); err != nil {
		o.t.Fatal(err)
	}
}

// read stores an import whose file was read with the given verdict; one that is accepted waits for a decision.
func (o office) read(run, file string, verdict roster.Verdict) tenant.ImportID {
	o.t.Helper()
	imp, err := o.db.OpenImport(o.t.Context(), "acme", "import/acme/"+run, run, false)
	if err != nil {
		o.t.Fatal(err)
	}
	findings, err := ledger.EncodeFindings(roster.Summary{Verdict: verdict, Totals: map[roster.Code]int{roster.RowBlank: 2}})
	if err != nil {
		o.t.Fatal(err)
	}
	imp.Rows, imp.Summary = 2, changeset.Summary{Totals: changeset.Totals{Create: 2}}
	if imp.Artifacts.Upload, err = o.store.Put(o.t.Context(), "acme", artifact.Upload, strings.NewReader(file)); err != nil {
		o.t.Fatal(err)
	}
	if imp.Artifacts.Findings, err = o.store.Put(o.t.Context(), "acme", artifact.Findings, findings); err != nil {
		o.t.Fatal(err)
	}
	if err := o.db.RecordReading(o.t.Context(), imp); err != nil {
		o.t.Fatal(err)
	}
	if verdict == roster.Accepted {
		imp.Summary.Digest = changeset.Digest("sha256:" + run)
		if err := o.db.RecordPlan(o.t.Context(), imp, true); err != nil {
			o.t.Fatal(err)
		}
	}
	pgtest.Exec(o.t, o.url, `UPDATE import SET file = 'roster 01.02.2026.csv' WHERE n = $1`, imp.ID.N)
	return imp.ID
}

func (o office) revise(source string) registrar.Revision {
	o.t.Helper()
	rev, err := o.Revise(o.t.Context(), []byte(source), func(ledger.Import) {})
	if err != nil {
		o.t.Fatal(err)
	}
	return rev
}

// What comes before the first roster that was accepted is never asked about.
func TestRevisionBeforeAnyFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if rev := o.revise(agreed); rev.Asks() || rev.Version != 0 || rev.Keys != nil {
		t.Errorf("a tenant's first file: %+v", rev)
	}
	o.put(agreed)
	if rev := o.revise("# the same\n" + agreed); !rev.Same || rev.Asks() || rev.Keys != nil {
		t.Errorf("the same file, with a comment: %+v", rev)
	}
	public := strings.Replace(agreed, "to: business_unit", "to: business_unit, visibility: public", 1)
	if rev := o.revise(public); rev.Same || rev.Asks() || !rev.Exposes() {
		t.Errorf("a public field before any file: %+v", rev)
	}
	o.read("refused", "", roster.RefusedByFile)
	if rev := o.revise(public); rev.Asks() || rev.Trial != nil {
		t.Errorf("a public field after a file that was refused: %+v", rev)
	}
}

func TestRevisionIsTriedOnTheLastAcceptedFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(agreed)
	id := o.read("first", uploaded, roster.Accepted)
	o.read("second", "", roster.RefusedByFile)
	pgtest.Exec(t, o.url, `UPDATE import SET mapping_digest = (SELECT rules FROM tenant_file) WHERE n = $1`, id.N)
	change := func(old, new string) string { return strings.Replace(agreed, old, new, 1) }
	for _, test := range []struct {
		name   string
		source string
		asks   bool
		tried  bool
		ends   []tenant.ImportID
		people int
	}{
		{name: "when it is due", source: change("day: 1", "day: last")},
		{name: "a contact", source: agreed + "contacts: [{role: csm, email: emily@hub.example}]\n"},
		{name: "a field is shown to all", source: change("to: business_unit", "to: business_unit, visibility: public"), asks: true, tried: true, ends: []tenant.ImportID{id}},
		{name: "a set that fits", source: change("to: business_unit", "to: business_unit, values: [Finance, Sales]"), asks: true, tried: true, ends: []tenant.ImportID{id}},
		{name: "who is eligible", source: agreed + "people: {eligible_when: {business_unit: [Finance]}}\n", asks: true, tried: true, ends: []tenant.ImportID{id}, people: 2},
		{name: "a column that the file lacks", source: change("column: Unit", "column: Division"), asks: true, tried: true, ends: []tenant.ImportID{id}},
	} {
		rev := o.revise(test.source)
		if rev.Asks() != test.asks || (rev.Trial != nil) != test.tried || rev.Untried != nil || len(rev.Keys) == 0 {
			t.Errorf("%s: asks %t, tried %t (%v), keys %v", test.name, rev.Asks(), rev.Trial != nil, rev.Untried, rev.Keys)
		}
		if diff := cmp.Diff(test.ends, rev.Ends); diff != "" {
			t.Errorf("%s ends (-want +got):\n%s", test.name, diff)
		}
		if rev.Trial != nil && (rev.Trial.Import != id || rev.Trial.People != test.people) {
			t.Errorf("%s: tried on %s, for %d people; want %s, %d", test.name, rev.Trial.Import, rev.Trial.People, id, test.people)
		}
	}
	pgtest.Exec(t, o.url, `UPDATE import SET phase = 'closed', outcome = 'turned_down', closed_at = now() WHERE n = $1`, id.N)
	if rev := o.revise(change("to: business_unit", "to: business_unit, values: [Finance, Sales]")); rev.Asks() || rev.Trial == nil || rev.Trial.Any() {
		t.Errorf("a set that fits, and nothing waits: %+v", rev.Trial)
	}
	if rev := o.revise(change("column: Unit", "column: Division")); rev.Trial.New.Verdict != roster.RefusedByFile || !rev.Asks() {
		t.Errorf("a column that the file lacks: %+v", rev.Trial)
	}
}

// Where the file is not there any more, a person is asked without knowing, and told why.
func TestRevisionThatCannotBeTried(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(agreed)
	o.read("first", uploaded, roster.Accepted)
	empty, err := blobstore.OpenDir(t.TempDir(), o.db)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	o.Artifacts = empty
	rev := o.revise(agreed + "people: {missing: keep}\n")
	if rev.Untried == nil || !rev.Asks() || rev.Trial != nil {
		t.Errorf("a revision without its file: %+v", rev)
	}
}

// Somebody else's version is never replaced unseen.
func TestRevisionOfAnotherVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(agreed)
	rev := o.revise(agreed + "people: {missing: keep}\n")
	o.put(agreed + "people: {missing: deactivate}\n")
	if _, err := o.ApplyTenant(t.Context(), rev); !errors.Is(err, registrar.ErrNotAllowed) {
		t.Errorf("applying it: %v", err)
	}
	current, err := o.db.TenantFile(t.Context(), "acme", 0)
	if err != nil || current.Version != 2 || !bytes.Contains(current.Source, []byte("deactivate")) {
		t.Errorf("version %d is current, %v", current.Version, err)
	}
}

// The steps of setting up tell what there is to see, whether somebody vouched for them or not.
func TestSetupSteps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.put(agreed)
	told := func() map[tenant.SetupStep]string {
		view, err := o.StoredTenant(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		steps := map[tenant.SetupStep]string{}
		for _, s := range view.Setup {
			steps[s.Step] = strings.Trim(strings.Join([]string{s.By, s.Evidence, s.Next}, " | "), " |")
		}
		return steps
	}
	want := map[tenant.SetupStep]string{
		"frequency":    "monthly, on day 1 of every month, at 06:00 in America/Toronto | agree it with the customer, then record it: rollcall tenant setup acme frequency --by NAME",
		"mapping":      "version 1: 4 columns, 0 of them public, 0 with a set of values | agree it with the customer, then record it: rollcall tenant setup acme mapping --by NAME",
		"sample":       "a file in the inbox",
		"review":       "a sample file that is accepted",
		"verification": "a sample file that is accepted",
		"activation":   "open: upload frequency, data mapping, sample file, sample review, verification list | the open steps",
	}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("before any file (-want +got):\n%s", diff)
	}
	o.read("first", uploaded, roster.Accepted)
	for _, step := range []tenant.SetupStep{tenant.StepFrequency, tenant.StepMapping, tenant.StepSample} {
		if err := o.RecordStep(t.Context(), "acme", step, "Ana"); err != nil {
			t.Fatal(err)
		}
	}
	want = map[tenant.SetupStep]string{
		"frequency":    "Ana | monthly, on day 1 of every month, at 06:00 in America/Toronto",
		"mapping":      "Ana | version 1: 4 columns, 0 of them public, 0 with a set of values",
		"sample":       "Ana | acme-1: accepted, 2 rows, 2 findings",
		"review":       "acme-1: 0 rows set aside, 2 findings | look at it: rollcall import show acme-1; then record it: rollcall tenant setup acme review --by NAME",
		"verification": "acme-1: 2 to create, 0 to update, 0 to deactivate, 0 to delete | send the list: rollcall import report acme-1 --out FILE.xlsx; then record the customer's answer: rollcall tenant setup acme verification --by NAME --import acme-1",
		"activation":   "open: sample review, verification list | the open steps",
	}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("after a sample (-want +got):\n%s", diff)
	}
	o.read("second", "", roster.RefusedByFile)
	pgtest.Exec(t, o.url, `UPDATE import SET phase = 'closed', outcome = 'refused', closed_at = now() WHERE n = 2`)
	if got := told()["verification"]; got != "a sample file that is accepted" {
		t.Errorf("after a refused sample the verification list says %q", got)
	}
}
