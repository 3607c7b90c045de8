package batch

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/zeebo/xxh3"

	"rollcall.internal/internal/roster"
)

// A Hash stands for what a row says, in 128 bits. The zero Hash stands for nothing: such a row has to be compared by its cells.
type Hash struct{ Hi, Lo uint64 }

// IsZero reports whether h stands for nothing.
func (h Hash) IsZero() bool { return h == Hash{} }

// With returns the hash of a row whose next cell, in the order of the fields, has the hash cell.
func (h Hash) With(cell Hash) Hash {
	// Two polynomials modulo 2^64 with odd bases, over values that are as good as random.
	return Hash{Hi: h.Hi*0x9E3779B97F4A7C15 + cell.Hi, Lo: h.Lo*0xD6E8FEB86659FD93 + cell.Lo}
}

// A Seed makes the hashes of a comparison its own: two sides compare only under one seed, and a comparison that met two keys of one hash is repeated under another.
type Seed uint64

// String returns s as parseSeed reads it.
func (s Seed) String() string { return strconv.FormatUint(uint64(s), 16) }

func parseSeed(text string) (Seed, error) {
	n, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: the seed is no number", ErrLayout)
	}
	return Seed(n), nil
}

// Cell returns the hash of a cell in its stored form.
func (s Seed) Cell(text []byte) Hash {
	h := xxh3.Hash128Seed(text, uint64(s))
	return Hash{h.Hi, h.Lo}
}

// Line returns the hash of a line of a file, without its line end. It is never zero.
func (s Seed) Line(line []byte) Hash {
	h := s.Cell(line)
	if h.IsZero() {
		h.Lo = 1
	}
	return h
}

// Key returns the hash of an identifier as it is compared: a unique ID, or a folded address. It is 0 for "" alone.
func (s Seed) Key(key []byte) uint64 {
	if len(key) == 0 {
		return 0
	}
	return max(xxh3.HashSeed(key, uint64(s))&s.mask(), 1)
}

// Email returns the Key of an address that is not folded yet.
func (s Seed) Email(address []byte) uint64 {
	plain, capitals := lettersOf(address)
	if plain && !capitals {
		return s.Key(address)
	}
	var lower [256]byte
	if !plain || len(address) > len(lower) {
		return s.Key([]byte(roster.FoldEmail(string(address))))
	}
	// ASCII folds to its small letters and is in normal form.
	for i, c := range address {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return s.Key(lower[:len(address)])
}

// lettersOf reports whether a text is of ASCII without white space and control characters, and if so whether there are capitals in it. It looks at eight bytes at a time, at the last eight whether others of
// them were looked at or not.
func lettersOf(text []byte) (plain, capitals bool) {
	const each, high = 0x0101010101010101, 0x8080808080808080
	if len(text) < 8 {
		plain = true
		for _, c := range text {
			plain = plain && c < 0x80 && c > ' '
			capitals = capitals || 'A' <= c && c <= 'Z'
		}
		return plain, capitals
	}
	// The high bit of a byte is set in other where that is beyond ASCII, or small enough that taking '!' from it borrows; and in upper where adding carries a letter from A on past 0x7F, but not one behind Z.
	other, upper := uint64(0), uint64(0)
	for i := 0; ; i += 8 {
		i = min(i, len(text)-8)
		word := binary.LittleEndian.Uint64(text[i:])
		other |= word | (word - '!'*each)
		upper |= (word + (0x80-'A')*each) &^ (word + (0x80-'Z'-1)*each)
		if i == len(text)-8 {
			return other&high == 0, upper&high != 0
		}
	}
}

// weak marks seeds under which keys have only four bits, for tests of what happens where two keys have one hash.
const weak Seed = 0xBAD << 52

func (s Seed) mask() uint64 {
	if s>>52 == weak>>52 {
		return 0xF
	}
	return 1<<64 - 1
}
