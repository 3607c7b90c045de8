package batch

import (
	"encoding/binary"
	"slices"
)

// Reserve makes room for so many rows and bytes of text more.
func (t *Texts) Reserve(rows, bytes int) {
	t.Offsets, t.Data = slices.Grow(t.Offsets, rows), slices.Grow(t.Data, bytes)
}

// AppendWithin adds the bytes of buf from one index up to but not including another, behind which at least 32 more must follow. Short texts are copied as four words, which takes a
// third of the time of a copy of any length.
func (t *Texts) AppendWithin(buf []byte, from, to int) {
	at := len(t.Data)
	if to-from <= 32 && cap(t.Data)-at >= 32 {
		source, room := buf[from:from+32:from+32], t.Data[at:at+32:at+32]
		binary.LittleEndian.PutUint64(room, binary.LittleEndian.Uint64(source))
		binary.LittleEndian.PutUint64(room[8:], binary.LittleEndian.Uint64(source[8:]))
		binary.LittleEndian.PutUint64(room[16:], binary.LittleEndian.Uint64(source[16:]))
		binary.LittleEndian.PutUint64(room[24:], binary.LittleEndian.Uint64(source[24:]))
		t.Data = t.Data[:at+to-from]
	} else {
		t.Data = append(t.Data, buf[from:to]...)
	}
	t.Offsets = append(t.Offsets, int32(len(t.Data)))
}

// AppendRange adds rows from up to but not including to of o.
func (t *Texts) AppendRange(o *Texts, from, to int) {
	if from >= to {
		return
	}
	if o.nulls > 0 {
		t.appendNullable(o, from, to)
		return
	}
	start := int32(0)
	if from > 0 {
		start = o.Offsets[from-1]
	}
	shift := int32(len(t.Data)) - start
	t.Data = append(t.Data, o.Data[start:o.Offsets[to-1]]...)
	for _, end := range o.Offsets[from:to] {
		t.Offsets = append(t.Offsets, end+shift)
	}
}

func (t *Texts) appendNullable(o *Texts, from, to int) {
	for i := from; i < to; i++ {
		if o.Null(i) {
			t.AppendNull()
		} else {
			t.Append(o.Bytes(i))
		}
	}
}
