package batch

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// WriteSnapshot writes a snapshot of members to w.
func WriteSnapshot(w io.Writer, head SnapshotHead, members iter.Seq2[directory.Member, error], alloc memory.Allocator) error {
	out, err := NewSnapshotWriter(w, head, alloc)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // for where writing fails
	for m, err := range members {
		if err != nil {
			return err
		}
		if err := out.Add(m); err != nil {
			return err
		}
	}
	return out.Close()
}

// SnapshotOf returns a snapshot of members that is held in memory, for few of them.
func SnapshotOf(head SnapshotHead, members iter.Seq2[directory.Member, error], alloc memory.Allocator) (*Snapshot, error) {
	var file bytes.Buffer
	if err := WriteSnapshot(&file, head, members, alloc); err != nil {
		return nil, err
	}
	return OpenSnapshot(bytes.NewReader(file.Bytes()), int64(file.Len()), alloc)
}

// MembersOf returns the members of b as they are read from a snapshot that has them. It keeps nothing of b. Nobody has to release them.
func MembersOf(head SnapshotHead, b *MemberBlock) (*Members, error) {
	h, err := newHasher(head)
	if err != nil {
		return nil, err
	}
	var hashes [4][]uint64
	h.hash(b, &hashes)
	m := &Members{
		Version: slices.Clone(b.Version), Presence: slices.Clone(b.Presence), DeletedUntil: slices.Clone(b.DeletedUntil),
		IDKey: hashes[0], EmailKey: hashes[1], RowHi: hashes[2], RowLo: hashes[3],
		UniqueID: b.UniqueID.clone(), Email: b.Email.clone(), Values: make([]Column, len(head.Fields)),
	}
	m.IDs, m.FromRoster = b.appendIDs(nil, nil)
	for i, f := range head.Fields {
		switch f {
		case roster.UniqueID:
			m.Values[i] = m.UniqueID
		case roster.Email:
			m.Values[i] = m.Email
		default:
			m.Values[i] = b.Values[i].clone()
		}
	}
	return m, nil
}

// clone returns what t holds; it stays good when t changes.
func (t *Texts) clone() Column {
	c := t.Column()
	c.data = bytes.Clone(c.data)
	return c
}

// A hasher works out the keys and hashes of members.
type hasher struct {
	head   SnapshotHead
	hashed []int // indices of head.Hashed in head.Fields
}

func newHasher(head SnapshotHead) (hasher, error) {
	h := hasher{head: head}
	for _, f := range head.Hashed {
		i := slices.Index(head.Fields, f)
		if i < 0 {
			return h, fmt.Errorf("%s is hashed and not among the fields", f)
		}
		h.hashed = append(h.hashed, i)
	}
	return h, nil
}

// hash works out the columns of hashes of a block, in the order of the file.
func (h hasher) hash(b *MemberBlock, columns *[4][]uint64) {
	n, seed := b.Rows(), h.head.Seed
	for i := range columns {
		columns[i] = slices.Grow(columns[i][:0], n)[:n]
	}
	for i := range n {
		columns[0][i], columns[1][i] = seed.Key(b.UniqueID.Bytes(i)), seed.Email(b.Email.Bytes(i))
	}
	hi, lo := columns[2], columns[3]
	clear(hi)
	clear(lo)
	for _, index := range h.hashed {
		texts := b.texts(h.head.Fields[index], index)
		for i := range n {
			row := Hash{hi[i], lo[i]}.With(seed.Cell(texts.Bytes(i)))
			hi[i], lo[i] = row.Hi, row.Lo
		}
	}
}

// texts returns the column of a field, which has an index.
func (b *MemberBlock) texts(f roster.Field, index int) *Texts {
	switch f {
	case roster.Email:
		return &b.Email
	case roster.UniqueID:
		return &b.UniqueID
	}
	return &b.Values[index]
}
