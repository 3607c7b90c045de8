package intake

import (
	"bytes"

	"rollcall.internal/internal/batch"
)

// A thinned block is what is left of a block without the lines that are known, and these lines. A line is passed over only where it stands between two line ends outside quotes and every record that is
// left turns out to be well quoted, so that no quote has drawn it into another record.
type thinned struct {
	rest   block
	record []int32  // by record of the rest: its place among the block's
	line   []int32  // the line at which it starts, counted from the block's first
	from   []uint32 // and where it begins in the block
	known  []passed

	marks  []lineMark   // of all records of the block
	hashes []batch.Hash // of their lines; zero for a record of several lines
	came   []*knownLine
}

// A lineMark is where a record begins and ends, without its line end and with it, and how many lines it has.
type lineMark struct{ from, to, end, lines uint32 }

// A passed line is one that was known.
type passed struct {
	record   int32 // its place among the block's
	from, to uint32
	came     *knownLine
}

// thin splits the block; false: too little of it is known to be worth it.
func (w *worker) thin(b *block) bool {
	t := &w.thinned
	t.mark(b, w.seed)
	t.came = w.known.find(t.hashes, t.came)
	t.record, t.line, t.from, t.known = t.record[:0], t.line[:0], t.from[:0], t.known[:0]
	if len(t.rest.buf) < len(b.buf) {
		t.rest.buf = make([]byte, len(b.buf))
	}
	size, line := 0, int32(0)
	for i, m := range t.marks {
		if came := t.came[i]; came != nil {
			t.known = append(t.known, passed{record: int32(i), from: m.from, to: m.to, came: came})
		} else {
			size += copy(t.rest.buf[size:], b.buf[m.from:m.end])
			t.record, t.line, t.from = append(t.record, int32(i)), append(t.line, line), append(t.from, m.from)
		}
		line += int32(m.lines)
	}
	clear(t.rest.buf[size : size+blockPad])
	t.rest.size, t.rest.records, t.rest.row, t.rest.line, t.rest.offset, t.rest.thinned = size, len(t.record), b.row, b.line, b.offset, t
	return 2*len(t.known) > len(t.marks)
}

// mark finds the records of the block and hashes those that are a line.
func (t *thinned) mark(b *block, seed batch.Seed) {
	t.marks, t.hashes = t.marks[:0], t.hashes[:0]
	text := b.text()
	for from := 0; from < len(text); {
		end, lines := recordEnd(text, from)
		to := end - 1
		if to > from && text[to-1] == '\r' {
			to--
		}
		hash := batch.Hash{}
		if lines == 1 {
			hash = seed.Line(text[from:to])
		}
		t.marks, t.hashes = append(t.marks, lineMark{uint32(from), uint32(to), uint32(end), uint32(lines)}), append(t.hashes, hash)
		from = end
	}
}

// recordEnd returns the index behind the first line end from index from on that an even number of quotes stands in front of, and how many line ends there are up to there. The block
// ends with such a one.
func recordEnd(text []byte, from int) (end, lines int) {
	for quoted := false; ; {
		n := bytes.IndexByte(text[from:], '\n')
		if n < 0 {
			return len(text), lines + 1
		}
		quoted = quoted != (bytes.Count(text[from:from+n], quote)&1 == 1)
		from, lines = from+n+1, lines+1
		if !quoted {
			return from, lines
		}
	}
}

var quote = []byte{'"'}

// number is the row of record i, and lineOf the line at which it starts.
func (b *block) number(i int) int {
	if b.thinned != nil {
		i = int(b.thinned.record[i])
	}
	return b.row + i
}

func (b *block) lineOf(i int, m recordMark) int {
	if b.thinned != nil {
		return b.line + int(b.thinned.line[i])
	}
	return b.line + int(m.line)
}

// offsetOf is where record i begins in the file.
func (b *block) offsetOf(i int, m recordMark) int64 {
	if b.thinned != nil {
		return b.offset + int64(b.thinned.from[i])
	}
	return b.offset + int64(m.from)
}

// readThin reads a block of which most lines are known; false: it has to be read serially.
func (w *worker) readThin(b *block) bool {
	rest := &w.thinned.rest
	if rest.rows == nil {
		rest.rows = newRowBuffer(w.plain.fields, w.seed, w.keeps)
	}
	rest.rows.reset()
	rest.blockResult = blockResult{rows: rest.rows}
	if rest.records > 0 && (!w.suits(rest) || !w.readPlain(rest) || !w.readOdd(rest)) {
		return false
	}
	b.rows.weave(rest.rows, w.thinned.known, b)
	w.known.passed.Add(int64(len(w.thinned.known)))
	b.counts, b.kept, b.aside, b.held, b.protected = rest.counts, rest.kept, rest.aside, rest.held, rest.protected
	b.counts.Rows += len(w.thinned.known)
	b.counts.Accepted += len(w.thinned.known)
	return true
}

// weave takes the rows of o and those of the lines that were known, all of them of the block in, in the order of the file.
func (b *rowBuffer) weave(o *rowBuffer, known []passed, in *block) {
	done, rows := 0, o.block.Number
	for _, p := range known {
		number := int32(in.row) + p.record
		next := done
		for next < len(rows) && rows[next] < number {
			next++
		}
		b.appendRange(o, done, next)
		done = next
		b.addKnown(number, in.offset, p)
	}
	b.appendRange(o, done, len(rows))
}

// addKnown takes the row of a line that was known.
func (b *rowBuffer) addKnown(number int32, blockAt int64, p passed) {
	k, to := p.came, b.block
	to.Number, to.Kind, to.State = append(to.Number, number), append(to.Kind, batch.Accepted), append(to.State, k.state)
	to.IDKey, to.EmailKey = append(to.IDKey, k.id), append(to.EmailKey, k.email)
	to.RowHi, to.RowLo = append(to.RowHi, k.row.Hi), append(to.RowLo, k.row.Lo)
	to.LineHi, to.LineLo = append(to.LineHi, k.line.Hi), append(to.LineLo, k.line.Lo)
	to.Offset, to.Length = append(to.Offset, blockAt+int64(p.from)), append(to.Length, int32(p.to-p.from))
	to.UniqueID.Append(nil)
	to.Email.Append(nil)
	by := uint8(byEmail | byKnown)
	if k.id != 0 {
		by |= byID
	}
	b.content, b.by = append(b.content, k.row), append(b.by, by)
}
