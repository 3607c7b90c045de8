// Package wording holds the sentences about findings, in the languages of those who read them.
//
// A finding is stored with what its sentence is made of (roster.Finding's Variant and Words), so that a receipt can be written in its reader's language, and with
// private values left out, long after the file was read.
package wording

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"rollcall.internal/internal/roster"
)

// A catalogue has the sentences for each code, or for a code and a variant of it ("date-format/serial"). Words in braces are filled in: {row}, {column}
// and {value} from the finding, others from its words. Each is a whole sentence: none is put together from parts, since that can't be translated.
type catalogue map[string]entry

// An entry says what is wrong and where, and what to do about it, which may be nothing.
type entry struct{ says, do string }

// in returns the catalogue of a locale; en-US where there is none.
func in(locale string) catalogue {
	if locale == roster.FrCA {
		return french
	}
	return english
}

// Sentence says in the locale's language (en-US or fr-CA) what the finding is, where, and what to do: [Problem] and [Remedy] in one line.
func Sentence(locale string, f roster.Finding) string {
	e := find(locale, f)
	return fill(strings.TrimSuffix(e.says+" "+e.do, " "), f)
}

// Problem says what the finding is and where.
func Problem(locale string, f roster.Finding) string { return fill(find(locale, f).says, f) }

// Remedy says what to do; "" where nothing is to be done.
func Remedy(locale string, f roster.Finding) string { return fill(find(locale, f).do, f) }

// Keys returns the names of all sentences, a code or "code/variant" each, in order.
func Keys() []string { return slices.Sorted(maps.Keys(english)) }

func find(locale string, f roster.Finding) entry {
	key := string(f.Code)
	if f.Variant != "" {
		key += "/" + f.Variant
	}
	return in(locale)[key]
}

// fill puts the finding's words in the place of what stands in braces. What it puts there is not looked at again.
func fill(sentence string, f roster.Finding) string {
	pairs := []string{"{row}", strconv.Itoa(f.Row), "{column}", visible(f.Column), "{value}", visible(f.Value)}
	for i := 0; i+1 < len(f.Words); i += 2 {
		pairs = append(pairs, "{"+f.Words[i]+"}", visible(f.Words[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// visible returns s with what can't be seen, or would turn the text around it, written as \u codes, so that a message is one readable line.
func visible(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) && r != '\u00A0' }
