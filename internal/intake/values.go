package intake

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"rollcall.internal/internal/batch"
)

// A value is what the cells of one text in one column come to.
type value struct {
	odd    bool // there is something to be said about them
	absent bool
	text   []byte
	hash   batch.Hash
}

// Bounds of a column's cache of values. A full one is emptied.
const (
	mostValues   = 8192
	longestValue = 128 // bytes of a cell that is kept
)

// fewValues is how many values a column may have for looking every cell up: more of them drive each other out of the processor's cache, and reading a plain cell is cheaper then.
const fewValues = 6144

// values remember what the cells of a column come to, by their text in the file. What nearly every look needs is kept apart from the rest.
type values struct {
	slots []uint16 // of open addressing: one more than the index among known; 0: free
	known []knownValue
	full  []fullValue // by the index of known
}

// A knownValue is told by the length and the start of the text in the file, and where that has more than 32 bytes by all of it. It fills a line of the processor's cache.
type knownValue struct {
	first, second, third, fourth uint64
	hash                         batch.Hash
	length                       uint32
	same                         bool // the value is the text in the file
}

type fullValue struct {
	raw   []byte
	last  uint64 // the last eight bytes of raw, see start
	value value
}

// start returns the first and second eight bytes of the n bytes at index from, zeroes behind their end, and of a longer text the last eight: many that begin alike end in other
// ways. 32 bytes more have to follow in buf.
func start(buf []byte, from, n uint32) (first, second, last uint64) {
	first = binary.LittleEndian.Uint64(buf[from:]) & (1<<(8*n) - 1)
	second = binary.LittleEndian.Uint64(buf[from+8:]) & (1<<(8*(max(n, 8)-8)) - 1)
	if n > 16 {
		last = binary.LittleEndian.Uint64(buf[from+n-8:])
	}
	return first, second, last
}

// more returns of a text over 16 bytes the third and fourth eight, zeroes behind its end.
func more(buf []byte, from, n uint32) (third, fourth uint64) {
	third = binary.LittleEndian.Uint64(buf[from+16:]) & (1<<(8*(n-16)) - 1)
	fourth = binary.LittleEndian.Uint64(buf[from+24:]) & (1<<(8*(max(n, 24)-24)) - 1)
	return third, fourth
}

func slotOf(first, second, last uint64, n, slots uint32) uint32 {
	h, l := bits.Mul64(first^0x9E3779B97F4A7C15, bits.RotateLeft64(second, 29)^bits.RotateLeft64(last, 11)^uint64(n)^0xD6E8FEB86659FD93)
	return uint32(h^l) & (slots - 1)
}

// find returns the index of the value of a cell; -1 where it is not known.
func (v *values) find(buf []byte, s span) int {
	slots := v.slots
	if len(slots) == 0 {
		return -1
	}
	n := s.to - s.from
	first, second, last := start(buf, s.from, n)
	for at := slotOf(first, second, last, n, uint32(len(slots))); int(at) < len(slots); at = (at + 1) & uint32(len(slots)-1) {
		i := int(slots[at]) - 1
		if i < 0 {
			return -1
		}
		k := &v.known[i]
		if k.first == first && k.second == second && k.length == n && (n <= 16 || v.agrees(i, buf, s)) {
			return i
		}
	}
	return -1
}

// agrees reports whether a text of more than 16 bytes is that of the value at index i, of whose first 16 this is known.
func (v *values) agrees(i int, buf []byte, s span) bool {
	n := s.to - s.from
	if n > 32 {
		return string(v.full[i].raw) == string(buf[s.from:s.to])
	}
	third, fourth := more(buf, s.from, n)
	return v.known[i].third == third && v.known[i].fourth == fourth
}

// add remembers the value of a cell that is not known, unless that is long.
func (v *values) add(buf []byte, s span, to value) {
	n := s.to - s.from
	if n > longestValue {
		return
	}
	switch {
	case len(v.known) == mostValues:
		*v = values{slots: make([]uint16, 64)}
	case len(v.slots) == 0:
		v.slots = make([]uint16, 64)
	case len(v.known)*2 >= len(v.slots):
		v.grow()
	}
	k := knownValue{hash: to.hash, length: n}
	var last uint64
	if k.first, k.second, last = start(buf, s.from, n); n > 16 {
		k.third, k.fourth = more(buf, s.from, n)
	}
	raw := bytes.Clone(buf[s.from:s.to])
	if k.same = !to.odd && !to.absent && bytes.Equal(raw, to.text); k.same {
		to.text = raw
	}
	v.known, v.full = append(v.known, k), append(v.full, fullValue{raw, last, to})
	v.place(len(v.known) - 1)
}

// grow makes twice as many slots.
func (v *values) grow() {
	v.slots = make([]uint16, 2*len(v.slots))
	for i := range v.known {
		v.place(i)
	}
}

// place puts the value at index i of those known into a slot.
func (v *values) place(i int) {
	k, n := &v.known[i], uint32(len(v.slots))
	at := slotOf(k.first, k.second, v.full[i].last, k.length, n)
	for v.slots[at] != 0 {
		at = (at + 1) & (n - 1)
	}
	v.slots[at] = uint16(i + 1)
}
