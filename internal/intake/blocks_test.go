package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

// told is all that a reading tells: what a roster's file holds, row by row, and what was said while it was read.
type told struct {
	Summary roster.Summary
	Each    []roster.Finding
	Index   []string    // the roster
	Rows    []batch.Row // and what its rows say
	file    []byte
}

// failer is what of a test and of a property fails both.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// tell reads a file and returns all that this tells.
func tell(t failer, file []byte, o intake.Options, seed batch.Seed) (got told) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	o.Alloc = alloc
	o.Each = func(f roster.Finding) { got.Each = append(got.Each, f) }
	var out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, o.Mapping.Fields(), alloc)
	if err != nil {
		t.Fatal(err)
	}
	w.SetSeed(seed)
	got.Summary, err = intake.Read(contextOf(t), bytes.NewReader(file), o, w)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if got.Summary.Verdict == roster.Accepted {
		got.file = out.Bytes()
		got.Index = indexOf(t, out.Bytes(), alloc)
		got.Rows = rowsOf(t, file, out.Bytes(), o, alloc)
		if diff := cmp.Diff(heldRows(t, file, out.Bytes(), o, seed), got.Rows); diff != "" {
			t.Fatalf("rows (-as read +as resolved):\n%s\nof %q", diff, file)
		}
	}
	if n := alloc.CurrentAlloc(); n != 0 {
		t.Fatalf("%d bytes were not given back", n)
	}
	return got
}

// heldRows reads a file again and keeps what its rows say, which changes nothing about its roster, and returns them as that has them in the end.
func heldRows(t failer, file, stored []byte, o intake.Options, seed batch.Seed) (rows []batch.Row) {
	t.Helper()
	var held []batch.Row
	o.Each = nil
	o.Rows = func(b *batch.Block) error {
		for i := range b.Rows() {
			held = append(held, b.Row(i, o.Mapping.Fields()))
		}
		return nil
	}
	if !bytes.Equal(rosterOf(t, file, o, seed), stored) {
		t.Fatalf("with its cells kept the file comes to another roster")
	}
	eachRow(t, stored, memory.DefaultAllocator, func(b *batch.RosterBatch, i int) {
		row := held[0]
		held = held[1:]
		if b.IsLate(i) {
			row.Aside, row.Cells = true, nil
		}
		if b.Kind[i] != batch.Dropped {
			rows = append(rows, row)
		}
	})
	return rows
}

// indexOf writes every row of a roster with all of its columns.
func indexOf(t failer, stored []byte, alloc memory.Allocator) (rows []string) {
	t.Helper()
	eachRow(t, stored, alloc, func(b *batch.RosterBatch, i int) {
		rows = append(rows, fmt.Sprintf("%q %q kind %d state %d keys %x %x hash %x line %+v", b.UniqueID.Bytes(i), b.Email.Bytes(i), b.Kind[i], b.State[i], b.IDKey[i], b.EmailKey[i], b.Hash(i), b.Line(i)))
	})
	return rows
}

// eachRow calls do with every row of a roster: the i-th of a batch.
func eachRow(t failer, stored []byte, alloc memory.Allocator, do func(b *batch.RosterBatch, i int)) {
	t.Helper()
	f, err := batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := range f.Batches() {
		b, err := f.Batch(n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows() {
			do(b, i)
		}
		b.Release()
	}
}

// agree fails where reading a file in blocks tells anything else than reading it serially.
func agree(t failer, file []byte, o intake.Options, seed batch.Seed, size, workers int) {
	t.Helper()
	want := tell(t, file, intake.Serially(o), seed)
	got := tell(t, file, intake.InBlocks(o, size, workers), seed)
	compare(t, want, got, file, size)
}

func compare(t failer, want, got told, file []byte, size int) {
	t.Helper()
	for _, d := range []string{cmp.Diff(want.Summary, got.Summary), cmp.Diff(want.Each, got.Each), cmp.Diff(want.Index, got.Index), cmp.Diff(want.Rows, got.Rows)} {
		if d != "" {
			if len(file) > 2000 {
				file = file[:2000]
			}
			t.Fatalf("blocks of %d bytes tell something else (-serial +blocks):\n%s\nof %q", size, d, file)
		}
	}
}

// Reading in blocks tells what reading record by record tells, of every file of the corpus, wherever it is cut.
func TestBlocksTellTheSameOfTheCorpus(t *testing.T) {
	t.Parallel()
	for _, e := range loadCorpus(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			sizes := []int{16, 100, 333, 1000, 5000, 1 << 18}
			if len(e.file) < 2000 {
				sizes = nil
				for size := 1; size <= len(e.file)+1; size += 1 + size/50 {
					sizes = append(sizes, size)
				}
			}
			want := tell(t, e.file, intake.Serially(e.options), 0)
			for _, size := range sizes {
				compare(t, want, tell(t, e.file, intake.InBlocks(e.options, size, 2), 0), e.file, size)
			}
		})
	}
}

// drawRow returns a row of a file under small, good or with something about it.
func drawRow(t *rapid.T, i int) string {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "cell") }
	n := i
	if rapid.IntRange(0, 15).Draw(t, "again") == 0 {
		n = rapid.IntRange(0, 5).Draw(t, "who")
	}
	cells := []string{
		pick("Ana", "Zoë", "Rene\u0301", "O'Neil", "\"Lee, Jr.\"", "Li"), pick("Roy", "Low", "王", "\"Ng\""),
		fmt.Sprintf(pick("p%d@acme.example", "p%d@acme.example", "P%d@Acme.example", "p%d.x-y_z@a-b.example", "p+%d@acme.example", "é%d@acme.example"), n),
		fmt.Sprintf(pick("%05d", "%05d", "E%d", " %d", "é%d", "\"%d\""), n), pick("active", "inactive", "active ", "\"active\""),
		pick("", "01/31/2020", "12/31/1999", "02/29/2000", "\"01/01/2001\""), pick("Finance", "Legal", "Fin.", "", " Legal"),
		pick("", "Paris", "\"Paris, France\"", "São Paulo", "Sa\u0303o Paulo", "Rome "),
	}
	if rapid.IntRange(0, 5).Draw(t, "odd") == 0 {
		k := rapid.IntRange(0, len(cells)-1).Draw(t, "column")
		cells[k] = pick("", " ", "#N/A", "#", "1.5E+07", "-1e5", "Active", "13/13/2020", "02/29/1900", "1/2/2020", "a\u200Bb", "\u200B", "\"a,b\"", "\"x\ny\"", "\"x\r\ny\"", "\"x\"\"y\"", "x@", "\x01", "\t", "\x7F",
			"\"x, a@b.example\"", "\"x, a＠b.example\"", "Retail", "MontrÃ©al", "\uFEFFx", "5\" pipe", "\"a\"b", "\xFF", "Ren\xE9", "\x00", "a\rb", "#REF!", "#####", "City", "\u00A0Paris", strings.Repeat("x", 300), "\"\"", "\"\n\"", "\"a", "b\"")
	}
	return strings.Join(cells, ",")
}

// drawFile returns a file under small.
func drawFile(t *rapid.T) []byte {
	var b strings.Builder
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
	b.WriteString(rapid.SampledFrom([]string{"", "\uFEFF", "Report\n\n"}).Draw(t, "start"))
	b.WriteString(strings.TrimSuffix(head, "\n") + end)
	for i := range rapid.IntRange(0, 40).Draw(t, "rows") {
		row := drawRow(t, i)
		switch rapid.IntRange(0, 60).Draw(t, "line") {
		case 0:
			row = ""
		case 1:
			row = strings.ToUpper(strings.TrimSuffix(head, "\n"))
		case 2:
			row += ",more"
		case 3:
			row = strings.Repeat(",", 7)
		case 4:
			row = `"` + row
		case 5:
			row += "\n\n\n"
		}
		b.WriteString(row + end)
	}
	text := b.String()
	return []byte(text[:len(text)-rapid.SampledFrom([]int{0, 0, 0, 1, 2, 10}).Draw(t, "torn")])
}

// The same holds for files of every kind of row, cut anywhere, and under keys that are hardly ever one person's alone.
func TestBlocksTellTheSame(t *testing.T) {
	t.Parallel()
	const weak batch.Seed = 0xBAD << 52
	rapid.Check(t, func(t *rapid.T) {
		file := drawFile(t)
		o := intake.Options{Mapping: small(), FindingsLimit: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "findings")}
		if rapid.IntRange(0, 7).Draw(t, "limited") == 0 {
			o.MaxRows = rapid.IntRange(1, 40).Draw(t, "most rows")
		}
		if rapid.IntRange(0, 7).Draw(t, "short") == 0 {
			o.MaxBytes = int64(rapid.IntRange(1, len(file)+1).Draw(t, "most bytes"))
		}
		seed := rapid.SampledFrom([]batch.Seed{0, 42, weak}).Draw(t, "seed")
		agree(t, file, o, seed, rapid.IntRange(1, len(file)+10).Draw(t, "size"), rapid.IntRange(1, 4).Draw(t, "workers"))
	})
}

// However many workers read, the roster is the same to the byte.
func TestWorkersMakeNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file := drawFile(t)
		o := intake.Options{Mapping: small()}
		size := rapid.IntRange(50, 1500).Draw(t, "size")
		one, several := tell(t, file, intake.InBlocks(o, size, 1), 7), tell(t, file, intake.InBlocks(o, size, 3), 7)
		compare(t, one, several, file, size)
		if !bytes.Equal(one.file, several.file) {
			t.Fatalf("the rosters of one worker and of several differ")
		}
	})
}

// contextOf is the context of a test; a property has its own.
func contextOf(t failer) context.Context {
	if t, ok := t.(interface{ Context() context.Context }); ok {
		return t.Context()
	}
	return context.Background()
}
