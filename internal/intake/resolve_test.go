package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/rostergen"
)

// An indexed file is a generated one and its roster.
type indexed struct {
	options intake.Options
	text    []byte
	roster  *batch.RosterFile
	lines   []batch.LineRef
}

// newIndexed reads a file of so many people, of whom each takes part; held are given their rows with their cells, unless it is nil.
func newIndexed(t *testing.T, seed uint64, people int, held func(*batch.Block) error) indexed {
	t.Helper()
	var file bytes.Buffer
	if err := rostergen.New(seed, people).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	x := indexed{options: intake.Options{Mapping: acmeMapping(t)}, text: file.Bytes()}
	reading := x.options
	reading.Rows = held
	stored := rosterOf(t, x.text, reading, 0)
	eachRow(t, stored, memory.DefaultAllocator, func(b *batch.RosterBatch, i int) { x.lines = append(x.lines, b.Line(i)) })
	var err error
	if x.roster, err = batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), memory.DefaultAllocator); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.roster.Close() })
	return x
}

// resolver reads rows of the file.
func (x indexed) resolver(t *testing.T, ctx context.Context, o intake.Options) batch.Resolver {
	t.Helper()
	resolve, err := intake.NewResolver(ctx, bytes.NewReader(x.text), int64(len(x.text)), o, x.roster)
	if err != nil {
		t.Fatal(err)
	}
	return resolve
}

// block is one for rows of the file.
func (x indexed) block() *batch.Block { return batch.NewBlock(len(x.options.Mapping.Fields())) }

// A resolver refuses a file that is not the roster's, and a line that reads otherwise.
func TestResolverRefusesAnotherFile(t *testing.T) {
	t.Parallel()
	x := newIndexed(t, 4, 2000, nil)
	for name, other := range map[string]string{"empty": "", "no header": "a,b\n1,2\n", "other columns": strings.Replace(string(x.text), "City", "Town", 1)} {
		if _, err := intake.NewResolver(t.Context(), strings.NewReader(other), int64(len(other)), x.options, x.roster); err == nil {
			t.Errorf("a file that is %s was taken for the roster's", name)
		}
	}
	resolve, into := x.resolver(t, t.Context(), x.options), x.block()
	good := x.lines[0]
	if err := resolve([]batch.LineRef{good}, into); err != nil || into.Rows() != 1 || into.Row(0, x.options.Mapping.Fields()).Email == "" {
		t.Errorf("the first line is not read: %v", err)
	}
	for name, spoil := range map[string]func(*batch.LineRef){
		"at another place":     func(l *batch.LineRef) { l.Offset = 0 },
		"shorter":              func(l *batch.LineRef) { l.Length-- },
		"of another hash":      func(l *batch.LineRef) { l.Hash = batch.Hash{Lo: 1} },
		"behind the end":       func(l *batch.LineRef) { l.Offset = int64(len(x.text)) },
		"in front of the file": func(l *batch.LineRef) { l.Offset = -1 },
		"of no length":         func(l *batch.LineRef) { l.Length = 0 },
		"of a negative length": func(l *batch.LineRef) { l.Length = -1 },
		"huge":                 func(l *batch.LineRef) { l.Length = 1 << 30 },
		"far away":             func(l *batch.LineRef) { l.Offset = math.MaxInt64 },
	} {
		l := good
		spoil(&l)
		if err := resolve([]batch.LineRef{good, l}, into); !errors.Is(err, intake.ErrReadOtherwise) {
			t.Errorf("a line that is %s: %v, want %v", name, err, intake.ErrReadOtherwise)
		}
	}
	// What has the right hash and is no record, or more than one, is no row.
	for name, size := range map[string]int32{"part of a line": good.Length / 2, "two lines": int32(x.lines[1].Offset-good.Offset) + x.lines[1].Length} {
		l := batch.LineRef{Number: 2, Offset: good.Offset, Length: size, Hash: batch.Seed(0).Line(x.text[good.Offset:][:size])}
		for _, o := range []intake.Options{x.options, intake.Serially(x.options)} {
			if err := x.resolver(t, t.Context(), o)([]batch.LineRef{l}, into); !errors.Is(err, intake.ErrReadOtherwise) {
				t.Errorf("%s: %v, want %v", name, err, intake.ErrReadOtherwise)
			}
		}
	}
}

// What reads lines ends with the context that it was made with, and is not made where that has ended.
func TestResolverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	x := newIndexed(t, 4, 50, nil)
	ctx, cancel := context.WithCancel(t.Context())
	resolve := x.resolver(t, ctx, x.options)
	cancel()
	if err := resolve(x.lines, x.block()); !errors.Is(err, context.Canceled) {
		t.Errorf("lines were read to %v, want %v", err, context.Canceled)
	}
	if _, err := intake.NewResolver(ctx, bytes.NewReader(x.text), int64(len(x.text)), x.options, x.roster); !errors.Is(err, context.Canceled) {
		t.Errorf("it was made with %v, want %v", err, context.Canceled)
	}
}

// However long the lines are, those of a batch are together no longer than bounds what reading them again takes.
func TestBatchesAreOfFewBytes(t *testing.T) {
	t.Parallel()
	o := intake.Options{Mapping: small()}
	var file bytes.Buffer
	file.WriteString(head)
	for i := range 300 {
		fmt.Fprintf(&file, "Ana,Roy,ana%d@acme.example,%d,active,,Finance,%s\n", i, i, strings.Repeat("x", 50_000))
	}
	for name, o := range map[string]intake.Options{"in blocks": o, "serially": intake.Serially(o)} {
		sums := map[*batch.RosterBatch]int{}
		eachRow(t, rosterOf(t, file.Bytes(), o, 0), memory.DefaultAllocator, func(b *batch.RosterBatch, i int) { sums[b] += int(b.Line(i).Length) })
		for _, sum := range sums {
			if sum > 2<<20 {
				t.Errorf("%s: a batch is of %d bytes", name, sum)
			}
		}
	}
}

// Resolvers may be used by many goroutines at once, for any lines in any number, and hold what they read to what reading the file says.
func TestResolverReadsPickedLines(t *testing.T) {
	t.Parallel()
	var want []batch.Row
	fields := acmeMapping(t).Fields()
	x := newIndexed(t, 5, 6000, func(b *batch.Block) error {
		for i := range b.Rows() {
			want = append(want, b.Row(i, fields))
		}
		return nil
	})
	resolve := x.resolver(t, t.Context(), x.options)
	var every sync.WaitGroup
	for _, step := range []int{1, 2, 7, 50, 1999} {
		every.Go(func() {
			var picked []batch.LineRef
			for i := step / 2; i < len(x.lines); i += step {
				picked = append(picked, x.lines[i])
			}
			into := x.block()
			for range 3 {
				if err := resolve(picked, into); err != nil || into.Rows() != len(picked) {
					t.Errorf("%d rows of %d lines, %v", into.Rows(), len(picked), err)
					return
				}
			}
			for i, l := range picked {
				if got := into.Row(i, fields); !cmp.Equal(got, want[l.Number-2]) || into.Offset[i] != l.Offset {
					t.Errorf("every %dth line: row %d is not what reading the file says", step, l.Number)
					return
				}
			}
		})
	}
	every.Wait()
}
