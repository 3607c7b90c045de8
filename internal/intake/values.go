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

// values remember what the cells of a column come to, by their text in the file.
type values struct {
	slots []uint16 // of open addressing: one more than the index among known; 0: free
	known []knownValue
}

// A knownValue is a value and the text in the file that comes to it, which is told by its length and start where it has no more than 16 bytes.
type knownValue struct {
	first, second uint64
	raw           []byte
	same          bool // the value is the text in the file
	value         value
}

// start returns the first and second eight bytes of the n bytes at index from, zeroes behind its end, and of a longer text something of its end too. 16 bytes more have to follow in buf.
func start(buf []byte, from, n uint32) (first, second uint64) {
	first = binary.LittleEndian.Uint64(buf[from:]) & (1<<(8*n) - 1)
	second = binary.LittleEndian.Uint64(buf[from+8:]) & (1<<(8*(max(n, 8)-8)) - 1)
	if n > 16 { // many texts that begin alike end in other ways
		second ^= bits.RotateLeft64(binary.LittleEndian.Uint64(buf[from+n-8:]), 23)
	}
	return first, second
}

func slotOf(first, second uint64, n, slots uint32) uint32 {
	h, l := bits.Mul64(first^0x9E3779B97F4A7C15, bits.RotateLeft64(second, 29)^uint64(n)^0xD6E8FEB86659FD93)
	return uint32(h^l) & (slots - 1)
}

// find returns the value of a cell; nil where it is not known.
func (v *values) find(buf []byte, s span) *knownValue {
	slots := v.slots
	if len(slots) == 0 {
		return nil
	}
	n := s.to - s.from
	first, second := start(buf, s.from, n)
	for at := slotOf(first, second, n, uint32(len(slots))); int(at) < len(slots); at = (at + 1) & uint32(len(slots)-1) {
		i := int(slots[at]) - 1
		if i < 0 {
			return nil
		}
		k := &v.known[i]
		if k.first == first && k.second == second && len(k.raw) == int(n) && (n <= 16 || string(k.raw) == string(buf[s.from:s.to])) {
			return k
		}
	}
	return nil
}

// add remembers the value of a cell that is not known.
func (v *values) add(buf []byte, s span, to value) *knownValue {
	raw := bytes.Clone(buf[s.from:s.to])
	k := knownValue{raw: raw, value: to, same: !to.odd && !to.absent && bytes.Equal(raw, to.text)}
	if len(raw) > longestValue {
		return &k
	}
	k.first, k.second = start(buf, s.from, s.to-s.from)
	switch {
	case len(v.known) == mostValues:
		*v = values{}
		fallthrough
	case len(v.slots) == 0:
		v.slots = make([]uint16, 64)
	case len(v.known)*2 >= len(v.slots):
		v.grow()
	}
	v.known = append(v.known, k)
	v.place(len(v.known) - 1)
	return &v.known[len(v.known)-1]
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
	at := slotOf(k.first, k.second, uint32(len(k.raw)), n)
	for v.slots[at] != 0 {
		at = (at + 1) & (n - 1)
	}
	v.slots[at] = uint16(i + 1)
}
