package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
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

func arrowReader(t rapid.TB, file []byte) *ipc.FileReader {
	t.Helper()
	r, err := ipc.NewFileReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
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
	file := write(t, alloc, fields, settled(added(all), []int32{2, 2*batch.Rows + 8}, []int32{3, 4*batch.Rows + 6}))
	f := open(t, file, alloc)
	kept, err := f.Batch(1)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]indexed
	for i := range f.Batches() {
		b, err := f.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, readOf(b))
		b.Release()
	}
	same := func(b *batch.RosterBatch, i int) {
		if !slices.Equal(readOf(b), want[i]) {
			t.Errorf("batch %d came back otherwise", i)
		}
	}
	atOnce(func(g int) {
		for k := range 3 * f.Batches() {
			i := (g + k) % f.Batches()
			b, err := f.Batch(i)
			if err != nil {
				t.Error(err)
				return
			}
			same(b, i)
			b.Release()
		}
	})
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if alloc.CurrentAlloc() == 0 {
		t.Error("a batch that is not released takes no memory")
	}
	same(kept, 1)
	kept.Release()
	kept.Release()
}

// atOnce has four goroutines do what do says.
func atOnce(do func(g int)) {
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() { do(g) })
	}
	wait.Wait()
}

// Members, whole and in part, keep their own memory as batches of rosters do.
func TestMembersKeepTheirMemory(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	var members []directory.Member
	for i := range 3*batch.Rows + 9 {
		values := map[roster.Field]string{roster.Email: fmt.Sprint(i, "@x.example"), roster.City: fmt.Sprint("Bern ", i)}
		members = append(members, directory.Member{ID: batch.NumberID(i).String(), State: directory.Active, Values: values})
	}
	s, err := batch.SnapshotOf(headOfAll, each(members), alloc)
	if err != nil {
		t.Fatal(err)
	}
	city := slices.Index(headOfAll.Fields, roster.City)
	same := func(m *batch.Members, i int, whole bool) {
		for k := range m.Rows() {
			want := members[i*batch.Rows+k]
			if m.ID(k) != want.ID || m.Email.Text(k) != want.Values[roster.Email] || whole && m.Values[city].Text(k) != want.Values[roster.City] {
				t.Errorf("member %d came back otherwise", i*batch.Rows+k)
				return
			}
		}
	}
	kept, err := s.Keys(1, roster.Email)
	if err != nil {
		t.Fatal(err)
	}
	atOnce(func(g int) {
		for k := range 3 * s.Batches() {
			i, whole := (g+k)%s.Batches(), k%2 == g%2
			m, err := s.Keys(i, roster.Email)
			if whole && err == nil {
				m.Release()
				m, err = s.Members(i)
			}
			if err != nil {
				t.Error(err)
				return
			}
			same(m, i, whole)
			m.Release()
		}
	})
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	same(kept, 1, false)
	kept.Release()
	kept.Release()
}

// Keys cost a part of the bytes.
func TestKeysReadLess(t *testing.T) {
	t.Parallel()
	var members []directory.Member
	for i := range 4 * batch.Rows {
		members = append(members, directory.Member{ID: batch.NumberID(i).String(), State: directory.Active, Values: map[roster.Field]string{roster.Email: fmt.Sprint(i), roster.City: strings.Repeat("x", 500)}})
	}
	var out bytes.Buffer
	if err := batch.WriteSnapshot(&out, headOfAll, each(members), checked(t)); err != nil {
		t.Fatal(err)
	}
	r := &countingReader{Reader: bytes.NewReader(out.Bytes())}
	s, err := batch.OpenSnapshot(r, int64(out.Len()), checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r.n = 0
	for i := range s.Batches() {
		m, err := s.Keys(i, roster.Email)
		if err != nil {
			t.Fatal(err)
		}
		for k := range m.Rows() {
			if want := fmt.Sprint(i*batch.Rows + k); m.Email.Text(k) != want {
				t.Fatalf("the address of member %s came back otherwise", want)
			}
		}
		m.Release()
	}
	if r.n > int64(out.Len()/4) {
		t.Errorf("keys took %d of %d bytes", r.n, out.Len())
	}
}

// encoded returns the file of a schema, with a record where there is one, as Arrow's own writer makes it.
func encoded(t *testing.T, schema *arrow.Schema, rec arrow.Record, options ...ipc.Option) []byte {
	t.Helper()
	var out seekBuffer
	w, err := ipc.NewFileWriter(&out, append(options, ipc.WithSchema(schema))...)
	if err != nil {
		t.Fatal(err)
	}
	if rec != nil {
		err = w.Write(array.NewRecord(schema, rec.Columns(), rec.NumRows()))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A seekBuffer is a buffer that knows where it ends.
type seekBuffer struct{ bytes.Buffer }

func (b *seekBuffer) Seek(int64, int) (int64, error) { return int64(b.Len()), nil }

// Files of the right schema that are written in another way than the plainest are refused.
func TestOtherEncodingsAreRefused(t *testing.T) {
	t.Parallel()
	plain := arrowReader(t, write(t, checked(t), fields, added(rows(100))))
	rec, err := plain.RecordAt(0)
	if err != nil {
		t.Fatal(err)
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
	schema := plain.Schema()
	if err := read(encoded(t, schema, rec)); err != nil {
		t.Errorf("the plainest file: %v", err)
	}
	swapped := endian.BigEndian
	if endian.IsBigEndian {
		swapped = endian.LittleEndian
	}
	for name, file := range map[string][]byte{
		"compressed": encoded(t, schema, rec, ipc.WithLZ4()), "of the other endianness": encoded(t, schema.WithEndianness(swapped), rec),
	} {
		if err := read(file); !errors.Is(err, batch.ErrLayout) {
			t.Errorf("a file that is %s: %v, want %v", name, err, batch.ErrLayout)
		}
	}
}

// A batch that the file does not have is an error.
func TestNoSuchBatch(t *testing.T) {
	t.Parallel()
	f := open(t, write(t, checked(t), fields, added(rows(3))), checked(t))
	defer f.Close()
	s, err := batch.SnapshotOf(headOfAll, each([]directory.Member{{ID: batch.NumberID(1).String()}}), checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, i := range []int{-1, 1} {
		if _, err := f.Batch(i); err == nil {
			t.Errorf("batch %d was read", i)
		}
		if _, err := s.Members(i); err == nil {
			t.Errorf("members of batch %d were read", i)
		}
		if _, err := s.Keys(i); err == nil {
			t.Errorf("keys of batch %d were read", i)
		}
	}
}
