package diff

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A storedChange is a change as it is kept:
//
//	size uint32, of all; stage<<1 and 1 where no address moves; member's id, zero for a creation; row uint32; the place of the row, of a removal the member's, uint32;
//	whether the address is folded already; the folded address; the address where it is another; operation; version; unique ID;
//	number of fields; and of each the number, before and after; and at the end, of a removal, the hash of the name
//
// Texts have their length before them.
type storedChange []byte

// Where things stand in a storedChange.
const (
	orderAt  = 4
	memberAt = orderAt + 1
	rowAt    = memberAt + 16
	aboutAt  = rowAt + 4
	sameAt   = aboutAt + 4
	foldedAt = sameAt + 1
)

// appendChange writes a draft behind b.
func appendChange(b []byte, d *draft) []byte {
	start := len(b)
	folded, same := d.email, byte(1)
	if f := roster.FoldEmail(string(d.email)); f != string(d.email) {
		folded, same = []byte(f), 0
	}
	b = append(b, 0, 0, 0, 0, d.order())
	b = append(b, d.member[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(d.row))
	b = binary.LittleEndian.AppendUint32(b, uint32(d.about))
	b = appendText(append(b, same), folded)
	if same == 0 {
		b = appendText(b, d.email)
	}
	b = binary.AppendVarint(append(b, byte(slices.Index(changeset.Ops(), d.op))), d.version)
	b = binary.AppendUvarint(appendText(b, d.uniqueID), uint64(len(d.fields)))
	for _, f := range d.fields {
		b = appendText(appendText(binary.AppendUvarint(b, uint64(f.field)), f.before), f.after)
	}
	if d.removal {
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, d.name.Hi), d.name.Lo)
	}
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

// order is what changes are ordered by first: the stage, and within it whether an address moves.
func (d *draft) order() byte {
	order := byte(slices.Index(changeset.Stages(), changeset.Change{Op: d.op, Removal: d.removal}.Stage())) << 1
	if !d.moves {
		order |= 1
	}
	return order
}

// cut returns the change that b begins with.
func cut(b []byte) storedChange {
	n := binary.LittleEndian.Uint32(b)
	return b[:n:n]
}

func (s storedChange) stage() int    { return int(s[orderAt] >> 1) }
func (s storedChange) row() uint32   { return binary.LittleEndian.Uint32(s[rowAt:]) }
func (s storedChange) about() int32  { return int32(binary.LittleEndian.Uint32(s[aboutAt:])) }
func (s storedChange) creates() bool { return s.stage() == creationsOnly.from }
func (s storedChange) removes() bool { return s.stage() == removalsOnly.from }

// folded is the folded address that changes are ordered by.
func (s storedChange) folded() []byte {
	address, _ := cutText(s[foldedAt:], 0)
	return address
}

// name is of a removal the hash of the person's name.
func (s storedChange) name() batch.Hash {
	end := s[len(s)-16:]
	return batch.Hash{Hi: binary.LittleEndian.Uint64(end), Lo: binary.LittleEndian.Uint64(end[8:])}
}

// appendMember appends the member's id as batch.MemberID's String has it, and of a creation nothing.
func (s storedChange) appendMember(b []byte) []byte {
	if s.creates() {
		return b
	}
	id, text := s[memberAt:rowAt], [36]byte{8: '-', 13: '-', 18: '-', 23: '-'}
	hex.Encode(text[:], id[:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:])
	return append(b, text[:]...)
}

// A sortPrefix is what a change is ordered by as far as it fits: order, and the folded address's first 15 bytes.
type sortPrefix struct{ hi, lo uint64 }

const prefixBytes = 16

// prefix orders changes as compare does wherever it differs.
func (s storedChange) prefix() sortPrefix {
	var p [prefixBytes]byte
	p[0] = s[orderAt]
	copy(p[1:], s.folded())
	return sortPrefix{binary.BigEndian.Uint64(p[:]), binary.BigEndian.Uint64(p[8:])}
}

// stage is the stage of a change by its prefix.
func (p sortPrefix) stage() int { return int(p.hi >> 57) }

func (p sortPrefix) compare(q sortPrefix) int {
	if p.hi != q.hi {
		return cmp.Compare(p.hi, q.hi)
	}
	return cmp.Compare(p.lo, q.lo)
}

// byte is the prefix's byte at i.
func (p sortPrefix) byte(i int) byte {
	if i < 8 {
		return byte(p.hi >> (56 - 8*i))
	}
	return byte(p.lo >> (120 - 8*i))
}

// compare is the order of changeset.Sort. Ids compare by their bytes as they do when they are written out.
func (s storedChange) compare(t storedChange) int {
	return cmp.Or(
		cmp.Compare(s[orderAt], t[orderAt]), bytes.Compare(s.folded(), t.folded()), bytes.Compare(s[memberAt:rowAt], t[memberAt:rowAt]),
		cmp.Compare(s.row(), t.row()), cmp.Compare(s.about(), t.about()),
	)
}

// A changeReader takes the parts of a stored change one after the other, from sameAt on. Texts are parts of what is read.
type changeReader[T changeset.Text] struct {
	from T
	at   int
}

// reader reads s without a copy.
func (s storedChange) reader() changeReader[[]byte] {
	return changeReader[[]byte]{from: s, at: sameAt}
}

func (s storedChange) uniqueID() []byte {
	r := s.reader()
	return r.head().uniqueID
}

// A changeHead is what a stored change has behind its place and before its fields.
type changeHead[T changeset.Text] struct {
	email    T
	op       int // index in changeset.Ops
	version  int64
	uniqueID T
	fields   int
}

func (r *changeReader[T]) head() (h changeHead[T]) {
	same := r.byte()
	if h.email = r.text(); same == 0 {
		h.email = r.text()
	}
	h.op, h.version, h.uniqueID, h.fields = int(r.byte()), r.varint(), r.text(), int(r.uvarint())
	return h
}

// field takes the next field: its number in layout.names, and its values.
func (r *changeReader[T]) field() (number int, before, after T) {
	return int(r.uvarint()), r.text(), r.text()
}

func (r *changeReader[T]) byte() byte {
	r.at++
	return r.from[r.at-1]
}

func (r *changeReader[T]) text() T {
	n := int(r.uvarint())
	r.at += n
	return r.from[r.at-n : r.at]
}

// uvarint takes what binary.AppendUvarint wrote, most often one byte.
func (r *changeReader[T]) uvarint() uint64 {
	b := r.byte()
	if b < 0x80 {
		return uint64(b)
	}
	return r.longUvarint(b)
}

func (r *changeReader[T]) longUvarint(b byte) uint64 {
	n := uint64(b & 0x7F)
	for shift := 7; b >= 0x80; shift += 7 {
		b = r.byte()
		n |= uint64(b&0x7F) << shift
	}
	return n
}

// varint takes what binary.AppendVarint wrote.
func (r *changeReader[T]) varint() int64 {
	n := r.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// A changeMaker makes changes of stored ones. It is used by one goroutine.
type changeMaker struct {
	names []roster.Field // by number
	ops   []changeset.Op
	text  []byte
}

func newChangeMaker(names []roster.Field) *changeMaker {
	return &changeMaker{names: names, ops: changeset.Ops()}
}

// change returns a copy of a stored change. All of its texts are parts of one, so that it takes two allocations.
func (m *changeMaker) change(s storedChange) changeset.Change {
	m.text = s.appendMember(m.text[:0])
	member := len(m.text)
	m.text = append(m.text, s[sameAt:]...)
	r := changeReader[string]{from: string(m.text), at: member}
	h := r.head()
	c := changeset.Change{Op: m.ops[h.op], Removal: s.removes(), Member: r.from[:member], Version: h.version, Row: int(s.row()), UniqueID: h.uniqueID, Email: h.email}
	if h.fields > 0 {
		c.Fields = make([]changeset.FieldChange, h.fields)
	}
	for i := range c.Fields {
		number, before, after := r.field()
		c.Fields[i] = changeset.FieldChange{Field: m.names[number], Before: before, After: after}
	}
	return c
}
