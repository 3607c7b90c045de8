package roster

import "bytes"

// The classes of the bytes of a plain address.
const (
	otherByte = iota
	wordByte
	signByte // _ and -
	dotByte
)

var plainBytes = func() (class [256]byte) {
	for c := range class {
		switch {
		case isAlphanumeric(rune(c)):
			class[c] = wordByte
		case c == '-' || c == '_':
			class[c] = signByte
		case c == '.':
			class[c] = dotByte
		}
	}
	return class
}()

// IsPlainAddress reports whether s is what nearly every address is, see isPlainAddress, of which it is the form for bytes. CheckEmail takes it then; where it is false, nothing is said.
func IsPlainAddress(s []byte) bool {
	at := bytes.IndexByte(s, '@')
	if at <= 0 || at > maxLocalPart || len(s) > maxAddress {
		return false
	}
	return isPlainLocal(s[:at]) && isPlainDomain(s[at+1:])
}

func isPlainLocal(s []byte) bool {
	word := 0
	for _, c := range s {
		switch class := plainBytes[c]; {
		case class == wordByte || class == signByte:
			word++
		case class == otherByte || word == 0 || word > 63:
			return false
		default:
			word = 0
		}
	}
	return word > 0 && word <= 63
}

func isPlainDomain(s []byte) bool {
	word, dots, last := 0, 0, byte('.')
	for _, c := range s {
		switch class := plainBytes[c]; {
		case class == wordByte:
			word++
		case c == '-' && word > 0 && last != '-':
			word++
		case c != '.' || word == 0 || word > 63 || last == '-':
			return false
		default:
			word, dots = 0, dots+1
		}
		last = c
	}
	return dots > 0 && word > 0 && word <= 63 && last != '-' && !isDigit(last)
}
