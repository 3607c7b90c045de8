package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/trial"
)

func revision(change func(*registrar.Revision)) registrar.Revision {
	rev := registrar.Revision{Version: 2, Keys: []tenant.KeyChange{{Key: "people.missing", Text: "delete → keep"}}}
	rev.File.Tenant = "acme"
	rev.File.Mapping.Columns = []mapping.Column{{Title: "Town\x1b", Field: roster.City}}
	change(&rev)
	return rev
}

func TestRevisionText(t *testing.T) {
	t.Parallel()
	side := func(v roster.Verdict, accepted, aside int, totals changeset.Totals, findings map[roster.Code]int) trial.Side {
		return trial.Side{Verdict: v, Rows: 5000, Accepted: accepted, SetAside: aside, Totals: totals, Findings: findings}
	}
	now := side(roster.Accepted, 5000, 0, changeset.Totals{Unchanged: 5000}, nil)
	tried := func(d trial.Difference) *registrar.TriedFile {
		return &registrar.TriedFile{Import: tenant.ImportID{Tenant: "acme", N: 3}, Difference: d}
	}
	for _, test := range []struct {
		name string
		rev  registrar.Revision
		want string
	}{
		{"a first file", revision(func(r *registrar.Revision) { r.Version, r.Keys = 0, nil }), ""},
		{"the same file", revision(func(r *registrar.Revision) { r.Same = true }), ""},
		{"no file yet", revision(func(*registrar.Revision) {}), `
Version 3 of the file of acme changes
  people.missing  delete → keep
`},
		{"does the same", revision(func(r *registrar.Revision) { r.Trial = tried(trial.Difference{Old: now, New: now}) }), `
Version 3 of the file of acme changes
  people.missing  delete → keep

The last file, that of acme-3, as it is read and compared today
  does the same under the new rules
`},
		{"everything", revision(func(r *registrar.Revision) {
			r.Trial = tried(trial.Difference{
				Old: now, New: side(roster.Accepted, 4990, 10, changeset.Totals{Update: 1250, Unchanged: 3739, SetAside: 11}, map[roster.Code]int{roster.ValueNotAllowed: 10}),
				People: 1250, Fields: map[roster.Field]int{roster.City: 1250, roster.ProgramEligibility: 3},
			})
			r.Ends = []tenant.ImportID{{Tenant: "acme", N: 4}}
		}), `
Version 3 of the file of acme changes
  people.missing  delete → keep

The last file, that of acme-3, as it is read and compared today
                                  now    then
  rows that take part             5,000  4,990
  rows set aside                  0      10
  to update                       0      1,250
  in conflict with the directory  0      1
  findings: value-not-allowed     0      10
  1,250 people would be treated otherwise: Town\x1b for 1,250, program_eligibility for 3

acme-4 waits for a decision and would be ended; its file is planned anew under the new rules.
`},
		{"refused", revision(func(r *registrar.Revision) {
			r.Trial = tried(trial.Difference{Old: now, New: side(roster.RefusedByFile, 0, 0, changeset.Totals{}, map[roster.Code]int{roster.ColumnMissing: 1})})
		}), `
Version 3 of the file of acme changes
  people.missing  delete → keep

The last file, that of acme-3, as it is read and compared today
                            now       then
  verdict                   accepted  REFUSED
  findings: column-missing  0         1
`},
		{"untried", revision(func(r *registrar.Revision) { r.Untried = errors.New("gone") }), `
Version 3 of the file of acme changes
  people.missing  delete → keep

What it would do to the last file can't be told: gone
`},
	} {
		if diff := cmp.Diff(test.want, revisionText(test.rev)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestWhyAsked(t *testing.T) {
	t.Parallel()
	rev := revision(func(r *registrar.Revision) {
		r.Keys = []tenant.KeyChange{{Key: "fields.city.visibility", Exposes: true}}
		r.Trial = &registrar.TriedFile{Difference: trial.Difference{New: trial.Side{Verdict: roster.RefusedByFile}}}
		r.Ends = []tenant.ImportID{{Tenant: "acme", N: 4}}
	})
	want := "version 3 of acme needs a yes, because it would refuse the last file, and it shows every member what only admins saw, and it ends a plan that waits for a decision"
	if got := whyAsked(rev); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := whyAsked(revision(func(r *registrar.Revision) { r.Untried = errors.New("gone") })); !strings.HasSuffix(got, "because what it would do to the last file can't be told") {
		t.Errorf("untried: %s", got)
	}
}

// Why a revision asks stands in its JSON: here the same rows, totals and findings, and a value that holds the import.
func TestRevisionJSONTellsWhatIsHeld(t *testing.T) {
	t.Parallel()
	told := revisionOf(revision(func(r *registrar.Revision) {
		r.Trial = &registrar.TriedFile{Difference: trial.Difference{New: trial.Side{Held: map[roster.Field]int{roster.City: 3}}}}
	})).LastFile
	if diff := cmp.Diff([]map[roster.Field]int{{}, {roster.City: 3}}, []map[roster.Field]int{told.Old.Held, told.New.Held}); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}
