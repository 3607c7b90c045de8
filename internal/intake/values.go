package intake

import (
	"bytes"
	"cmp"
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

// Bounds of a column's cache of values. A full one is emptied. All caches of a reading, of every column and worker, are bounded together: however many columns and cores there are, they take no more than
// about cacheBytes, and those of a resolver no more than resolverBytes.
const (
	mostValues   = 8192
	leastValues  = 64
	longestValue = 128 // bytes of a cell that is kept
	valueBytes   = 256 // that a value takes, about

	cacheBytes    = 64 << 20
	resolverBytes = 8 << 20
)

// cacheOf returns how many values each of so many caches may hold that share so many bytes.
func cacheOf(caches, bytes int) int {
	return min(max(bytes/valueBytes/max(caches, 1), leastValues), mostValues)
}

// fewValues is how many values a column may have for looking every cell up: more of them drive each other out of the processor's cache, and reading a plain cell is cheaper then.
const fewValues = 6144

// firstCells is how many cells of a column are looked at before it is told that it has many values.
const firstCells = 512

// values remember what the cells of a column come to, by their text in the file. What nearly every look needs is kept apart from the rest.
type values struct {
	slots []uint16 // of open addressing, three in four free: one more than the index among known; 0: free
	known []knownValue
	full  []fullValue // by the index of known
	most  int         // that are kept; 0: mostValues
}

// A knownValue is told by the length and the start of the text in the file, see start, and where that has more than 32 bytes by all of it. It fills a line of the processor's cache.
type knownValue struct {
	first, second, third, fourth uint64
	hash                         batch.Hash
	length                       uint32
	same                         bool // the value is the text in the file
}

type fullValue struct {
	raw   []byte
	value value
}

// masks are, for each length up to 32 bytes, the bits of four words that belong to a text. Looked up, they take less time than worked out, and no branch on the length has to be foretold.
var masks = func() (all [33][4]uint64) {
	for n := range all {
		for i := range n {
			all[n][i/8] |= 0xFF << (i % 8 * 8)
		}
	}
	return all
}()

// start returns the first 32 of the n bytes at index from, zeroes behind their end; of a longer text the last eight take the place of the fourth, since many that begin alike end in other ways. 32 bytes more
// have to follow in buf.
func start(buf []byte, from, n uint32) (first, second, third, fourth uint64) {
	text, m := buf[from:from+32:from+32], &masks[min(n, 32)]
	first, second = binary.LittleEndian.Uint64(text)&m[0], binary.LittleEndian.Uint64(text[8:])&m[1]
	third, fourth = binary.LittleEndian.Uint64(text[16:])&m[2], binary.LittleEndian.Uint64(text[24:])&m[3]
	if n > 32 {
		fourth = binary.LittleEndian.Uint64(buf[from+n-8:])
	}
	return first, second, third, fourth
}

func slotOf(first, second, third, fourth uint64, n, slots uint32) uint32 {
	h, l := bits.Mul64(first^bits.RotateLeft64(third, 17)^0x9E3779B97F4A7C15, second^bits.RotateLeft64(fourth, 29)^uint64(n)<<56^0xD6E8FEB86659FD93)
	return uint32(h^l) & (slots - 1)
}

// is reports whether the first 32 bytes of the value's text are these, and its length is n.
func (k *knownValue) is(first, second, third, fourth uint64, n uint32) bool {
	return (k.first^first)|(k.second^second)|(k.third^third)|(k.fourth^fourth)|uint64(k.length^n) == 0
}

// find returns the index of the value of a cell; -1 where it is not known.
func (v *values) find(buf []byte, s span) int {
	slots := v.slots
	if len(slots) == 0 {
		return -1
	}
	n := s.to - s.from
	first, second, third, fourth := start(buf, s.from, n)
	for at := slotOf(first, second, third, fourth, n, uint32(len(slots))); int(at) < len(slots); at = (at + 1) & uint32(len(slots)-1) {
		i := int(slots[at]) - 1
		if i < 0 {
			return -1
		}
		if v.known[i].is(first, second, third, fourth, n) && (n <= 32 || string(v.full[i].raw) == string(buf[s.from:s.to])) {
			return i
		}
	}
	return -1
}

// add remembers the value of a cell that is not known, unless that is long.
func (v *values) add(buf []byte, s span, to value) {
	n := s.to - s.from
	if n > longestValue {
		return
	}
	switch {
	case len(v.known) >= cmp.Or(v.most, mostValues):
		*v = values{slots: make([]uint16, 64), most: v.most}
	case len(v.slots) == 0:
		v.slots = make([]uint16, 64)
	case len(v.known)*4 >= len(v.slots):
		v.grow()
	}
	k := knownValue{hash: to.hash, length: n}
	k.first, k.second, k.third, k.fourth = start(buf, s.from, n)
	raw := bytes.Clone(buf[s.from:s.to])
	if k.same = !to.odd && !to.absent && bytes.Equal(raw, to.text); k.same {
		to.text = raw
	}
	v.known, v.full = append(v.known, k), append(v.full, fullValue{raw, to})
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
	at := slotOf(k.first, k.second, k.third, k.fourth, k.length, n)
	for v.slots[at] != 0 {
		at = (at + 1) & (n - 1)
	}
	v.slots[at] = uint16(i + 1)
}
