package intake

import (
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A blockResult is what reading a block came to, for the reader to take in.
type blockResult struct {
	serial    bool // nothing: it has to be read by the scanner
	rows      *rowBuffer
	sealed    sealed
	kept      []roster.Finding
	aside     []roster.AsideRow
	counts    roster.Summary
	held      map[roster.Field]int
	protected map[uint64]struct{}
}

// A worker reads blocks. Records of which there is nothing to say are read column by column; the others go one by one through the code that reads a file serially, so
// that every rule stands in one place.
type worker struct {
	offsets
	seed    batch.Seed
	strict  *reader // reads records
	probe   *reader // reads cells, to see what they come to
	columns []cellReader
	keeps   bool          // cells are kept
	scratch []batch.Texts // by column: the cells of a stretch that are not kept
	plain   *rowBuffer    // a row for each record, those of odd ones empty
	hasID   bool
	unread  []int  // the places of columns that are not mapped
	absent  []bool // for each record, whether a cell leaves its field as it was
	known   *Known // nil: no line is known
	thinned thinned
}

// mostKept is how many findings a block may have before it is left to the scanner, which keeps fewer of them at a time.
const mostKept = 16 << 10

// newWorker returns a worker that reads what r would, and keeps cells or not. It and as many as r has cores remember values in so many bytes.
func newWorker(r *reader, cells bool, cache int) *worker {
	o := r.o
	o.Each, o.Progress, o.FindingsLimit = nil, nil, 0
	sub := func() *reader {
		s := newReader(strings.NewReader(""), o)
		s.columns, s.head, s.hasHead, s.found.later = r.columns, r.head, true, true
		return s
	}
	w := &worker{
		offsets: offsets{delimiter: r.scan.delimiter, columns: len(r.head.titles)}, seed: r.rows.seed, strict: sub(), probe: sub(),
		keeps: cells, scratch: make([]batch.Texts, len(r.columns)), plain: newRowBuffer(r.rows.fields, r.rows.seed, cells), known: r.knownLines(),
	}
	for at := range r.head.titles {
		if !slices.ContainsFunc(r.columns, func(c column) bool { return c.at == at }) {
			w.unread = append(w.unread, at)
		}
	}
	for i := range r.columns {
		w.hasID = w.hasID || r.columns[i].Field == roster.UniqueID
		w.columns = append(w.columns, newCellReader(w, &r.columns[i], i, cacheOf(o.workers()*len(r.columns), cache)))
	}
	return w
}

// read reads a block.
func (w *worker) read(b *block) {
	if b.rows == nil {
		b.rows = newRowBuffer(w.plain.fields, w.seed, w.keeps)
	}
	b.rows.reset()
	b.blockResult = blockResult{rows: b.rows, sealed: sealed{texts: b.sealed.texts}}
	if w.known != nil && w.suits(b) && w.thin(b) {
		b.serial = !w.readThin(b)
	} else {
		b.serial = !w.suits(b) || !w.readPlain(b) || !w.readOdd(b)
	}
	if b.serial {
		return
	}
	b.sealed = b.rows.seal(b.sealed.texts)
}

// suits reports whether the block is of records as there should be: so many tiny ones would take more memory than they are worth.
func (w *worker) suits(b *block) bool {
	return b.records*8 <= b.size && b.records*w.offsets.columns <= 2*b.size
}

// readPlain reads the plain records, stretch by stretch and column by column, and finds out which of them are odd after all; false: the block can't be read.
func (w *worker) readPlain(b *block) bool {
	w.plain.reset()
	w.plain.extend(b.records)
	w.absent = zeroes(w.absent, b.records)
	w.begin(b)
	for w.at.start < b.size {
		first := len(w.marks)
		if !w.scan(b) {
			return false
		}
		for i := range w.columns {
			w.columns[i].read(w, b.buf, first)
		}
		for _, at := range w.unread {
			w.check(b.buf, first, at)
		}
		w.finish(b, first)
	}
	return true
}

// check marks records from index first on as odd whose cell at index at, that nobody reads, is not UTF-8.
func (w *worker) check(buf []byte, first, at int) {
	for i := first; i < len(w.marks); i++ {
		s := w.cells[(i-first)*w.offsets.columns+at]
		if !utf8.Valid(buf[s.from:s.to]) {
			w.marks[i].odd = true
		}
	}
}

// finish works out what is known of the rows from index first on once all of their cells were read.
func (w *worker) finish(b *block, first int) {
	p := w.plain.block
	for i := first; i < len(w.marks); i++ {
		m := w.marks[i]
		p.Number[i] = int32(b.number(i))
		if m.odd {
			continue
		}
		if p.EmailKey[i] = w.seed.Email(p.Email.Bytes(i)); p.EmailKey[i] != 0 {
			w.plain.by[i] |= byEmail
		}
		if w.hasID {
			if p.IDKey[i] = w.seed.Key(p.UniqueID.Bytes(i)); p.IDKey[i] != 0 {
				w.plain.by[i] |= byID
			}
		}
		w.plain.setLine(i, batch.Accepted, batch.LineRef{Offset: b.offsetOf(i, m), Length: int32(m.to - m.from), Hash: w.seed.Line(b.buf[m.from:m.to])})
		w.plain.content[i] = batch.Hash{Hi: p.RowHi[i], Lo: p.RowLo[i]}
		if w.absent[i] {
			p.RowHi[i], p.RowLo[i] = 0, 0
		}
	}
	if !w.hasID {
		for range len(w.marks) - first {
			p.UniqueID.Append(nil)
		}
	}
}

// readOdd puts the rows of the plain records into the block, and between them what the strict reader makes of the others; false: there is too much to say.
func (w *worker) readOdd(b *block) bool {
	s, done := w.strictInto(b.rows), 0
	for i := range w.marks {
		if !w.marks[i].odd {
			continue
		}
		b.rows.appendRange(w.plain, done, i)
		done = i + 1
		if !s.readOne(b, i, w.marks[i]) || len(s.found.kept) > mostKept {
			return false
		}
	}
	if done == 0 {
		w.plain, b.rows = b.rows, w.plain
	} else {
		b.rows.appendRange(w.plain, done, len(w.marks))
	}
	b.counts = s.summary
	b.counts.Rows += w.rowsOfPlain()
	b.counts.Accepted += w.rowsOfPlain()
	b.kept, b.aside = s.found.kept, s.found.aside
	if len(s.held) > 0 {
		b.held, s.held = s.held, map[roster.Field]int{}
	}
	if len(s.protected) > 0 {
		b.protected, s.protected = s.protected, map[uint64]struct{}{}
	}
	return true
}

// strictInto returns the strict reader, of which nothing is left of what it read before.
func (w *worker) strictInto(rows *rowBuffer) *reader {
	s := w.strict
	s.rows, s.summary, s.found.aside, s.found.kept = rows, roster.Summary{}, nil, nil
	clear(s.found.totals)
	clear(s.held)
	clear(s.protected)
	return s
}

// rowsOfPlain counts the plain records.
func (w *worker) rowsOfPlain() (n int) {
	for i := range w.marks {
		if !w.marks[i].odd {
			n++
		}
	}
	return n
}

// readOne reads record i of a block strictly; false where that fails, for which it is left to the scanner to say why.
func (r *reader) readOne(b *block, i int, m recordMark) bool {
	s := r.scan
	s.buf, s.start, s.end, s.line, s.lonelyCRs = b.buf, int(m.from), b.size, b.lineOf(i, m), false
	rec, err := s.next()
	if err != nil || rec == nil {
		return false
	}
	r.row, rec.at = b.number(i), b.offsetOf(i, m)
	return r.readRecord(rec) == nil
}

// zeroes returns n zeroes, in s if there is room.
func zeroes[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	s = s[:n]
	clear(s)
	return s
}
