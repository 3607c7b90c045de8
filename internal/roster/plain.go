package roster

import (
	"bytes"
	"encoding/binary"
)

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
	if len(s) < 8 || len(s) > 63 {
		return isPlainLocalByBytes(s)
	}
	for i := 0; ; i += 7 {
		i = min(i, len(s)-8)
		letters, signs, dots, ascii := addressBytes(binary.LittleEndian.Uint64(s[i:]))
		if !ascii || letters|signs|dots != highBits || dots&(dots<<8) != 0 {
			return false
		}
		if i == len(s)-8 {
			return s[0] != '.' && s[len(s)-1] != '.'
		}
	}
}

func isPlainDomain(s []byte) bool {
	if len(s) < 8 || len(s) > 63 {
		return isPlainDomainByBytes(s)
	}
	found := uint64(0)
	for i := 0; ; i += 7 {
		i = min(i, len(s)-8)
		word := binary.LittleEndian.Uint64(s[i:])
		letters, signs, dots, ascii := addressBytes(word)
		if between := signs | dots; !ascii || letters|between != highBits || between&(between<<8) != 0 || signs&equalBytes(word, '_') != 0 {
			return false
		}
		found |= dots
		if i == len(s)-8 {
			return found != 0 && plainBytes[s[0]] == wordByte && plainBytes[s[len(s)-1]] == wordByte && !isDigit(s[len(s)-1])
		}
	}
}

// Eight bytes of an address are looked at at once (the tests of bytes in a word: Warren, Hacker's Delight, 6-1). The next eight begin with the last of these, so that every two neighbours are seen together.
const eachByte, highBits, lowBits = 0x0101010101010101, 0x8080808080808080, 0x7F7F7F7F7F7F7F7F

// addressBytes sets the high bits of those of eight bytes that are letters and digits, signs (_ and -), and dots. It means something where all of them are ASCII.
func addressBytes(word uint64) (letters, signs, dots uint64, ascii bool) {
	small := word | 0x20*eachByte
	letters = (small+(0x80-'a')*eachByte)&^(small+(0x80-'z'-1)*eachByte) | (word+(0x80-'0')*eachByte)&^(word+(0x80-'9'-1)*eachByte)
	return letters & highBits, equalBytes(word, '_') | equalBytes(word, '-'), equalBytes(word, '.'), word&highBits == 0
}

// equalBytes sets the high bits of those of eight bytes of ASCII that are c.
func equalBytes(word uint64, c byte) uint64 {
	return ^((word ^ uint64(c)*eachByte) + lowBits) & highBits
}

func isPlainLocalByBytes(s []byte) bool {
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

func isPlainDomainByBytes(s []byte) bool {
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
