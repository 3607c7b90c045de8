package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

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

// replaced returns members of whom every gap-th has another text, twice as long, or the same, and another version, and snapshots of them before and afterwards; runs are those that replace them.
func replaced(t *testing.T, members []directory.Member, gap int, alloc memory.Allocator) (after []directory.Member, runs []batch.Run, release func()) {
	t.Helper()
	after = slices.Clone(members)
	for i := gap - 1; i < len(after); i += gap {
		values := maps.Clone(after[i].Values)
		if i%2 == 0 {
			values[roster.City] += values[roster.City]
		}
		after[i].Values, after[i].Version = values, 7
	}
	var read []*batch.Members
	for _, all := range [][]directory.Member{members, after} {
		s, err := batch.SnapshotOf(headOfAll, func(yield func(directory.Member, error) bool) {
			for i, m := range all {
				// Of those who are replaced alone there is more than one batch, for longTexts.
				if (len(read) == 0 || (i+1)%gap == 0) && !yield(m, nil) {
					return
				}
			}
		}, alloc)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for i := range s.Batches() {
			m, err := s.Members(i)
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, m)
		}
	}
	return after, runsOfEach(read, members, after), func() {
		for _, m := range read {
			m.Release()
		}
	}
}

// runsOfEach returns a run for each of the members of after who differ from before, and one for those between two of them.
func runsOfEach(read []*batch.Members, before, after []directory.Member) (runs []batch.Run) {
	type place struct {
		m *batch.Members
		i int
	}
	places := map[bool]map[string]place{false: {}, true: {}}
	for _, m := range read {
		for i := range m.Rows() {
			places[m.Version[i] == 7][m.ID(i)] = place{m, i}
		}
	}
	for i := range after {
		at := places[after[i].Version != before[i].Version][after[i].ID]
		if n := len(runs); n > 0 && runs[n-1].Members == at.m && runs[n-1].To == at.i {
			runs[n-1].To++
			continue
		}
		runs = append(runs, batch.Run{Members: at.m, From: at.i, To: at.i + 1})
	}
	return runs
}

// Members who are replaced here and there give the bytes that all give when they are added one by one: whether their texts change or not, and where batches end early for them.
func TestCopiedRunsReplace(t *testing.T) {
	t.Parallel()
	members := longTexts(batch.Rows + 2600)
	for _, gap := range []int{1, 3, 50} {
		alloc := checked(t)
		after, runs, release := replaced(t, members, gap, alloc)
		var want, got bytes.Buffer
		if err := batch.WriteSnapshot(&want, headOfAll, each(after), alloc); err != nil {
			t.Fatal(err)
		}
		w, err := batch.NewSnapshotWriter(&got, headOfAll, alloc)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.CopyRuns(runs), w.Close()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("every %d replaced: other bytes", gap)
		}
		release()
	}
}

// Runs need not be in the order of their members, who may come more than once.
func TestCopiedRunsInAnyOrder(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	members := longTexts(100)
	s, err := batch.SnapshotOf(headOfAll, each(members), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m, err := s.Members(0)
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	var runs []batch.Run
	var chosen []directory.Member
	for _, r := range [][2]int{{40, 60}, {0, 100}, {90, 100}, {10, 50}, {50, 55}, {0, 1}} {
		runs, chosen = append(runs, batch.Run{Members: m, From: r[0], To: r[1]}), append(chosen, members[r[0]:r[1]]...)
	}
	w, err := batch.NewSnapshotWriter(&got, headOfAll, alloc)
	if err != nil {
		t.Fatal(err)
	}
	err = w.CopyRuns(runs)
	m.Release() // the writer retains them
	if err := errors.Join(err, w.Close(), batch.WriteSnapshot(&want, headOfAll, each(chosen), alloc)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("other bytes")
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

// A copy ends where it can't be written, tells so once, and gives back what it retains.
func TestCopyThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	members := longTexts(batch.Rows)
	s, err := batch.SnapshotOf(headOfAll, each(members), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, room := range []int{0, 1 << 20} {
		w, err := batch.NewSnapshotWriter(&fullWriter{room}, headOfAll, alloc)
		if err != nil {
			t.Fatal(err)
		}
		copies := 0
		for err == nil && copies < 1000 {
			m, rerr := s.Members(0)
			if rerr != nil {
				t.Fatal(rerr)
			}
			err = w.CopyRuns([]batch.Run{{Members: m, To: m.Rows()}})
			m.Release()
			copies++
		}
		if cerr := w.Close(); !errors.Is(err, errFull) || !errors.Is(cerr, errFull) || copies > 100 {
			t.Errorf("with room for %d bytes: %v after %d batches, then %v", room, err, copies, cerr)
		}
	}
}

// Members of a block are those that a snapshot of it has, and stay what they are when the block changes.
func TestMembersOf(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	rapid.Check(t, func(t *rapid.T) {
		var members []directory.Member
		block := batch.NewMemberBlock(len(headOfAll.Fields))
		for i := range rapid.IntRange(1, 20).Draw(t, "members") {
			members = append(members, drawMember(t, i))
			if err := block.Add(members[i], headOfAll.Fields); err != nil {
				t.Fatal(err)
			}
		}
		m, err := batch.MembersOf(headOfAll, block)
		if err != nil {
			t.Fatal(err)
		}
		block.Reset()
		for i := range members {
			if err := block.Add(drawMember(t, i+100), headOfAll.Fields); err != nil {
				t.Fatal(err)
			}
		}
		var want, got bytes.Buffer
		w, err := batch.NewSnapshotWriter(&got, headOfAll, alloc)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(w.CopyRuns([]batch.Run{{Members: m, To: m.Rows()}}), w.Close(), batch.WriteSnapshot(&want, headOfAll, each(members), alloc))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatal("other bytes")
		}
	})
	if _, err := batch.MembersOf(batch.SnapshotHead{Hashed: []roster.Field{roster.City}}, batch.NewMemberBlock(0)); err == nil {
		t.Error("a field is hashed that members don't have")
	}
}
