package batch

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

// A Column is a column of text or bytes, read where it lies: it shares memory with the batch that it belongs to and is good until that is released. The zero Column has no rows.
type Column struct {
	offsets []int32 // one more than there are rows
	data    []byte
	valid   []byte // a bit a row, least significant first; nil: no row is null
}

// Len returns the number of rows.
func (c Column) Len() int { return max(len(c.offsets)-1, 0) }

// Bytes returns the text of row i, "" where it is null. It must not be written to.
func (c Column) Bytes(i int) []byte {
	to := c.offsets[i+1]
	return c.data[c.offsets[i]:to:to]
}

// bytes returns the size of the texts from row from, up to but not including row to.
func (c Column) bytes(from, to int) int { return int(c.offsets[to] - c.offsets[from]) }

// Text returns a copy of the text of row i, "" where it is null.
func (c Column) Text(i int) string { return string(c.Bytes(i)) }

// Null reports whether row i says nothing.
func (c Column) Null(i int) bool { return c.valid != nil && c.valid[i>>3]&(1<<(i&7)) == 0 }

// Texts is a column of text that is being made, without Arrow's builders: they check and grow for every value, which takes longer than all the rest of reading a row. The zero Texts is ready for use.
type Texts struct {
	// Data holds the texts one after the other, and Offsets where each ends. Whoever appends to them directly keeps the two in step.
	Data    []byte
	Offsets []int32

	valid []byte // nil while no row is null
	nulls int
}

// Reset empties t and keeps its memory.
func (t *Texts) Reset() { *t = Texts{Data: t.Data[:0], Offsets: t.Offsets[:0], valid: t.valid[:0]} }

// Len returns the number of rows.
func (t *Texts) Len() int { return len(t.Offsets) }

// Append adds a row.
func (t *Texts) Append(text []byte) {
	t.Data = append(t.Data, text...)
	t.Offsets = append(t.Offsets, int32(len(t.Data)))
}

// AppendString adds a row.
func (t *Texts) AppendString(text string) {
	t.Data = append(t.Data, text...)
	t.Offsets = append(t.Offsets, int32(len(t.Data)))
}

// AppendNull adds a row that says nothing.
func (t *Texts) AppendNull() {
	t.Offsets = append(t.Offsets, int32(len(t.Data)))
	i := len(t.Offsets) - 1
	for len(t.valid) <= i>>3 {
		t.valid = append(t.valid, 0xFF)
	}
	t.valid[i>>3] &^= 1 << (i & 7)
	t.nulls++
}

// Bytes returns the text of row i.
func (t *Texts) Bytes(i int) []byte {
	from := int32(0)
	if i > 0 {
		from = t.Offsets[i-1]
	}
	return t.Data[from:t.Offsets[i]]
}

// Null reports whether row i says nothing.
func (t *Texts) Null(i int) bool {
	return t.nulls > 0 && i>>3 < len(t.valid) && t.valid[i>>3]&(1<<(i&7)) == 0
}

// Column returns what t holds; it is good until t changes.
func (t *Texts) Column() Column {
	c := Column{offsets: append(make([]int32, 1, t.Len()+1), t.Offsets...), data: t.Data}
	if t.nulls > 0 {
		for len(t.valid) < (t.Len()+7)/8 {
			t.valid = append(t.valid, 0xFF)
		}
		c.valid = t.valid
	}
	return c
}

// array wraps the column as an Arrow array, which shares its memory. offsets is scratch memory that has to live as long as the array.
func (t *Texts) array(offsets []int32) (*array.String, []int32) {
	offsets = append(append(offsets[:0], 0), t.Offsets...)
	var bitmap *memory.Buffer
	if t.nulls > 0 {
		for len(t.valid) < (t.Len()+7)/8 {
			t.valid = append(t.valid, 0xFF)
		}
		// Bits past the last row are zero, so that the same rows give the same bytes.
		if rest := t.Len() & 7; rest != 0 {
			t.valid[t.Len()>>3] &= 1<<rest - 1
		}
		bitmap = memory.NewBufferBytes(t.valid)
	}
	return textArray(t.Len(), bitmap, t.nulls, arrow.Int32Traits.CastToBytes(offsets), t.Data), offsets
}

// textArray wraps memory as an Arrow array of n texts, of which so many are null; bitmap is nil where none is.
func textArray(n int, bitmap *memory.Buffer, nulls int, offsets, texts []byte) *array.String {
	data := array.NewData(arrow.BinaryTypes.String, n, []*memory.Buffer{bitmap, memory.NewBufferBytes(offsets), memory.NewBufferBytes(texts)}, nil, nulls, 0)
	defer data.Release()
	return array.NewStringData(data)
}

// fieldPrefix leads the names of the columns of fields.
const fieldPrefix = "field."

// textColumns returns, by field, the column of a file that its texts stand in, where those of the two identifiers are the first columns of text.
func textColumns(fields []roster.Field, first int) []int {
	columns, next := make([]int, len(fields)), first+2
	for i, f := range fields {
		switch f {
		case roster.UniqueID:
			columns[i] = first
		case roster.Email:
			columns[i] = first + 1
		default:
			columns[i], next = next, next+1
		}
	}
	return columns
}

// wantedColumns picks the columns before the first of text, and those of the wanted among fields.
func wantedColumns(first int, fields []roster.Field, columns []int, wanted []roster.Field) func(column int) bool {
	var texts []int
	for _, f := range wanted {
		switch i := slices.Index(fields, f); {
		case i >= 0:
			texts = append(texts, columns[i])
		case f == roster.UniqueID:
			texts = append(texts, first)
		case f == roster.Email:
			texts = append(texts, first+1)
		}
	}
	return func(column int) bool { return column < first || slices.Contains(texts, column) }
}
