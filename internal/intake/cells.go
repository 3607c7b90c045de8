package intake

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
	"unicode/utf8"
)

// A cellReader reads the cells of a column, in blocks.
type cellReader struct {
	column *column
	index  int // among the columns
	how    reading
	few    bool // the column seems to have few values, so that cells are looked up first
	values values
	blank  value
}

// A reading says how the plain cells of a column are read. What is not plain is looked up among the values that are known, or read strictly.
type reading int

const (
	asValue   reading = iota // every cell is looked up
	asText                   // a text in its stored form
	asID                     // the same for a unique ID
	asAddress                // an address as nearly all are
	asDate
)

func newCellReader(w *worker, c *column, index int) cellReader {
	r := cellReader{column: c, index: index, how: asText, few: true}
	switch {
	case c.Field == roster.UniqueID:
		r.how, r.few = asID, false
	case c.kind == roster.Address:
		r.how, r.few = asAddress, false
	case c.kind == roster.Date:
		r.how = asDate
	}
	if c.allowed != nil || len(c.Translate) > 0 {
		r.how, r.few = asValue, true
	}
	r.blank = w.valueOf(c, "")
	return r
}

// valueOf reads a cell strictly, to see what it comes to.
func (w *worker) valueOf(c *column, raw string) value {
	p := w.probe
	p.found.kept = p.found.kept[:0]
	cell, aside := p.cell(c, raw)
	switch {
	case aside || len(p.found.kept) > 0:
		return value{odd: true}
	case cell.Absent:
		return value{absent: true, hash: absentCell}
	}
	text := []byte(cell.Text)
	return value{text: text, hash: w.seed.Cell(text)}
}

// texts is where the column's cells go in a block.
func (r *cellReader) texts(b *batch.Block) *batch.Texts {
	switch r.column.Field {
	case roster.Email:
		return &b.Email
	case roster.UniqueID:
		return &b.UniqueID
	}
	return &b.Cells[r.index]
}

// read reads the column's cells of the records from index first on.
func (r *cellReader) read(w *worker, buf []byte, first int) {
	b := w.plain.block
	t, hi, lo := r.texts(b), b.RowHi[:len(w.marks)], b.RowLo[:len(w.marks)]
	step, at := w.offsets.columns, r.column.at
	for i := first; i < len(hi) && i < len(lo); i++ {
		s := w.cells[at]
		at += step
		var h batch.Hash
		k := -1
		if r.few && s.from < s.to {
			k = r.values.find(buf, s)
		}
		switch {
		case k >= 0 && r.values.known[k].same:
			t.AppendWithin(buf, int(s.from), int(s.to))
			h = r.values.known[k].hash
		case k >= 0:
			h = r.put(w, &r.values.full[k].value, i, t)
		case s.from == s.to:
			h = r.put(w, &r.blank, i, t)
		default:
			h = r.miss(w, buf, s, i, t)
		}
		h = batch.Hash{Hi: hi[i], Lo: lo[i]}.With(h)
		hi[i], lo[i] = h.Hi, h.Lo
	}
	if r.few && r.how != asValue && len(r.values.known) > fewValues {
		r.few, r.values = false, values{}
	}
}

// miss reads a cell that is not among the values that were looked up.
func (r *cellReader) miss(w *worker, buf []byte, s span, i int, t *batch.Texts) batch.Hash {
	cell := buf[s.from:s.to]
	if r.isPlain(cell) {
		t.AppendWithin(buf, int(s.from), int(s.to))
		h := w.seed.Cell(cell)
		if r.few {
			r.values.add(buf, s, value{text: cell, hash: h})
		}
		return h
	}
	if r.how == asDate && len(cell) == len(fileDate) {
		if day := [len(fileDate)]byte(cell); storeDate(&day) {
			v := value{text: day[:], hash: w.seed.Cell(day[:])}
			if r.few {
				v.text = bytes.Clone(v.text)
				r.values.add(buf, s, v)
			}
			t.Append(day[:])
			return v.hash
		}
	}
	return r.unplain(w, buf, s, i, t)
}

// unplain reads a cell that has to be read strictly, if it is not known.
func (r *cellReader) unplain(w *worker, buf []byte, s span, i int, t *batch.Texts) batch.Hash {
	if k := r.values.find(buf, s); k >= 0 {
		return r.put(w, &r.values.full[k].value, i, t)
	}
	cell := buf[s.from:s.to]
	if !utf8.Valid(cell) {
		return r.put(w, &value{odd: true}, i, t)
	}
	v := w.valueOf(r.column, string(cell))
	r.values.add(buf, s, v)
	return r.put(w, &v, i, t)
}

// isPlain reports whether the cell is in its stored form as it is.
func (r *cellReader) isPlain(cell []byte) bool {
	switch r.how {
	case asText:
		return isPlainText(cell)
	case asID:
		return isPlainText(cell) && len(cell) <= roster.MaxUniqueID && (!startsNumber(cell[0]) || !hasExponent(cell))
	case asAddress:
		return roster.IsPlainAddress(cell)
	}
	return false
}

// isPlainText reports whether a cell without control characters begins and ends with more than white space, is no error of a spreadsheet, and has no characters but those of ASCII and
// Latin letters in which there is nothing to be composed and no trace of another encoding.
func isPlainText(cell []byte) bool {
	return cell[0] > ' ' && cell[0] != '#' && cell[len(cell)-1] > ' ' && isLatin(cell)
}

// isLatin reports whether a text is UTF-8 and has no characters but those of ASCII and U+00C0 to U+013F, whose first bytes are C3 and C4. Next to each other all of them are in NFC, and they
// are no traces of another encoding, since a character that stands for a byte from 0x80 to 0xBF is needed for that.
func isLatin(text []byte) bool {
	for len(text) >= 8 {
		high := binary.LittleEndian.Uint64(text) & highBits
		if high == 0 {
			text = text[8:]
			continue
		}
		i := bits.TrailingZeros64(high) >> 3
		c := text[i]
		if c < 0xC3 || c > 0xC4 || i+1 == len(text) || text[i+1]&0xC0 != 0x80 {
			return false
		}
		text = text[i+2:]
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < utf8.RuneSelf {
			continue
		}
		if i++; c < 0xC3 || c > 0xC4 || i == len(text) || text[i]&0xC0 != 0x80 {
			return false
		}
	}
	return true
}

// startsNumber and hasExponent hold for every number that a spreadsheet wrote as 1.5E+07, see scientific.
func startsNumber(c byte) bool { return isDigit(c) || c == '+' || c == '-' }

func hasExponent(cell []byte) bool {
	for _, c := range cell {
		if c|0x20 == 'e' {
			return true
		}
	}
	return false
}

// put adds the value of the cell of record i.
func (r *cellReader) put(w *worker, v *value, i int, t *batch.Texts) batch.Hash {
	switch {
	case v.odd:
		w.marks[i].odd = true
		t.Append(nil)
	case v.absent:
		w.absent[i] = true
		if r.column.Field.Identifying() {
			t.Append(nil)
		} else {
			t.AppendNull()
		}
	default:
		t.Append(v.text)
	}
	return v.hash
}
