package inbox

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxNameBytes is what common file systems allow for one name, so that what a customer uploads can be saved again anywhere.
const maxNameBytes = 255

// CleanName returns a client's name for a file in the form in which names are stored and compared, which is NFC. An error says in words for the client
// what is wrong with the name, and does not quote it: it is empty, "." or "..", longer than 255 bytes, not UTF-8, or has a slash, a control character
// or one that can't be seen or that turns the direction of writing.
func CleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", errors.New("the name is not UTF-8")
	}
	name = norm.NFC.String(name)
	switch {
	case name == "" || name == "." || name == "..":
		return "", errors.New("the name is empty")
	case len(name) > maxNameBytes:
		return "", errors.New("the name is longer than 255 bytes")
	case strings.ContainsRune(name, '/'):
		return "", errors.New("the name has a slash")
	case strings.ContainsFunc(name, unseen):
		return "", errors.New("the name has a character that can't be seen")
	}
	return name, nil
}

// unseen reports whether a person would not see r, or would read what follows otherwise because of it: control and format characters (Cc and Cf hold NUL, the
// zero-width ones and those of bidirectional text), line and paragraph separators, variation selectors, fillers, and what has no meaning.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Noncharacter_Code_Point)
}

// TemporaryName reports whether clients use a name like this while they are uploading, and rename it when they are done: it starts with a dot, or ends
// in a tilde or one of the suffixes of WinSCP, FileZilla, browsers and editors, in any case.
func TemporaryName(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return true
	}
	lower := strings.ToLower(name)
	for _, suffix := range []string{".filepart", ".partial", ".part", ".tmp", ".swp", ".crdownload"} {
		if strings.HasSuffix(lower, suffix) {
			return true
		}
	}
	return false
}
