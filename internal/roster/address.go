package roster

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// What is wrong with an address, for sentences about it. Errors of CheckEmail are one of these and hold nothing of the address.
var (
	ErrAddressNotBare   = errors.New("not one bare address")
	ErrAddressLong      = errors.New("longer than an address may be")
	ErrAddressHidden    = errors.New("invisible or control characters")
	ErrAddressLookalike = errors.New("full-width letters, or letters of several scripts in one part")
	ErrAddressDomain    = errors.New("no valid domain with a dot")
)

const (
	maxLocalPart = 64  // RFC 5321, 4.5.3.1.1
	maxAddress   = 254 // RFC 5321, 4.5.3.1.3, less the angle brackets
)

// CheckEmail reports whether s, trimmed and in NFC, is one bare address that mail can be sent to. It is narrower than RFC 5322 on purpose, since an address
// names a person here:
//
//   - local part: a dot-atom of at most 64 bytes; letters beyond ASCII are taken (RFC 6531) if all letters of the part are of one script
//   - domain: at least two labels, each valid in IDNA; letters as for the local part, label by label
//   - at most 254 bytes; no display name, comment, quoted local part, list, white space, zero-width or full-width character
func CheckEmail(s string) error {
	if isPlainAddress(s) {
		return nil
	}
	return checkAddress(s)
}

// checkAddress is CheckEmail without the short cut.
func checkAddress(s string) error {
	switch {
	case len(s) > maxAddress:
		return ErrAddressLong
	case hasHidden(s):
		return ErrAddressHidden
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || !isDotAtom(s[:at]) {
		return ErrAddressNotBare
	}
	if at > maxLocalPart {
		return ErrAddressLong
	}
	if !oneScript(s[:at]) {
		return ErrAddressLookalike
	}
	if err := checkDomain(s[at+1:]); err != nil {
		return err
	}
	// The standard library's parser agrees, or the grammar above has a hole.
	if a, err := mail.ParseAddress(s); err != nil || a.Name != "" || a.Address != s {
		return ErrAddressNotBare
	}
	return nil
}

// isPlainAddress reports whether s is what nearly every address is: words of ASCII letters, digits, hyphens and underscores with dots between them, an @, and a domain of
// letters and digits. All that CheckEmail asks for holds then.
func isPlainAddress(s string) bool {
	at := strings.IndexByte(s, '@')
	if at <= 0 || at > maxLocalPart || len(s) > maxAddress {
		return false
	}
	return isPlainPart(s[:at], true, 1) && isPlainPart(s[at+1:], false, 2) && !isDigit(s[len(s)-1])
}

// isPlainPart reports whether s is at least so many words with dots between them, none over 63 bytes, of letters and digits and where that is allowed of _ and -.
func isPlainPart(s string, signs bool, words int) bool {
	length := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && length > 0 && i+1 < len(s):
			words, length = words-1, 0
			continue
		case c == '-' && i+1 < len(s) && length > 0 && s[i-1] != '-' && isAlphanumeric(rune(s[i+1])):
		case !isAlphanumeric(rune(c)) && !(signs && (c == '-' || c == '_')):
			return false
		}
		if length++; length > 63 {
			return false
		}
	}
	return length > 0 && words <= 1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func hasHidden(s string) bool {
	for _, r := range s {
		if r >= 0x80 && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r)) || r < ' ' || r == 0x7F {
			return true
		}
	}
	return false
}

// isDotAtom: RFC 5322's dot-atom-text, widened by letters, marks and digits of every script.
func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			if !isAtomText(r) {
				return false
			}
		}
	}
	return true
}

func isAtomText(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

func checkDomain(domain string) error {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return ErrAddressDomain
	}
	for _, label := range labels {
		switch {
		case !oneScript(label):
			return ErrAddressLookalike
		case label == "" || strings.ContainsFunc(label, func(r rune) bool { return r < 0x80 && r != '-' && !isAlphanumeric(r) }):
			return ErrAddressDomain
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return ErrAddressDomain
	}
	if _, err := idna.Registration.ToASCII(strings.ToLower(domain)); err != nil {
		return ErrAddressDomain
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// oneScript reports whether the letters of s are of one script and none is full-width. Han goes with the Japanese syllabaries and with Hangul and
// Bopomofo, as in those languages' own writing (UTS 39, highly restrictive without Latin).
func oneScript(s string) bool {
	seen := ""
	for _, r := range s {
		if r >= 0xFF00 && r <= 0xFFEF {
			return false
		}
		if !unicode.IsLetter(r) {
			continue
		}
		script := scriptOf(r)
		if seen != "" && script != seen {
			return false
		}
		seen = script
	}
	return true
}

func scriptOf(r rune) string {
	switch {
	case r < 0x80 || unicode.Is(unicode.Latin, r):
		return "Latin"
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		return "East Asian"
	}
	for name, table := range unicode.Scripts {
		if name != "Common" && name != "Inherited" && unicode.Is(table, r) {
			return name
		}
	}
	return "Common"
}
