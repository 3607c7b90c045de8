package intake_test

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

var full = flag.Bool("full", false, "read hostile files in full size, which takes minutes")

// endless repeats a pattern up to n bytes, without holding them.
type endless struct {
	pattern string
	at, n   int
	block   []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if e.block == nil {
		e.block = []byte(strings.Repeat(e.pattern, 1+(64<<10)/len(e.pattern)))
	}
	if e.at == e.n {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), e.n-e.at)], e.block[e.at%len(e.pattern):])
	e.at += n
	return n, nil
}

// What a file holds does not decide how much memory reading it takes, nor can it make reading take forever. Not parallel: it counts what the process allocates.
func TestMemoryIsBounded(t *testing.T) {
	const most = 64 << 20
	row := strings.TrimSuffix(ana, "\n")
	for name, test := range map[string]struct {
		start, pattern string
		quick, full    int // half MiB, and bytes
		code           roster.Code
	}{
		"one field":                {head, "x", 8, 1 << 30, roster.FileTooLarge},
		"one quoted field":         {head + `"`, "x\n", 8, 1 << 30, roster.FileQuoting},
		"one field of quotes":      {head + `"`, `""`, 8, 1 << 30, roster.FileQuoting},
		"columns":                  {head, "x,", 2, 2 << 20, roster.FileTooLarge},
		"columns on top":           {"", "x,", 2, 2 << 20, roster.FileTooLarge},
		"a gigabyte of columns":    {"", "x,", 8, 1 << 30, roster.FileTooLarge},
		"quoted columns":           {"", `"a"b,"c",`, 9, 9 << 26, roster.FileTooLarge},
		"blank lines":              {head + ana, "\n", 8, 1e9, roster.RowBlank},
		"blank lines of Windows":   {head + ana, "\r\n", 8, 2e9, roster.RowBlank},
		"too many blank lines":     {head + ana, "\n", 8, 2_200_000_000, roster.RowBlank},
		"blank lines on top":       {"", "\n", 8, 1e9, roster.FileEmpty},
		"commas":                   {head + ana, ",\n", 1, 1 << 28, roster.RowBlank},
		"quoted blanks":            {head, "\"\n", 1, 1 << 28, roster.RowBlank},
		"carriage returns":         {head, "\r", 1, 1 << 28, roster.FileLineEnds},
		"short rows of garbage":    {head, "x\n", 1, 2e7, roster.RowColumnCount},
		"rows of garbage and mail": {head, "a@b.example\n", 1, 12e7, roster.RowColumnCount},
		"stray quotes":             {head, "\"a\nb\"c\n", 1, 1 << 28, roster.RowQuoting},
		"rows joined by quotes":    {head + `"`, row + `","` + row + "\n", 8, 1 << 28, roster.FileQuoting},
		"garbage on top":           {"", "x\n", 1, 1 << 26, roster.ColumnMissing},
		"NULs":                     {head, "\x00", 8, 1 << 30, roster.FileTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			size := test.quick << 19
			if *full {
				size = test.full
			}
			start := time.Now()
			s, peak := peakOf(t, io.MultiReader(strings.NewReader(test.start), &endless{pattern: test.pattern, n: size}))
			if s.Totals[test.code] == 0 {
				t.Errorf("no %s in %v", test.code, s.Totals)
			}
			if peak > most {
				t.Errorf("%d MiB above base", peak>>20)
			}
			if *full {
				t.Logf("%d MiB in %v: %s, %d rows, %v, %d MiB above base", size>>20, time.Since(start).Round(time.Millisecond), s.Verdict, s.Rows, s.Totals, peak>>20)
			}
		})
	}
}

// peakOf reads a file, its roster going nowhere, and answers how far the heap grew meanwhile.
func peakOf(t *testing.T, file io.Reader) (s roster.Summary, peak uint64) {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	o := intake.Options{Mapping: small(), FindingsLimit: 1000}
	out, err := batch.NewRosterWriter(io.Discard, o.Mapping.Fields(), memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s, err = intake.Read(t.Context(), file, o, out)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	return s, peak - min(peak, base)
}

// people is a file of so many different people under small, which is never held as a whole.
type people struct {
	n, of int
	rest  []byte
}

func (p *people) Read(b []byte) (int, error) {
	for len(p.rest) < len(b) && p.n < p.of {
		p.n++
		p.rest = fmt.Appendf(p.rest, "Zoë,\"Lee, Jr.\",zoe.%d@acme.example,%07d,active,01/31/2020,Legal,Rome %d\r\n", p.n, p.n, p.n%5000)
	}
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest)
	p.rest = p.rest[:copy(p.rest, p.rest[n:])]
	return n, nil
}

// A roster without faults takes some memory for the blocks in flight, and for each person two hashes.
func TestMemoryOfARosterIsBounded(t *testing.T) {
	const rows, fixed, each = 400_000, 24 << 20, 40 // garbage that was not collected yet is counted
	s, peak := peakOf(t, io.MultiReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n")), &people{of: rows}))
	if s.Accepted != rows || len(s.Findings) > 0 {
		t.Fatalf("%d accepted, findings %v", s.Accepted, s.Totals)
	}
	if peak > fixed+each*rows {
		t.Errorf("%d MiB above base", peak>>20)
	}
	t.Logf("%d MiB above base", peak>>20)
}
