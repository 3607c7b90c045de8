package notice

import (
	"strconv"
	"strings"
	"unicode"
)

// visible returns s with what can't be seen written as a code, as receipts write it: \x00, \u202e. What is no UTF-8 becomes U+FFFD. Spaces of all kinds stay. The result can be stored: jsonb
// and text take no NUL, and titles, values and names of files may hold any byte.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unseen(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unseen(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) }

// allVisible returns a new list, nil where there is none.
func allVisible(list []string) []string {
	var all []string
	for _, s := range list {
		all = append(all, visible(s))
	}
	return all
}

// storable returns f with every text of a file or a person [visible]. All facts that are made go through it.
func (f Facts) storable() Facts {
	f.File, f.LastFile, f.RefusedFile = visible(f.File), visible(f.LastFile), visible(f.RefusedFile)
	f.Expected, f.Missing, f.Foreign = allVisible(f.Expected), allVisible(f.Missing), allVisible(f.Foreign)
	var findings []Finding
	for _, found := range f.Findings {
		found.Column, found.Value, found.Words = visible(found.Column), visible(found.Value), allVisible(found.Words)
		findings = append(findings, found)
	}
	f.Findings = findings
	return f
}
