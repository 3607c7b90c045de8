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
		for part, both := range map[string][2]string{"says": {en.says, fr.says}, "do": {en.do, fr.do}} {
			inEnglish, inFrench := placeholder.FindAllString(both[0], -1), placeholder.FindAllString(both[1], -1)
			if diff := cmp.Diff(unique(inEnglish), unique(inFrench)); diff != "" {
				t.Errorf("%s, %s: words filled in differ (-en +fr):\n%s", key, part, diff)
			}
			if (both[0] == "") != (both[1] == "") || both[0] == both[1] && both[0] != "" {
				t.Errorf("%s, %s is not translated", key, part)
			}
		}
	}
}

// Each part is whole sentences, and nothing is left in braces that isn't a word to fill in.
func TestPartsAreSentences(t *testing.T) {
	t.Parallel()
	for locale, c := range map[string]catalogue{roster.EnUS: english, roster.FrCA: french} {
		for key, e := range c {
			for _, part := range []string{e.says, e.do} {
				if part == "" {
					continue
				}
				if !strings.HasSuffix(part, ".") || part != strings.TrimSpace(part) || strings.Contains(part, "  ") {
					t.Errorf("%s %s: %q is no sentence", locale, key, part)
				}
				if strings.ContainsAny(placeholder.ReplaceAllString(part, ""), "{}") {
					t.Errorf("%s %s: %q has a brace too many", locale, key, part)
				}
			}
			if e.says == "" {
				t.Errorf("%s %s says nothing", locale, key)
			}
		}
	}
}

// French of Canada has a no-break space before a colon and a per cent sign and inside guillemets, and none before other punctuation.
func TestFrenchSpacing(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`[^\x{00A0}][:%»]|«[^\x{00A0}]|[\s\x{00A0}\x{202F}][;!?.,]|'|[“”]`)
	for key, e := range french {
		for _, part := range []string{e.says, e.do} {
			if at := wrong.FindString(part); at != "" {
				t.Errorf("%s: spacing at %q in %q", key, at, part)
			}
		}
	}
}

func TestSentenceIsProblemAndRemedy(t *testing.T) {
	t.Parallel()
	f := roster.Finding{Code: roster.DateFormat, Row: 3, Column: "Hire", Value: "{row}", Variant: "iso", Words: []string{"date", "01/13/2023"}}
	says, do := `Hire “{row}” in row 3 is written with the year first.`, `Write it as 01/13/2023.`
	if got := Problem(roster.EnUS, f); got != says {
		t.Errorf("problem = %q, want %q", got, says)
	}
	if got := Remedy(roster.EnUS, f); got != do {
		t.Errorf("remedy = %q, want %q", got, do)
	}
	if got := Sentence(roster.EnUS, f); got != says+" "+do {
		t.Errorf("sentence = %q, want %q", got, says+" "+do)
	}
	blank := roster.Finding{Code: roster.RowBlank, Row: 9}
	if got := Sentence(roster.FrCA, blank); got != Problem(roster.FrCA, blank) || Remedy(roster.FrCA, blank) != "" {
		t.Errorf("sentence = %q, remedy = %q: a blank row needs nothing", got, Remedy(roster.FrCA, blank))
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
