package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
)

// settled gives what give gives, and says what became of some rows.
func settled(give func(w *batch.RosterWriter) error, dropped, aside []int32) func(w *batch.RosterWriter) error {
	return func(w *batch.RosterWriter) error {
		return errors.Join(give(w), w.Settle(dropped, batchtest.Aside(aside)))
	}
}

// What Settle says of rows is what they are when they are read, wherever they stand; a row that was aside before stays so, and so does one beside a row of its number.
func TestSettle(t *testing.T) {
	t.Parallel()
	all := rows(3*batch.Rows + 5)
	beside := batch.Row{Number: batch.Rows + 1, Aside: true, Email: "beside@acme.example"}
	all = slices.Insert(all, batch.Rows, beside) // behind the row of that number
	dropped, aside := []int32{2, batch.Rows + 1, 2*batch.Rows + 9, 5, 1 << 30}, []int32{batch.Rows + 2, 3, 6, 3*batch.Rows + 6, 12}
	var want []batch.Row
	late := map[int]bool{}
	for _, r := range all {
		switch n := int32(r.Number); {
		case r.Aside:
		case slices.Contains(dropped, n):
			continue
		case slices.Contains(aside, n):
			r.Aside, r.Cells, late[r.Number] = true, nil, true
		}
		want = append(want, r)
	}
	if len(late) != 4 || len(all)-len(want) != 3 {
		t.Fatalf("%d rows late, %d dropped: not what the test is about", len(late), len(all)-len(want))
	}
	file := write(t, checked(t), fields, settled(added(all), dropped, aside))
	slices.Reverse(dropped)
	slices.Reverse(aside)
	if !bytes.Equal(file, write(t, checked(t), fields, settled(added(all), dropped, aside))) {
		t.Error("the same rows in another order give other bytes")
	}
	f := open(t, file, checked(t))
	defer f.Close()
	if f.Batches() != 4 {
		t.Errorf("%d batches of rows, want 4", f.Batches())
	}
	got, err := batchtest.Rows(f, batchtest.Resolver(fields, 0, all))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	sameLate(t, f, late)
	for i := f.Batches(); i < f.Batches()+2; i++ {
		if b, err := f.Batch(i); err == nil {
			b.Release()
			t.Errorf("batch %d was read, which is not of rows", i)
		}
	}
}

// Named tells who stands in the rows of which something was said, those that were set aside in the end included, and in no others.
func TestNamed(t *testing.T) {
	t.Parallel()
	b := &batch.Block{}
	for n, kind := range []batch.Kind{batch.Accepted, batch.Noted, batch.Aside, batch.Accepted, batch.Accepted} {
		if err := b.Add(rows(5)[n], fields, 0); err != nil {
			t.Fatal(err)
		}
		b.Kind[n] = kind
	}
	late := batch.Row{Number: int(b.Number[3]), UniqueID: "late", Email: "late@acme.example"}
	file := write(t, checked(t), fields, func(w *batch.RosterWriter) error {
		return errors.Join(w.WriteBlock(b), w.Settle([]int32{b.Number[4]}, []batch.Row{late}))
	})
	f := open(t, file, checked(t))
	defer f.Close()
	want := []string{}
	for _, n := range []int{1, 2} {
		want = append(want, fmt.Sprintf("%d %s %s", b.Number[n], b.UniqueID.Bytes(n), b.Email.Bytes(n)))
	}
	want = append(want, fmt.Sprintf("%d late late@acme.example", late.Number))
	var got []string
	if err := f.Named(func(number int, uniqueID, email []byte) {
		got = append(got, fmt.Sprintf("%d %s %s", number, uniqueID, email))
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
}

// sameLate compares the numbers of rows that were set aside late.
func sameLate(t *testing.T, f *batch.RosterFile, want map[int]bool) {
	t.Helper()
	got := map[int]bool{}
	for i := range f.Batches() {
		b, err := f.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		for k, n := range b.Number {
			if b.IsLate(k) {
				if got[int(n)] = true; b.Kind[k] != batch.Aside {
					t.Errorf("row %d is late and of kind %d", n, b.Kind[k])
				}
			}
		}
		b.Release()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows set aside late (-want +got):\n%s", diff)
	}
}

// However many rows there is something to say of, each is found; also ones of which reading said something.
func TestSettleMany(t *testing.T) {
	t.Parallel()
	const n = 150_000
	var dropped, aside []int32
	var blocks []*batch.Block
	for i := range n {
		if i%1100 == 0 {
			blocks = append(blocks, &batch.Block{})
		}
		b := blocks[len(blocks)-1]
		if err := b.Add(batch.Row{Number: i + 2}, nil, 0); err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 1:
			dropped = append(dropped, int32(i+2))
		case 2:
			aside = append(aside, int32(i+2))
		case 3:
			b.Kind[b.Rows()-1] = batch.Noted
			aside = append(aside, int32(i+2))
		}
	}
	slices.Reverse(aside)
	file := write(t, checked(t), nil, settled(inBlocks(blocks...), dropped, aside))
	f := open(t, file, checked(t))
	defer f.Close()
	if more := arrowReader(t, file).NumRecords() - len(blocks); f.Batches() != len(blocks) || more < 2 {
		t.Fatalf("%d batches and %d more, want %d and some", f.Batches(), more, len(blocks))
	}
	for i := range f.Batches() {
		b, err := f.Batch(i)
		if err != nil {
			t.Fatal(err)
		}
		for k, number := range b.Number {
			want := [...]batch.Kind{batch.Accepted, batch.Dropped, batch.Aside, batch.Aside}[(number-2)%4]
			if b.Kind[k] != want || b.IsLate(k) != (want == batch.Aside) {
				t.Fatalf("row %d is of kind %d, late: %t", number, b.Kind[k], b.IsLate(k))
			}
		}
		b.Release()
	}
}
