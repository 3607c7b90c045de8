package report

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// Both languages have every word, and fill in the same; French has no plain space where it needs one that does not break.
func TestWordsAgree(t *testing.T) {
	t.Parallel()
	en, fr := texts(reflect.ValueOf(english), "words"), texts(reflect.ValueOf(french), "words")
	if len(en) < 50 {
		t.Fatalf("only %d words are looked at", len(en))
	}
	verbs := regexp.MustCompile(`%.`)
	for name, text := range en {
		other, ok := fr[name]
		if text == "" || !ok || other == "" {
			t.Errorf("%s is %q and %q", name, text, other)
		}
		if diff := cmp.Diff(verbs.FindAllString(text, -1), verbs.FindAllString(other, -1)); diff != "" {
			t.Errorf("%s fills in something else (-en +fr):\n%s", name, diff)
		}
		if strings.Contains(other, " :") || strings.Contains(other, "« ") || strings.Contains(other, " »") || regexp.MustCompile(`[\s\x{A0}][;!?]`).MatchString(other) {
			t.Errorf("%s has a wrong space: %q", name, other)
		}
	}
	if len(fr) != len(en) {
		t.Errorf("%d words in French, %d in English", len(fr), len(en))
	}
}

// texts returns every text in v by where it stands.
func texts(v reflect.Value, at string) map[string]string {
	all := map[string]string{}
	switch v.Kind() {
	case reflect.String:
		all[at] = v.String()
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all[at+"."+key.String()] = v.MapIndex(key).String()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			for name, text := range texts(v.Field(i), v.Type().Field(i).Name) {
				all[name] = text
			}
		}
	}
	return all
}

func TestEveryKindHasWords(t *testing.T) {
	t.Parallel()
	for _, op := range changeset.Ops() {
		if english.kinds[op] == "" || english.meanings[op] == "" {
			t.Errorf("%s has no words", op)
		}
	}
	for _, c := range []changeset.Conflict{changeset.IdentitySwapped, changeset.AddressRecycled, changeset.AddressTaken, changeset.AddressHeld, changeset.MatchedTwice} {
		if english.conflicts[c] == "" {
			t.Errorf("%s has no sentence", c)
		}
	}
	if kinds := slices.Compact(slices.Sorted(maps.Values(french.kinds))); len(kinds) != len(changeset.Ops()) {
		t.Errorf("kinds that share a word: %q", kinds)
	}
}

// One thing has one name: the directory of members is an annuaire, since a répertoire is a folder of files, and a customer success manager is a gestionnaire.
func TestFrenchTerms(t *testing.T) {
	t.Parallel()
	all := fmt.Sprintf("%+v", french)
	for _, not := range []string{"répertoire", "responsable de la réussite"} {
		if strings.Contains(all, not) {
			t.Errorf("the French list says %q", not)
		}
	}
	if d := (&Document{Locale: roster.FrCA}); !strings.Contains(d.Answer(), "votre gestionnaire de la réussite client") {
		t.Errorf("without a customer success manager the answer is %q", d.Answer())
	}
}
