package planview

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns text of others as it may be printed: whatever a person would not see, or a terminal would obey, is written out as an escape such as \x1b or \u202e. That
// is control characters, format characters (zero-width, turning the direction of writing), every space but the plain one, and bytes that are no UTF-8.
func Visible(s string) string {
	if !strings.ContainsFunc(s, unprintable) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unprintable(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// longestValue is how much of a cell is shown in a line.
const longestValue = 80

// value is a cell as a line shows it.
func value(s string) string {
	if s == "" {
		return "(empty)"
	}
	if runes := []rune(s); len(runes) > longestValue {
		s = string(runes[:longestValue-1]) + "…"
	}
	return Visible(s)
}

// Number writes n with a comma between groups of three digits.
func Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Share writes what part of base n is, in percent with one decimal; "" where there is no base or nothing to tell.
func Share(n, base int) string {
	if base <= 0 || n <= 0 {
		return ""
	}
	tenths := (n*2000 + base) / (2 * base)
	if tenths == 0 {
		return "<0.1 %"
	}
	return fmt.Sprintf("%s.%d %%", Number(tenths/10), tenths%10)
}

// plural is "1 person" and "2 people".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}
