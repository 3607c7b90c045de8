package sample_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/sample"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// texts are titles and values that a tenant's file may hold, however odd.
func texts() *rapid.Generator[string] {
	odd := rapid.SampledFrom([]string{
		"012", "a,b", "a;b", "a\tb", "a|b", `say "hi"`, `"quoted"`, "two\nlines", "l1\nl2\nl3\nl4", "a\r\nb", "#N/A", "#ref!", "=1+1", "@x", "bell\a", "Ã©", "\u202Eevil", "\uFFFD", "1E+05", "01/13/2023", "ana@acme.example", "é", "e\u0301", "日本語",
		"yes", "null", strings.Repeat("x", 300), "\n,,,,,,,,,,,\n", "x\n;;;;;;;;;;;;;;;", "-", "'", `\.`, "<html", "{\"a\":1}",
	})
	return rapid.Custom(func(t *rapid.T) string {
		for {
			s := mapping.NormalValue(rapid.OneOf(odd, rapid.StringMatching(`[A-Za-z0-9 ]{1,12}`), rapid.StringN(1, 12, 60)).Draw(t, "text"))
			if mapping.NormalTitle(s) != "" && !strings.ContainsRune(s, 0) {
				return s
			}
		}
	})
}

// files are valid tenant files of all kinds.
func files() *rapid.Generator[tenant.File] {
	others := []roster.Field{
		roster.UniqueID, roster.ProgramEligibility, roster.Status, roster.JobFunction, roster.ManagementLevel, roster.HireStartDate, roster.MostRecentRoleStartDate, roster.BusinessUnit, roster.City, roster.PeopleManagerStatus,
		roster.ThirdLevelSupervisor, roster.Locale, roster.RoleReasonChangeCode, "diversity.gender", "custom.a", "custom.b",
	}
	return rapid.Custom(func(t *rapid.T) tenant.File {
		f := tenant.File{
			Tenant: "acme", Name: rapid.SampledFrom([]string{"Acme", "A/B: C*", "Société"}).Draw(t, "name"),
			Upload: tenant.Upload{
				Source: tenant.Hosted, Cadence: tenant.Monthly, Due: tenant.Due{Day: 1, Hour: 6}, Zone: "UTC", Delimiter: rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "delimiter"), MaxRows: rapid.SampledFrom([]int{1, 5, tenant.MaxRows}).Draw(t, "rows"), MaxBytes: tenant.MaxBytes,
				File: rapid.SampledFrom([]string{"", "x {MM.DD.YYYY}.csv"}).Draw(t, "file"),
			},
			People:   tenant.People{Missing: tenant.MissingKeep, MissingAfter: 1, Ineligible: tenant.MissingKeep, Invite: tenant.InviteNever},
			Approval: tenant.Approval{Mode: tenant.ApproveAlways}, Retention: tenant.Retention{Files: 720 * 3600e9, Deleted: 720 * 3600e9},
		}
		titles := map[string]bool{}
		for _, field := range slices.Concat([]roster.Field{roster.FirstName, roster.LastName, roster.Email}, rapid.SliceOfNDistinct(rapid.SampledFrom(others), 0, 8, rapid.ID[roster.Field]).Draw(t, "fields")) {
			title := rapid.OneOf(rapid.Just(string(field)), texts()).Draw(t, "title")
			if titles[mapping.NormalTitle(title)] {
				title = string(field)
			}
			titles[mapping.NormalTitle(title)] = true
			f.Mapping.Columns = append(f.Mapping.Columns, column(t, field, title))
		}
		return f
	})
}

func column(t *rapid.T, field roster.Field, title string) mapping.Column {
	c := mapping.Column{Title: title, Field: field, Visibility: roster.Private, Unknown: mapping.UnknownHold}
	c.Blank = c.DefaultBlank()
	targets := field.Choices()
	if field.Kind() == roster.Text && !field.Required() && field != roster.UniqueID && rapid.Bool().Draw(t, "set") {
		c.Values = rapid.SliceOfNDistinct(texts(), 1, 6, rapid.ID[string]).Draw(t, "values")
		c.Unknown = rapid.SampledFrom([]mapping.Unknown{mapping.UnknownHold, mapping.UnknownRejectRow, mapping.UnknownKeep, mapping.UnknownBlank}).Draw(t, "unknown")
		targets = c.Values
	}
	if !field.Required() {
		c.Blank = rapid.SampledFrom([]mapping.Blank{c.DefaultBlank(), mapping.BlankKeep, mapping.BlankRejectRow}).Draw(t, "blank")
	}
	for range rapid.IntRange(0, 3).Draw(t, "translations") {
		if len(targets) == 0 {
			break
		}
		if c.Translate == nil {
			c.Translate = map[string]string{}
		}
		c.Translate[rapid.OneOf(texts(), rapid.SampledFrom(targets)).Draw(t, "from")] = rapid.SampledFrom(targets).Draw(t, "to")
	}
	return c
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// impossible reports whether no file may be accepted: a column that must be filled in has no value, or a title, that a file can surely hold.
func impossible(f tenant.File) bool {
	return slices.ContainsFunc(f.Mapping.Columns, func(c mapping.Column) bool {
		safe := func(v string) bool { return harmless.MatchString(v) && harmless.MatchString(c.Translate[v]+"x") }
		return c.Blank == mapping.BlankRejectRow && c.Values != nil && !slices.ContainsFunc(c.Values, safe) || !harmless.MatchString(strings.NewReplacer("_", "", ".", "").Replace(c.Title))
	})
}

// For any valid tenant file there is an example that is accepted without a finding, and holds every mapped column under its title.
func TestExampleIsAccepted(t *testing.T) {
	t.Parallel()
	made := 0
	rapid.Check(t, func(t *rapid.T) {
		f := files().Draw(t, "file")
		if problems := f.Validate(); problems != nil {
			t.Fatalf("the generator made a file that is not valid: %v", problems)
		}
		rows := sample.Rows(f)
		text, err := sample.Make(t.Context(), f, rows)
		if _, no := errors.AsType[*sample.Error](err); no && impossible(f) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		made++
		accepted(t, f, text, rows)
		again, err := sample.Make(t.Context(), f, rows)
		if err != nil || !bytes.Equal(text, again) {
			t.Fatalf("another example for the same file: %v", err)
		}
	})
	if made == 0 {
		t.Error("no example was made at all")
	}
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// accepted reads the example as an import does, under its own name.
func accepted(t fataler, f tenant.File, text []byte, rows int) {
	out, err := batch.NewRosterWriter(io.Discard, f.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer out.Close() //nolint:errcheck // what it writes goes nowhere
	summary, err := intake.Read(context.Background(), bytes.NewReader(text), intake.Options{Mapping: f.Mapping, FileName: sample.Name(f), Delimiter: f.Upload.Delimiter, MaxRows: f.Upload.MaxRows, MaxBytes: f.Upload.MaxBytes}, out)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(summary.Findings) > 0 || summary.Rows != rows || summary.Accepted != rows {
		t.Fatalf("%d rows, %d accepted, findings %+v in\n%s", summary.Rows, summary.Accepted, summary.Findings, text)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = f.Upload.Delimiter
	header, err := r.Read()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var want []string
	for _, c := range f.Mapping.Columns {
		want = append(want, strings.ReplaceAll(c.Title, "\r\n", "\n")) // which is what the reader makes of a line end
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Fatalf("titles differ (-want +got):\n%s", diff)
	}
}

// An example shows both languages, both states, and each value of a set.
func TestExampleShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	f := tenant.File{Tenant: "acme", Name: "Acme", Upload: tenant.Upload{Delimiter: ',', MaxRows: tenant.MaxRows, MaxBytes: tenant.MaxBytes}}
	for field, title := range map[roster.Field]string{roster.FirstName: "First Name", roster.LastName: "Last Name", roster.Email: "Email", roster.Status: "Status", roster.Locale: "Locale", roster.UniqueID: "ID", roster.HireStartDate: "Hired"} {
		c := mapping.Column{Title: title, Field: field, Visibility: roster.Private, Unknown: mapping.UnknownHold}
		c.Blank = c.DefaultBlank()
		f.Mapping.Columns = append(f.Mapping.Columns, c)
	}
	var values []string
	for i := range 30 {
		values = append(values, "Unit "+string(rune('A'+i%26))+string(rune('a'+i/26)))
	}
	f.Mapping.Columns = append(f.Mapping.Columns, mapping.Column{Title: "Unit", Field: roster.BusinessUnit, Visibility: roster.Public, Values: values, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear})
	text, err := sample.Make(t.Context(), f, sample.Rows(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{",inactive,", ",active,", "en-US", "fr-CA", "000101", "/2007"}, values...) {
		if !strings.Contains("\n"+strings.ReplaceAll(string(text), "\n", ",\n,"), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got, want := bytes.Count(text, []byte("\n")), 31; got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
	many, err := sample.Make(t.Context(), f, 1000)
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, f, many, 1000)
}

func TestExampleThatCanNotBe(t *testing.T) {
	t.Parallel()
	f := tenant.File{Tenant: "acme", Name: "Acme", Upload: tenant.Upload{Delimiter: ',', MaxRows: 10, MaxBytes: 5}}
	for _, field := range []roster.Field{roster.FirstName, roster.LastName, roster.Email} {
		f.Mapping.Columns = append(f.Mapping.Columns, mapping.Column{Title: string(field), Field: field, Visibility: roster.Private, Unknown: mapping.UnknownHold, Blank: mapping.BlankRejectRow})
	}
	_, err := sample.Make(t.Context(), f, 3)
	if impossible, ok := errors.AsType[*sample.Error](err); !ok || impossible.Findings[0].Code != roster.FileTooLarge {
		t.Errorf("Make = %v, want an *Error about file-too-large", err)
	}
}
