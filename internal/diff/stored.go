package diff

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// A storedChange is a change as it is kept:
//
//	size uint32, of all; stage<<1 and 1 where no address moves; member's id, zero for a creation; row uint32; the place of the row, of a removal the member's, uint32;
//	whether the address is folded already; the folded address; the address where it is another; operation; version; of a removal the hash of the name;
//	unique ID; number of fields; and of each the number, before and after
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
	if d.removal {
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, d.name.Hi), d.name.Lo)
	}
	b = binary.AppendUvarint(appendText(b, d.uniqueID), uint64(len(d.fields)))
	for _, f := range d.fields {
		b = appendText(appendText(binary.AppendUvarint(b, uint64(f.field)), f.before), f.after)
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

func (s storedChange) stage() int   { return int(s[orderAt] >> 1) }
func (s storedChange) row() uint32  { return binary.LittleEndian.Uint32(s[rowAt:]) }
func (s storedChange) about() int32 { return int32(binary.LittleEndian.Uint32(s[aboutAt:])) }

// folded is the folded address that changes are ordered by, and what stands behind it.
func (s storedChange) folded() (address, rest []byte) { return cutText(s[foldedAt:], 0) }

// prefix orders changes as compare does wherever it differs.
func (s storedChange) prefix() uint64 {
	var p [8]byte
	p[0] = s[orderAt]
	address, _ := s.folded()
	copy(p[1:], address)
	return binary.BigEndian.Uint64(p[:])
}

// compare is the order of changeset.Sort. Ids compare by their bytes as they do when they are written out.
func (s storedChange) compare(t storedChange) int {
	a, _ := s.folded()
	b, _ := t.folded()
	return cmp.Or(
		cmp.Compare(s[orderAt], t[orderAt]), bytes.Compare(a, b), bytes.Compare(s[memberAt:rowAt], t[memberAt:rowAt]),
		cmp.Compare(s.row(), t.row()), cmp.Compare(s.about(), t.about()),
	)
}

// A changeReader takes the parts of a stored change one after the other.
type changeReader struct {
	all  string // the change, of which every text that is read is a part
	rest []byte
}

func (r *changeReader) text() string {
	text, rest := cutText(r.rest, 0)
	end := len(r.all) - len(rest)
	r.rest = rest
	return r.all[end-len(text) : end]
}

func (r *changeReader) byte() byte {
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *changeReader) uvarint() int {
	n, size := binary.Uvarint(r.rest)
	r.rest = r.rest[size:]
	return int(n)
}

func (r *changeReader) varint() int64 {
	n, size := binary.Varint(r.rest)
	r.rest = r.rest[size:]
	return n
}

func (r *changeReader) hash() (h batch.Hash) {
	h = batch.Hash{Hi: binary.LittleEndian.Uint64(r.rest), Lo: binary.LittleEndian.Uint64(r.rest[8:])}
	r.rest = r.rest[16:]
	return h
}

// change returns a copy whose fields are told by names, and of a removal the hash of the person's name.
func (s storedChange) change(names []roster.Field) (c changeset.Change, name batch.Hash) {
	r := changeReader{all: string(s), rest: s[foldedAt:]}
	c.Email = r.text()
	if s[sameAt] == 0 {
		c.Email = r.text()
	}
	c.Row, c.Op, c.Version = int(s.row()), changeset.Ops()[r.byte()], r.varint()
	if c.Op != changeset.Create {
		c.Member = batch.MemberID(s[memberAt:rowAt]).String()
	}
	if c.Removal = s.stage() == removalsOnly.from; c.Removal {
		name = r.hash()
	}
	c.UniqueID = r.text()
	if n := r.uvarint(); n > 0 {
		c.Fields = make([]changeset.FieldChange, n)
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		f.Field, f.Before, f.After = names[r.uvarint()], r.text(), r.text()
	}
	return c, name
}
