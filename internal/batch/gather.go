package batch

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// A gatherer makes the batch of a cut. It goes column by column, all pieces of one before the next: the end of the column that grows stays at hand, and a piece costs little more than
// the copying of its bytes. What it makes is good until it makes the next.
type gatherer struct {
	body []byte // the batch as it stands in a file, without its message
	room []byte // for the body; longer than it is so far

	columns []*Column // of those who are held, the column that is being gathered
	numbers [][]byte  // the same, of a column without text
	spans   []piece   // what is copied of them
}

// gather makes the batch of a cut and returns it as a record, which shares its memory.
func (g *gatherer) gather(w *SnapshotWriter, c *cut) arrow.Record {
	g.reserve(w, c)
	columns := make([]arrow.Array, 0, firstSnapshotText+w.texts())
	for i := range firstSnapshotText {
		g.numbers = g.numbers[:0]
		for _, h := range c.held {
			g.numbers = append(g.numbers, h.numbers(i))
		}
		columns = append(columns, fixedArray(snapshotColumns[i].Type, c.rows, g.gatherNumbers(c, numberWidth(i))))
	}
	for i := range w.texts() {
		g.columns = g.columns[:0]
		for _, h := range c.held {
			g.columns = append(g.columns, w.text(h.Members, i))
		}
		columns = append(columns, g.gatherText(c))
	}
	return w.record(columns, c.rows)
}

// reserve makes room for a body.
func (g *gatherer) reserve(w *SnapshotWriter, c *cut) {
	const padding = 8
	size := w.texts() * (4*(c.rows+1) + 2*padding)
	for i := range firstSnapshotText {
		size += c.rows*numberWidth(i) + padding
	}
	for _, h := range c.held {
		size += w.bytes(h.Members, h.from, h.to)
	}
	if len(g.room) < size {
		g.room = make([]byte, size+size/16)
	}
	g.body = g.room[:0]
}

// next returns room for the next n bytes of the body. What pads them is zero.
func (g *gatherer) next(n int) []byte {
	at := len(g.body)
	end := (at + n + 7) &^ 7
	g.body = g.room[:end]
	clear(g.body[at+n:])
	return g.body[at : at+n : at+n]
}

// gatherNumbers gathers a column without text, of so many bytes a member.
func (g *gatherer) gatherNumbers(c *cut, width int) []byte {
	to := g.next(width * c.rows)
	rest := to
	for _, p := range c.pieces {
		rest = rest[copy(rest, g.numbers[p.of][width*p.from:width*p.to]):]
	}
	return to
}

// gatherText gathers a column of text.
func (g *gatherer) gatherText(c *cut) *array.String {
	size := g.join(c.pieces)
	ends, data := g.next(4*(c.rows+1)), g.next(size)
	offsets := arrow.Int32Traits.CastFromBytes(ends)
	offsets[0] = 0
	at, rest := 0, offsets[1:]
	for _, s := range g.spans {
		from := g.columns[s.of]
		start, theirs := from.offsets[s.from], from.offsets[s.from+1:s.to+1]
		shift, ours := int32(at)-start, rest[:len(theirs)]
		for i, end := range theirs {
			ours[i] = end + shift
		}
		at, rest = at+copy(data[at:], from.data[start:from.offsets[s.to]]), rest[len(ours):]
	}
	return textArray(c.rows, nil, 0, ends, data)
}

// join makes spans of pieces of a column of text, and returns the size of their texts. Who is replaced between two pieces has the same text as before in most columns: then the span goes on, and
// a column comes in few of them.
func (g *gatherer) join(pieces []piece) (size int) {
	g.spans = g.spans[:0]
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		column := g.columns[p.of]
		for ; i+2 < len(pieces); i += 2 {
			instead, then := pieces[i+1], pieces[i+2]
			n := instead.to - instead.from
			if then.of != p.of || then.from != p.to+n || !sameTexts(column, p.to, g.columns[instead.of], instead.from, n) {
				break
			}
			p.to = then.to
		}
		g.spans = append(g.spans, p)
		size += column.bytes(p.from, p.to)
	}
	return size
}

// sameTexts reports whether n rows of a column, from i on, are those of another from k on.
func sameTexts(a *Column, i int, b *Column, k, n int) bool {
	for ; n > 0; n-- {
		if !bytes.Equal(a.data[a.offsets[i]:a.offsets[i+1]], b.data[b.offsets[k]:b.offsets[k+1]]) {
			return false
		}
		i, k = i+1, k+1
	}
	return true
}

// numberWidth returns how many bytes a member takes in column i, which has no text.
func numberWidth(i int) int { return snapshotColumns[i].Type.(arrow.FixedWidthDataType).Bytes() }

// numbers returns column i, which has no text, as it stands in a file.
func (m *Members) numbers(i int) []byte {
	switch i {
	case 0:
		return m.IDs
	case 1:
		return arrow.Int64Traits.CastToBytes(m.Version)
	case 2:
		return m.Presence
	case 3:
		return m.FromRoster
	case 4:
		return arrow.Int64Traits.CastToBytes(m.DeletedUntil)
	}
	return arrow.Uint64Traits.CastToBytes([...][]uint64{m.IDKey, m.EmailKey, m.RowHi, m.RowLo}[i-5])
}
