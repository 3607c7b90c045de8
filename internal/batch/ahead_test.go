package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// spoiling fails from a place of a file on.
type spoiling struct {
	io.ReaderAt
	from int64
}

var errSpoiled = errors.New("spoiled")

func (s *spoiling) ReadAt(p []byte, off int64) (int, error) {
	if s.from > 0 && off >= s.from {
		return 0, errSpoiled
	}
	return s.ReaderAt.ReadAt(p, off)
}

// manyBatches opens a snapshot of twenty batches, one of which is larger than what is read ahead.
func manyBatches(t *testing.T, alloc memory.Allocator) (*batch.Snapshot, *spoiling, int64) {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewSnapshotWriter(&out, headOfAll, alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	block := batch.NewMemberBlock(len(headOfAll.Fields))
	for i := range 20 {
		block.Reset()
		m := directory.Member{ID: batch.NumberID(i).String(), Values: map[roster.Field]string{roster.Email: fmt.Sprint(i)}}
		if i == 3 {
			m.Values[roster.City] = string(bytes.Repeat([]byte("x"), 20<<20))
		}
		if err := errors.Join(block.Add(m, headOfAll.Fields), w.WriteBlock(block)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := &spoiling{ReaderAt: bytes.NewReader(out.Bytes())}
	s, err := batch.OpenSnapshot(r, int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return s, r, int64(out.Len())
}

// Batches come in their order, each good until the next, or until who retains it releases it; the loop may end early, and ends at what can't be read and where it is cancelled.
func TestBatchesReadAhead(t *testing.T) {
	t.Parallel()
	s, file, size := manyBatches(t, checked(t))
	defer s.Close()
	read := func(ctx context.Context, most int) (n int, err error) {
		var kept *batch.Members
		for m, err := range s.All(ctx) {
			if err != nil {
				return n, err
			}
			if m.Rows() != 1 || m.ID(0) != batch.NumberID(n).String() {
				t.Fatalf("batch %d is of %s", n, m.ID(0))
			}
			if n++; n == 2 {
				kept = m
				m.Retain()
				defer m.Release()
			}
			if n == most {
				break
			}
		}
		if kept != nil && (kept.ID(0) != batch.NumberID(1).String() || kept.Email.Text(0) != "1") {
			t.Errorf("who was retained is %s, %q", kept.ID(0), kept.Email.Text(0))
		}
		return n, nil
	}
	for _, most := range []int{1, 4, 19, 20, 21} {
		if n, err := read(t.Context(), most); err != nil || n != min(most, 20) {
			t.Errorf("of %d, %d came: %v", most, n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var err error
	for _, err = range s.All(ctx) {
		if err != nil {
			break
		}
		n++
		cancel()
	}
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v after %d", err, n)
	}
	file.from = size / 2 // within the large batch
	if n, err := read(t.Context(), 20); !errors.Is(err, errSpoiled) || n != 4 {
		t.Errorf("of a file that can't be read: %v after %d", err, n)
	}
}

// No text of a member is null. A file that says otherwise was not written as a snapshot is.
func TestNullsAreNoSnapshot(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	var good, bad bytes.Buffer
	if err := batch.WriteSnapshot(&good, headOfAll, each([]directory.Member{{ID: batch.NumberID(1).String()}}), alloc); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(good.Bytes()), ipc.WithAllocator(alloc))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.RecordAt(0)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	null := array.NewStringBuilder(alloc)
	defer null.Release()
	null.AppendNull()
	column := null.NewArray()
	defer column.Release()
	columns := append([]arrow.Array(nil), rec.Columns()...)
	columns[len(columns)-1] = column
	other := array.NewRecord(rec.Schema(), columns, 1)
	defer other.Release()
	w, err := ipc.NewFileWriter(seeker{&bad}, ipc.WithSchema(rec.Schema()), ipc.WithAllocator(alloc))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(other), w.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := batch.OpenSnapshot(bytes.NewReader(bad.Bytes()), int64(bad.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if m, err := s.Members(0); !errors.Is(err, batch.ErrLayout) {
		t.Errorf("%v, %v", m, err)
	}
}

// A seeker says how much was written.
type seeker struct{ *bytes.Buffer }

func (s seeker) Seek(int64, int) (int64, error) { return int64(s.Len()), nil }
