package intake_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

// endless repeats a pattern up to n bytes, without holding them.
type endless struct {
	pattern string
	at, n   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.at == e.n {
		return 0, io.EOF
	}
	n := min(len(p), e.n-e.at)
	for i := range n {
		p[i] = e.pattern[(e.at+i)%len(e.pattern)]
	}
	e.at += n
	return n, nil
}

// What a file holds does not decide how much memory reading it takes. Not parallel: it counts what the process allocates.
func TestMemoryIsBounded(t *testing.T) {
	const size, most = 16 << 20, 10 << 20
	for name, test := range map[string]struct {
		start, pattern string
		code           roster.Code
	}{
		"one field":          {head, "x", roster.FileTooLarge},
		"one quoted field":   {head + `"`, "x\n", roster.FileQuoting},
		"columns":            {head, "x,", roster.FileTooLarge},
		"columns on top":     {"", "x,", roster.FileTooLarge},
		"blank lines":        {head, "\n", roster.FileNoRows},
		"carriage returns":   {head, "\r", roster.FileLineEnds},
		"blank lines on top": {"", "\n", roster.FileEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			file := io.MultiReader(strings.NewReader(test.start), &endless{pattern: test.pattern, n: size})
			s := read(t, file, intake.Options{Mapping: small(), FindingsLimit: 10}).summary
			runtime.ReadMemStats(&after)
			if s.Totals[test.code] == 0 {
				t.Errorf("no %s in %v", test.code, s.Totals)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%d MiB allocated", got>>20)
			}
		})
	}
}
