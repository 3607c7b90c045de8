package batch_test

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/endian"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// texts returns a column's rows; null ones are nil.
func texts(c batch.Column) []any {
	var all []any
	for i := range c.Len() {
		if c.Null(i) {
			all = append(all, nil)
		} else {
			all = append(all, c.Text(i))
		}
	}
	return all
}

// arrowTexts returns the rows of a column as Arrow's own reader has them.
func arrowTexts(a arrow.Array) []any {
	var all []any
	for i, text := 0, a.(*array.String); i < text.Len(); i++ {
		if text.IsNull(i) {
			all = append(all, nil)
		} else {
			all = append(all, text.Value(i))
		}
	}
	return all
}

func arrowReader(t rapid.TB, file []byte) *ipc.FileReader {
	t.Helper()
	r, err := ipc.NewFileReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A roster reads as Arrow's own reader has it, whole or in part; a part has the columns that were asked for and no others.
func TestRosterReadsAsArrowHasIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var out bytes.Buffer
		w, err := batch.NewRosterWriter(&out, fields, alloc)
		if err != nil {
			t.Fatal(err)
		}
		for rest := drawRows(t); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "block")
			b := batch.NewBlock(len(fields))
			for _, r := range rest[:n] {
				if err := b.Add(r, fields, 7); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.WriteBlock(b); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
		if err != nil {
			t.Fatal(err)
		}
		plain := arrowReader(t, out.Bytes())
		if f.Batches() != plain.NumRecords() {
			t.Fatalf("%d batches, want %d", f.Batches(), plain.NumRecords())
		}
		for i := range f.Batches() {
			rec, err := plain.RecordAt(i)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := f.Batch(i)
			if err != nil {
				t.Fatal(err)
			}
			asked := rapid.SliceOfDistinct(rapid.SampledFrom(fields), rapid.ID).Draw(t, "asked")
			part, err := f.Keys(i, asked...)
			if err != nil {
				t.Fatal(err)
			}
			sameAsArrow(t, whole, fields, rec)
			sameAsArrow(t, part, asked, rec)
			part.Release()
			whole.Release()
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}

// sameAsArrow compares a batch, whose columns of text are those of the fields asked for, with a record.
func sameAsArrow(t *rapid.T, b *batch.RosterBatch, asked []roster.Field, rec arrow.Record) {
	t.Helper()
	got := []any{b.Number, b.Kind, b.IDKey, b.EmailKey, b.RowHi, b.RowLo, b.LineHi, b.LineLo, b.Offset, b.Length}
	for i, want := range []any{
		rec.Column(0).(*array.Int32).Int32Values(), rec.Column(1).(*array.Uint8).Uint8Values(),
		rec.Column(2).(*array.Uint64).Uint64Values(), rec.Column(3).(*array.Uint64).Uint64Values(), rec.Column(4).(*array.Uint64).Uint64Values(),
		rec.Column(5).(*array.Uint64).Uint64Values(), rec.Column(6).(*array.Uint64).Uint64Values(), rec.Column(7).(*array.Uint64).Uint64Values(),
		rec.Column(8).(*array.Int64).Int64Values(), rec.Column(9).(*array.Int32).Int32Values(),
	} {
		if diff := cmp.Diff(want, got[i]); diff != "" {
			t.Fatalf("column %d:\n%s", i, diff)
		}
	}
	for i, f := range fields { // email, unique ID, city
		var want []any
		if slices.Contains(asked, f) {
			want = arrowTexts(rec.Column([]int{11, 10, 12}[i]))
		}
		if diff := cmp.Diff(want, texts(b.Column(i))); diff != "" {
			t.Fatalf("%s, asked for %v:\n%s", f, asked, diff)
		}
	}
}

// Keys of members are the members with the columns that were asked for and no others.
func TestKeysOfMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var members []directory.Member
		for i := range rapid.IntRange(1, 20).Draw(t, "members") {
			members = append(members, drawMember(t, i))
		}
		s, err := batch.SnapshotOf(headOfAll, each(members), alloc)
		if err != nil {
			t.Fatal(err)
		}
		asked := rapid.SliceOfDistinct(rapid.SampledFrom(headOfAll.Fields), rapid.ID).Draw(t, "asked")
		whole, err := s.Members(0)
		if err != nil {
			t.Fatal(err)
		}
		part, err := s.Keys(0, asked...)
		if err != nil {
			t.Fatal(err)
		}
		fixed := func(m *batch.Members) []any {
			return []any{m.IDs, m.Version, m.Presence, m.FromRoster, m.DeletedUntil, m.IDKey, m.EmailKey, m.RowHi, m.RowLo}
		}
		if diff := cmp.Diff(fixed(whole), fixed(part)); diff != "" {
			t.Fatal(diff)
		}
		for i, f := range headOfAll.Fields {
			var want []any
			if slices.Contains(asked, f) {
				want = texts(whole.Values[i])
			}
			if diff := cmp.Diff(want, texts(part.Values[i])); diff != "" {
				t.Fatalf("%s, asked for %v:\n%s", f, asked, diff)
			}
		}
		whole.Release()
		part.Release()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}

// Batches that many goroutines read at once keep their own memory until they are released, also once the file is closed; the allocator knows of each that is not.
func TestBatchesKeepTheirMemory(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	all := rows(5*batch.Rows + 9)
	file := writeRoster(t, all)
	f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), alloc)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := f.Batch(1)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for k := range 3 * f.Batches() {
				i := (g + k) % f.Batches()
				read := func() (*batch.RosterBatch, error) { return f.Batch(i) }
				if k%2 == g%2 {
					read = func() (*batch.RosterBatch, error) { return f.Keys(i, roster.Email) }
				}
				b, err := read()
				if err != nil {
					t.Error(err)
					return
				}
				emails(t, b, all[i*batch.Rows:])
				b.Release()
			}
		})
	}
	wait.Wait()
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if alloc.CurrentAlloc() == 0 {
		t.Error("a batch that is not released takes no memory")
	}
	emails(t, kept, all[batch.Rows:])
	kept.Release()
	kept.Release()
}

func emails(t *testing.T, b *batch.RosterBatch, want []batch.Row) {
	for i := range b.Rows() {
		if int(b.Number[i]) != want[i].Number || b.Email.Text(i) != want[i].Email {
			t.Errorf("row %d came back otherwise", want[i].Number)
			return
		}
	}
}

// Keys cost a part of the bytes.
func TestKeysReadLess(t *testing.T) {
	t.Parallel()
	all := rows(4 * batch.Rows)
	for i := range all {
		if c := all[i].Cells; c != nil && !c[2].Absent {
			c[2].Text = string(bytes.Repeat([]byte("x"), 500))
		}
	}
	file := writeRoster(t, all)
	r := &countingReader{Reader: bytes.NewReader(file)}
	f, err := batch.OpenRoster(r, int64(len(file)), checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r.n = 0
	for i := range f.Batches() {
		b, err := f.Keys(i, roster.Email)
		if err != nil {
			t.Fatal(err)
		}
		emails(t, b, all[i*batch.Rows:])
		b.Release()
	}
	if r.n > int64(len(file)/3) {
		t.Errorf("keys took %d of %d bytes", r.n, len(file))
	}
}

// Files of the right schema that are written in another way than the plainest are refused.
func TestOtherEncodingsAreRefused(t *testing.T) {
	t.Parallel()
	file := writeRoster(t, rows(100))
	plain := arrowReader(t, file)
	other := func(schema *arrow.Schema, options ...ipc.Option) []byte {
		var out seekBuffer
		w, err := ipc.NewFileWriter(&out, append(options, ipc.WithSchema(schema))...)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := plain.RecordAt(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(array.NewRecord(schema, rec.Columns(), rec.NumRows())), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	read := func(file []byte) error {
		f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), checked(t))
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := f.Batch(0)
		if err == nil {
			b.Release()
		}
		return err
	}
	if err := read(other(plain.Schema())); err != nil {
		t.Errorf("the plainest file: %v", err)
	}
	swapped := endian.BigEndian
	if endian.IsBigEndian {
		swapped = endian.LittleEndian
	}
	for name, file := range map[string][]byte{
		"compressed": other(plain.Schema(), ipc.WithLZ4()), "of the other endianness": other(plain.Schema().WithEndianness(swapped)),
	} {
		if err := read(file); !errors.Is(err, batch.ErrLayout) {
			t.Errorf("a file that is %s: %v, want %v", name, err, batch.ErrLayout)
		}
	}
}

// A seekBuffer is a buffer that knows where it ends.
type seekBuffer struct{ bytes.Buffer }

func (b *seekBuffer) Seek(int64, int) (int64, error) { return int64(b.Len()), nil }

// A batch that the file does not have is an error.
func TestNoSuchBatch(t *testing.T) {
	t.Parallel()
	file := writeRoster(t, rows(3))
	f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, i := range []int{-1, 1} {
		if _, err := f.Batch(i); err == nil {
			t.Errorf("batch %d was read", i)
		}
		if _, err := f.Keys(i); err == nil {
			t.Errorf("keys of batch %d were read", i)
		}
	}
}
