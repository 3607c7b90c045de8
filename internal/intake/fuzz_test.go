package intake_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

// FuzzRead reads whatever comes, under each of the corpus's tenants: it never fails or panics, its sums add up, it says the same twice, and a quick look refuses nothing
// that it does not refuse.
func FuzzRead(f *testing.F) {
	tenants := []string{"plain", "noid", "lists"}
	var options []intake.Options
	for _, tenant := range tenants {
		options = append(options, exampleOptions(f, "tenant "+tenant+"\n"))
	}
	for _, e := range loadCorpus(f) {
		if len(e.file) <= 4<<10 {
			for i := range tenants {
				f.Add(e.file, byte(i))
			}
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, how byte) {
		o := options[int(how)%len(options)]
		o.Delimiter = rune(",;\t|"[how>>2&3])
		if how>>4&3 == 1 {
			o.MaxRows, o.MaxBytes = 3, int64(len(file))-1
		}
		got := read(t, bytes.NewReader(file), o)
		checkSums(t, got)
		checkFindings(t, file, got.summary)
		again := read(t, bytes.NewReader(file), o)
		if diff := cmp.Diff(got.summary, again.summary); diff != "" {
			t.Errorf("reading again says something else:\n%s", diff)
		}
		if diff := cmp.Diff(got.rows, again.rows); diff != "" {
			t.Errorf("reading again gives other rows:\n%s", diff)
		}
		for _, q := range quickLook(t, bytes.NewReader(file), o) {
			if q.Level != roster.Refused || got.summary.Totals[q.Code] == 0 {
				t.Errorf("a quick look says %s, reading says %v", q.Code, got.summary.Totals)
			}
		}
	})
}

// checkFindings checks what holds for the findings of every file.
func checkFindings(t *testing.T, file []byte, s roster.Summary) {
	t.Helper()
	lines := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
	refused := false
	for _, f := range s.Findings {
		refused = refused || f.Level == roster.Refused
		switch {
		case f.Row < 0 || f.Row > lines:
			t.Errorf("%s in row %d of %d lines", f.Code, f.Row, lines)
		case f.Message == "" || !utf8.ValidString(f.Message+f.Column+f.Value):
			t.Errorf("%s says %q of %q in %q", f.Code, f.Message, f.Value, f.Column)
		case strings.Contains(f.Message, "{") && !bytes.Contains(file, []byte("{")):
			t.Errorf("%s has a word that is not filled in: %q", f.Code, f.Message)
		case utf8.RuneCountInString(f.Value) > 80:
			t.Errorf("%s shows %d characters of a cell", f.Code, utf8.RuneCountInString(f.Value))
		}
	}
	if refused != (s.Verdict == roster.RefusedByFile) {
		t.Errorf("%s with findings\n%s", s.Verdict, brief(s.Findings))
	}
}
