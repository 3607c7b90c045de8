package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"rollcall.internal/internal/mapping"
)

// The limits of a file's parts. Whatever a file holds, reading it takes a buffer of one record and no more.
const (
	maxField   = 64 << 10
	maxRecord  = 1 << 20
	maxColumns = mapping.MaxColumns
)

// The buffer starts small, as most files are, and grows as far as a record may.
const (
	firstBuffer = 64 << 10
	maxBuffer   = 2 << 20
)

// A quoteFault says how a record breaks the rules of quoting.
type quoteFault int

const (
	wellQuoted     quoteFault = iota
	bareQuote                 // a quote inside a cell that does not start with one
	textAfterQuote            // text between a closing quote and the next delimiter
	openQuote                 // the file ends inside quotes
)

// A record is one record of the file, as RFC 4180 has it. Its bytes are good until the next one is read.
type record struct {
	raw     []byte   // as in the file, without the line end; cut where the record is too large
	cells   [][]byte // decoded, at most maxColumns of them
	columns int      // the number of cells, also where there are more than are kept
	line    int      // the physical line at which it starts, counted from 1
	at      int64    // the offset of its first byte in the file
	fault   quoteFault
	ended   bool // by a line end rather than by the end of the file
	loneCR  bool // by a CR that no LF follows
	large   bool // over a limit of its field or record
}

// A scanner cuts a file into records. It is stricter than encoding/csv and never gives up: after a fault it goes on with the next line, so that one stray
// quote costs one row and does not swallow those behind it.
//
// Recovery: a quote that opens a cell and is closed on a later line by one that is followed by text is taken for a stray one. The record then ends
// with the line on which the quote opened, and the lines after it are records of their own. The same holds for a quote that is never closed.
type scanner struct {
	r         io.Reader
	delimiter byte
	stops     [256]bool
	limit     int64 // bytes that are read; one more is too many

	buf        []byte
	start, end int   // the unread part of buf
	read       int64 // bytes taken from r
	eof        bool
	tooLong    bool // the limit was reached
	lonelyCRs  bool // the file's lines end in CR alone
	line       int

	rec    record
	parser parser // of the record that is not plain; kept for its memory
}

func newScanner(r io.Reader, delimiter byte, limit int64) *scanner {
	s := &scanner{r: r, delimiter: delimiter, limit: limit, buf: make([]byte, firstBuffer), line: 1}
	for _, c := range []byte{delimiter, '"', '\r', '\n'} {
		s.stops[c] = true
	}
	return s
}

// peek returns up to n bytes ahead without reading them.
func (s *scanner) peek(n int) ([]byte, error) {
	if s.end-s.start < n {
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
	return s.buf[s.start:min(s.start+n, s.end)], nil
}

// skipBlankLines passes over the empty lines at hand and answers how many they were. More of them may follow.
func (s *scanner) skipBlankLines() (n int) {
	b := s.buf[s.start:s.end]
	for {
		switch {
		case len(b) > 0 && b[0] == '\n':
			b = b[1:]
		case len(b) > 1 && b[0] == '\r' && b[1] == '\n':
			b = b[2:]
		case s.lonelyCRs && len(b) > 1 && b[0] == '\r':
			b = b[1:]
		default:
			s.start, s.line = s.end-len(b), s.line+n
			return n
		}
		n++
	}
}

// skip leaves out n bytes that were peeked at.
func (s *scanner) skip(n int) { s.start += n }

// fill reads until the buffer is full or the file ends.
func (s *scanner) fill() error {
	s.end = copy(s.buf, s.buf[s.start:s.end])
	s.start = 0
	for s.end < len(s.buf) && !s.eof {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.read += int64(n)
		if over := s.read - s.limit; over > 0 {
			s.end -= int(min(over, int64(n)))
			s.tooLong, s.eof = true, true
		}
		switch {
		case errors.Is(err, io.EOF):
			s.eof = true
		case err != nil:
			return fmt.Errorf("read file: %w", err)
		}
	}
	return nil
}

// next returns the next record, or nil at the end of the file.
func (s *scanner) next() (*record, error) {
	for {
		if n, ok := s.plain(); ok {
			return s.take(n), nil
		}
		n, complete := s.parse()
		if complete {
			if n == 0 {
				return nil, nil
			}
			return s.take(n), nil
		}
		if s.start == 0 && s.end == len(s.buf) {
			if len(s.buf) == maxBuffer {
				return s.discard()
			}
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// take moves on by the n bytes of the record just read.
func (s *scanner) take(n int) *record {
	consumed := s.buf[s.start : s.start+n]
	s.rec.line, s.rec.at = s.line, s.offset()
	s.line += bytes.Count(consumed, []byte{'\n'})
	if s.rec.loneCR {
		s.line++
	}
	if len(s.rec.raw) > maxRecord {
		s.rec.large = true
	}
	s.start += n
	return &s.rec
}

// plain reads a record that is one line without quotes, which is nearly every one. It answers the bytes read, and false where the record is not so plain.
func (s *scanner) plain() (n int, ok bool) {
	if s.lonelyCRs {
		return 0, false
	}
	b := s.buf[s.start:s.end]
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return 0, false
	}
	line := b[:i]
	if i > 0 && b[i-1] == '\r' {
		line = b[:i-1]
	}
	if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return 0, false
	}
	s.rec = record{raw: line, cells: s.rec.cells[:0], ended: true}
	for rest := line; ; {
		k := bytes.IndexByte(rest, s.delimiter)
		if k < 0 {
			s.plainCell(rest)
			return i + 1, true
		}
		s.plainCell(rest[:k])
		rest = rest[k+1:]
	}
}

func (s *scanner) plainCell(cell []byte) {
	s.rec.columns++
	s.rec.large = s.rec.large || len(cell) > maxField
	if s.rec.columns <= maxColumns {
		s.rec.cells = append(s.rec.cells, cell)
	}
}

// parse reads any record. It answers the bytes read, 0 at the end of the file, and false where the buffer ends before the record does.
func (s *scanner) parse() (n int, complete bool) {
	p := &s.parser
	*p = parser{b: s.buf[s.start:s.end], eof: s.eof, delimiter: s.delimiter, stops: &s.stops, text: p.text[:0], ends: p.ends[:0]}
	if len(p.b) == 0 {
		return 0, s.eof
	}
	if !p.record() {
		return 0, false
	}
	s.rec = record{
		raw: p.b[:p.rawEnd], cells: s.rec.cells[:0], columns: p.columns,
		fault: p.fault, ended: p.ended, loneCR: p.loneCR, large: p.large,
	}
	s.lonelyCRs = s.lonelyCRs || p.loneCR
	from := 0
	for _, to := range p.ends {
		s.rec.cells = append(s.rec.cells, p.text[from:to])
		from = to
	}
	return p.i, true
}

// discard passes over a record that does not fit the buffer, up to the first line end outside quotes, and answers what was kept of it. A record that
// the file ends in, within quotes, counts as ended where a line end came after the quote was opened: then it is the quote that is wrong, not the end of the file.
func (s *scanner) discard() (*record, error) {
	quoted, lines := false, 0
	s.rec = record{large: true, line: s.line, cells: s.rec.cells[:0], raw: bytes.Clone(s.buf[s.start : s.start+maxField])}
	for {
		for rest := s.buf[s.start:s.end]; ; {
			i := bytes.IndexAny(rest, "\"\n")
			if i < 0 {
				break
			}
			switch {
			case rest[i] == '"':
				quoted, lines = !quoted, 0
			case quoted:
				s.line, lines = s.line+1, lines+1
			default:
				s.line++
				s.start = s.end - len(rest) + i + 1
				s.rec.ended = true
				return &s.rec, nil
			}
			rest = rest[i+1:]
		}
		s.start = s.end
		if err := s.fill(); err != nil {
			return nil, err
		}
		if s.start == s.end {
			if quoted {
				s.rec.fault, s.rec.ended = openQuote, lines > 0
			}
			return &s.rec, nil
		}
	}
}
