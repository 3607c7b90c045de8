package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

// rosterBytes is a roster of n rows.
func rosterBytes(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	fields := []roster.Field{roster.Email, roster.City, roster.UniqueID, roster.Country}
	w, err := NewRosterWriter(&out, fields, memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		city := Cell{Text: "Gen\u00e8ve", Absent: i%3 == 1}
		if city.Absent {
			city.Text = ""
		}
		email, id := fmt.Sprintf("p%d@x.example", i), fmt.Sprint(i)
		if err := w.Add(Row{Number: i + 2, UniqueID: id, Email: email, Cells: []Cell{{Text: email}, city, {Text: id}, {Text: "CH"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parts returns a file's footer and the blocks that it tells of.
func parts(t testing.TB, file []byte) (footer []byte, blocks []block) {
	t.Helper()
	blocks, err := readBlocks(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint32(file[len(file)-10:]))
	return file[len(file)-10-n : len(file)-10], blocks
}

// Whatever a footer says, a block that is taken lies in the file, and what is refused is ErrLayout.
func FuzzParseFooter(f *testing.F) {
	file := rosterBytes(f, 2*Rows+5)
	footer, _ := parts(f, file)
	f.Add(footer, int64(len(file)))
	f.Fuzz(func(t *testing.T, footer []byte, size int64) {
		blocks, err := parseFooter(footer, size)
		if err != nil && !errors.Is(err, ErrLayout) {
			t.Fatal(err)
		}
		if len(blocks) > len(footer)/blockSize {
			t.Fatalf("%d blocks of %d bytes", len(blocks), len(footer))
		}
		for _, b := range blocks {
			if end := b.offset + b.message + b.body; min(b.offset, b.message, b.body) < 0 || end > size || end < b.offset {
				t.Fatalf("block %v does not lie in %d bytes", b, size)
			}
		}
	})
}

// Whatever a message says, buffers that are taken lie in the body one behind the other, and what is refused is ErrLayout.
func FuzzParseMessage(f *testing.F) {
	file := rosterBytes(f, 20)
	_, blocks := parts(f, file)
	b := blocks[0]
	const columns, buffers = 14, 10*2 + 4*3
	if _, err := parseMessage(file[b.offset:b.offset+b.message], columns, buffers, b.body); err != nil {
		f.Fatal(err)
	}
	f.Add(file[b.offset:b.offset+b.message], b.body)
	f.Fuzz(func(t *testing.T, message []byte, size int64) {
		m, err := parseMessage(message, columns, buffers, size)
		if err != nil {
			if !errors.Is(err, ErrLayout) {
				t.Fatal(err)
			}
			return
		}
		end := int64(0)
		for _, e := range m.buffers {
			if e.length == 0 {
				continue
			}
			if e.offset < end || e.length < 0 || e.offset%8 != 0 || e.length > size-e.offset {
				t.Fatalf("buffer %v of a body of %d bytes, behind %d", e, size, end)
			}
			end = e.offset + e.length
		}
		if m.rows < 0 || int64(m.rows) > size {
			t.Fatalf("%d rows in %d bytes", m.rows, size)
		}
	})
}

// Whatever stands in a batch, in its message and its body, reading it ends in rows that can be looked at or in an error, and takes no more memory than the file has bytes.
func FuzzReadBatch(f *testing.F) {
	file := rosterBytes(f, 20)
	_, blocks := parts(f, file)
	b := blocks[0]
	from, to := b.offset, b.offset+b.message+b.body
	f.Add(file[from:to])
	f.Fuzz(func(t *testing.T, content []byte) {
		file := bytes.Clone(file)
		copy(file[from:to], content)
		r, err := OpenRoster(bytes.NewReader(file), int64(len(file)), limit(memory.NewGoAllocator(), 128<<10))
		if err != nil {
			return
		}
		defer r.Close()
		for _, read := range []func() (*RosterBatch, error){
			func() (*RosterBatch, error) { return r.Batch(0) },
			func() (*RosterBatch, error) { return r.Keys(0) },
			func() (*RosterBatch, error) { return r.Keys(0, roster.City, roster.Email) },
		} {
			if r.Batches() == 0 {
				continue
			}
			batch, err := read()
			if err != nil {
				continue
			}
			for i := range batch.Rows() {
				_, _, _ = batch.Hash(i), batch.Line(i), batch.Kind[i]
				for _, c := range append(batch.cells, batch.UniqueID, batch.Email) {
					if c.Len() > 0 {
						_, _ = c.Text(i), c.Null(i)
					}
				}
			}
			batch.Release()
		}
	})
}
