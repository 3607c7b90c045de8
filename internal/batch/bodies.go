package batch

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// bodies reads the record batches of a file whose schema was checked. It is safe for concurrent use.
//
// Arrow's own reader copies a batch twice, the body and then each buffer, into memory that it makes anew for each, whatever is wanted of it. Reading was most of a comparison that way. Here the columns
// that are wanted are read at once into one buffer, of which the columns are views, and which is used again for another batch once it is released. What is read is a standard Arrow file nevertheless, of
// the plainest kind: little-endian, without compression and dictionaries, each buffer at a multiple of eight bytes. All others are ErrLayout.
type bodies struct {
	r      io.ReaderAt
	alloc  memory.Allocator
	blocks []block
	widths []int // by column: bytes a row, 0 for text
	first  []int // by column: its first buffer, and behind the last column how many there are

	mu     sync.Mutex
	free   [][]byte // buffers that nobody uses
	closed bool
}

// mostFree bounds the buffers that are kept for later batches: one for each of a few goroutines.
const mostFree = 16

// openBodies returns a reader of the record batches, which have the columns of schema, of the file of size bytes at r.
func openBodies(r io.ReaderAt, size int64, schema *arrow.Schema, alloc memory.Allocator) (*bodies, error) {
	b := &bodies{r: r, alloc: alloc, first: []int{0}}
	for _, f := range schema.Fields() {
		width, buffers := 0, 3 // which rows are null; where texts end, of text alone; values
		if fixed, ok := f.Type.(arrow.FixedWidthDataType); ok {
			width, buffers = fixed.Bytes(), 2
		}
		b.widths, b.first = append(b.widths, width), append(b.first, b.first[len(b.first)-1]+buffers)
	}
	var err error
	b.blocks, err = readBlocks(r, size)
	return b, err
}

// close gives the memory back; that of batches which are not released yet once they are.
func (b *bodies) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, buf := range b.free {
		b.alloc.Free(buf)
	}
	b.free = nil
}

// take returns a buffer of n bytes at least.
func (b *bodies) take(n int) []byte {
	b.mu.Lock()
	last := len(b.free) - 1
	var buf []byte
	if last >= 0 {
		buf, b.free = b.free[last], b.free[:last]
	}
	b.mu.Unlock()
	if len(buf) >= n {
		return buf
	}
	if buf != nil {
		b.alloc.Free(buf)
	}
	const step = 64 << 10 // batches of about the same size fit the same buffer
	if n > 4<<10 {
		n = (n + n/16 + step - 1) &^ (step - 1)
	}
	return b.alloc.Allocate(n)
}

// give takes a buffer back.
func (b *bodies) give(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.free) == mostFree {
		b.alloc.Free(buf)
		return
	}
	b.free = append(b.free, buf)
}

// A body is the columns of a batch that were read, in one buffer. It is good until release.
type body struct {
	message
	from   *bodies
	buffer []byte
	places []int // by buffer of the message: where it begins in buffer, -1 where it was not read
}

func (b *body) release() { b.from.give(b.buffer) }

// read returns batch i; the caller releases it.
func (b *bodies) read(i int) (*body, error) {
	if i < 0 || i >= len(b.blocks) {
		return nil, fmt.Errorf("read record batch %d: there are %d", i, len(b.blocks))
	}
	at := b.blocks[i]
	r := &body{from: b, buffer: b.take(int(at.message + at.body))}
	all := r.buffer[:at.message+at.body]
	err := readFull(b.r, all, at.offset)
	if err == nil {
		r.message, err = b.parse(all[:at.message], at)
	}
	if err != nil {
		r.release()
		return nil, fmt.Errorf("read record batch %d: %w", i, err)
	}
	r.places = make([]int, len(r.buffers))
	for k, e := range r.buffers {
		r.places[k] = int(at.message + e.offset)
	}
	return r, nil
}

func (b *bodies) parse(bytes []byte, at block) (message, error) {
	return parseMessage(bytes, len(b.widths), b.first[len(b.widths)], at.body)
}

// readColumns returns of batch i the columns that are wanted; the caller releases it.
func (b *bodies) readColumns(i int, wanted func(column int) bool) (*body, error) {
	if i < 0 || i >= len(b.blocks) {
		return nil, fmt.Errorf("read record batch %d: there are %d", i, len(b.blocks))
	}
	r := &body{from: b}
	if err := r.fill(b.blocks[i], wanted); err != nil {
		if r.buffer != nil {
			r.release()
		}
		return nil, fmt.Errorf("read record batch %d: %w", i, err)
	}
	return r, nil
}

// A span is bytes of a body that are read at once, up to but not including to, and where they are in the buffer.
type span struct{ from, to, place int64 }

// mostGap is how many bytes that are not wanted are read rather than read past: what one more call costs.
const mostGap = 16 << 10

func (b *body) fill(at block, wanted func(column int) bool) (err error) {
	bytes := make([]byte, at.message)
	if err := readFull(b.from.r, bytes, at.offset); err != nil {
		return err
	}
	if b.message, err = b.from.parse(bytes, at); err != nil {
		return err
	}
	spans, size := b.plan(wanted)
	b.buffer = b.from.take(size)
	for _, s := range spans {
		if err := readFull(b.from.r, b.buffer[s.place:s.place+s.to-s.from], at.offset+at.message+s.from); err != nil {
			return err
		}
	}
	return nil
}

// plan works out what is read and where it comes to be; size is that of all.
func (b *body) plan(wanted func(column int) bool) (spans []span, size int) {
	b.places = slices.Repeat([]int{-1}, len(b.buffers))
	for column := range b.from.widths {
		if !wanted(column) {
			continue
		}
		for k := b.from.first[column]; k < b.from.first[column+1]; k++ {
			e := b.buffers[k]
			if e.length == 0 {
				b.places[k] = 0
				continue
			}
			if n := len(spans); n == 0 || e.offset-spans[n-1].to > mostGap {
				spans = append(spans, span{from: e.offset, to: e.offset, place: int64(size+7) &^ 7})
			}
			s := &spans[len(spans)-1]
			b.places[k], s.to = int(s.place+e.offset-s.from), e.offset+e.length
			size = int(s.place + s.to - s.from)
		}
	}
	return spans, size
}

var errShort = errors.New("a column is shorter than its record batch")

// bytes returns a buffer of a column; nil where it was not read.
func (b *body) bytes(column, buffer int) []byte {
	k := b.from.first[column] + buffer
	at, n := b.places[k], int(b.buffers[k].length)
	if at < 0 || n == 0 {
		return nil
	}
	return b.buffer[at : at+n : at+n]
}

// fixed returns the values of a column of numbers, or other values of one size, that was read.
func (b *body) fixed(column int) ([]byte, error) {
	values, n := b.bytes(column, 1), b.rows*b.from.widths[column]
	if len(values) < n {
		return nil, fmt.Errorf("%w: %w", ErrLayout, errShort)
	}
	return values[:n:n], nil
}

// text returns a column of text, the zero Column where it was not read. Its offsets are checked: a file is not trusted to have good ones.
func (b *body) text(column int) (Column, error) {
	if b.rows == 0 || b.places[b.from.first[column]] < 0 {
		return Column{}, nil
	}
	c := Column{data: b.bytes(column, 2)}
	offsets, n := b.bytes(column, 1), 4*(b.rows+1)
	if len(offsets) < n {
		return Column{}, fmt.Errorf("%w: %w", ErrLayout, errShort)
	}
	c.offsets = arrow.Int32Traits.CastFromBytes(offsets[:n])
	if b.nulls[column] > 0 {
		if c.valid = b.bytes(column, 0); len(c.valid) < (b.rows+7)/8 {
			return Column{}, fmt.Errorf("%w: %w", ErrLayout, errShort)
		}
	}
	last := int32(0)
	for _, o := range c.offsets {
		if o < last {
			return Column{}, errOffsets()
		}
		last = o
	}
	if int(last) > len(c.data) {
		return Column{}, errOffsets()
	}
	return c, nil
}

func errOffsets() error {
	return fmt.Errorf("%w: the offsets of a column of text go wrong", ErrLayout)
}

// A placer points columns at what was read of a body. After the first error it does nothing.
type placer struct {
	*body
	err error
}

func (p *placer) bytes(column int) (values []byte) {
	if p.err == nil {
		values, p.err = p.fixed(column)
	}
	return values
}

func (p *placer) uint64s(column int) []uint64 {
	return arrow.Uint64Traits.CastFromBytes(p.bytes(column))
}
func (p *placer) int64s(column int) []int64 { return arrow.Int64Traits.CastFromBytes(p.bytes(column)) }
func (p *placer) int32s(column int) []int32 { return arrow.Int32Traits.CastFromBytes(p.bytes(column)) }

func (p *placer) text(column int) (c Column) {
	if p.err == nil {
		c, p.err = p.body.text(column)
	}
	return c
}
