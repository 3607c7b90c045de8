package wording

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every sentence exists in both languages and says the same: what is filled in is the same, but for the order.
func TestCataloguesAgree(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(french))); diff != "" {
		t.Errorf("keys differ (-en +fr):\n%s", diff)
	}
	for key, en := range english {
		fr := french[key]
		inEnglish, inFrench := placeholder.FindAllString(en, -1), placeholder.FindAllString(fr, -1)
		if diff := cmp.Diff(unique(inEnglish), unique(inFrench)); diff != "" {
			t.Errorf("%s: words filled in differ (-en +fr):\n%s", key, diff)
		}
		if en == fr {
			t.Errorf("%s is not translated", key)
		}
	}
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

func TestEveryCodeHasASentence(t *testing.T) {
	t.Parallel()
	for _, code := range roster.Codes() {
		found := false
		for key := range english {
			name, _, _ := strings.Cut(key, "/")
			found = found || name == string(code)
		}
		if !found {
			t.Errorf("%s has no sentence", code)
		}
	}
}

func TestSentenceShowsWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	f := roster.Finding{Code: roster.EmailFormat, Row: 7, Column: "E-mail", Value: "ana\u200B\u202E@acme.example", Variant: "hidden"}
	got := Sentence(roster.EnUS, f)
	want := `E-mail “ana\u200b\u202e@acme.example” in row 7 holds invisible characters. Type the address again.`
	if got != want {
		t.Errorf("sentence = %q, want %q", got, want)
	}
}
