package draft

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Words returns a text as its plain words: lower case, without accents, with whatever is neither letter nor digit as one space. Texts are compared by it, since
// workbooks are typed by hand.
func Words(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// says reports whether the plain words of text hold phrase, as whole words.
func says(text, phrase string) bool {
	return strings.Contains(" "+text+" ", " "+phrase+" ")
}

// saysAny reports whether one of the phrases is said.
func saysAny(text string, phrases ...string) bool {
	for _, p := range phrases {
		if says(text, p) {
			return true
		}
	}
	return false
}

// bare returns a title without what people add to it: brackets and stars.
func bare(title string) string {
	for {
		open := strings.IndexAny(title, "([")
		if open < 0 {
			break
		}
		shut := strings.IndexAny(title[open:], ")]")
		if shut < 0 {
			break
		}
		title = title[:open] + " " + title[open+shut+1:]
	}
	return strings.TrimSpace(strings.Trim(strings.Join(strings.Fields(title), " "), "*:"))
}
