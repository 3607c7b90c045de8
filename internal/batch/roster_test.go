package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/roster"
)

var fields = []roster.Field{roster.Email, roster.UniqueID, roster.City}

// rows returns n rows, some of which were set aside.
func rows(n int) []batch.Row {
	var rows []batch.Row
	for i := range n {
		row := batch.Row{Number: i + 2, UniqueID: fmt.Sprintf("%06d", i), Email: fmt.Sprintf("person%d@acme.example", i)}
		if i%7 == 3 {
			row.Aside = true
			row.UniqueID = ""
			rows = append(rows, row)
			continue
		}
		row.Cells = []batch.Cell{{Text: row.Email}, {Text: row.UniqueID}, {Text: "Montréal"}}
		switch i % 3 {
		case 1:
			row.Cells[2] = batch.Cell{}
		case 2:
			row.Cells[2] = batch.Cell{Absent: true}
		}
		rows = append(rows, row)
	}
	return rows
}

// write returns a roster of what give gives its writer.
func write(t rapid.TB, alloc memory.Allocator, fields []roster.Field, give func(w *batch.RosterWriter) error) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, fields, alloc)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(give(w), w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// added gives rows one by one.
func added(rows []batch.Row) func(w *batch.RosterWriter) error {
	return func(w *batch.RosterWriter) error {
		for _, r := range rows {
			if err := w.Add(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// inBlocks gives blocks.
func inBlocks(blocks ...*batch.Block) func(w *batch.RosterWriter) error {
	return func(w *batch.RosterWriter) error {
		for _, b := range blocks {
			if err := w.WriteBlock(b); err != nil {
				return err
			}
		}
		return nil
	}
}

func open(t rapid.TB, file []byte, alloc memory.Allocator) *batch.RosterFile {
	t.Helper()
	f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRosterComesBackAsWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, batch.Rows - 1, batch.Rows, 2*batch.Rows + 17} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			want := rows(n)
			file := write(t, checked(t), fields, added(want))
			if !bytes.Equal(file, write(t, checked(t), fields, added(want))) {
				t.Error("the same rows give other bytes")
			}
			f := open(t, file, checked(t))
			defer f.Close()
			if got, want := f.Batches(), (n+batch.Rows-1)/batch.Rows; got != want {
				t.Errorf("%d batches, want %d", got, want)
			}
			for range 2 {
				got, err := batchtest.Rows(f, batchtest.Resolver(fields, 0, want))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("rows differ (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Rows that are added one by one end their batch before their texts go beyond what a column can hold.
func TestRosterOfLongTexts(t *testing.T) {
	t.Parallel()
	var want []batch.Row
	for i := range 4 {
		want = append(want, batch.Row{Number: i + 2, Aside: true, Email: strings.Repeat(fmt.Sprint(i), 6<<20)})
	}
	f := open(t, write(t, checked(t), fields, added(want)), checked(t))
	defer f.Close()
	got, err := batchtest.Rows(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Batches() != 2 || !cmp.Equal(want, got) {
		t.Errorf("%d batches, want 2 that say what was written", f.Batches())
	}
}

func TestRosterWriterRefusesARowOfAnotherShape(t *testing.T) {
	t.Parallel()
	w, err := batch.NewRosterWriter(&bytes.Buffer{}, fields, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Add(batch.Row{Number: 2, Cells: make([]batch.Cell, 2)}); err == nil {
		t.Error("a row of two cells was taken for three fields")
	}
}

// That a writer fails is told by Close at the latest, and by each Close.
func TestRosterThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	all := rows(3 * batch.Rows)
	whole := len(write(t, checked(t), fields, added(all)))
	for _, room := range []int{0, whole / 2, whole - 1, whole} {
		w, err := batch.NewRosterWriter(&fullWriter{room}, fields, checked(t))
		if err != nil {
			t.Fatal(err)
		}
		err = added(all)(w)
		closed := w.Close()
		if errors.Is(closed, errFull) != (room < whole) || err != nil && !errors.Is(err, errFull) {
			t.Errorf("with room for %d of %d bytes: %v, and closed: %v", room, whole, err, closed)
		}
		if again := w.Close(); !errors.Is(again, closed) {
			t.Errorf("closed again: %v, and before: %v", again, closed)
		}
	}
}

// An indexed is all that a roster says of a row.
type indexed struct {
	Number          int32
	Kind            batch.Kind
	State           batch.State
	IDKey, EmailKey uint64
	Hash            batch.Hash
	Line            batch.LineRef
	UniqueID, Email string
}

// keptOf returns what a roster has to say of the rows of a block: no identifiers of those that are accepted.
func keptOf(b *batch.Block) (all []indexed) {
	for i, n := range b.Number {
		r := indexed{n, b.Kind[i], b.State[i], b.IDKey[i], b.EmailKey[i], batch.Hash{Hi: b.RowHi[i], Lo: b.RowLo[i]},
			batch.LineRef{Number: n, Offset: b.Offset[i], Length: b.Length[i], Hash: batch.Hash{Hi: b.LineHi[i], Lo: b.LineLo[i]}}, "", ""}
		if b.Kind[i] != batch.Accepted {
			r.UniqueID, r.Email = string(b.UniqueID.Bytes(i)), string(b.Email.Bytes(i))
		}
		all = append(all, r)
	}
	return all
}

// readOf returns what a batch says of its rows.
func readOf(b *batch.RosterBatch) (all []indexed) {
	for i, n := range b.Number {
		all = append(all, indexed{n, b.Kind[i], b.State[i], b.IDKey[i], b.EmailKey[i], b.Hash(i), b.Line(i), b.UniqueID.Text(i), b.Email.Text(i)})
	}
	return all
}

// arrowOf returns what a record of Arrow's own reader says, column by column as they are named.
func arrowOf(rec arrow.Record) (all []indexed) {
	columns := map[string]arrow.Array{}
	for i, f := range rec.Schema().Fields() {
		columns[f.Name] = rec.Column(i)
	}
	number := func(name string, i int) uint64 { return columns[name].(*array.Uint64).Value(i) }
	text := func(name string, i int) string { return columns[name].(*array.String).Value(i) }
	for i := range int(rec.NumRows()) {
		n := columns["row"].(*array.Int32).Value(i)
		line := batch.LineRef{Number: n, Offset: columns["offset"].(*array.Int64).Value(i), Length: columns["length"].(*array.Int32).Value(i),
			Hash: batch.Hash{Hi: number("line_hi", i), Lo: number("line_lo", i)}}
		all = append(all, indexed{n, columns["kind"].(*array.Uint8).Value(i), columns["state"].(*array.Uint8).Value(i), number("id_key", i), number("email_key", i),
			batch.Hash{Hi: number("row_hi", i), Lo: number("row_lo", i)}, line, text("unique_id", i), text("email", i)})
	}
	return all
}

// drawRow draws a row that Row gives back as it is: a unique ID that is empty says nothing.
func drawRow(t *rapid.T, number int) batch.Row {
	r := batch.Row{Number: number, UniqueID: rapid.StringN(0, 4, -1).Draw(t, "id"), Email: rapid.StringMatching(`[aBé]{1,3}@X\.example`).Draw(t, "email"), Aside: rapid.IntRange(0, 4).Draw(t, "aside") == 0}
	if !r.Aside {
		r.Cells = []batch.Cell{{Text: r.Email}, {Text: r.UniqueID, Absent: r.UniqueID == ""}, {Text: rapid.StringN(0, 6, -1).Draw(t, "city")}}
		if rapid.Bool().Draw(t, "absent") {
			r.Cells[2] = batch.Cell{Absent: true}
		}
	}
	return r
}

// drawBlocks draws blocks of rows of all kinds, which ascend.
func drawBlocks(t *rapid.T, seed batch.Seed) (blocks []*batch.Block) {
	number := 2
	for range rapid.IntRange(0, 4).Draw(t, "blocks") {
		b := batch.NewBlock(len(fields))
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			r := drawRow(t, number)
			if err := b.Add(r, fields, seed); err != nil {
				t.Fatal(err)
			}
			number += rapid.IntRange(0, 2).Draw(t, "step")
			if r.Aside {
				continue
			}
			b.Kind[i], b.State[i] = rapid.SampledFrom([]batch.Kind{batch.Accepted, batch.Noted}).Draw(t, "kind"), rapid.Uint8().Draw(t, "state")
			b.LineHi[i], b.LineLo[i] = rapid.Uint64().Draw(t, "line"), rapid.Uint64().Draw(t, "line")
			b.Offset[i], b.Length[i] = rapid.Int64Range(0, 1<<50).Draw(t, "offset"), rapid.Int32Range(0, math.MaxInt32).Draw(t, "length")
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// A roster says of each row what was written but for cells, and for identifiers of rows that are accepted; Arrow's own reader says the same. Blocks without cells, and ones that were used before, give
// the same bytes.
func TestRosterKeepsAllButTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		seed := batch.Seed(rapid.Uint64().Draw(t, "seed"))
		blocks := drawBlocks(t, seed)
		named := func(give func(w *batch.RosterWriter) error) func(w *batch.RosterWriter) error {
			return func(w *batch.RosterWriter) error {
				w.SetSeed(seed)
				w.SetReading("a reading")
				return give(w)
			}
		}
		file := write(t, alloc, fields, named(inBlocks(blocks...)))
		index := &batch.Block{}
		again := write(t, alloc, fields, named(func(w *batch.RosterWriter) error {
			for _, b := range blocks {
				index.Reset()
				index.AppendRange(b, 0, b.Rows())
				if err := w.WriteBlock(index); err != nil {
					return err
				}
			}
			return nil
		}))
		if !bytes.Equal(file, again) {
			t.Fatal("blocks without cells give other bytes")
		}
		f, plain := open(t, file, alloc), arrowReader(t, file)
		if f.Seed() != seed || f.Reading() != "a reading" || !slices.Equal(f.Fields(), fields) || f.Batches() != len(blocks) || plain.NumRecords() != len(blocks) {
			t.Fatalf("opened with seed %s, reading %q, fields %v and %d batches, by Arrow %d", f.Seed(), f.Reading(), f.Fields(), f.Batches(), plain.NumRecords())
		}
		for i, want := range blocks {
			b, err := f.Batch(i)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(keptOf(want), readOf(b)); diff != "" {
				t.Fatalf("batch %d (-written +read):\n%s", i, diff)
			}
			b.Release()
			rec, err := plain.RecordAt(i)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(keptOf(want), arrowOf(rec)); diff != "" {
				t.Fatalf("batch %d (-written +read by Arrow):\n%s", i, diff)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes were not given back", n)
		}
	})
}

// No cell of any row stands in a roster, and no identifier of a row of which reading said nothing; also where the memory for them held others before.
func TestWhatARosterDoesNotHold(t *testing.T) {
	t.Parallel()
	kinds := []batch.Kind{batch.Noted, batch.Accepted, batch.Aside, batch.Accepted}
	var held, missing []string
	var blocks []*batch.Block
	for i := range 3 {
		b := batch.NewBlock(len(fields))
		for k, kind := range kinds[min(i, 1):] {
			name := fmt.Sprintf("%c%c", 'p'+i, 'a'+k)
			row := batch.Row{Number: i*10 + k + 2, UniqueID: "id-" + name, Email: name + "@x.example", Aside: kind == batch.Aside}
			city := "city of " + name
			if !row.Aside {
				row.Cells = []batch.Cell{{Text: row.Email}, {Text: row.UniqueID}, {Text: city}}
			}
			if err := b.Add(row, fields, 0); err != nil {
				t.Fatal(err)
			}
			b.Kind[k] = kind
			missing = append(missing, city)
			if kind == batch.Accepted {
				missing = append(missing, row.UniqueID, row.Email)
			} else {
				held = append(held, row.UniqueID, row.Email)
			}
		}
		blocks = append(blocks, b)
	}
	late := batch.Row{Number: 100, UniqueID: "id-late", Email: "late@x.example", Cells: []batch.Cell{{Text: "late@x.example"}, {Text: "id-late"}, {}}}
	missing = append(missing, late.UniqueID, late.Email)
	give := func(w *batch.RosterWriter) error { return errors.Join(inBlocks(blocks...)(w), w.Add(late)) }
	file := write(t, checked(t), fields, settled(give, nil, []int32{100}))
	for _, text := range held {
		if !bytes.Contains(file, []byte(text)) {
			t.Errorf("%q is not in the file", text)
		}
	}
	for _, text := range missing {
		if bytes.Contains(file, []byte(text)) {
			t.Errorf("%q is in the file", text)
		}
	}
}

// A roster takes less than ninety bytes a row in batches of a thousand, whatever its rows say.
func TestSizeOfARoster(t *testing.T) {
	t.Parallel()
	b := batch.NewBlock(len(fields))
	long := strings.Repeat("long ", 100)
	for i := range 1000 {
		if err := b.Add(batch.Row{Number: i + 2, UniqueID: long, Email: long, Cells: []batch.Cell{{Text: long}, {Text: long}, {Text: long}}}, fields, 0); err != nil {
			t.Fatal(err)
		}
	}
	one := write(t, checked(t), fields, inBlocks(b))
	if two := write(t, checked(t), fields, inBlocks(b, b)); len(two)-len(one) > 90*b.Rows() {
		t.Errorf("%d rows take %d bytes", b.Rows(), len(two)-len(one))
	}
}
