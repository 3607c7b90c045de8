package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// copySignature begins the binary format of COPY; flags and an extension, which is empty, follow in four bytes each.
var copySignature = []byte("PGCOPY\n\xff\r\n\x00")

var errCopy = errors.New("the server sent something else than the binary format of COPY")

// A copyReader takes apart what COPY TO sends in its binary format, as it comes, and gives each row away where it lies. How it comes in pieces does not matter.
type copyReader struct {
	columns int // of each row
	row     func(columns [][]byte) error

	begun, ended bool
	rest         []byte // of a row that is not whole yet
	values       [][]byte
	err          error // of row, or errCopy
}

// Write implements io.Writer.
func (r *copyReader) Write(p []byte) (int, error) {
	in := p
	if len(r.rest) > 0 {
		r.rest = append(r.rest, p...)
		in = r.rest
	}
	used, err := r.take(in)
	if err != nil {
		r.err = err
		return 0, err
	}
	r.rest = append(r.rest[:0], in[used:]...)
	return len(p), nil
}

// take gives away the whole rows of in and returns how many bytes they are.
func (r *copyReader) take(in []byte) (used int, err error) {
	if !r.begun {
		if used, err = r.begin(in); used == 0 {
			return 0, err
		}
	}
	for !r.ended {
		n, err := r.next(in[used:])
		if n == 0 || err != nil {
			return used, err
		}
		used += n
	}
	if used < len(in) {
		return used, errCopy
	}
	return used, nil
}

// begin reads what stands before the first row, once all of it is there.
func (r *copyReader) begin(in []byte) (int, error) {
	size := len(copySignature) + 8
	if n := min(len(in), len(copySignature)); !bytes.Equal(in[:n], copySignature[:n]) {
		return 0, errCopy
	}
	if len(in) < size {
		return 0, nil
	}
	if binary.BigEndian.Uint64(in[len(copySignature):]) != 0 {
		return 0, errCopy
	}
	r.begun = true
	return size, nil
}

// next gives away the first row of in and returns its size, 0 where it is not whole.
func (r *copyReader) next(in []byte) (int, error) {
	if len(in) < 2 {
		return 0, nil
	}
	switch n := int16(binary.BigEndian.Uint16(in)); {
	case n == -1:
		r.ended = true
		return 2, nil
	case int(n) != r.columns:
		return 0, errCopy
	}
	at := 2
	r.values = r.values[:0]
	for range r.columns {
		if len(in) < at+4 {
			return 0, nil
		}
		size := int(int32(binary.BigEndian.Uint32(in[at:])))
		at += 4
		switch {
		case size < -1:
			return 0, errCopy
		case size == -1:
			r.values = append(r.values, nil)
			continue
		case len(in)-at < size:
			return 0, nil
		}
		r.values = append(r.values, in[at:at+size:at+size])
		at += size
	}
	return at, r.row(r.values)
}

// end says what was missing when nothing more came.
func (r *copyReader) end() error {
	if !r.ended {
		return errCopy
	}
	return nil
}
