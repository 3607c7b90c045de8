package roster

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxUniqueID is the most bytes that a unique ID may have in its stored form. The directory keeps the same limit, because IDs stand in an index, whose entries are bounded.
const MaxUniqueID = 255

// FoldEmail returns the form under which addresses are compared: NFC, case-folded by Unicode's rules, NFC again (folding can take
// a string out of normal form). Two addresses that fold to the same text are one address, in a file and in the directory.
func FoldEmail(address string) string {
	switch {
	case isPlainLower(address):
		return address
	case isASCII(address):
		return strings.ToLower(strings.TrimSpace(address)) // ASCII folds to its small letters and is in normal form
	}
	return foldAnyEmail(address)
}

func foldAnyEmail(address string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.TrimSpace(address))))
}

// isPlainLower keeps the common address, ASCII without capitals, off the slow path.
func isPlainLower(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || c <= ' ' || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// SameName reports whether two people's first and last names are the same but for case and the way accents are encoded.
func SameName(first1, last1, first2, last2 string) bool {
	return FoldName(first1, last1) == FoldName(first2, last2)
}

// FoldName returns the form under which people's names are compared, see [SameName].
func FoldName(first, last string) string { return foldName(first) + "\n" + foldName(last) }

func foldName(s string) string {
	if isPlainName(s) {
		return strings.ToLower(s) // ASCII folds to its small letters and is in normal form
	}
	return foldAnyName(s)
}

// isPlainName keeps the common name, ASCII with no white space but single spaces between words, off the slow path.
func isPlainName(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || c < ' ' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

func foldAnyName(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(strings.Join(strings.Fields(s), " "))))
}
