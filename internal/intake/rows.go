package intake

import (
	"encoding/binary"
	"fmt"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// By what a row claims to be a person whom no other row may be.
const (
	byID = 1 << iota
	byEmail
	byKnown // its line was known, so that its identifiers and what it says are not at hand
)

// rowBuffer is rows in the order of the file on their way into the roster, with what finding duplicates needs of them.
type rowBuffer struct {
	fields []roster.Field
	seed   batch.Seed
	block  *batch.Block
	// content is the hash of all that a row says, and by how it claims to be somebody; both are as long as the block. A row that claims nothing has zeroes.
	content []batch.Hash
	by      []uint8
	lines   int // bytes of the lines of rows that were added one by one
}

// newRowBuffer returns an empty buffer, which keeps cells or not.
func newRowBuffer(fields []roster.Field, seed batch.Seed, cells bool) *rowBuffer {
	b := &rowBuffer{fields: fields, seed: seed, block: &batch.Block{}}
	if cells {
		b.block = batch.NewBlock(len(fields))
	}
	return b
}

// A rowNote is what a row has beside its cells.
type rowNote struct {
	content batch.Hash
	by      uint8
	kind    batch.Kind // of a row that takes part
	line    batch.LineRef
}

// add takes a row. A nil rowBuffer takes none.
func (b *rowBuffer) add(row batch.Row, note rowNote) error {
	if b == nil {
		return nil
	}
	if err := b.block.Add(row, b.fields, b.seed); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	if !row.Aside {
		b.setLine(b.block.Rows()-1, note.kind, note.line)
		b.lines += int(note.line.Length)
	}
	b.content, b.by = append(b.content, note.content), append(b.by, note.by)
	return nil
}

// setLine says of a row that takes part what it is and where its line is.
func (b *rowBuffer) setLine(i int, kind batch.Kind, line batch.LineRef) {
	p := b.block
	p.Kind[i], p.LineHi[i], p.LineLo[i], p.Offset[i], p.Length[i] = kind, line.Hash.Hi, line.Hash.Lo, line.Offset, line.Length
}

// addExtra takes identifiers that stand in a row beside its own. They protect, and claim nothing.
func (b *rowBuffer) addExtra(row batch.Row) error {
	row.Aside = true
	return b.add(row, rowNote{})
}

// appendRange adds rows from up to but not including to of o.
func (b *rowBuffer) appendRange(o *rowBuffer, from, to int) {
	if from < to {
		b.block.AppendRange(o.block, from, to)
		b.content, b.by = append(b.content, o.content[from:to]...), append(b.by, o.by[from:to]...)
	}
}

// len returns the number of rows at hand.
func (b *rowBuffer) len() int {
	if b == nil {
		return 0
	}
	return b.block.Rows()
}

func (b *rowBuffer) reset() {
	b.block.Reset()
	b.content, b.by, b.lines = b.content[:0], b.by[:0], 0
}

// extend gives the rows, of which there are none, their columns of fixed width: zeroes for n rows.
func (b *rowBuffer) extend(n int) {
	p := b.block
	p.Number, p.Kind, p.State, p.Offset, p.Length = zeroes(p.Number, n), zeroes(p.Kind, n), zeroes(p.State, n), zeroes(p.Offset, n), zeroes(p.Length, n)
	p.IDKey, p.EmailKey = zeroes(p.IDKey, n), zeroes(p.EmailKey, n)
	p.RowHi, p.RowLo, p.LineHi, p.LineLo = zeroes(p.RowHi, n), zeroes(p.RowLo, n), zeroes(p.LineHi, n), zeroes(p.LineLo, n)
	b.content, b.by = zeroes(b.content, n), zeroes(b.by, n)
}

// full reports whether the rows should be written before more of them come. How long the lines of a batch are together bounds what whoever reads them again has in hand.
func (b *rowBuffer) full() bool {
	const most = 1 << 20
	return b != nil && (b.block.Rows() >= batch.Rows || b.lines+b.block.Bytes() >= most)
}

// absentCell stands for a cell that leaves its field as it was, where the content of rows is compared.
var absentCell = batch.Hash{Hi: 0x8F1BBCDCA62C1D6B, Lo: 0x5A827999C3D2E1F0}

// contentOf returns the hash of all that the cells of a row say.
func contentOf(cells []batch.Cell, seed batch.Seed) (h batch.Hash) {
	for _, c := range cells {
		if c.Absent {
			h = h.With(absentCell)
		} else {
			h = h.With(seed.Cell([]byte(c.Text)))
		}
	}
	return h
}

// A sealed is the claims of the rows of a block: the keys under which they are found, 0 where there is none, and their texts, see claimLog.
type sealed struct {
	rows        int
	ids, emails []uint64
	texts       []byte
}

// claimSize is the size of what a sealed block has of each row in front of the texts: number, by and kind, the ends of both texts, and the content's hash.
const claimSize = 4 + 2 + 4 + 4 + 16

// seal returns the claims of the rows. It reuses the memory of texts, not that of keys, which are kept.
func (b *rowBuffer) seal(texts []byte) sealed {
	n := b.block.Rows()
	s := sealed{rows: n, ids: make([]uint64, n), emails: make([]uint64, n), texts: texts[:0]}
	for i, by := range b.by {
		if by&byID != 0 {
			s.ids[i] = b.block.IDKey[i]
		}
		if by&byEmail != 0 {
			s.emails[i] = b.block.EmailKey[i]
		}
	}
	size := n*claimSize + len(b.block.UniqueID.Data) + len(b.block.Email.Data)
	if cap(s.texts) < size {
		s.texts = make([]byte, 0, size+size/8)
	}
	s.texts = s.texts[:n*claimSize]
	for i := range n {
		p := s.texts[i*claimSize : i*claimSize+claimSize]
		binary.LittleEndian.PutUint32(p, uint32(b.block.Number[i]))
		p[4], p[5] = b.by[i], b.block.Kind[i]
		binary.LittleEndian.PutUint32(p[6:], uint32(b.block.UniqueID.Offsets[i]))
		binary.LittleEndian.PutUint32(p[10:], uint32(b.block.Email.Offsets[i]))
		binary.LittleEndian.PutUint64(p[14:], b.content[i].Hi)
		binary.LittleEndian.PutUint64(p[22:], b.content[i].Lo)
	}
	s.texts = append(append(s.texts, b.block.UniqueID.Data...), b.block.Email.Data...)
	return s
}
