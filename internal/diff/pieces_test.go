package diff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
)

// What was spooled comes back, each record in its partition and once, in memory or out of it.
func TestSpoolGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const parts, workers = 3, 2
		file := &spillFile{}
		defer file.close()
		s := newSpool(file, newAllowance(rapid.Int64Range(0, 4000).Draw(t, "memory")), parts, workers, 1)
		records := rapid.SliceOfN(rapid.StringN(1, 300, 600), 0, 60).Draw(t, "records")
		writers := []*spooler{s.spooler(), s.spooler()}
		want, got := make([]int, parts), make([]int, parts)
		for i, r := range records {
			if err := writers[i%workers].add(i%parts, appendQuestion(nil, askID, int32(i), int32(i), []byte(r))); err != nil {
				t.Fatal(err)
			}
			want[i%parts]++
		}
		for _, w := range writers {
			if err := w.finish(); err != nil {
				t.Fatal(err)
			}
		}
		for p := range parts {
			err := s.read(p, func(b []byte) error {
				for ; len(b) > 0; b = b[pairRecord(b).size():] {
					r := pairRecord(b)
					if int(r.member())%parts != p || string(r.identifier()) != records[r.member()] {
						t.Fatalf("record %d came back otherwise in partition %d", r.member(), p)
					}
					got[p]++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v records, want %v", got, want)
		}
	})
}

// A table finds of each key the record of the last place, and tells of every key that it meets twice.
func TestTableFindsTheLast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint64Range(1, 40)).Draw(t, "keys")
		last, repeated, told := map[uint64]int32{}, 0, 0
		var tab table
		tab.reset(slimRecord)
		order := rapid.Permutation(keys).Draw(t, "order")
		for place, key := range order {
			if _, seen := last[key]; seen {
				repeated++
			}
			last[key] = int32(place)
			tab.records = appendKeyRecord(tab.records, slimRecord, &personKeys{id: key}, true, place)
		}
		tab.index(func(_, _ int32) { told++ })
		for key := range uint64(50) {
			want, found := last[key]
			if r := tab.find(key); (r != nil) != found || found && r.place() != want {
				t.Fatalf("key %d: %v, want place %d", key, r, want)
			}
		}
		if told != repeated {
			t.Fatalf("%d keys told as met twice, want %d", told, repeated)
		}
	})
}

// Whoever waits for a place in the line is let go where somebody before fails, and the failure is what is told.
func TestAFailureEndsTheLine(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	for range 100 {
		l := newLine()
		var done atomic.Int32
		err := each(context.Background(), 4, 20, func(_, i int) error {
			if i == 7 {
				return l.leave(bad)
			}
			start, _, err := l.enter(i, 10, 0)
			if err == nil && start != 10*i {
				t.Errorf("batch %d starts at %d", i, start)
			}
			done.Add(1)
			return err
		})
		if !errors.Is(err, bad) {
			t.Fatalf("error %v, want %v after %d", err, bad, done.Load())
		}
	}
}

// Nobody waits for ever for the place of a batch that nobody reads any more, because the context ended.
func TestTheEndOfTheContextEndsTheLine(t *testing.T) {
	t.Parallel()
	for range 300 {
		ctx, cancel := context.WithCancel(context.Background())
		l := newLine()
		err := each(ctx, 4, 40, func(_, i int) error {
			if i == 5 {
				cancel()
			}
			_, _, err := l.enter(i, 1, 0)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want %v", err, context.Canceled)
		}
	}
}

// More rows than places end the line too.
func TestTooManyRowsEndTheLine(t *testing.T) {
	t.Parallel()
	l := newLine()
	err := each(context.Background(), 4, 40, func(_, i int) error {
		_, _, err := l.enter(i, mostRows/3, 0)
		return err
	})
	if !errors.Is(err, errTooMany) {
		t.Fatalf("error %v, want %v", err, errTooMany)
	}
}

func BenchmarkJoin(b *testing.B) {
	const people = 200_000
	seed := batch.Seed(1)
	for b.Loop() {
		c := &comparison{Input: Input{Workers: 2}, ctx: context.Background()}
		j := newJoin(&spillFile{}, 2, 64<<20, true, fullRecord)
		for _, side := range []*spool{j.members, j.rows} {
			sinks := j.sinks(side, 1)
			for i := range people {
				key := seed.Key(fmt.Appendf(nil, "%d", i))
				if err := sinks[0].add(&personKeys{key, key, batch.Hash{Hi: key}}, i); err != nil {
					b.Fatal(err)
				}
			}
			if err := finish(nil, sinks); err != nil {
				b.Fatal(err)
			}
		}
		c.rows.state, c.members.flags = make([]uint16, people), make([]uint8, people)
		c.nameNobody()
		if err := c.join(j); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/people, "ns/person")
}
