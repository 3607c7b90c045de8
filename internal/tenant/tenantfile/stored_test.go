package tenantfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// lists are what decides about people in a file: whom nobody removes, who is told, when rosters are due, and under which title the address stands.
type lists struct {
	Protect, Told []string
	Due           tenant.Due
	MaxRows       int
	Email         string
	Missing       tenant.Missing
	Deleted       time.Duration
}

// What an earlier release accepted is read for ever, and says what it said. A case is added here whenever acceptance becomes stricter; none is taken away.
func TestWhatWasAcceptedOnce(t *testing.T) {
	t.Parallel()
	const days = 24 * time.Hour
	want := map[string]lists{
		"everything.yaml": {
			Protect: []string{"ceo@acme.example"}, Told: []string{"ana@acme.example", "it@acme.example"}, Due: tenant.Due{Day: 28, Hour: 6}, MaxRows: 5000,
			Email: "Email Address", Missing: tenant.MissingDeactivate, Deleted: 30 * days,
		},
		"listed-twice.yaml": {
			Protect: []string{"ceo@acme.example", "ceo@acme.example"}, Told: []string{"emily@hub.example", "Emily@hub.example"}, Due: tenant.Due{Day: 1, Hour: 6},
			MaxRows: tenant.MaxRows, Email: "Email Address", Missing: tenant.MissingDelete, Deleted: 30 * days,
		},
		"numbers-and-tags.yaml": {Due: tenant.Due{Day: 12, Hour: 6}, MaxRows: 5000, Email: "012", Missing: tenant.MissingDelete, Deleted: 30 * days},
		"long-retention.yaml": {
			Due: tenant.Due{Day: 1, Hour: 6}, MaxRows: tenant.MaxRows, Email: "Email Address", Missing: tenant.MissingDelete, Deleted: 60 * days,
		},
	}
	got := map[string]lists{}
	files, err := filepath.Glob("testdata/stored/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := tenantfile.Stored(source)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if _, err := tenantfile.Decode(source); (err == nil) != strings.HasSuffix(path, "everything.yaml") {
			t.Errorf("%s, applied today: %v", path, err)
		}
		said := lists{
			Protect: f.People.Protect, Due: f.Upload.Due, MaxRows: f.Upload.MaxRows, Email: f.Mapping.Title(roster.Email), Missing: f.People.Missing, Deleted: f.Retention.Deleted,
		}
		for _, c := range f.Contacts {
			said.Told = append(said.Told, c.Email)
		}
		got[filepath.Base(path)] = said
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what they say (-want +got):\n%s", diff)
	}
}

// A rule that was tightened for one key at a time: refused where it is applied, read where it is stored.
func TestStoredIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	unit := "  - {column: Unit, to: business_unit, "
	for _, file := range []string{
		on("name: Acme Corp", "name: ''"),
		on(`"06:00"`, `"03:30"`),
		on("zone: America/Toronto", "zone: America/Toronto\n  grace: 40d"),
		on("zone: America/Toronto", "zone: America/Toronto\n  fail_on_bad_file: 'true'"),
		on("zone: America/Toronto", "zone: America/Toronto\n  file: roster.csv"),
		least + unit + "unknown: hold}\n",
		least + unit + "values: [Finance, Finance]}\n",
		least + unit + "values: []}\n",
		least + unit + "translate: {' a': b}}\n",
		least + "ignore: [email address]\n",
		least + "contacts: [{role: boss, email: nobody}]\n",
		least + "retention: {files: 1h}\n",
		least + strings.Repeat("# a long story\n", tenantfile.MaxBytes/10),
	} {
		if _, err := tenantfile.Decode([]byte(file)); err == nil {
			t.Errorf("is applied:\n%.500s", file)
		}
		if _, err := tenantfile.Stored([]byte(file)); err != nil {
			t.Errorf("stored: %v\n%.500s", err, file)
		}
	}
}

// What this release can't understand it does not guess at, even where it is stored: a later one may have written it.
func TestStoredThatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	for file, place := range map[string]string{
		on("version: 1", "version: 2"):                              "version",
		on("zone: America/Toronto", "zone: Atlantis/Poseidonis"):    "upload.zone",
		on("cadence: monthly", "cadence: fortnightly"):              "upload.cadence",
		on("day: 1", "day: first"):                                  "upload.due.day",
		on("to: email", "to: e_mail"):                               "fields[2].to",
		on("to: email", "to: email, visibility: some"):              "fields[2].visibility",
		least + "people: {missing: archive}\n":                      "people.missing",
		least + "people: {missing_after: 2}\n":                      "people.missing_after",
		least + "people: {spare: [ceo@acme.example]}\n":             "people.spare",
		least + "approval: {mode: never}\n":                         "approval.mode",
		on("  - {column: Email Address, to: email}\n", ""):          "fields",
		strings.Replace(least, "name: Acme Corp\n", "name: [\n", 1): "",
		"name: Acme Corp\n":                                         "fields",
	} {
		f, err := tenantfile.Stored([]byte(file))
		if err == nil || !strings.Contains(err.Error(), place) || f.Name != "" {
			t.Errorf("%q and %v, want a problem of %s:\n%s", f.Name, err, place, file)
		}
	}
}
