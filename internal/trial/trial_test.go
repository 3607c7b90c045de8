package trial_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/trial"
)

// shelf is the one stored file.
type shelf []byte

func (s shelf) Open(context.Context, artifact.Ref) (io.ReadCloser, error) {
	if s == nil {
		return nil, errors.New("gone")
	}
	return io.NopCloser(bytes.NewReader(s)), nil
}

func (s shelf) OpenAt(context.Context, artifact.Ref) (artifact.ReaderAtCloser, int64, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{bytes.NewReader(s), io.NopCloser(nil)}, int64(len(s)), nil
}

// people is the directory.
type people []directory.Member

func (p people) Directory(_ context.Context, _ tenant.ID, f func(int64, iter.Seq2[directory.Member, error]) error) error {
	return f(7, func(yield func(directory.Member, error) bool) {
		for _, m := range p {
			if !yield(m, nil) {
				return
			}
		}
	})
}

const file = `First Name,Last Name,Email Address,Unit,City
Ana,Roy,ana@acme.example,Finance,Bern
Bob,Ng,bob@acme.example,Sales,Oslo
Cy,Du,cy@acme.example,,Rome
`

func column(title string, f roster.Field) mapping.Column {
	c := mapping.Column{Title: title, Field: f, Visibility: roster.Private, Unknown: mapping.UnknownHold}
	c.Blank = c.DefaultBlank()
	return c
}

func rules() tenant.File {
	return tenant.File{
		Tenant: "acme", People: tenant.People{Missing: tenant.MissingDelete, MissingAfter: 1}, Upload: tenant.Upload{Delimiter: ',', MaxRows: 1000, MaxBytes: 1 << 20},
		Mapping: mapping.Mapping{
			Columns: []mapping.Column{
				column("First Name", roster.FirstName), column("Last Name", roster.LastName), column("Email Address", roster.Email), column("Unit", roster.BusinessUnit),
			},
			Ignore: []string{"City"},
		},
	}
}

func member(i int, first, last, email, unit string) directory.Member {
	return directory.Member{ID: difftest.ID(i), Version: 1, State: directory.Invited, Source: directory.FromRoster, Values: map[roster.Field]string{
		roster.FirstName: first, roster.LastName: last, roster.Email: email, roster.BusinessUnit: unit, roster.Locale: roster.EnUS, roster.Status: roster.StatusActive,
		roster.ProgramEligibility: roster.Eligible,
	}}
}

// applied is the directory once the file was applied under the rules of now, and somebody who left before.
func applied() people {
	return people{member(1, "Ana", "Roy", "ana@acme.example", "Finance"), member(2, "Bob", "Ng", "bob@acme.example", "Sales"), member(3, "Cy", "Du", "cy@acme.example", "")}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	imp := ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: 3}, File: "roster 01.02.2026.csv"}
	for _, test := range []struct {
		name    string
		people  people
		change  func(*tenant.File)
		any     bool
		treated int
		fields  map[roster.Field]int
		totals  changeset.Totals // under the new rules
		codes   []roster.Code
	}{
		{name: "nothing", people: applied(), change: func(*tenant.File) {}, totals: changeset.Totals{Unchanged: 3}},
		{
			name: "a column is no longer ignored", people: applied(), change: func(f *tenant.File) { f.Mapping.Ignore = nil },
			totals: changeset.Totals{Unchanged: 3}, codes: []roster.Code{roster.ColumnUnmapped},
		},
		{
			name: "a column more", people: applied(), change: func(f *tenant.File) {
				f.Mapping.Columns = append(f.Mapping.Columns, column("City", roster.City))
				f.Mapping.Ignore = nil
			},
			any: true, treated: 3, fields: map[roster.Field]int{roster.City: 3}, totals: changeset.Totals{Update: 3},
		},
		{
			name: "a set that lacks a value", people: applied(), change: func(f *tenant.File) { f.Mapping.Columns[3].Values = []string{"Finance"} },
			any: true, fields: map[roster.Field]int{}, totals: changeset.Totals{Unchanged: 3}, codes: []roster.Code{roster.ValueNotAllowed},
		},
		{
			name: "a set that sets rows aside", people: applied(), change: func(f *tenant.File) {
				f.Mapping.Columns[3].Values, f.Mapping.Columns[3].Unknown = []string{"Finance"}, mapping.UnknownRejectRow
			},
			any: true, totals: changeset.Totals{Unchanged: 2, SetAside: 1}, codes: []roster.Code{roster.ValueNotAllowed},
		},
		{
			name: "a translation", people: applied(), change: func(f *tenant.File) { f.Mapping.Columns[3].Translate = map[string]string{"Sales": "Selling"} },
			any: true, treated: 1, fields: map[roster.Field]int{roster.BusinessUnit: 1}, totals: changeset.Totals{Update: 1, Unchanged: 2},
		},
		{
			name: "another translation of what changes anyway", people: people{member(1, "Ana", "Roy", "ana@acme.example", ""), applied()[1], applied()[2]},
			change: func(f *tenant.File) { f.Mapping.Columns[3].Translate = map[string]string{"Finance": "Money"} },
			any:    true, treated: 1, fields: map[roster.Field]int{roster.BusinessUnit: 1}, totals: changeset.Totals{Update: 1, Unchanged: 2},
		},
		{
			name: "eligible by a field", people: applied(), change: func(f *tenant.File) {
				f.People.EligibleWhen = map[roster.Field][]string{roster.BusinessUnit: {"Finance"}}
			},
			any: true, treated: 2, fields: map[roster.Field]int{roster.ProgramEligibility: 2}, totals: changeset.Totals{Update: 2, Unchanged: 1},
		},
		{
			name: "whom nobody removes", people: append(applied(), member(4, "Di", "Oh", "di@acme.example", "Sales")), change: func(f *tenant.File) { f.People.Protect = []string{"di@acme.example"} },
			any: true, treated: 1, totals: changeset.Totals{Unchanged: 3},
		},
		{
			name: "what becomes of who is missing", people: append(applied(), member(4, "Di", "Oh", "di@acme.example", "Sales")), change: func(f *tenant.File) { f.People.Missing = tenant.MissingDeactivate },
			any: true, treated: 1, totals: changeset.Totals{Unchanged: 3, Deactivate: 1},
		},
		{
			name: "a column that the file lacks", people: applied(), change: func(f *tenant.File) { f.Mapping.Columns = append(f.Mapping.Columns, column("Country", roster.Country)) },
			any: true, codes: []roster.Code{roster.ColumnMissing},
		},
		{
			name: "fewer rows", people: applied(), change: func(f *tenant.File) { f.Upload.MaxRows = 2 }, any: true, codes: []roster.Code{roster.FileTooLarge},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now, then := rules(), rules()
			test.change(&then)
			bench := trial.Bench{Artifacts: shelf(file), Directory: test.people, Clock: clock.Fixed(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))}
			got, err := bench.Compare(t.Context(), imp, now, then)
			if err != nil {
				t.Fatal(err)
			}
			if got.Any() != test.any || got.People != test.treated {
				t.Errorf("differs: %t for %d people, want %t for %d", got.Any(), got.People, test.any, test.treated)
			}
			if diff := cmp.Diff(test.totals, got.New.Totals); diff != "" {
				t.Errorf("totals under the new rules (-want +got):\n%s", diff)
			}
			if test.fields != nil {
				if diff := cmp.Diff(test.fields, got.Fields); diff != "" {
					t.Errorf("fields (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(test.codes, got.Codes()); diff != "" {
				t.Errorf("codes (-want +got):\n%s", diff)
			}
			refused := got.New.Verdict == roster.RefusedByFile
			if want := test.totals == (changeset.Totals{}); refused != want || got.Old.Verdict != roster.Accepted {
				t.Errorf("verdicts %s and %s", got.Old.Verdict, got.New.Verdict)
			}
		})
	}
}

// A trial leaves nothing behind, and says so where the file is gone.
func TestCompareLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, stored := range []shelf{shelf(file), nil, shelf("\x00")} {
		bench := trial.Bench{Artifacts: stored, Directory: applied(), Clock: clock.Fixed(time.Now())}
		_, err := bench.Compare(t.Context(), ledger.Import{}, rules(), rules())
		if (err != nil) != (stored == nil) || err != nil && !strings.Contains(err.Error(), "gone") {
			t.Errorf("a trial of %q: %v", stored, err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// busy is a directory of which every look but those of the last plans shows another state.
type busy struct {
	people
	looks, settled int
}

func (b *busy) Directory(ctx context.Context, id tenant.ID, f func(int64, iter.Seq2[directory.Member, error]) error) error {
	b.looks++
	epoch := int64(min(b.looks, b.settled))
	return b.people.Directory(ctx, id, func(_ int64, members iter.Seq2[directory.Member, error]) error { return f(epoch, members) })
}

// What somebody edits between two plans is not blamed on the rules: the plans are made again, and if it never rests that is an error.
func TestCompareOnADirectoryThatChanges(t *testing.T) {
	t.Parallel()
	for settled, want := range map[int]error{1: nil, 3: nil, 5: nil, 6: trial.ErrBusy, 1000: trial.ErrBusy} {
		changing := &busy{people: applied(), settled: settled}
		bench := trial.Bench{Artifacts: shelf(file), Directory: changing, Clock: clock.Fixed(time.Now())}
		got, err := bench.Compare(t.Context(), ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: 3}}, rules(), rules())
		if !errors.Is(err, want) || got.Any() || changing.looks > 6 {
			t.Errorf("at rest from look %d: %v after %d looks, want %v", settled, err, changing.looks, want)
		}
	}
}
