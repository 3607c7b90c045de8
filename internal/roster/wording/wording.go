// Package wording holds the sentences about findings, in the languages of those who read them.
//
// A finding is stored with what its sentence is made of (roster.Finding's Variant and Words), so that a receipt can be written in its reader's language, and with
// private values left out, long after the file was read.
package wording

import (
	"strconv"
	"strings"

	"rollcall.internal/internal/roster"
)

// A catalogue has the sentence for each code, or for a code and a variant of it ("date-format/serial"). Each says what, where and what to do. Words in
// braces are filled in: {row}, {column} and {value} from the finding, others from its words. A sentence is a whole sentence: none is put
// together from parts, since that can't be translated.
type catalogue map[string]string

// in returns the catalogue of a locale; en-US where there is none.
func in(locale string) catalogue {
	if locale == roster.FrCA {
		return french
	}
	return english
}

// Sentence says in the locale's language (en-US or fr-CA) what the finding is, where, and what to do.
func Sentence(locale string, f roster.Finding) string {
	key := string(f.Code)
	if f.Variant != "" {
		key += "/" + f.Variant
	}
	pairs := []string{"{row}", strconv.Itoa(f.Row), "{column}", f.Column, "{value}", visible(f.Value)}
	for i := 0; i+1 < len(f.Words); i += 2 {
		pairs = append(pairs, "{"+f.Words[i]+"}", visible(f.Words[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(in(locale)[key])
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
