package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// blockSize is how much of a file is read by one worker at a time. It is less than a record may have, so that what is over a limit never lies within a block.
const blockSize = 256 << 10

// blockPad is how many bytes behind a block can be looked at. They mean nothing. Behind them is room for cells that don't lie in the file as they are, a part of the block's size.
const blockPad, decodedPart = 32, 4

// A block is a part of a file that ends with a record, if the quotes in it are well: the last line end in front of which their number is even.
type block struct {
	buf    []byte // with the pad behind it
	size   int
	offset int64 // in the file
	row    int   // the number of its first record
	line   int   // at which that starts
	// records and lines are how many there are.
	records, lines int
	// thinned says which of the records of another block these are; nil where they are all.
	thinned *thinned

	blockResult
	done chan struct{} // gets a value once a worker has read the block
}

// text is the block's part of the file.
func (b *block) text() []byte { return b.buf[:b.size] }

// A cutter cuts what is left of a file into blocks. Blocks are full but for the last, however the bytes arrive, so that where they end depends on the file alone.
type cutter struct {
	scan  *scanner // where the bytes come from; it stands still meanwhile
	size  int      // of a block
	row   int      // the number of the next record
	line  int      // at which that starts
	carry []byte   // what was read behind the last cut
	free  []*block
	// limited: the limit of bytes is near.
	limited bool
}

// next returns the next block; nil where there is no place to cut within the size of a block, or the limit of bytes is near. What was read is in carry then.
func (c *cutter) next() (*block, error) {
	b := c.take()
	b.offset = c.scan.offset() - int64(len(c.carry))
	n := copy(b.buf[:c.size], c.carry)
	if c.limited = c.scan.limit-c.scan.read < int64(c.size); c.limited {
		return c.giveUp(b), nil
	}
	more, err := c.scan.draw(b.buf[n:c.size])
	if err != nil {
		return nil, err
	}
	n += more
	cut, records, lines := cutAt(b.buf[:n])
	if cut == 0 {
		c.carry = append(c.carry[:0], b.buf[:n]...)
		return c.giveUp(b), nil
	}
	c.carry = append(c.carry[:0], b.buf[cut:n]...)
	clear(b.buf[cut : cut+blockPad])
	b.size, b.records, b.lines, b.row, b.line = cut, records, lines, c.row, c.line
	c.row, c.line = c.row+records, c.line+lines
	return b, nil
}

func (c *cutter) giveUp(b *block) *block {
	c.free = append(c.free, b)
	return nil
}

// take returns a block to be filled.
func (c *cutter) take() *block {
	if n := len(c.free); n > 0 {
		b := c.free[n-1]
		c.free = c.free[:n-1]
		return b
	}
	return &block{buf: make([]byte, c.size+c.size/decodedPart+2*blockPad), done: make(chan struct{}, 1)}
}

// cutAt returns where the last line end ends that an even number of quotes stands in front of, 0 where there is none, how many such line ends there are, and how many
// line ends in all are before the cut.
func cutAt(b []byte) (cut, records, lines int) {
	inside := 0     // line ends within quotes behind the last one that is not
	var last [2]int // the part between two quotes in which that is
	for from, quoted := 0, false; ; quoted = !quoted {
		to := len(b)
		if i := bytes.IndexByte(b[from:], '"'); i >= 0 {
			to = from + i
		}
		n := bytes.Count(b[from:to], newline)
		switch {
		case quoted:
			inside += n
		case n > 0:
			records, lines, inside, last = records+n, lines+inside+n, 0, [2]int{from, to}
		}
		if to == len(b) {
			return last[0] + bytes.LastIndexByte(b[last[0]:last[1]], '\n') + 1, records, lines
		}
		from = to + 1
	}
}

var newline = []byte{'\n'}

// draw reads the next bytes into p, past what is unread in the buffer, until p is full or the file ends.
func (s *scanner) draw(p []byte) (n int, err error) {
	n = copy(p, s.buf[s.start:s.end])
	s.start += n
	if n == len(p) || s.eof {
		return n, nil
	}
	more, err := io.ReadFull(s.r, p[n:])
	s.read += int64(more)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.eof = true
	case err != nil:
		return n, fmt.Errorf("read file: %w", err)
	}
	return n + more, nil
}

// offset is where the next record begins.
func (s *scanner) offset() int64 { return s.read - int64(s.end-s.start) }

// putBack gives bytes back that draw has read, to be read before what follows. They are kept until then.
func (s *scanner) putBack(parts ...[]byte) {
	unread := bytes.Clone(s.buf[s.start:s.end])
	total := len(unread)
	for _, p := range parts {
		total += len(p)
	}
	rest, ok := s.r.(*restReader)
	if !ok {
		rest = &restReader{src: s.r}
		s.r = rest
	}
	rest.ended = rest.ended || s.eof && len(rest.parts) == 0
	rest.parts = append(append(parts, unread), rest.parts...)
	s.start, s.end, s.eof, s.read = 0, 0, false, s.read-int64(total)
}

// A restReader reads what was put back, and then the rest of the file.
type restReader struct {
	parts [][]byte
	src   io.Reader
	ended bool // src has
}

func (r *restReader) Read(p []byte) (int, error) {
	for len(r.parts) > 0 {
		if len(r.parts[0]) == 0 {
			r.parts = r.parts[1:]
			continue
		}
		n := copy(p, r.parts[0])
		r.parts[0] = r.parts[0][n:]
		return n, nil
	}
	if r.ended {
		return 0, io.EOF
	}
	return r.src.Read(p)
}
