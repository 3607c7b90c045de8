package batch

import (
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
	capitals, plain := false, true
	for _, c := range address {
		plain = plain && c < 0x80 && c > ' '
		capitals = capitals || 'A' <= c && c <= 'Z'
	}
	if !plain {
		return s.Key([]byte(roster.FoldEmail(string(address))))
	}
	var lower [256]byte
	switch {
	case !capitals:
		return s.Key(address)
	case len(address) > len(lower):
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

// weak marks seeds under which keys have only four bits, for tests of what happens where two keys have one hash.
const weak Seed = 0xBAD << 52

func (s Seed) mask() uint64 {
	if s>>52 == weak>>52 {
		return 0xF
	}
	return 1<<64 - 1
}
