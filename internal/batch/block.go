package batch

import (
	"fmt"

	"rollcall.internal/internal/roster"
)

// A Block is rows in columns, all of one length. It is made once and used again after Reset. With cells it is what reading lines comes to; without them it is what a roster keeps.
type Block struct {
	Number []int32
	Kind   []Kind
	State  []State
	// IDKey and EmailKey are the keys of the identifiers under the roster's seed, 0 where there is none.
	IDKey, EmailKey []uint64
	// RowHi and RowLo are the hash of all cells in the order of the fields, zero for a row that does not take part or has an absent cell.
	RowHi, RowLo []uint64
	// LineHi and LineLo are the hash of the row's line, and Offset and Length say where that is, see LineRef. They are zero for a row that does not take part.
	LineHi, LineLo []uint64
	Offset         []int64
	Length         []int32
	// UniqueID and Email are the identifiers. A roster keeps those of rows of which something was said; of all others they are "" in it.
	UniqueID, Email Texts
	// Cells are the other fields by their index; those of the two identifiers stay empty. The cells of rows that do not take part are null. A roster does not keep them. nil: there are none.
	Cells []Texts
}

// NewBlock returns an empty block with cells for so many fields.
func NewBlock(fields int) *Block { return &Block{Cells: make([]Texts, fields)} }

// Rows returns the number of rows.
func (b *Block) Rows() int { return len(b.Number) }

// Bytes returns the size of the texts.
func (b *Block) Bytes() int {
	n := len(b.UniqueID.Data) + len(b.Email.Data)
	for i := range b.Cells {
		n += len(b.Cells[i].Data)
	}
	return n
}

// Reset empties b and keeps its memory.
func (b *Block) Reset() {
	b.Number, b.Kind, b.State, b.Offset, b.Length = b.Number[:0], b.Kind[:0], b.State[:0], b.Offset[:0], b.Length[:0]
	for _, c := range b.hashes() {
		*c = (*c)[:0]
	}
	b.UniqueID.Reset()
	b.Email.Reset()
	for i := range b.Cells {
		b.Cells[i].Reset()
	}
}

// hashes are the columns of keys and hashes in the order of the file.
func (b *Block) hashes() [hashColumns]*[]uint64 {
	return [...]*[]uint64{&b.IDKey, &b.EmailKey, &b.RowHi, &b.RowLo, &b.LineHi, &b.LineLo}
}

// Add adds a row and works out its hashes; where its line stands is zero.
func (b *Block) Add(r Row, fields []roster.Field, seed Seed) error {
	kind, state, hash := Aside, State(0), Hash{}
	if !r.Aside {
		if len(r.Cells) != len(fields) {
			return fmt.Errorf("row %d has %d cells for %d fields", r.Number, len(r.Cells), len(fields))
		}
		kind, hash = Accepted, seed.row(r.Cells)
		for i, c := range r.Cells {
			state |= StateOf(fields[i], []byte(c.Text))
		}
	}
	b.Number, b.Kind, b.State = append(b.Number, int32(r.Number)), append(b.Kind, kind), append(b.State, state)
	b.IDKey, b.EmailKey = append(b.IDKey, seed.Key([]byte(r.UniqueID))), append(b.EmailKey, seed.Email([]byte(r.Email)))
	b.RowHi, b.RowLo = append(b.RowHi, hash.Hi), append(b.RowLo, hash.Lo)
	b.LineHi, b.LineLo, b.Offset, b.Length = append(b.LineHi, 0), append(b.LineLo, 0), append(b.Offset, 0), append(b.Length, 0)
	b.UniqueID.AppendString(r.UniqueID)
	b.Email.AppendString(r.Email)
	b.addCells(r, fields)
	return nil
}

func (b *Block) addCells(r Row, fields []roster.Field) {
	for i := range b.Cells {
		switch c := r.Cell(i); {
		case identifies(fields[i]):
		case c.Absent:
			b.Cells[i].AppendNull()
		default:
			b.Cells[i].AppendString(c.Text)
		}
	}
}

// row is the hash of a row's cells, zero where one is absent.
func (s Seed) row(cells []Cell) Hash {
	h := Hash{}
	for _, c := range cells {
		if c.Absent {
			return Hash{}
		}
		h = h.With(s.Cell([]byte(c.Text)))
	}
	return h
}

// AppendRange adds rows from up to but not including to of o, which has cells for the same fields where b has some.
func (b *Block) AppendRange(o *Block, from, to int) {
	b.Number, b.Kind, b.State = append(b.Number, o.Number[from:to]...), append(b.Kind, o.Kind[from:to]...), append(b.State, o.State[from:to]...)
	b.Offset, b.Length = append(b.Offset, o.Offset[from:to]...), append(b.Length, o.Length[from:to]...)
	theirs := o.hashes()
	for i, c := range b.hashes() {
		*c = append(*c, (*theirs[i])[from:to]...)
	}
	b.UniqueID.AppendRange(&o.UniqueID, from, to)
	b.Email.AppendRange(&o.Email, from, to)
	for i := range b.Cells {
		if len(o.Cells[i].Offsets) > 0 {
			b.Cells[i].AppendRange(&o.Cells[i], from, to)
		}
	}
}

// Row returns a copy of row i, which is of these fields; without its cells where b has none.
func (b *Block) Row(i int, fields []roster.Field) Row {
	row := Row{Number: int(b.Number[i]), Aside: !TakesPart(b.Kind[i]), UniqueID: string(b.UniqueID.Bytes(i)), Email: string(b.Email.Bytes(i))}
	if row.Aside || b.Cells == nil {
		return row
	}
	row.Cells = make([]Cell, len(fields))
	for k := range fields {
		text, absent := b.Cell(i, k, fields)
		row.Cells[k] = Cell{Text: string(text), Absent: absent}
	}
	return row
}

// Cell returns what row i, which takes part, says about field k of these fields; absent: nothing. A unique ID that is empty says nothing. b has cells, and the text is good until it changes.
func (b *Block) Cell(i, k int, fields []roster.Field) (text []byte, absent bool) {
	switch fields[k] {
	case roster.Email:
		return b.Email.Bytes(i), false
	case roster.UniqueID:
		text = b.UniqueID.Bytes(i)
		return text, len(text) == 0
	}
	return b.Cells[k].Bytes(i), b.Cells[k].Null(i)
}

// identifies reports whether the field's cells are a column of identifiers rather than one of their own.
func identifies(f roster.Field) bool { return f == roster.Email || f == roster.UniqueID }
