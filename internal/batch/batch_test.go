package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/changeset"
)

// checked returns an allocator that fails the test where memory is not given back.
func checked(t *testing.T) *memory.CheckedAllocator {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func TestReadersRefuseOtherBytes(t *testing.T) {
	t.Parallel()
	good := write(t, checked(t), fields, added(rows(3)))
	damaged := bytes.Clone(good)
	for i := len(damaged) / 2; i < len(damaged)-20; i++ {
		damaged[i] ^= 0x5A
	}
	for name, file := range map[string][]byte{"empty": nil, "text": []byte("First Name,Last Name\n"), "cut": good[:len(good)/2], "damaged": damaged} {
		f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), checked(t))
		if err == nil {
			_, err = batchtest.Rows(f, batchtest.Resolver(fields, 0, rows(3)))
			f.Close() //nolint:errcheck // it has nothing to say
		}
		if err == nil {
			t.Errorf("%s bytes were read as a roster", name)
		}
	}
	for _, err := range batch.ReadChangeSet(bytes.NewReader(good), int64(len(good)), checked(t)) {
		if !errors.Is(err, batch.ErrLayout) {
			t.Errorf("a roster read as a change set: %v, want ErrLayout", err)
		}
	}
}

func changes(n int) []changeset.Change {
	var changes []changeset.Change
	for i := range n {
		c := changeset.Change{Op: changeset.Update, Member: fmt.Sprintf("member-%d", i), Version: int64(i) << 33, Row: i + 2, UniqueID: fmt.Sprint(i), Email: fmt.Sprintf("p%d@acme.example", i)}
		for k := range i % 3 {
			c.Fields = append(c.Fields, changeset.FieldChange{Field: fields[k], Before: "", After: fmt.Sprintf("é %d", k)})
		}
		if i%5 == 0 {
			c.Op, c.Removal, c.Row = changeset.Delete, true, 0
		}
		changes = append(changes, c)
	}
	return changes
}

func writeChanges(t *testing.T, changes []changeset.Change) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewChangeSetWriter(&out, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if err := w.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestChangeSetComesBackAsWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, batch.Rows, batch.Rows + 1, 3*batch.Rows + 5} {
		want := changes(n)
		file := writeChanges(t, want)
		if !bytes.Equal(file, writeChanges(t, want)) {
			t.Errorf("%d: the same changes give other bytes", n)
		}
		if diff := cmp.Diff(want, collect(t, batch.ReadChangeSet(bytes.NewReader(file), int64(len(file)), checked(t)))); diff != "" {
			t.Errorf("%d: changes differ (-want +got):\n%s", n, diff)
		}
		if got, err := batch.CountChanges(bytes.NewReader(file), int64(len(file)), checked(t)); got != n || err != nil {
			t.Errorf("CountChanges = %d, %v, want %d", got, err, n)
		}
	}
}

func TestReadChangesReadsARange(t *testing.T) {
	t.Parallel()
	all := changes(2*batch.Rows + 100)
	file := writeChanges(t, all)
	for _, r := range [][2]int{{0, 0}, {0, 1}, {2000, 4000}, {batch.Rows - 1, batch.Rows + 1}, {batch.Rows, 2 * batch.Rows}, {2 * batch.Rows, len(all)}, {8000, 20000}, {20000, 30000}} {
		var want []changeset.Change
		if r[0] < len(all) {
			want = append(want, all[r[0]:min(r[1], len(all))]...)
		}
		got := collect(t, batch.ReadChanges(bytes.NewReader(file), int64(len(file)), r[0], r[1], checked(t)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("range %v differs (-want +got):\n%s", r, diff)
		}
	}
}

// A reader that counts shows that a range costs its own batches and not the file.
func TestReadChangesTouchesOnlyItsBatches(t *testing.T) {
	t.Parallel()
	file := writeChanges(t, changes(20*batch.Rows))
	r := &countingReader{Reader: bytes.NewReader(file)}
	collect(t, iter.Seq2[changeset.Change, error](batch.ReadChanges(r, int64(len(file)), 5*batch.Rows, 6*batch.Rows, checked(t))))
	if got, limit := r.n, int64(len(file)/10); got > limit {
		t.Errorf("reading one of 20 batches read %d of %d bytes", got, len(file))
	}
}

type countingReader struct {
	*bytes.Reader
	n int64
}

func (r *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	r.n += int64(n)
	return n, err
}
