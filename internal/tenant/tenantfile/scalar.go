package tenantfile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// plain are texts that YAML reads as they are, within lists and mappings of every style: what starts with a letter and holds nothing that YAML gives a meaning to. The letters of all languages take some time to be
// compiled, which every program would spend at its start, and few programs write files.
var plain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\p{L}(?:[\p{L}\p{N} _.&'()/+@-]*[\p{L}\p{N}_.()/+-])?$`)
})

// reserved are words that one YAML or another reads as something else than text.
var reserved = regexp.MustCompile(`(?i)^(?:y|n|yes|no|true|false|on|off|null|nan|inf)$`)

// scalar writes a text so that every YAML reader takes it for that text: 012 and yes, and whatever a cell may hold.
func scalar(s string) string {
	if plain().MatchString(s) && !reserved.MatchString(s) && len(s) < 100 {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case printable(r):
			b.WriteRune(r)
		case r <= 0xFF:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable reports whether a character shows as what it is. Others are written by their numbers, so that a person sees that they are there.
func printable(r rune) bool { return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// longestSimpleKey is how long a key may be that stands on its line without ado: YAML looks no further than 1024 characters for its colon.
const longestSimpleKey = 1000

// key writes a text as a key.
func key(s string) string {
	text := scalar(s)
	if len(text) <= longestSimpleKey {
		return text
	}
	return "? " + text + "\n      "
}
