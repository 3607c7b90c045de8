package intake

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A cellReader reads the cells of a column, in blocks.
type cellReader struct {
	column *column
	index  int // among the columns
	how    reading
	few    bool // the column seems to have few values, so that cells are looked up first
	values values
	blank  value
	seen   int // cells, since the reading began
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

func newCellReader(w *worker, c *column, index, most int) cellReader {
	r := cellReader{column: c, index: index, how: asText, few: true, values: values{most: most}}
	switch {
	case c.Field == roster.UniqueID:
		r.how, r.few = asID, false
	case c.kind == roster.Address:
		r.how, r.few = asAddress, false
	case c.kind == roster.Date:
		r.how, r.few = asDate, false
	}
	if c.allowed != nil || len(c.Translate) > 0 {
		r.how, r.few = asValue, true
	}
	if r.blank = w.valueOf(c, ""); r.few {
		r.values.add(make([]byte, blockPad), span{}, r.blank)
	}
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

// texts is where the column's cells go: into the block where they are kept, as identifiers always are until it is known which are shared.
func (r *cellReader) texts(w *worker) *batch.Texts {
	b := w.plain.block
	switch {
	case r.column.Field == roster.Email:
		return &b.Email
	case r.column.Field == roster.UniqueID:
		return &b.UniqueID
	case w.keeps:
		return &b.Cells[r.index]
	}
	t := &w.scratch[r.index]
	t.Reset()
	return t
}

// read reads the column's cells of the records from index first on.
func (r *cellReader) read(w *worker, buf []byte, first int) {
	t := r.texts(w)
	shift := first - t.Len()
	t.Reserve(len(w.marks)-first, 32*(len(w.marks)-first))
	for i := first; i < len(w.marks); i++ {
		k := -1
		if r.few {
			i, k = r.readKnown(w, buf, first, i, t)
		} else {
			i = r.readDirect(w, buf, first, i, t)
		}
		if i == len(w.marks) {
			break
		}
		s := w.cells[(i-first)*w.offsets.columns+r.column.at]
		w.with(i, r.readCell(w, buf, s, k, i, t))
	}
	if r.column.Field == roster.Status || r.column.Field == roster.ProgramEligibility {
		for i := first; i < len(w.marks); i++ {
			w.plain.block.State[i] |= batch.StateOf(r.column.Field, t.Bytes(i-shift))
		}
	}
	if r.seen += len(w.marks) - first; r.few && r.how != asValue && r.hasMany() {
		r.few, r.values = false, values{most: r.values.most}
	}
}

// hasMany reports whether the column has turned out to have many values: more than are worth it, or one in every second of the first cells.
func (r *cellReader) hasMany() bool {
	known := len(r.values.known)
	return known > min(fewValues, r.values.most*3/4) || r.seen >= firstCells && 2*known > r.seen
}

// with adds a cell to the hash of record i.
func (w *worker) with(i int, cell batch.Hash) {
	b := w.plain.block
	h := batch.Hash{Hi: b.RowHi[i], Lo: b.RowLo[i]}.With(cell)
	b.RowHi[i], b.RowLo[i] = h.Hi, h.Lo
}

// readKnown reads the column's cells from record i on for as long as they are short texts that are known and stored as they stand in the file. It answers the record at which that ends, and which known
// value its cell is if it is one. This is the loop in which most cells of a file are read: nothing is called in it but what the compiler puts in its place, and all that it needs stays at hand.
func (r *cellReader) readKnown(w *worker, buf []byte, from, i int, t *batch.Texts) (end, k int) {
	b := w.plain.block
	hi, lo := b.RowHi[i:len(w.marks)], b.RowLo[i:len(w.marks)]
	cells, step, at := w.cells, w.offsets.columns, (i-from)*w.offsets.columns+r.column.at
	known, slots := r.values.known, r.values.slots
	ends, data, size := t.Offsets[len(t.Offsets):cap(t.Offsets)], t.Data[:cap(t.Data)], len(t.Data)
	done := 0
	k = -1
cells:
	for done < len(hi) && done < len(lo) && done < len(ends) && size+32 <= len(data) && len(slots) > 0 {
		s := cells[at]
		n := s.to - s.from
		if n > 32 {
			break
		}
		first, second, third, fourth := start(buf, s.from, n)
		var v *knownValue
		for slot := slotOf(first, second, third, fourth, n, uint32(len(slots))); ; slot++ {
			found := int(slots[int(slot)&(len(slots)-1)]) - 1
			if found < 0 || found >= len(known) {
				break cells
			}
			if v = &known[found]; v.is(first, second, third, fourth, n) {
				if !v.same {
					k = found
					break cells
				}
				break
			}
		}
		// All of 32 bytes are copied, however many count: that takes less time than to tell.
		room := data[size : size+32 : size+32]
		binary.LittleEndian.PutUint64(room, first)
		binary.LittleEndian.PutUint64(room[8:], second)
		binary.LittleEndian.PutUint64(room[16:], third)
		binary.LittleEndian.PutUint64(room[24:], fourth)
		size += int(n)
		ends[done] = int32(size)
		h := batch.Hash{Hi: hi[done], Lo: lo[done]}.With(v.hash)
		hi[done], lo[done] = h.Hi, h.Lo
		done, at = done+1, at+step
	}
	t.Data, t.Offsets = data[:size], t.Offsets[:len(t.Offsets)+done]
	return i + done, k
}

// readDirect reads the column's cells from record i on for as long as they are plain, without a look at what is known. It answers the record at which that ends.
func (r *cellReader) readDirect(w *worker, buf []byte, from, i int, t *batch.Texts) (end int) {
	b := w.plain.block
	hi, lo := b.RowHi[:len(w.marks)], b.RowLo[:len(w.marks)]
	cells, step, at := w.cells, w.offsets.columns, (i-from)*w.offsets.columns+r.column.at
	for ; i < len(hi) && i < len(lo); i, at = i+1, at+step {
		s := cells[at]
		text := buf[s.from:s.to]
		switch {
		case len(text) == 0:
			return i
		case r.how == asDate:
			head, tail, ok := storedDate(text)
			if !ok {
				return i
			}
			size := len(t.Data)
			t.Data = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint64(t.Data, head), tail)
			t.Offsets = append(t.Offsets, int32(len(t.Data)))
			text = t.Data[size:]
		case r.isPlain(text):
			t.AppendWithin(buf, int(s.from), int(s.to))
		default:
			return i
		}
		h := batch.Hash{Hi: hi[i], Lo: lo[i]}.With(w.seed.Cell(text))
		hi[i], lo[i] = h.Hi, h.Lo
	}
	return i
}

// readCell reads the cell of record i where readKnown or readDirect ended: it is known value k if that is not -1.
func (r *cellReader) readCell(w *worker, buf []byte, s span, k, i int, t *batch.Texts) batch.Hash {
	cell := buf[s.from:s.to]
	if len(cell) == 0 {
		return r.put(w, &r.blank, i, t)
	}
	if k < 0 && r.few {
		k = r.values.find(buf, s)
	}
	switch {
	case k >= 0:
		return r.put(w, &r.values.full[k].value, i, t)
	case r.few && r.isPlain(cell):
		t.AppendWithin(buf, int(s.from), int(s.to))
		h := w.seed.Cell(cell)
		r.values.add(buf, s, value{text: cell, hash: h})
		return h
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
	return cell[0] > ' ' && cell[0] != '#' && cell[len(cell)-1] > ' ' && (isASCIIText(cell) || isLatin(cell))
}

// isASCIIText is isASCII for bytes, eight at a time: the last eight are looked at whether others of them were before or not.
func isASCIIText(text []byte) bool {
	if len(text) < 8 {
		high := byte(0)
		for _, c := range text {
			high |= c
		}
		return high < utf8.RuneSelf
	}
	high := binary.LittleEndian.Uint64(text[len(text)-8:])
	for ; len(text) > 8; text = text[8:] {
		high |= binary.LittleEndian.Uint64(text)
	}
	return high&highBits == 0
}

// isLatin reports whether a text is UTF-8 and has no characters but those of ASCII, Latin letters of the blocks from U+00C0 to U+017F and from U+1E00 to U+1EFF, and behind one of ASCII the apostrophe
// U+2019. Next to each other all of them are in NFC. They are no traces of another encoding either: for that, a character that stands for a byte from 0x80 to 0xBF has to follow one beyond ASCII, and of
// these there are but seven letters, which are left out, and that apostrophe.
func isLatin(text []byte) bool {
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			high := binary.LittleEndian.Uint64(text[i:]) & highBits
			i += bits.TrailingZeros64(high) >> 3 // 8 where there is none
			if high == 0 {
				continue
			}
		}
		switch c := text[i]; {
		case c < utf8.RuneSelf:
			i++
			continue
		case (c == 0xC3 || c == 0xC4) && i+1 < len(text) && text[i+1]&0xC0 == 0x80: // U+00C0 to U+013F, which most are
			i += 2
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r >= 0xC0 && r <= 0x17F:
			if r >= 0x152 && (r <= 0x153 || r == 0x160 || r == 0x161 || r == 0x178 || r == 0x17D || r == 0x17E) {
				return false
			}
		case r >= 0x1E00 && r <= 0x1EFF:
		case r != 0x2019 || i == 0 || text[i-1] >= utf8.RuneSelf:
			return false
		}
		i += size
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
