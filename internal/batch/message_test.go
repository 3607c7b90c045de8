package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// rosterBytes is a roster of n rows, every second of which is noted; of more than two rows it says what became of some in the end.
func rosterBytes(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	fields := []roster.Field{roster.Email, roster.City, roster.UniqueID, roster.Country}
	w, err := NewRosterWriter(&out, fields, memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	b := &Block{}
	for i := range n {
		email, id := fmt.Sprintf("p%d@x.example", i), fmt.Sprint(i)
		if err := b.Add(Row{Number: i + 2, UniqueID: id, Email: email, Cells: []Cell{{Text: email}, {Text: "Gen\u00e8ve"}, {Text: id}, {Text: "CH"}}}, fields, 0); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			b.Kind[b.Rows()-1] = Noted
		}
		if b.Rows() == Rows || i == n-1 {
			if err := w.WriteBlock(b); err != nil {
				t.Fatal(err)
			}
			b.Reset()
		}
	}
	if n > 2 {
		err = w.Settle([]int32{2}, []Row{{Number: 3}})
	}
	if err := errors.Join(err, w.Close()); err != nil {
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
	const columns, buffers = 13, 11*2 + 2*3
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
		lookAt(r)
	})
}

// lookAt looks at all that can be read of a roster.
func lookAt(f *RosterFile) {
	for i := range f.Batches() {
		b, err := f.Batch(i)
		if err != nil {
			continue
		}
		for k := range b.Rows() {
			_, _, _, _ = b.Hash(k), b.IsLate(k), b.Kind[k], b.State[k]
			if line := b.Line(k); line.Offset < 0 || line.Length < 0 || line.Offset+int64(line.Length) < 0 {
				panic("a line lies nowhere")
			}
			for _, c := range []Column{b.UniqueID, b.Email} {
				_, _ = c.Text(k), c.Null(k)
			}
		}
		b.Release()
	}
}

// The same of members, of which parts are read too.
func FuzzReadMembers(f *testing.F) {
	var out bytes.Buffer
	head := SnapshotHead{Fields: []roster.Field{roster.City, roster.Email, roster.UniqueID, roster.Country}}
	w, err := NewSnapshotWriter(&out, head, memory.NewGoAllocator())
	if err != nil {
		f.Fatal(err)
	}
	for i := range 20 {
		m := directory.Member{ID: NumberID(i).String(), Values: map[roster.Field]string{roster.Email: fmt.Sprint(i), roster.City: "Gen\u00e8ve", roster.UniqueID: fmt.Sprint(i)}}
		if err := w.Add(m); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	_, blocks := parts(f, out.Bytes())
	b := blocks[0]
	from, to := b.offset, b.offset+b.message+b.body
	f.Add(out.Bytes()[from:to])
	f.Fuzz(func(t *testing.T, content []byte) {
		file := bytes.Clone(out.Bytes())
		copy(file[from:to], content)
		s, err := OpenSnapshot(bytes.NewReader(file), int64(len(file)), limit(memory.NewGoAllocator(), 128<<10))
		if err != nil {
			return
		}
		defer s.Close()
		for _, read := range []func() (*Members, error){
			func() (*Members, error) { return s.Members(0) }, func() (*Members, error) { return s.Keys(0) }, func() (*Members, error) { return s.Keys(0, roster.City, roster.Email) },
		} {
			m, err := read()
			if err != nil {
				continue
			}
			for i := range m.Rows() {
				_, _, _ = m.ID(i), m.Until(i), m.RowLo[i]
				for _, c := range append(m.Values, m.UniqueID, m.Email) {
					if c.Len() > 0 {
						_, _ = c.Text(i), c.Null(i)
					}
				}
			}
			m.Release()
		}
	})
}

// Wherever a file is damaged among its batches it is refused or read as rows, without more memory than it has bytes; one that is cut is refused.
func TestDamagedRosters(t *testing.T) {
	t.Parallel()
	good := rosterBytes(t, 300)
	_, blocks := parts(t, good)
	first, last := blocks[0], blocks[len(blocks)-1]
	end := last.offset + last.message + last.body
	rapid.Check(t, func(t *rapid.T) {
		file := bytes.Clone(good)
		cut := rapid.IntRange(0, 3).Draw(t, "way") == 0
		if cut {
			file = file[:rapid.IntRange(0, len(file)-1).Draw(t, "length")]
		} else {
			file[rapid.Int64Range(first.offset, end-1).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "how"))
		}
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r, err := OpenRoster(bytes.NewReader(file), int64(len(file)), limit(alloc, int64(len(file))+128<<10))
		if err == nil {
			if cut {
				t.Fatal("a file that is cut was opened")
			}
			lookAt(r)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}
