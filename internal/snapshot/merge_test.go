package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

var mergeHead = batch.SnapshotHead{Fields: []roster.Field{roster.UniqueID, roster.Email, roster.City}, Hashed: []roster.Field{roster.Email, roster.City}, Seed: 7}

func member(id int, version int64, city string) directory.Member {
	return directory.Member{
		ID: batch.NumberID(id).String(), Version: version, State: directory.Active, Source: directory.FromRoster,
		Values: map[roster.Field]string{roster.UniqueID: fmt.Sprint(id), roster.Email: fmt.Sprint(id, "@x.example"), roster.City: city},
	}
}

func fileOf(t rapid.TB, members []directory.Member) []byte {
	t.Helper()
	var out bytes.Buffer
	err := batch.WriteSnapshot(&out, mergeHead, func(yield func(directory.Member, error) bool) {
		for _, m := range members {
			if !yield(m, nil) {
				return
			}
		}
	}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// mergeFiles merges two snapshots, sees that all memory is given back, and returns the file that was written.
func mergeFiles(t rapid.TB, ctx context.Context, base, changed io.ReaderAt, sizes [2]int) (file []byte, moved int64, err error) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	var snapshots [2]*batch.Snapshot
	for i, r := range []io.ReaderAt{base, changed} {
		s, err := batch.OpenSnapshot(r, int64(sizes[i]), alloc)
		if err != nil {
			t.Fatal(err)
		}
		snapshots[i] = s
	}
	var out bytes.Buffer
	w, werr := batch.NewSnapshotWriter(&out, mergeHead, alloc)
	if werr != nil {
		t.Fatal(werr)
	}
	moved, err = Merge(w, snapshots[0].All(ctx), snapshots[1].All(ctx))
	if err := errors.Join(w.Close(), snapshots[0].Close(), snapshots[1].Close()); err != nil {
		t.Fatal(err)
	}
	if n := alloc.CurrentAlloc(); n != 0 {
		t.Fatalf("%d bytes were not given back", n)
	}
	return out.Bytes(), moved, err
}

func mergeMembers(t rapid.TB, ctx context.Context, base, changed []directory.Member) ([]byte, int64, error) {
	t.Helper()
	a, b := fileOf(t, base), fileOf(t, changed)
	return mergeFiles(t, ctx, bytes.NewReader(a), bytes.NewReader(b), [2]int{len(a), len(b)})
}

// What is merged is, byte for byte, what all members give who are written at once: whoever is replaced or added, and wherever batches end.
func TestMergedIsWrittenAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 30, batch.Rows - 1, batch.Rows, batch.Rows + 1, 2*batch.Rows + 77}).Draw(t, "members")
		// Of the ids 0 to 3n every third is a member's; every step-th of them is changed, from a place on and up to another.
		step := rapid.SampledFrom([]int{1, 2, 3, 7, 40, 3 * batch.Rows}).Draw(t, "step")
		from := rapid.IntRange(0, 3*n).Draw(t, "from")
		to := rapid.IntRange(from, 3*n+5000).Draw(t, "to")
		var base, changed, all []directory.Member
		var want int64
		for id := range max(3*n, to) {
			had := id%3 == 0 && id < 3*n
			if had {
				base = append(base, member(id, 3, strings.Repeat("é", id%11)))
			}
			switch {
			case id >= from && id < to && (id-from)%step == 0:
				m := member(id, 4, strings.Repeat("Zürich ", id%5))
				changed, all = append(changed, m), append(all, m)
				want += 4
				if had {
					want -= 3
				}
			case had:
				all = append(all, base[len(base)-1])
			}
		}
		got, moved, err := mergeMembers(t, t.Context(), base, changed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, fileOf(t, all)) {
			t.Fatalf("%d members and %d changed give other bytes than the %d who are left", len(base), len(changed), len(all))
		}
		if moved != want {
			t.Fatalf("versions moved by %d, want %d", moved, want)
		}
	})
}

func TestMergeRefusesDisorder(t *testing.T) {
	t.Parallel()
	inOrder := []directory.Member{member(1, 1, ""), member(2, 1, ""), member(5, 1, "")}
	turned := slices.Clone(inOrder)
	slices.Reverse(turned)
	twice := []directory.Member{member(2, 1, ""), member(2, 1, "")}
	for name, test := range map[string]struct{ base, changed []directory.Member }{
		"base":          {turned, nil},
		"changed":       {inOrder, turned},
		"base twice":    {twice, inOrder},
		"changed twice": {inOrder, twice},
		"nobody before": {nil, turned},
	} {
		if _, _, err := mergeMembers(t, t.Context(), test.base, test.changed); !errors.Is(err, errOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := mergeMembers(t, t.Context(), inOrder, inOrder[1:]); err != nil {
		t.Error(err)
	}
}

// A readerAt calls before ahead of every read.
type readerAt struct {
	io.ReaderAt
	before func(off int64) error
}

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if err := r.before(off); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// A merge that can't go on, or must not, ends with the reason, and nothing of it goes on behind its back.
func TestMergeEndsEarly(t *testing.T) {
	t.Parallel()
	var base []directory.Member
	for id := range 8 * batch.Rows {
		base = append(base, member(id, 1, "Genève"))
	}
	file, changed := fileOf(t, base), fileOf(t, base[100:5000])
	sizes := [2]int{len(file), len(changed)}
	broken := errors.New("broken")
	spoiled := readerAt{bytes.NewReader(file), func(off int64) error {
		if off > int64(len(file)/2) && off < int64(len(file)*3/4) {
			return broken
		}
		return nil
	}}
	if _, _, err := mergeFiles(t, t.Context(), spoiled, bytes.NewReader(changed), sizes); err == nil || !strings.Contains(err.Error(), broken.Error()) {
		t.Errorf("of a file that can't be read: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelling := readerAt{bytes.NewReader(file), func(off int64) error {
		if off > int64(len(file)/3) && off < int64(len(file)/2) {
			cancel()
		}
		return nil
	}}
	defer cancel()
	got, _, err := mergeFiles(t, ctx, cancelling, bytes.NewReader(changed), sizes)
	if !errors.Is(err, context.Canceled) || len(got) > len(file)*2/3 {
		t.Errorf("cancelled: %v, after %d of %d bytes", err, len(got), len(file))
	}
	if _, _, err := mergeFiles(t, ctx, bytes.NewReader(file), bytes.NewReader(changed), sizes); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}
