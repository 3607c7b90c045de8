package intake

import (
	"bytes"

	"rollcall.internal/internal/batch"
)

// A thinned block is what is left of a block without the lines that are known, and these lines. A line is passed over only where it stands between two line ends outside quotes and every record that is
// left turns out to be well quoted, so that no quote has drawn it into another record.
type thinned struct {
	rest   block
	record []int32 // by record of the rest: its place among the block's
	line   []int32 // and the line at which it starts, counted from the block's first
	known  []passed
}

// A passed line is one that was known.
type passed struct {
	record   int32 // its place among the block's
	from, to uint32
	came     *knownLine
}

// thin splits the block; false: too little of it is known to be worth it.
func (w *worker) thin(b *block) bool {
	t := &w.thinned
	t.record, t.line, t.known = t.record[:0], t.line[:0], t.known[:0]
	if len(t.rest.buf) < len(b.buf) {
		t.rest.buf = make([]byte, len(b.buf))
	}
	size, record, line := 0, int32(0), int32(0)
	for from := 0; from < b.size; record++ {
		end, lines := recordEnd(b.text(), from)
		to := end - 1
		if to > from && b.buf[to-1] == '\r' {
			to--
		}
		var came *knownLine
		if lines == 1 {
			came = w.known.find(w.seed.Line(b.buf[from:to]))
		}
		if came != nil {
			t.known = append(t.known, passed{record: record, from: uint32(from), to: uint32(to), came: came})
		} else {
			size += copy(t.rest.buf[size:], b.buf[from:end])
			t.record, t.line = append(t.record, record), append(t.line, line)
		}
		from, line = end, line+int32(lines)
	}
	clear(t.rest.buf[size : size+blockPad])
	t.rest.size, t.rest.records, t.rest.row, t.rest.line, t.rest.thinned = size, len(t.record), b.row, b.line, t
	return 2*len(t.known) > int(record)
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

// readThin reads a block of which most lines are known; false: it has to be read serially.
func (w *worker) readThin(b *block) bool {
	rest := &w.thinned.rest
	if rest.rows == nil {
		rest.rows = newRowBuffer(w.plain.fields, w.seed)
	}
	rest.rows.reset()
	rest.blockResult = blockResult{rows: rest.rows}
	if rest.records > 0 && (!w.suits(rest) || !w.readPlain(rest) || !w.readOdd(rest)) {
		return false
	}
	b.rows.weave(rest.rows, w.thinned.known, b)
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
	to.Number, to.Kind = append(to.Number, number), append(to.Kind, batch.Known)
	to.IDKey, to.EmailKey = append(to.IDKey, k.id), append(to.EmailKey, k.email)
	to.RowHi, to.RowLo = append(to.RowHi, k.row.Hi), append(to.RowLo, k.row.Lo)
	to.LineHi, to.LineLo = append(to.LineHi, k.line.Hi), append(to.LineLo, k.line.Lo)
	to.Offset, to.Length = append(to.Offset, blockAt+int64(p.from)), append(to.Length, int32(p.to-p.from))
	to.UniqueID.Append(nil)
	to.Email.Append(nil)
	for i, f := range b.fields {
		if !f.Identifying() {
			to.Cells[i].Append(nil)
		}
	}
	by := uint8(byEmail)
	if k.id != 0 {
		by |= byID
	}
	b.content, b.by = append(b.content, k.row), append(b.by, by)
}
