package batch

import (
	"encoding/binary"
	"fmt"
	"io"
)

// What is read here of Arrow's metadata, which are tables of FlatBuffers: a file's footer, which says where its record batches lie, and a batch's message, which says where the
// buffers of its columns lie. Fields are told by their number in Arrow's Schema.fbs, File.fbs and Message.fbs.
const (
	footerSchema, footerDictionaries, footerBatches  = 1, 2, 3
	schemaEndianness                                 = 0
	messageKind, messageHeader                       = 1, 2
	batchLength, batchNodes, batchBuffers, batchCode = 0, 1, 2, 3

	kindRecordBatch = 3  // of a message
	blockSize       = 24 // offset int64, size of the message int32, four bytes of nothing, size of the body int64
	nodeSize        = 16 // rows int64, nulls int64
	bufferSize      = 16 // offset int64, length int64
)

// flat reads tables of FlatBuffers from bytes that nobody vouches for: what lies outside of them reads as 0 and is kept in mind.
type flat struct {
	bytes []byte
	bad   bool
}

// at returns the n bytes at an index, or zeros.
func (f *flat) at(i, n int) []byte {
	if i < 0 || n > len(f.bytes) || i > len(f.bytes)-n {
		f.bad = true
		return make([]byte, n)
	}
	return f.bytes[i : i+n]
}

func (f *flat) uint16(i int) int  { return int(binary.LittleEndian.Uint16(f.at(i, 2))) }
func (f *flat) int32(i int) int   { return int(int32(binary.LittleEndian.Uint32(f.at(i, 4)))) }
func (f *flat) int64(i int) int64 { return int64(binary.LittleEndian.Uint64(f.at(i, 8))) }

// follow returns what the offset at i leads to.
func (f *flat) follow(i int) int { return i + int(binary.LittleEndian.Uint32(f.at(i, 4))) }

// field returns where a field of a table is, 0 where the table does not have it.
func (f *flat) field(table, number int) int {
	shape := table - f.int32(table)
	if entry := 4 + 2*number; entry+2 <= f.uint16(shape) {
		if offset := f.uint16(shape + entry); offset != 0 {
			return table + offset
		}
	}
	return 0
}

// table returns the table that a field leads to.
func (f *flat) table(table, number int) int {
	i := f.field(table, number)
	if i == 0 {
		f.bad = true
		return 0
	}
	return f.follow(i)
}

// vector returns where the items of a field are and how many of them, each of so many bytes; none where the table does not have it.
func (f *flat) vector(table, number, size int) (first, n int) {
	i := f.field(table, number)
	if i == 0 {
		return 0, 0
	}
	i = f.follow(i)
	n = f.int32(i)
	if n < 0 || n > len(f.bytes)/size {
		f.bad = true
		return 0, 0
	}
	f.at(i+4, n*size)
	if f.bad {
		return 0, 0
	}
	return i + 4, n
}

// A block is where a record batch lies in its file: its message, and behind that its body.
type block struct{ offset, message, body int64 }

// readBlocks finds the record batches of the file of size bytes at r.
func readBlocks(r io.ReaderAt, size int64) ([]block, error) {
	const tail = 4 + 6 // the size of the footer, and the magic bytes
	end := make([]byte, tail)
	if size < tail {
		return nil, fmt.Errorf("%w: the file is cut", ErrLayout)
	}
	if err := readFull(r, end, size-tail); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if n > size-tail {
		return nil, fmt.Errorf("%w: the footer is larger than the file", ErrLayout)
	}
	footer := make([]byte, n)
	if err := readFull(r, footer, size-tail-n); err != nil {
		return nil, err
	}
	return parseFooter(footer, size-tail-n)
}

// parseFooter reads a footer. Batches lie before it, in the first size bytes of the file.
func parseFooter(footer []byte, size int64) ([]block, error) {
	f := flat{bytes: footer}
	root := f.follow(0)
	schema := f.table(root, footerSchema)
	if at := f.field(schema, schemaEndianness); at != 0 && f.uint16(at) != 0 {
		return nil, fmt.Errorf("%w: its numbers are big-endian", ErrLayout)
	}
	if _, n := f.vector(root, footerDictionaries, blockSize); n > 0 {
		return nil, fmt.Errorf("%w: it has dictionaries", ErrLayout)
	}
	first, n := f.vector(root, footerBatches, blockSize)
	blocks := make([]block, n)
	for i := range blocks {
		at := first + i*blockSize
		b := block{f.int64(at), int64(f.int32(at + 8)), f.int64(at + 16)}
		if b.offset < 0 || b.message < 0 || b.body < 0 || (b.offset|b.message|b.body)&7 != 0 || b.offset > size || b.message > size-b.offset || b.body > size-b.offset-b.message {
			return nil, fmt.Errorf("%w: record batch %d does not lie in the file", ErrLayout, i)
		}
		blocks[i] = b
	}
	if f.bad {
		return nil, fmt.Errorf("%w: the footer is damaged", ErrLayout)
	}
	return blocks, nil
}

// An extent is where a buffer lies in a body, in bytes.
type extent struct{ offset, length int64 }

// A message says what a batch's body holds.
type message struct {
	rows    int
	nulls   []int64  // by column
	buffers []extent // of all columns: they lie in their order and do not overlap
}

// parseMessage reads the message of a batch of so many columns and buffers, whose body has size bytes.
func parseMessage(b []byte, columns, buffers int, size int64) (m message, err error) {
	const prefix = 8 // a mark, and the size of what follows
	if len(b) < prefix || binary.LittleEndian.Uint32(b) != 0xFFFFFFFF {
		return m, fmt.Errorf("%w: a record batch has no message", ErrLayout)
	}
	f := flat{bytes: b[prefix:]}
	root := f.follow(0)
	if at := f.field(root, messageKind); at == 0 || f.at(at, 1)[0] != kindRecordBatch {
		return m, fmt.Errorf("%w: a message is not of a record batch", ErrLayout)
	}
	header := f.table(root, messageHeader)
	if f.field(header, batchCode) != 0 {
		return m, fmt.Errorf("%w: a record batch is compressed", ErrLayout)
	}
	rows := int64(0)
	if at := f.field(header, batchLength); at != 0 {
		rows = f.int64(at)
	}
	nodes, n := f.vector(header, batchNodes, nodeSize)
	extents, k := f.vector(header, batchBuffers, bufferSize)
	if f.bad || n != columns || k != buffers || rows < 0 || rows > size {
		return m, fmt.Errorf("%w: the message of a record batch is damaged", ErrLayout)
	}
	m = message{int(rows), make([]int64, n), make([]extent, k)}
	if err := m.readNodes(&f, nodes); err != nil {
		return m, err
	}
	return m, m.readExtents(&f, extents, size)
}

func (m *message) readNodes(f *flat, at int) error {
	for i := range m.nulls {
		rows, nulls := f.int64(at+i*nodeSize), f.int64(at+i*nodeSize+8)
		if rows != int64(m.rows) || nulls < 0 || nulls > rows {
			return fmt.Errorf("%w: the columns of a record batch differ in length", ErrLayout)
		}
		m.nulls[i] = nulls
	}
	return nil
}

func (m *message) readExtents(f *flat, at int, size int64) error {
	end := int64(0)
	for i := range m.buffers {
		b := extent{f.int64(at + i*bufferSize), f.int64(at + i*bufferSize + 8)}
		if b.length == 0 {
			continue
		}
		if b.length < 0 || b.offset < end || b.offset&7 != 0 || b.offset > size || b.length > size-b.offset {
			return fmt.Errorf("%w: a column does not lie in its record batch", ErrLayout)
		}
		m.buffers[i], end = b, b.offset+b.length
	}
	return nil
}

// readFull fills b from off.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	if n, err := r.ReadAt(b, off); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}
