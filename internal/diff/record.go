package diff

import (
	"encoding/binary"

	"rollcall.internal/internal/batch"
)

// A rowValues is what a row says. Its texts belong to whatever it was read from. It is used again for the next row.
type rowValues struct {
	place, number   int32
	match           match
	uniqueID, email []byte
	cells           []cellValue
}

// A cellValue is a batch.Cell without a copy of its text.
type cellValue struct {
	text   []byte
	absent bool
}

// cell is what the row says about the field at index i of the roster's fields; -1 is one that is not mapped.
func (r *rowValues) cell(i int) (text []byte, present bool) {
	if i < 0 || r.cells[i].absent {
		return nil, false
	}
	return r.cells[i].text, true
}

// fromBlock takes what row i of a block says, whose fields are the layout's.
func (r *rowValues) fromBlock(b *batch.Block, i int, l *layout) {
	r.uniqueID, r.email, r.cells = b.UniqueID.Bytes(i), b.Email.Bytes(i), r.cells[:0]
	for k := range l.fields {
		switch k {
		case l.uniqueID:
			r.cells = append(r.cells, cellValue{r.uniqueID, len(r.uniqueID) == 0})
		case l.email:
			r.cells = append(r.cells, cellValue{r.email, false})
		default:
			column := &b.Cells[k]
			r.cells = append(r.cells, cellValue{column.Bytes(i), column.Null(i)})
		}
	}
}

// What a pairing record asks of its member.
const (
	askDifference = iota // what the row changes
	askID                // whether the unique ID is the member's
	askEmail             // whether the address is the member's
)

// A match says how keys matched a row with its member.
type match uint8

const (
	matchID    match = 1 << iota // by unique ID, rather than by address
	matchEmail                   // the member has the row's address
)

// A pairRecord is something about a row that a member's values answer:
//
//	size uint32, of all; what uint8; match uint8; member uint32; the row's place uint32; the rest
//
// The rest of a question about an identifier is the identifier, of another number uint32, unique ID, address, and the cells: texts with their length before them, of a cell one more, and 0 for one that is absent.
type pairRecord []byte

const pairHead = 4 + 1 + 1 + 4 + 4

func beginPair(b []byte, ask uint8, m match, member, place int32) []byte {
	b = append(b[:0], 0, 0, 0, 0, ask, uint8(m))
	b = binary.LittleEndian.AppendUint32(b, uint32(member))
	return binary.LittleEndian.AppendUint32(b, uint32(place))
}

func endPair(b []byte) []byte {
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// appendQuestion writes a record that asks for an identifier over b.
func appendQuestion(b []byte, ask uint8, member, place int32, identifier []byte) []byte {
	return endPair(append(beginPair(b, ask, 0, member, place), identifier...))
}

// appendPair writes a record with all of r over b.
func appendPair(b []byte, member int32, r *rowValues) []byte {
	b = beginPair(b, askDifference, r.match, member, r.place)
	b = binary.LittleEndian.AppendUint32(b, uint32(r.number))
	b = appendText(appendText(b, r.uniqueID), r.email)
	for _, c := range r.cells {
		if c.absent {
			b = append(b, 0)
			continue
		}
		b = append(binary.AppendUvarint(b, uint64(len(c.text))+1), c.text...)
	}
	return endPair(b)
}

func appendText(b, text []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func (p pairRecord) size() int     { return int(binary.LittleEndian.Uint32(p)) }
func (p pairRecord) asks() uint8   { return p[4] }
func (p pairRecord) match() match  { return match(p[5]) }
func (p pairRecord) member() int32 { return int32(binary.LittleEndian.Uint32(p[6:])) }
func (p pairRecord) place() int32  { return int32(binary.LittleEndian.Uint32(p[10:])) }

// identifier is what a question is about.
func (p pairRecord) identifier() []byte { return p[pairHead:p.size()] }

// values reads a whole row of so many fields into r.
func (p pairRecord) values(r *rowValues, fields int) {
	b := []byte(p[pairHead:p.size()])
	r.place, r.match, r.number, r.cells = p.place(), p.match(), int32(binary.LittleEndian.Uint32(b)), r.cells[:0]
	b = b[4:]
	r.uniqueID, b = cutText(b, 0)
	r.email, b = cutText(b, 0)
	for range fields {
		if b[0] == 0 {
			r.cells, b = append(r.cells, cellValue{absent: true}), b[1:]
			continue
		}
		var text []byte
		text, b = cutText(b, 1)
		r.cells = append(r.cells, cellValue{text: text})
	}
}

// cutText returns the text that b begins with, whose length is written as so many more than it is, and what is behind it.
func cutText(b []byte, more uint64) (text, rest []byte) {
	n, size := binary.Uvarint(b)
	end := size + int(n-more)
	return b[size:end:end], b[end:]
}
