package diff

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

var storedNames = []roster.Field{roster.Email, roster.City, roster.UniqueID, roster.ProgramEligibility}

// The order of a sorter is changeset.Sort's, whatever it had to write to its file.
func TestSorterOrdersAsChangeSetsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSorter("", rapid.Int64Range(0, 3000).Draw(t, "memory"), storedNames)
		defer s.close()
		w := changeWriter{sorter: s}
		var want []changeset.Change
		for i := range rapid.IntRange(0, 60).Draw(t, "changes") {
			d := w.begin()
			d.op = rapid.SampledFrom(changeset.Ops()).Draw(t, "op")
			d.row, d.about, d.version = int32(i), int32(i), rapid.Int64().Draw(t, "version")
			d.email = []byte(rapid.SampledFrom([]string{"", "a@x", "A@x", "ab@x", "abcdefgh@x", "abcdefgi@x", "\u00e9@x", "e\u0301@x", "a\x00b", "a\x00", "abcdefgh@ijklmn.x", "abcdefgh@ijklmn.y"}).Draw(t, "email"))
			d.uniqueID = []byte(rapid.StringN(0, 3, 9).Draw(t, "id"))
			if d.removal = d.op == changeset.Delete; d.op != changeset.Create {
				d.member = batch.NumberID(1 + rapid.IntRange(0, 3).Draw(t, "member")<<8)
			}
			if d.op != changeset.Create && rapid.Bool().Draw(t, "moves") {
				d.moves = true
				d.add(0, []byte("old@x"), d.email)
			}
			d.add(1, nil, []byte(rapid.StringN(0, 200, 300).Draw(t, "city")))
			want = append(want, changeOf(d))
			if err := w.store(); err != nil {
				t.Fatal(err)
			}
		}
		changeset.Sort(want)
		s.keep(newPlaceSet(64), newPlaceSet(64), rapid.IntRange(1, 3).Draw(t, "workers"))
		if d := cmp.Diff(want, changesOf(t, s)); d != "" {
			t.Fatalf("changes (-want +got):\n%s", d)
		}
	})
}

func changeOf(d *draft) changeset.Change {
	c := changeset.Change{Op: d.op, Removal: d.removal, Version: d.version, Row: int(d.row), UniqueID: string(d.uniqueID), Email: string(d.email)}
	if d.op != changeset.Create {
		c.Member = d.member.String()
	}
	for _, f := range d.fields {
		c.Fields = append(c.Fields, changeset.FieldChange{Field: storedNames[f.field], Before: string(f.before), After: string(f.after)})
	}
	return c
}

func changesOf(t interface{ Fatal(...any) }, s *sorter) (changes []changeset.Change) {
	for c, err := range s.changes(allStages) {
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, c)
	}
	return changes
}

// draftSome drafts as many changes as it is asked for, and calls store for each. Many of their addresses begin alike.
func draftSome(n int, w *changeWriter, store func(d *draft)) {
	random := rand.New(rand.NewPCG(1, 2))
	starts := []string{"", "person.", "Person.", "somebody.with.a.long.name", "\u00e9"}
	text := func(texts ...string) []byte { return []byte(texts[random.IntN(len(texts))]) }
	for i := range n {
		d := w.begin()
		d.op, d.row, d.about, d.version = changeset.Ops()[random.IntN(len(changeset.Ops()))], int32(i), int32(i), random.Int64N(3)
		d.email = fmt.Appendf(nil, "%s%d@x.example", starts[random.IntN(len(starts))], random.IntN(n))
		d.uniqueID = text("", "E1", "00000022")
		if d.removal = d.op == changeset.Delete || d.op == changeset.Deactivate && random.IntN(2) == 0; d.removal {
			d.row, d.name = 0, batch.Hash{Hi: uint64(i), Lo: 5}
		}
		for f := range 4 {
			switch {
			case d.removal || random.IntN(2) == 0:
			case d.op == changeset.Create:
				d.add(f, nil, text("a", "Montr\u00e9al"))
			default:
				d.add(f, text("", "b"), text("", "a", "Montr\u00e9al, where texts are so long that two bytes tell their length: Montr\u00e9al, Montr\u00e9al, Montr\u00e9al, Montr\u00e9al, Montr\u00e9al"))
				d.moves = d.moves || f == 0
			}
		}
		if d.op != changeset.Create {
			for k := range d.member {
				d.member[k] = byte(random.IntN(256))
			}
		}
		store(d)
	}
}

// Changes are the same, in the same order, whatever is in the file and however many goroutines order and read them. What is left out is left out of both.
func TestManyChangesAreOrdered(t *testing.T) {
	t.Parallel()
	const changes = 12_000
	conflicted, protected := newPlaceSet(changes), newPlaceSet(changes)
	for i := 0; i < changes; i += 7 {
		conflicted.set(i)
		protected.set((i + 3) % changes)
	}
	for _, limit := range []int64{64 << 20, 400 << 10} {
		for _, workers := range []int{1, 2, 5} {
			s := newSorter(t.TempDir(), limit, storedNames)
			w := changeWriter{sorter: s}
			var want []changeset.Change
			draftSome(changes, &w, func(d *draft) {
				left := conflicted
				if d.removal {
					left = protected
				}
				if !left.hasPlace(d.about) {
					want = append(want, changeOf(d))
				}
				if err := w.store(); err != nil {
					t.Fatal(err)
				}
			})
			changeset.Sort(want)
			s.keep(conflicted, protected, workers)
			if filed := len(s.runs) > 0; filed != (limit < 1<<20) {
				t.Fatalf("%d runs with %d bytes", len(s.runs), limit)
			}
			if got := changesOf(t, s); !reflect.DeepEqual(got, want) {
				t.Errorf("%d bytes, %d workers: other changes, or in another order", limit, workers)
			}
			checkDigest(t, s, want, workers)
			if err := s.close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func digestOf(ctx context.Context, s *sorter, workers int) (changeset.Digest, *tally, error) {
	c := &comparison{Input: Input{FileSHA256: "f", MappingDigest: "m", Workers: workers}, ctx: ctx, changes: s, layout: layoutOf(storedNames[:3], nil)}
	return c.digest()
}

// checkDigest compares the digest and the counts of a sorter's changes with what is computed from the changes themselves.
func checkDigest(t *testing.T, s *sorter, changes []changeset.Change, workers int) {
	t.Helper()
	digest, counts, err := digestOf(context.Background(), s, workers)
	if err != nil {
		t.Fatal(err)
	}
	var got changeset.Summary
	counts.summarise(&got, storedNames)
	want, digester := changeset.Summary{Fields: map[roster.Field]int{}, Emptied: map[roster.Field]int{}}, changeset.NewDigester("f", "m")
	rekeys, withoutID := 0, 0
	for _, ch := range changes {
		digester.Add(ch)
		want.Totals.Add(ch.Op)
		if ch.Removal {
			want.Removals++
		}
		if ch.Removal || ch.Op == changeset.Create {
			if ch.UniqueID == "" {
				withoutID++
			}
			continue
		}
		for _, f := range ch.Fields {
			want.Fields[f.Field]++
			if f.After == "" {
				want.Emptied[f.Field]++
			}
		}
		if f, ok := ch.Field(roster.UniqueID); ok && f.Before != "" {
			rekeys++
		}
	}
	if digest != digester.Digest() {
		t.Errorf("%d workers: digest %s, want %s", workers, digest, digester.Digest())
	}
	if d := cmp.Diff(got, want); d != "" || counts.rekeys != rekeys || counts.withoutID != withoutID {
		t.Errorf("%d workers: counts (-got +want):\n%s\n%d rekeys and %d without an ID, want %d and %d", workers, d, counts.rekeys, counts.withoutID, rekeys, withoutID)
	}
}

// Each change of a stage comes to one of many who read side by side, once, and with its number.
func TestScanGivesEachChangeOnce(t *testing.T) {
	t.Parallel()
	const changes, workers = 10_000, 3
	for _, limit := range []int64{64 << 20, 200 << 10} {
		s := newSorter(t.TempDir(), limit, storedNames)
		w := changeWriter{sorter: s}
		draftSome(changes, &w, func(*draft) {
			if err := w.store(); err != nil {
				t.Fatal(err)
			}
		})
		s.keep(nil, nil, workers)
		var want []changeset.Change
		for c, err := range s.changes(creationsOnly) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, c)
		}
		got := make([]changeset.Change, len(want))
		err := s.scan(context.Background(), workers, creationsOnly, func(_ int, l *lot) {
			if len(l.changes) > lotChanges {
				t.Errorf("%d changes in a lot", len(l.changes))
			}
			for i, c := range l.changes {
				if got[l.first+i].Op != "" {
					t.Errorf("change %d came twice", l.first+i)
				}
				got[l.first+i] = newChangeMaker(storedNames).change(c)
			}
		})
		if err != nil || len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d bytes: other changes than are there one after the other; %v", limit, err)
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever ends the context ends the scan at the next lot.
func TestTheEndOfTheContextEndsAScan(t *testing.T) {
	t.Parallel()
	s := newSorter("", 64<<20, storedNames)
	w := changeWriter{sorter: s}
	draftSome(5*lotChanges, &w, func(*draft) {
		if err := w.store(); err != nil {
			t.Fatal(err)
		}
	})
	s.keep(nil, nil, 1)
	ctx, cancel := context.WithCancel(context.Background())
	lots := 0
	err := s.scan(ctx, 1, allStages, func(int, *lot) {
		lots++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || lots != 1 {
		t.Errorf("error %v after %d lots", err, lots)
	}
	if _, _, err := digestOf(ctx, s, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("digest: error %v", err)
	}
}

// A file that ends too early, be it between two changes, ends the reading of the changes in it with an error, for all who read.
func TestAFileThatCannotBeReadEndsAScan(t *testing.T) {
	t.Parallel()
	s := newSorter(t.TempDir(), 100<<10, storedNames)
	w := changeWriter{sorter: s}
	draftSome(5*lotChanges, &w, func(*draft) {
		if err := w.store(); err != nil {
			t.Fatal(err)
		}
	})
	s.keep(nil, nil, 2)
	if err := s.file.file.Truncate(s.runs[len(s.runs)-1].at[2]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := digestOf(context.Background(), s, 3); err == nil {
		t.Error("no error of a file that was cut short")
	}
	last := error(nil)
	for _, err := range s.changes(allStages) {
		last = err
	}
	if last == nil {
		t.Error("changes of a file that was cut short end without an error")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// After Close nothing can be read, and that is said.
func TestChangesOfAClosedResult(t *testing.T) {
	t.Parallel()
	s := newSorter("", 100, nil)
	r := &Result{changes: s}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Changes() {
		if !errors.Is(err, errClosed) {
			t.Errorf("error %v, want %v", err, errClosed)
		}
	}
}

// A change is made with two allocations: its texts, and its fields.
func TestAChangeIsTwoAllocations(t *testing.T) {
	w := changeWriter{}
	maker, most := newChangeMaker(storedNames), 0.0
	draftSome(50, &w, func(d *draft) {
		stored := storedChange(appendChange(nil, d))
		maker.change(stored)
		most = max(most, testing.AllocsPerRun(10, func() { maker.change(stored) }))
	})
	if most > 2 {
		t.Errorf("%v allocations", most)
	}
}

// Entries with one prefix, or a few, are ordered as any others.
func TestEntriesOfFewPrefixesAreOrdered(t *testing.T) {
	t.Parallel()
	for _, kinds := range []int{1, 2, 300} {
		s := newSorter("", 64<<20, storedNames)
		w := changeWriter{sorter: s}
		random := rand.New(rand.NewPCG(3, 4))
		for i := range 3 * leastToShare {
			d := w.begin()
			d.op, d.row, d.about = changeset.Create, int32(random.IntN(1000)), int32(i)
			d.email = fmt.Appendf(nil, "%06d.and.so.on@x.example", random.IntN(kinds))
			if err := w.store(); err != nil {
				t.Fatal(err)
			}
		}
		s.keep(nil, nil, 3)
		if !slices.IsSortedFunc(s.entries, func(a, b sortEntry) int { return s.at(a).compare(s.at(b)) }) {
			t.Errorf("%d prefixes: not in order", kinds)
		}
	}
}

func BenchmarkSorter(b *testing.B) {
	const changes = 100_000
	for _, limit := range []int64{64 << 20, 1 << 20} {
		b.Run(fmt.Sprintf("%d KiB", limit>>10), func(b *testing.B) {
			for b.Loop() {
				s := newSorter(b.TempDir(), limit, []roster.Field{roster.City})
				w := changeWriter{sorter: s}
				for i := range changes {
					d := w.begin()
					d.op, d.row, d.email = changeset.Create, int32(i), fmt.Appendf(nil, "%d@x.example", i*7919%changes)
					d.add(0, nil, []byte("Montr\u00e9al"))
					if err := w.store(); err != nil {
						b.Fatal(err)
					}
				}
				s.keep(newPlaceSet(changes), nil, 2)
				for _, err := range s.changes(allStages) {
					if err != nil {
						b.Fatal(err)
					}
				}
				if err := s.close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/changes, "ns/change")
		})
	}
}

// BenchmarkDigest is what is left to do once all changes are stored: ordering them, and encoding, counting and hashing them.
func BenchmarkDigest(b *testing.B) {
	const changes, workers = 75_000, 2
	for _, limit := range []int64{64 << 20, 2 << 20} {
		b.Run(fmt.Sprintf("%d KiB", limit>>10), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := newSorter(b.TempDir(), limit, storedNames)
				w := changeWriter{sorter: s}
				draftSome(changes, &w, func(*draft) {
					if err := w.store(); err != nil {
						b.Fatal(err)
					}
				})
				b.StartTimer()
				s.keep(nil, nil, workers)
				if _, _, err := digestOf(context.Background(), s, workers); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/changes, "ns/change")
		})
	}
}
