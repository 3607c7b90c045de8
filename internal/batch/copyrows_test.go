package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// longTexts are members for whom batches end at the limit of rows and, now and then, before it.
func longTexts(n int) (all []directory.Member) {
	long := strings.Repeat("é", 1<<20)
	for i := range n {
		city := "Bern"
		if i > batch.Rows && i%300 == 7 {
			city = long
		}
		all = append(all, directory.Member{ID: batch.NumberID(i).String(), State: directory.Active, Values: map[roster.Field]string{roster.Email: fmt.Sprint(i), roster.City: city}})
	}
	return all
}

// runsOf returns runs of members of s, which are read with it, without the first few and without every gap-th of the others, and those members. The caller releases what is read.
func runsOf(t *testing.T, s *batch.Snapshot, members []directory.Member, without, gap int) (runs []batch.Run, left []directory.Member, release func()) {
	t.Helper()
	var read []*batch.Members
	n := 0
	for i := range s.Batches() {
		m, err := s.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, m)
		from := 0
		for k := range m.Rows() {
			if n >= without && (n+1)%gap != 0 {
				left = append(left, members[n])
			} else {
				runs = append(runs, batch.Run{Members: m, From: from, To: k})
				from = k + 1
			}
			n++
		}
		runs = append(runs, batch.Run{Members: m, From: from, To: m.Rows()})
	}
	return runs, left, func() {
		for _, m := range read {
			m.Release()
		}
	}
}

// However members are dealt out to runs and calls, they give the bytes that they give when they are added one by one.
func TestCopiedRunsAreCutAsAdded(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	members := longTexts(3*batch.Rows + 100)
	s, err := batch.SnapshotOf(headOfAll, each(members), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Batches() < 5 {
		t.Fatalf("%d batches, want some to end early", s.Batches())
	}
	for _, test := range []struct{ without, gap int }{{0, 1 << 20}, {1, 1 << 20}, {500, 1 << 20}, {0, 13}, {7, 2}, {batch.Rows, 1 << 20}, {batch.Rows, 1000}} {
		runs, left, release := runsOf(t, s, members, test.without, test.gap)
		var want bytes.Buffer
		if err := batch.WriteSnapshot(&want, headOfAll, each(left), alloc); err != nil {
			t.Fatal(err)
		}
		for _, atOnce := range []int{1, 5, 1 << 20} {
			var got bytes.Buffer
			w, err := batch.NewSnapshotWriter(&got, headOfAll, alloc)
			if err != nil {
				t.Fatal(err)
			}
			for part := range slices.Chunk(runs, atOnce) {
				given := slices.Clone(part)
				if err := w.CopyRuns(part); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(part, given) {
					t.Fatal("the runs that were given are others now")
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("without %d and every %d, %d runs at once: other bytes", test.without, test.gap, atOnce)
			}
		}
		release()
	}
}

// A full writer has no room for what a snapshot still holds back.
type fullWriter struct{ left int }

var errFull = errors.New("full")

func (w *fullWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// That a writer fails is told by Close at the latest.
func TestSnapshotThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	members := longTexts(100)
	var whole bytes.Buffer
	if err := batch.WriteSnapshot(&whole, headOfAll, each(members), memory.DefaultAllocator); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, whole.Len() / 2, whole.Len() - 1} {
		if err := batch.WriteSnapshot(&fullWriter{room}, headOfAll, each(members), memory.DefaultAllocator); !errors.Is(err, errFull) {
			t.Errorf("with room for %d of %d bytes: %v", room, whole.Len(), err)
		}
	}
	if err := batch.WriteSnapshot(&fullWriter{whole.Len()}, headOfAll, each(members), memory.DefaultAllocator); err != nil {
		t.Error(err)
	}
}
