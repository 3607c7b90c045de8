package intake_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

func quickLook(t *testing.T, src io.Reader, o intake.Options) []roster.Finding {
	t.Helper()
	findings, err := intake.QuickLook(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestQuickLook(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"good":                           {head + ana + ben, ""},
		"no last line end":               {head + ana + strings.TrimSuffix(ben, "\n"), ""},
		"rows are not its business":      {head + ana + ana + "x\n" + `a"b` + "\n" + strings.Replace(ben, "Low", "", 1), ""},
		"empty":                          {"", "file-empty refused 0"},
		"white space":                    {" \n ", "file-empty refused 0"},
		"no rows":                        {head, "file-no-rows refused 0"},
		"no rows, no line end":           {strings.TrimSuffix(head, "\n"), "file-no-rows refused 0"},
		"blank rows":                     {head + ",,,\n\n", "file-no-rows refused 0"},
		"zip":                            {"PK\x03\x04", "file-not-csv refused 0"},
		"UTF-16":                         {"\xFF\xFEF\x00", "file-encoding refused 0"},
		"Windows-1252":                   {head + ana + "Ren\xE9,Roy,r@acme.example,003,active,,,\n", "file-encoding refused 3"},
		"NUL":                            {head + ana + "\x00\n", "file-nul refused 3"},
		"CR alone":                       {strings.ReplaceAll(head+ana, "\n", "\r"), "file-line-ends refused 1"},
		"semicolons":                     {strings.ReplaceAll(head+ana, ",", ";"), "file-delimiter refused 1"},
		"no header":                      {ana + ben, "header-missing-row refused 1"},
		"columns missing and twice":      {"First Name,Last Name,Email Address,Status,Status,Unique ID,Hire Start Date\n" + ana, "column-duplicate refused 1 Status\ncolumn-missing refused 1 Business Unit\ncolumn-missing refused 1 City"},
		"quote in the header":            {`"First` + head + ana, "file-quoting refused 1"},
		"wide":                           {head + strings.Repeat("x,", 300) + "\n", "file-too-large refused 2"},
		"wide and torn":                  {head + strings.Repeat("x,", 300), "file-too-large refused 2"},
		"torn row":                       {head + ana + "Ben,Lo", ""},
		"torn first row":                 {head + "Ben,Lo", ""},
		"torn in quotes":                 {head + ana + "Ben,\"Lo\nw", ""},
		"torn in a character":            {head + ana + "Ren\xC3", ""},
		"torn between CR and LF":         {strings.TrimSuffix(strings.ReplaceAll(head+ana, "\n", "\r\n"), "\n"), ""},
		"torn header":                    {"First Name,Last Na", ""},
		"torn header in quotes":          {`First Name,"Last`, ""},
		"torn header, semicolons":        {"First Name;Last Na", "file-delimiter refused 1"},
		"torn header, a title above":     {"Acme\n" + strings.TrimSuffix(head, "\n"), "header-missing-row refused 1"},
		"torn semicolons, a title above": {"Acme\nFirst Name;Last Name", "file-delimiter refused 2"},
		"torn behind leading delimiters": {",,", ""},
		"torn after a wrong byte":        {head + ana + "Ren\xE9,Lo", "file-encoding refused 3"},
		"torn and otherwise bad":         {strings.Replace(head, "City", "Town", 1) + ana + "Ben,Lo", "column-missing refused 1 City"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := quickLook(t, strings.NewReader(test.file), intake.Options{Mapping: small()})
			if diff := cmp.Diff(test.want, strings.TrimSpace(brief(got))); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			all := readSmall(t, test.file).summary
			for _, f := range got {
				if all.Totals[f.Code] == 0 || f.Message == "" {
					t.Errorf("%+v is not what reading finds: %v", f, all.Totals)
				}
			}
		})
	}
}

// The size is known without reading where the file can say it, and otherwise once the limit was read.
func TestQuickLookKnowsTheSize(t *testing.T) {
	t.Parallel()
	file := head + ana + ben
	o := intake.Options{Mapping: small(), MaxBytes: int64(len(file))}
	for _, size := range []int64{int64(len(file)), int64(len(file)) - 1} {
		o.MaxBytes = size
		for _, src := range []io.Reader{strings.NewReader(file), io.MultiReader(strings.NewReader(file))} {
			want := map[bool]string{true: "file-too-large refused 0"}[size < int64(len(file))]
			if got := strings.TrimSpace(brief(quickLook(t, src, o))); got != want {
				t.Errorf("limit %d of %d: %q, want %q", size, len(file), got, want)
			}
		}
	}
}

// However much there is to read, a quick look ends in time, without an error; when it is called off it ends with one.
func TestQuickLookEnds(t *testing.T) {
	t.Parallel()
	for name, pattern := range map[string]string{"rows": ana, "one field": "x", "one quoted field": "\"\n", "blank lines": "\n", "columns": ",", "broken quotes": "\"a\"b\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			file := io.MultiReader(strings.NewReader(head), &endless{pattern: pattern, n: 1 << 50})
			got := quickLook(t, file, intake.Options{Mapping: small()})
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if slices.ContainsFunc(got, func(f roster.Finding) bool { return f.Code != roster.FileTooLarge }) {
				t.Errorf("found\n%s", brief(got))
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := intake.QuickLook(ctx, strings.NewReader(head+ana), intake.Options{Mapping: small()}); !errors.Is(err, context.Canceled) {
		t.Errorf("QuickLook after a cancel = %v", err)
	}
}
