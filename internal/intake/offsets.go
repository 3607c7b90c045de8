package intake

import (
	"bytes"
	"encoding/binary"
)

// A cut file is looked at eight bytes at a time: which of them are delimiters, quotes or control characters is worked out for all eight at once, in the high
// bits of a word (the exact tests for bytes, without a carry from one to the next: Warren, Hacker's Delight, 6-1). What they mean is decided one by one.

const (
	eachByte = 0x0101010101010101
	highBits = 0x8080808080808080
	lowBits  = ^uint64(highBits)
)

// A span is where a cell lies in a block, without its quotes.
type span struct{ from, to uint32 }

// A recordMark is a record of a block.
type recordMark struct {
	from, to uint32 // without the line end
	line     uint32 // counted from the block's first
	odd      bool   // it is left to the strict reader
}

// stretch is how many records are scanned before their cells are read: so few that they stay near the processor meanwhile. reach is how many bytes are looked at ahead of that.
const stretch, reach = 128, 4 << 10

// offsets are the records of a block, and the cells of the last stretch of them: as many for each record as there are columns, and empty ones for an odd record.
type offsets struct {
	delimiter byte
	columns   int // of a record as it should be
	marks     []recordMark
	cells     []span

	at      recordScan
	lines   uint32 // line ends so far
	decoded int    // how much of the room behind the block is taken by cells whose doubled quotes are written once
	looked  int    // how far the block was looked at
	ahead   int    // where the bytes begin that were looked at last
	special []byte // what stands out in these, by index from ahead, two bytes each, and
	next    int    // the first of these that was not scanned
}

// A recordScan is the state of a scan within a record.
type recordScan struct {
	start  int // of the record
	cell   int // start of the cell
	trim   int // how much before its delimiter the cell ends: 1 where it ends with a quote
	column int
	line   uint32 // of the start
	odd    bool
}

// begin makes ready for the scan of a block.
func (o *offsets) begin(b *block) {
	if cap(o.marks) < b.records {
		o.marks = make([]recordMark, 0, b.records+b.records/4)
	}
	if len(o.cells) < stretch*o.columns {
		o.cells = make([]span, stretch*o.columns)
	}
	o.marks, o.at, o.lines, o.decoded, o.looked, o.ahead, o.special, o.next = o.marks[:0], recordScan{}, 0, 0, 0, 0, o.special[:0], 0
}

// places are, for each set of bits, the indices of the first four and the last four of them, 16 bits each, and their number.
type places struct {
	first, last uint64
	count       int
}

var placesOf = func() (all [256]places) {
	for set := range all {
		p := &all[set]
		for bit := range 8 {
			if set>>bit&1 == 0 {
				continue
			}
			if p.count < 4 {
				p.first |= uint64(bit) << (16 * p.count)
			} else {
				p.last |= uint64(bit) << (16 * (p.count - 4))
			}
			p.count++
		}
	}
	return all
}()

// look finds the delimiters, quotes and control characters of the next bytes of a block.
func (o *offsets) look(b *block) {
	const each16, gather = 0x0001000100010001, 0x0102040810204080
	const exchange = ('"' ^ ' ') * eachByte
	delimiters := uint64(o.delimiter) * eachByte
	if cap(o.special) < 2*(reach+8) {
		o.special = make([]byte, 2*(reach+8))
	}
	to := min(o.looked+reach, (b.size+7)&^7)
	found, n := o.special[:cap(o.special)], 0
	text := b.buf[o.looked:to]
	for i := 0; i+8 <= len(text); i += 8 {
		word := binary.LittleEndian.Uint64(text[i:])
		low := word & lowBits
		// Exchanging 0x20 and 0x22 puts the quote next to the control characters.
		ordinary := ((low ^ delimiters) + lowBits) & ((low ^ exchange) + (0x80-0x21)*eachByte)
		special := (^ordinary | (low + eachByte)) &^ word & highBits
		// The high bits of the eight bytes are gathered in one. What is written beyond their number is written over.
		p := &placesOf[special>>7*gather>>56]
		room := found[2*n : 2*n+16 : 2*n+16]
		binary.LittleEndian.PutUint64(room, p.first+uint64(i)*each16)
		if p.count > 4 {
			binary.LittleEndian.PutUint64(room[8:], p.last+uint64(i)*each16)
		}
		n += p.count
	}
	o.special, o.ahead, o.looked, o.next = found[:2*n], o.looked, to, 0
}

// scan finds the next stretch of records of a block and their cells. It marks as odd whatever is not plain: another number of cells, control characters, cells of
// several lines, cells in quotes that may hold an address. It answers false where quotes are broken or a CR stands alone, and then the block is not cut into the records that
// a scanner finds.
func (o *offsets) scan(b *block) bool {
	buf, at := b.buf, o.at
	cells := o.cells[:o.columns:o.columns]
	first := len(o.marks)
	for {
		if o.next == len(o.special) {
			if o.looked >= b.size {
				return false
			}
			o.look(b)
		}
		p := o.delimiters(buf, &at, cells)
		if p < 0 {
			continue
		}
		switch c := buf[p]; {
		case c == '\n':
			if len(o.marks) == b.records || p >= b.size {
				return false
			}
			o.end(buf, p, &at, cells)
			o.lines++
			at = recordScan{start: p + 1, cell: p + 1, line: o.lines}
			n := len(o.marks) - first
			if n == stretch || p+1 == b.size {
				o.at = at
				return p+1 < b.size || len(o.marks) == b.records
			}
			cells = o.cells[n*o.columns : (n+1)*o.columns : (n+1)*o.columns]
		case c == '"':
			end, ok := o.quoted(b, p, &at)
			if !ok {
				return false
			}
			o.skip(b, end)
		case c == '\r' && buf[p+1] == '\n':
		case c == '\r':
			return false
		default:
			at.odd = true
		}
	}
}

// delimiters ends cells at the delimiters that come next, and answers the index of what stands out behind them; -1: that was not looked at yet. Most of what stands out is delimiters,
// and their state is kept at hand here.
func (o *offsets) delimiters(buf []byte, at *recordScan, cells []span) int {
	special, next, ahead, delimiter := o.special, o.next, o.ahead, o.delimiter
	column, cell, trim, p := at.column, at.cell, at.trim, -1
	for next+2 <= len(special) {
		i := ahead + int(binary.LittleEndian.Uint16(special[next:]))
		next += 2
		if buf[i] != delimiter {
			p = i
			break
		}
		if column < len(cells) {
			cells[column] = span{uint32(cell), uint32(i - trim)}
		}
		column, cell, trim = column+1, i+1, 0
	}
	o.next, at.column, at.cell, at.trim = next, column, cell, trim
	return p
}

// skip passes over what stands out in front of index end.
func (o *offsets) skip(b *block, end int) {
	for {
		for o.next < len(o.special) && o.ahead+int(binary.LittleEndian.Uint16(o.special[o.next:])) < end {
			o.next += 2
		}
		if o.next < len(o.special) || o.looked >= end {
			return
		}
		o.looked = end &^ 7
		o.look(b)
	}
}

// end notes the record that the line end at index p ends.
func (o *offsets) end(buf []byte, p int, at *recordScan, cells []span) {
	to := p
	if p > at.start && buf[p-1] == '\r' {
		to--
	}
	if at.column < len(cells) {
		cells[at.column] = span{uint32(at.cell), uint32(to - at.trim)}
	}
	m := recordMark{from: uint32(at.start), to: uint32(to), line: at.line}
	if m.odd = at.odd || at.column+1 != o.columns || to-at.start > maxField; m.odd {
		clear(cells)
	}
	o.marks = append(o.marks, m)
}

// quoted reads the cell that begins with the quote at index p, and answers the index behind its closing quote; false where quotes are broken.
func (o *offsets) quoted(b *block, p int, at *recordScan) (end int, ok bool) {
	if p != at.cell {
		return 0, false
	}
	buf := b.text()
	end, ok = closing(buf, p+1)
	if !ok {
		return 0, false
	}
	if c := buf[end]; c != o.delimiter && c != '\n' && (c != '\r' || end+1 == len(buf) || buf[end+1] != '\n') {
		return 0, false
	}
	double := false
	for _, c := range buf[p+1 : end-1] {
		switch {
		case c == '"':
			double = true
		case c < ' ' || c == 0x7F || c == '@' || c == 0xEF: // the full-width @ begins with EF
			at.odd = true
			if c == '\n' {
				o.lines++
			}
		}
	}
	at.cell, at.trim = p+1, 1
	if double {
		o.decode(b, p, end, at)
	}
	return end, true
}

// closing returns the index behind the quote that closes a cell, past those that are written twice.
func closing(buf []byte, from int) (end int, ok bool) {
	for end = from; ; end++ {
		i := bytes.IndexByte(buf[end:], '"')
		if i < 0 || end+i+1 == len(buf) {
			return 0, false
		}
		if end += i + 1; buf[end] != '"' {
			return end, true
		}
	}
}

// decode puts the text of the cell between the quotes at index p and in front of index end behind the block, with its quotes written once. The cell is odd if there is no room.
func (o *offsets) decode(b *block, p, end int, at *recordScan) {
	from := b.size + blockPad + o.decoded
	if from+end-p > len(b.buf)-blockPad {
		at.odd = true
		return
	}
	to := from
	for raw := b.buf[p+1 : end-1]; len(raw) > 0; {
		i := bytes.IndexByte(raw, '"')
		if i < 0 {
			to += copy(b.buf[to:], raw)
			break
		}
		to += copy(b.buf[to:], raw[:i+1])
		raw = raw[i+2:]
	}
	o.decoded += to - from
	at.cell, at.trim = from, end-to
}
