package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall.internal/internal/batch"
)

// NewResolver returns what reads the rows of a roster anew whose lines were known, from the file at src of size bytes that it is the roster of. The options are those that the file was read with. It is for one
// goroutine at a time. Where that can't be, here or for a row, the error is ErrReadOtherwise.
func NewResolver(ctx context.Context, src io.ReaderAt, size int64, o Options, f *batch.RosterFile) (batch.Resolver, error) {
	o.Each, o.Progress, o.Cells, o.Known, o.FileName = nil, nil, nil, nil, ""
	top := newReader(&headReader{ctx: ctx, r: io.NewSectionReader(src, 0, size)}, o)
	top.rows = newRowBuffer(f.Fields(), f.Seed())
	top.untilHead = true
	if err := top.readFile(ctx); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if !top.hasHead || !top.head.usable || top.reading() != f.Reading() {
		return nil, ErrReadOtherwise
	}
	line := newReader(strings.NewReader(""), o)
	line.columns, line.head, line.hasHead, line.rows = top.columns, top.head, true, top.rows
	return func(number int, offset int64, length int, hash batch.Hash) (batch.Row, error) {
		return line.readLine(src, number, offset, length, hash)
	}, nil
}

// ErrReadOtherwise says that rows whose lines were known can't be read any more as they were: the roster is of another file, or was read by another program. The file has to be read anew.
var ErrReadOtherwise = errors.New("the roster was read otherwise than its known rows would be now")

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

// readLine reads the row of a line strictly.
func (r *reader) readLine(src io.ReaderAt, number int, offset int64, length int, hash batch.Hash) (batch.Row, error) {
	if length < 0 || length > maxRecord {
		return batch.Row{}, ErrReadOtherwise
	}
	text := make([]byte, length+1)
	if _, err := io.ReadFull(io.NewSectionReader(src, offset, int64(length)), text[:length]); err != nil {
		return batch.Row{}, fmt.Errorf("read line: %w", err)
	}
	if r.rows.seed.Line(text[:length]) != hash {
		return batch.Row{}, ErrReadOtherwise
	}
	text[length] = '\n'
	s := r.scan
	s.buf, s.start, s.end, s.line, s.eof = text, 0, len(text), 1, true
	r.rows.reset()
	r.row = number
	rec, err := s.next()
	if err != nil || rec == nil || s.start != s.end || r.readRecord(rec) != nil {
		return batch.Row{}, ErrReadOtherwise
	}
	if r.rows.len() != 1 || r.rows.block.Kind[0] != batch.Accepted {
		return batch.Row{}, ErrReadOtherwise
	}
	return r.rows.row(0), nil
}

// row returns a copy of the i-th row, which is accepted.
func (b *rowBuffer) row(i int) batch.Row {
	p := b.block
	row := batch.Row{Number: int(p.Number[i]), UniqueID: string(p.UniqueID.Bytes(i)), Email: string(p.Email.Bytes(i)), Cells: make([]batch.Cell, len(b.fields))}
	for k, f := range b.fields {
		switch {
		case !f.Identifying():
			row.Cells[k] = batch.Cell{Text: string(p.Cells[k].Bytes(i)), Absent: p.Cells[k].Null(i)}
		case f == "email":
			row.Cells[k] = batch.Cell{Text: row.Email}
		default:
			row.Cells[k] = batch.Cell{Text: row.UniqueID, Absent: row.UniqueID == ""}
		}
	}
	return row
}
