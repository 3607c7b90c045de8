package diff

import (
	"encoding/binary"
	"math/bits"

	"rollcall.internal/internal/batch"
)

// personKeys are what a person is matched by, on either side: the keys of the two identifiers, 0 where there is none, and the hash of the row.
type personKeys struct {
	id, email uint64
	hash      batch.Hash
}

func (k *personKeys) of(byID bool) uint64 {
	if byID {
		return k.id
	}
	return k.email
}

// alone returns one of the keys, without the other and the hash.
func (k *personKeys) alone(byID bool) personKeys {
	if byID {
		return personKeys{id: k.id}
	}
	return personKeys{email: k.email}
}

// A keyRecord is what a join needs of a person: a key, the place of who has it among its side, and in the join that goes first half of the other key and the hash of the row.
//
//	key uint64, place uint32 [, other uint32, hi uint64, lo uint64]
type keyRecord []byte

const (
	slimRecord = 12 // bytes
	fullRecord = slimRecord + 4 + 16
)

func (r keyRecord) key() uint64 { return binary.LittleEndian.Uint64(r) }
func (r keyRecord) place() int32 {
	return int32(binary.LittleEndian.Uint32(r[8:]))
}

// other is the low half of the other key. It may be 0 where there is one.
func (r keyRecord) other() uint32 { return binary.LittleEndian.Uint32(r[12:]) }

func (r keyRecord) hash() batch.Hash {
	return batch.Hash{Hi: binary.LittleEndian.Uint64(r[16:]), Lo: binary.LittleEndian.Uint64(r[24:])}
}

// appendKeyRecord writes a record of so many bytes behind b, by one of the keys.
func appendKeyRecord(b []byte, width int, k *personKeys, byID bool, place int) []byte {
	b = binary.LittleEndian.AppendUint64(b, k.of(byID))
	b = binary.LittleEndian.AppendUint32(b, uint32(place))
	if width == fullRecord {
		b = binary.LittleEndian.AppendUint32(b, uint32(k.of(!byID)))
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, k.hash.Hi), k.hash.Lo)
	}
	return b
}

// A table finds the records of one partition by key: open addressing over the records where they lie, half full at most. It is used again for the next partition.
type table struct {
	width   int
	records []byte
	slots   []int32 // number of the record and 1, 0: free
}

// reset empties t for records of so many bytes.
func (t *table) reset(width int) { t.width, t.records = width, t.records[:0] }

// take copies records, which come into the table by index.
func (t *table) take(records []byte) error {
	t.records = append(t.records, records...)
	return nil
}

// index makes the records findable. Of two that have one key the later place counts, and both places are told to duplicate.
func (t *table) index(duplicate func(a, b int32)) {
	n := len(t.records) / t.width
	size := 1 << bits.Len(uint(max(2*n-1, 1)))
	if cap(t.slots) < size {
		t.slots = make([]int32, size)
	}
	t.slots = t.slots[:size]
	clear(t.slots)
	for i := range n {
		t.insert(i, duplicate)
	}
}

func (t *table) insert(i int, duplicate func(a, b int32)) {
	r := t.at(i)
	slot := t.slot(r.key())
	if other := t.slots[slot]; other != 0 {
		o := t.at(int(other - 1))
		duplicate(o.place(), r.place())
		if o.place() > r.place() {
			return
		}
	}
	t.slots[slot] = int32(i + 1)
}

func (t *table) at(i int) keyRecord { return keyRecord(t.records[i*t.width : (i+1)*t.width]) }

// slot returns where the key stands or would.
func (t *table) slot(key uint64) uint64 {
	mask := uint64(len(t.slots) - 1)
	for slot := key & mask; ; slot = (slot + 1) & mask {
		if i := t.slots[slot]; i == 0 || t.at(int(i-1)).key() == key {
			return slot
		}
	}
}

// find returns the record of key, nil where there is none.
func (t *table) find(key uint64) keyRecord {
	if i := t.slots[t.slot(key)]; i != 0 {
		return t.at(int(i - 1))
	}
	return nil
}
