package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

// A column of text says back what was appended, nulls among it, also after it was emptied and filled again.
func TestTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var texts batch.Texts
		for range 2 {
			texts.Reset()
			want := rapid.SliceOfN(rapid.Ptr(rapid.StringN(0, 5, -1), true), 0, 40).Draw(t, "texts")
			for i, s := range want {
				switch {
				case s == nil:
					texts.AppendNull()
				case i%2 == 0:
					texts.Append([]byte(*s))
				default:
					texts.AppendString(*s)
				}
			}
			c := texts.Column()
			if texts.Len() != len(want) || c.Len() != len(want) {
				t.Fatalf("%d and %d rows, want %d", texts.Len(), c.Len(), len(want))
			}
			for i, s := range want {
				text, null := "", s == nil
				if !null {
					text = *s
				}
				if string(texts.Bytes(i)) != text || c.Text(i) != text || string(c.Bytes(i)) != text {
					t.Fatalf("row %d is %q, in the column %q, want %q", i, texts.Bytes(i), c.Text(i), text)
				}
				if texts.Null(i) != null || c.Null(i) != null {
					t.Fatalf("row %d is null: %t, in the column %t, want %t", i, texts.Null(i), c.Null(i), null)
				}
			}
		}
	})
}

func each[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

var headOfAll = batch.SnapshotHead{Fields: []roster.Field{roster.City, roster.Email, roster.UniqueID, "custom.desk"}, Hashed: []roster.Field{roster.UniqueID, roster.City}, Seed: 9}

func drawMember(t *rapid.T, i int) directory.Member {
	m := directory.Member{ID: batch.NumberID(i).String(), Version: rapid.Int64().Draw(t, "version"), State: rapid.SampledFrom(directory.States()).Draw(t, "state"),
		Source: rapid.SampledFrom([]directory.Source{directory.FromRoster, directory.FromSelf, directory.FromStaff}).Draw(t, "source"), Values: map[roster.Field]string{}}
	if m.State == directory.Deleted {
		m.DeletedUntil = time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "until")).UTC()
	}
	for _, f := range headOfAll.Fields {
		m.Values[f] = rapid.StringN(0, 8, -1).Draw(t, string(f))
	}
	return m
}

// A snapshot says back what was written; the same members give the same bytes, by whatever way they are written.
func TestSnapshotComesBackAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		var members []directory.Member
		for i := range rapid.IntRange(0, 20).Draw(t, "members") {
			members = append(members, drawMember(t, i))
		}
		var out bytes.Buffer
		if err := batch.WriteSnapshot(&out, headOfAll, each(members), alloc); err != nil {
			t.Fatal(err)
		}
		s, err := batch.OpenSnapshot(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
		if err != nil {
			t.Fatal(err)
		}
		if s.Head().String() != headOfAll.String() {
			t.Fatalf("head %s, want %s", s.Head(), headOfAll)
		}
		var copied bytes.Buffer
		w, err := batch.NewSnapshotWriter(&copied, headOfAll, alloc)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Batches() {
			m, err := s.Members(i)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range members {
				if m.ID(k) != want.ID || m.Version[k] != want.Version || m.Presence[k] != batch.PresenceOf(want.State) || (m.FromRoster[k] == 1) != (want.Source == directory.FromRoster) {
					t.Fatalf("member %d came back otherwise", k)
				}
				if want.State == directory.Deleted && !m.Until(k).Equal(want.DeletedUntil) {
					t.Fatalf("member %d until %s, want %s", k, m.Until(k), want.DeletedUntil)
				}
				for c, f := range headOfAll.Fields {
					if m.Values[c].Text(k) != want.Values[f] {
						t.Fatalf("%s of member %d is %q, want %q", f, k, m.Values[c].Text(k), want.Values[f])
					}
				}
			}
			for from := 0; from < m.Rows(); {
				to := rapid.IntRange(from+1, m.Rows()).Draw(t, "to")
				if err := w.CopyRuns([]batch.Run{{Members: m, From: from, To: to}}); err != nil {
					t.Fatal(err)
				}
				from = to
			}
			m.Release()
		}
		if err := errors.Join(w.Close(), s.Close()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(copied.Bytes(), out.Bytes()) {
			t.Fatal("a copy has other bytes")
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}

// Batches end at so many rows, or before where texts are long, whether members are added or copied; and those who are added may follow those who are copied.
func TestSnapshotBatches(t *testing.T) {
	t.Parallel()
	alloc := checked(t)
	members := func(n int) (all []directory.Member) {
		for i := range n {
			city := "Bern"
			if i%500 == 7 {
				city = strings.Repeat("é", 2<<20)
			}
			all = append(all, directory.Member{ID: batch.NumberID(i).String(), State: directory.Active, Values: map[roster.Field]string{roster.Email: fmt.Sprint(i), roster.City: city}})
		}
		return all
	}(2*batch.Rows + 100)
	var out, copied bytes.Buffer
	if err := batch.WriteSnapshot(&out, headOfAll, each(members), alloc); err != nil {
		t.Fatal(err)
	}
	s, err := batch.OpenSnapshot(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Batches() < 4 {
		t.Errorf("%d batches, want them to end early", s.Batches())
	}
	w, err := batch.NewSnapshotWriter(&copied, headOfAll, alloc)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Batches() {
		m, err := s.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.CopyRuns([]batch.Run{{Members: m, To: m.Rows()}}); err != nil {
			t.Fatal(err)
		}
		m.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(copied.Bytes(), out.Bytes()) {
		t.Error("a copy has other bytes")
	}
	few, err := batch.SnapshotOf(headOfAll, each(members[:3]), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer few.Close()
	m, err := few.Members(0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Release()
	var mixed bytes.Buffer
	if w, err = batch.NewSnapshotWriter(&mixed, headOfAll, alloc); err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.Add(members[0]), w.CopyRuns([]batch.Run{{Members: m, From: 1, To: 2}}), w.Add(members[2]), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	got, err := batch.OpenSnapshot(bytes.NewReader(mixed.Bytes()), int64(mixed.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	for i := range 3 {
		b, err := got.Members(i)
		if err != nil {
			t.Fatal(err)
		}
		if b.ID(0) != m.ID(i) || b.RowLo[0] != m.RowLo[i] || b.EmailKey[0] != m.EmailKey[i] {
			t.Errorf("member %d came back otherwise", i)
		}
		b.Release()
	}
}

// No change of a byte among the batches makes a reader crash or ask for more memory than there is; a file that is cut is refused.
func TestDamagedSnapshots(t *testing.T) {
	t.Parallel()
	var members []directory.Member
	for i := range 300 {
		members = append(members, directory.Member{ID: batch.NumberID(i).String(), State: directory.Active, Values: map[roster.Field]string{roster.Email: fmt.Sprint(i, "@x.example"), roster.City: "Genève"}})
	}
	var out bytes.Buffer
	if err := batch.WriteSnapshot(&out, headOfAll, each(members), memory.NewGoAllocator()); err != nil {
		t.Fatal(err)
	}
	var empty bytes.Buffer // the schema twice, and what is around it
	if err := batch.WriteSnapshot(&empty, headOfAll, each([]directory.Member(nil)), memory.NewGoAllocator()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		file := bytes.Clone(out.Bytes())
		cut := rapid.IntRange(0, 3).Draw(t, "way") == 0
		if cut {
			file = file[:rapid.IntRange(0, len(file)-1).Draw(t, "length")]
		} else {
			file[rapid.IntRange(empty.Len(), len(file)-empty.Len()).Draw(t, "where")] ^= byte(rapid.IntRange(1, 255).Draw(t, "how"))
		}
		s, err := batch.OpenSnapshot(bytes.NewReader(file), int64(len(file)), memory.NewGoAllocator())
		if err != nil {
			return
		}
		if cut {
			t.Fatal("a file that is cut was opened")
		}
		defer s.Close()
		for i := range s.Batches() {
			if m, err := s.Members(i); err == nil {
				for k := range m.Rows() {
					_, _ = m.ID(k), m.UniqueID.Text(k)
				}
				m.Release()
			}
			if m, err := s.Keys(i, roster.City); err == nil {
				for k, city := 0, m.Values[slices.Index(headOfAll.Fields, roster.City)]; k < m.Rows(); k++ {
					_, _ = m.ID(k), city.Text(k)
				}
				m.Release()
			}
		}
	})
}

func TestSnapshotHeads(t *testing.T) {
	t.Parallel()
	h := headOfAll
	got, err := batch.ParseSnapshotHead(h.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h, got); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "a;b", "a;b;x", "a;b;0;c"} {
		if _, err := batch.ParseSnapshotHead(text); !errors.Is(err, batch.ErrLayout) {
			t.Errorf("%q was read as a head: %v", text, err)
		}
	}
	with := func(change func(*batch.SnapshotHead)) batch.SnapshotHead {
		w := batch.SnapshotHead{Fields: slices.Clone(h.Fields), Hashed: slices.Clone(h.Hashed), Seed: h.Seed}
		change(&w)
		return w
	}
	for name, test := range map[string]struct {
		want   batch.SnapshotHead
		serves bool
	}{
		"the same":         {h, true},
		"fewer fields":     {with(func(w *batch.SnapshotHead) { w.Fields = w.Fields[1:] }), true},
		"in another order": {with(func(w *batch.SnapshotHead) { slices.Reverse(w.Fields) }), true},
		"one more":         {with(func(w *batch.SnapshotHead) { w.Fields = append(w.Fields, roster.Country) }), false},
		"another seed":     {with(func(w *batch.SnapshotHead) { w.Seed++ }), false},
		"hashed otherwise": {with(func(w *batch.SnapshotHead) { slices.Reverse(w.Hashed) }), false},
		"fewer hashed":     {with(func(w *batch.SnapshotHead) { w.Hashed = w.Hashed[1:] }), false},
	} {
		if got := h.Serves(test.want); got != test.serves {
			t.Errorf("%s: serves %t, want %t", name, got, test.serves)
		}
	}
	if _, err := batch.NewSnapshotWriter(&bytes.Buffer{}, batch.SnapshotHead{Hashed: []roster.Field{roster.City}}, memory.NewGoAllocator()); err == nil {
		t.Error("a field is hashed that the snapshot does not have")
	}
}
