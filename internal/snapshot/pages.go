package snapshot

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/zeebo/xxh3"
)

// pageSize is how many bytes of a snapshot one checksum covers: a reader reads that much at least, and a gigabyte has 64 KiB of checksums.
const pageSize = 128 << 10

// errDamaged says that the bytes of a snapshot are not those that were written.
var errDamaged = errors.New("the snapshot is damaged")

// A pageWriter passes bytes on and takes the checksums of their pages.
type pageWriter struct {
	w    io.Writer
	page []byte
	sums []byte // eight bytes a page, big-endian
}

// Write implements io.Writer.
func (p *pageWriter) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		if len(p.page) == 0 && len(rest) >= pageSize {
			p.sum(rest[:pageSize])
			rest = rest[pageSize:]
			continue
		}
		n := min(len(rest), pageSize-len(p.page))
		p.page, rest = append(p.page, rest[:n]...), rest[n:]
		if len(p.page) == pageSize {
			p.end()
		}
	}
	return p.w.Write(b)
}

func (p *pageWriter) end() {
	if len(p.page) > 0 {
		p.sum(p.page)
		p.page = p.page[:0]
	}
}

func (p *pageWriter) sum(page []byte) {
	p.sums = binary.BigEndian.AppendUint64(p.sums, xxh3.Hash(page))
}

// pages returns the checksums of all that was written. Nothing is written afterwards.
func (p *pageWriter) pages() []byte {
	p.end()
	return p.sums
}

// A pageReader reads any part of a file of size bytes, and gives out no byte whose page is not as it was written. It is safe for concurrent use.
type pageReader struct {
	r    io.ReaderAt
	size int64
	sums []byte

	damaged func() // called whenever a page can't be read as it was written
}

var scratch = sync.Pool{New: func() any { return new([pageSize]byte) }}

// ReadAt implements io.ReaderAt.
func (p *pageReader) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("read snapshot: negative offset")
	}
	for n < len(b) && off < p.size {
		k, err := p.readPage(b[n:], off)
		if err != nil {
			p.damaged()
			return n, err
		}
		n, off = n+k, off+int64(k)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// readPage reads into b from off to the end of its page, or as much as there is room for.
func (p *pageReader) readPage(b []byte, off int64) (int, error) {
	i := off / pageSize
	start := i * pageSize
	size := int(min(pageSize, p.size-start))
	if off == start && len(b) >= size {
		return size, p.check(i, b[:size])
	}
	page := scratch.Get().(*[pageSize]byte)
	defer scratch.Put(page)
	if err := p.check(i, page[:size]); err != nil {
		return 0, err
	}
	return copy(b, page[off-start:size]), nil
}

// check reads page i into b, which it fills.
func (p *pageReader) check(i int64, b []byte) error {
	if n, err := p.r.ReadAt(b, i*pageSize); n < len(b) {
		return errors.Join(errDamaged, err)
	}
	if int64(len(p.sums)) < 8*(i+1) || binary.BigEndian.Uint64(p.sums[8*i:]) != xxh3.Hash(b) {
		return errDamaged
	}
	return nil
}
