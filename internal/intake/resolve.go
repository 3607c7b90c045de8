package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"rollcall.internal/internal/batch"
)

// ErrReadOtherwise says that rows can't be read any more as they were: the file is another one than that which the roster was read from, or it would be read by another program. It has to be read anew.
var ErrReadOtherwise = errors.New("the file would be read otherwise than when its roster was made")

// NewResolver returns what reads rows of a roster anew by their lines, from the file at src of size bytes that it is the roster of. The options are those that the file was read with. Where that can't be, here or
// for a row, the error is ErrReadOtherwise. What the resolver reads it reads until ctx ends.
func NewResolver(ctx context.Context, src io.ReaderAt, size int64, o Options, f *batch.RosterFile) (batch.Resolver, error) {
	o.Each, o.Progress, o.Cells, o.Rows, o.Known, o.FileName = nil, nil, nil, nil, nil, ""
	top := newReader(&headReader{ctx: ctx, r: io.NewSectionReader(src, 0, size)}, o)
	top.rows = newRowBuffer(f.Fields(), f.Seed(), true)
	top.untilHead = true
	if err := top.readFile(ctx); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if !top.hasHead || !top.head.usable || f.Reading() == "" || top.reading() != f.Reading() {
		return nil, ErrReadOtherwise
	}
	fast := top.suitsWorkers()
	readers := sync.Pool{New: func() any {
		return &lineReader{src: src, size: size, fast: fast, worker: newWorker(top, true, resolverBytes)}
	}}
	return func(lines []batch.LineRef, into *batch.Block) error {
		r := readers.Get().(*lineReader)
		defer readers.Put(r)
		into.Reset()
		for len(lines) > 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			n := portion(lines)
			if err := r.read(lines[:n], into); err != nil {
				return err
			}
			lines = lines[n:]
		}
		return nil
	}, nil
}

// headReader reads no more than it is asked for at a time, and ends with its context.
type headReader struct {
	ctx context.Context
	r   io.Reader
}

func (h *headReader) Read(p []byte) (int, error) {
	if h.ctx.Err() != nil {
		return 0, h.ctx.Err()
	}
	return h.r.Read(p)
}

// portion is how many of the lines are read at a time: as many as fill a block, and one at least.
func portion(lines []batch.LineRef) int {
	size := 0
	for i, l := range lines {
		if size += int(l.Length) + 1; size > blockSize && i > 0 {
			return i
		}
	}
	return len(lines)
}

// A lineReader reads lines that are picked from a file, as if they were a block of it. It is used by one goroutine at a time.
type lineReader struct {
	src    io.ReaderAt
	size   int64
	fast   bool // the worker can read the file's columns
	worker *worker
	lines  thinned // which of the file's rows these are
	block  block
	buf    []byte
}

// mostApart is how many bytes between two lines are read rather than read past.
const mostApart = 4 << 10

// read adds the rows of lines, which are no more than a portion.
func (r *lineReader) read(lines []batch.LineRef, into *batch.Block) error {
	if err := r.draw(lines); err != nil {
		return err
	}
	b, w := &r.block, r.worker
	if b.rows == nil {
		b.rows = newRowBuffer(w.plain.fields, w.seed, true)
	}
	b.rows.reset()
	if !r.fast || !w.suits(b) || !w.readPlain(b) || !w.readOdd(b) {
		b.rows.reset()
		if !r.readEach(lines) {
			return ErrReadOtherwise
		}
	}
	return r.deliver(lines, into)
}

// draw fills the block with lines, once their hashes have shown that they are what they were.
func (r *lineReader) draw(lines []batch.LineRef) error {
	total := 0
	for _, l := range lines {
		if l.Length <= 0 || l.Length > maxRecord || l.Offset < 0 || l.Offset > r.size-int64(l.Length) {
			return ErrReadOtherwise
		}
		total += int(l.Length) + 1
	}
	b, t := &r.block, &r.lines
	if need := total + total/decodedPart + 2*blockPad; len(b.buf) < need {
		b.buf = make([]byte, max(need, blockSize+blockSize/decodedPart+2*blockPad))
	}
	b.size, b.records, b.row, b.line, b.offset, b.thinned = 0, len(lines), 0, 1, 0, t
	t.record, t.line, t.from = t.record[:0], zeroes(t.line, len(lines)), zeroes(t.from, len(lines))
	for len(lines) > 0 {
		n := together(lines)
		if err := r.drawRun(lines[:n]); err != nil {
			return err
		}
		lines = lines[n:]
	}
	clear(b.buf[b.size : b.size+blockPad])
	return nil
}

// together is how many of the lines are read from the file at once.
func together(lines []batch.LineRef) int {
	for i := 1; i < len(lines); i++ {
		end := lines[i-1].Offset + int64(lines[i-1].Length)
		if apart := lines[i].Offset - end; apart < 0 || apart > mostApart || lines[i].Offset+int64(lines[i].Length)-lines[0].Offset > blockSize {
			return i
		}
	}
	return len(lines)
}

// drawRun adds lines that lie together.
func (r *lineReader) drawRun(lines []batch.LineRef) error {
	first, last := lines[0], lines[len(lines)-1]
	size := int(last.Offset + int64(last.Length) - first.Offset)
	r.buf = slices.Grow(r.buf[:0], size)[:size]
	if n, err := r.src.ReadAt(r.buf, first.Offset); n < size {
		if errors.Is(err, io.EOF) {
			return ErrReadOtherwise
		}
		return fmt.Errorf("read lines: %w", err)
	}
	b := &r.block
	for _, l := range lines {
		from := int(l.Offset - first.Offset)
		text := r.buf[from : from+int(l.Length)]
		if r.worker.seed.Line(text) != l.Hash {
			return ErrReadOtherwise
		}
		b.size += copy(b.buf[b.size:], text)
		b.buf[b.size] = '\n'
		b.size++
		r.lines.record = append(r.lines.record, l.Number)
	}
	return nil
}

// readEach reads the lines of the block strictly, each by itself; false: that is not what reading the file came to.
func (r *lineReader) readEach(lines []batch.LineRef) bool {
	b, from := &r.block, 0
	strict := r.worker.strictInto(b.rows)
	for _, l := range lines {
		end := from + int(l.Length) + 1
		s := strict.scan
		s.buf, s.start, s.end, s.line, s.eof, s.lonelyCRs = b.buf, from, end, 1, true, false
		strict.row = int(l.Number)
		rec, err := s.next()
		if err != nil || rec == nil || s.start != end || strict.readRecord(rec) != nil {
			return false
		}
		from = end
	}
	return true
}

// deliver moves the rows of the block that stand for the lines to into. What else was found in a line stands beside its row.
func (r *lineReader) deliver(lines []batch.LineRef, into *batch.Block) error {
	rows, next, whole := r.block.rows.block, 0, true
	for i, kind := range rows.Kind {
		switch {
		case !batch.TakesPart(kind):
			whole = false
			continue
		case next == len(lines) || rows.Number[i] != lines[next].Number:
			return ErrReadOtherwise
		}
		rows.Offset[i] = lines[next].Offset
		next++
	}
	switch {
	case next < len(lines):
		return ErrReadOtherwise
	case whole && into.Rows() == 0:
		*into, *rows = *rows, *into
	case whole:
		into.AppendRange(rows, 0, rows.Rows())
	default:
		for i, kind := range rows.Kind {
			if batch.TakesPart(kind) {
				into.AppendRange(rows, i, i+1)
			}
		}
	}
	return nil
}
