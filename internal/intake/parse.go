package intake

import "bytes"

// A parser reads one record from the start of b by the grammar of RFC 4180, with any delimiter and LF or CRLF.
type parser struct {
	b         []byte
	eof       bool // b holds all that is left of the file
	delimiter byte
	stops     *[256]bool // the bytes at which a bare cell's run of text ends

	i       int    // bytes read
	rawEnd  int    // end of the record without its line end
	text    []byte // the decoded cells, one after the other
	ends    []int
	columns int
	fault   quoteFault
	ended   bool
	loneCR  bool
	large   bool
}

// A mark says what follows a cell.
type mark int

const (
	markDelimiter mark = iota
	markEnd            // of the record
	markMore           // can't be told before more is read
	markText           // anything else
)

// record reads the record; false: b ends before it.
func (p *parser) record() bool {
	for {
		var m mark
		if p.i < len(p.b) && p.b[p.i] == '"' {
			m = p.quoted()
		} else {
			m = p.bare()
		}
		if m == markMore {
			return false
		}
		p.columns++
		if p.columns <= maxColumns {
			p.ends = append(p.ends, len(p.text))
		} else {
			p.text = p.text[:p.ends[maxColumns-1]]
		}
		if m == markEnd {
			return true
		}
	}
}

// from is where the cell being read starts in text.
func (p *parser) from() int {
	if len(p.ends) == 0 {
		return 0
	}
	return p.ends[len(p.ends)-1]
}

// keep adds to the cell being read, up to what a cell may hold.
func (p *parser) keep(b []byte) {
	if room := maxField - (len(p.text) - p.from()); len(b) > room {
		b, p.large = b[:max(room, 0)], true
	}
	p.text = append(p.text, b...)
}

// bare reads a cell that does not start with a quote, or the rest of one that goes on after its closing quote.
func (p *parser) bare() mark {
	for {
		from := p.i
		for p.i < len(p.b) && !p.stops[p.b[p.i]] {
			p.i++
		}
		p.keep(p.b[from:p.i])
		if p.i == len(p.b) {
			if !p.eof {
				return markMore
			}
			return p.end(p.i, 0)
		}
		if p.b[p.i] == '"' {
			p.blame(bareQuote)
			p.keep(p.b[p.i : p.i+1])
			p.i++
			continue
		}
		return p.mark()
	}
}

// quoted reads a cell that starts with a quote.
func (p *parser) quoted() mark {
	opened, large := p.i, p.large
	p.i++
	for {
		j := bytes.IndexByte(p.b[p.i:], '"')
		switch {
		case j < 0 && !p.eof:
			return markMore
		case j < 0:
			p.fault, p.large = openQuote, large
			return p.cut(opened)
		case p.i+j+1 == len(p.b) && !p.eof:
			return markMore
		}
		p.keep(p.b[p.i : p.i+j])
		p.i += j + 1
		if p.i == len(p.b) || p.b[p.i] != '"' {
			break
		}
		p.keep(p.b[p.i : p.i+1])
		p.i++
	}
	m := p.mark()
	if m != markText {
		return m
	}
	p.blame(textAfterQuote)
	if bytes.IndexByte(p.b[opened:p.i], '\n') >= 0 {
		p.large = large // what is over a limit is what the stray quote drew in, and is read anew
		return p.cut(opened)
	}
	return p.bare()
}

// mark looks at what follows a cell and reads it.
func (p *parser) mark() mark {
	if p.i == len(p.b) {
		return p.end(p.i, 0)
	}
	switch c := p.b[p.i]; {
	case c == p.delimiter:
		p.i++
		return markDelimiter
	case c == '\n':
		return p.end(p.i, 1)
	case c != '\r':
		return markText
	case p.i+1 == len(p.b) && !p.eof:
		return markMore
	case p.i+1 < len(p.b) && p.b[p.i+1] == '\n':
		return p.end(p.i, 2)
	}
	p.loneCR = true
	return p.end(p.i, 1)
}

// end ends the record at index at, before a line end of size bytes.
func (p *parser) end(at, size int) mark {
	p.rawEnd, p.i = at, at+size
	p.ended = size > 0
	return markEnd
}

// cut ends the record with the line of the quote at index opened, see scanner. The cell is kept as far as that line goes.
func (p *parser) cut(opened int) mark {
	p.text = p.text[:p.from()]
	j := bytes.IndexByte(p.b[opened:], '\n')
	if j < 0 {
		p.keep(p.b[opened:])
		return p.end(len(p.b), 0)
	}
	line := opened + j
	if p.b[line-1] == '\r' {
		p.keep(p.b[opened : line-1])
		return p.endAt(line-1, line+1)
	}
	p.keep(p.b[opened:line])
	return p.endAt(line, line+1)
}

func (p *parser) endAt(rawEnd, next int) mark {
	p.rawEnd, p.i, p.ended = rawEnd, next, true
	return markEnd
}

// blame notes the first fault of the record.
func (p *parser) blame(f quoteFault) {
	if p.fault == wellQuoted {
		p.fault = f
	}
}
