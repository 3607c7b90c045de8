// Command bench measures this project against its peers: `make bench`.
//
// # What it does
//
//  1. It makes two rosters of each size, see rostergen.Pair, and keeps them in the output folder: the same seed gives the same bytes.
//  2. It builds the programs that are measured: step (this project, encoding/csv, arrow/go's reader of CSV), and duckdb, a module of its own. PostgreSQL is started from the
//     machine's programs. A peer that can't be had is told in a sentence, and the others go on.
//  3. Every program answers once. Its answer must be what the rosters were made to differ by, cell by cell and column by column; this also warms the page cache. A time that was
//     taken for another answer would mean nothing.
//  4. They run in rounds, one after the other, each in a fresh process; every second round goes backwards. A ratio is taken within a round, between two runs that stood side by side, so that
//     a machine that is slow for a while is slow for both. Told are the median of the rounds and the extremes.
//  5. The table goes to standard output and to result.md in the output folder.
//
// Wall time is from the start of a process to its end, and CPU time is what the system counted for it. PostgreSQL's is what its sessions and this process took together, from
// the first COPY to the answer. Everything has two cores: GOMAXPROCS and DuckDB's threads say so.
//
// The exit code is 1 where answers differ, and where the bench itself can't work.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		stop()
		os.Exit(1)
	}
}

// settings say what is measured.
type settings struct {
	sizes  []int // rows of the old roster
	rounds int
	seed   uint64
	out    string          // folder of programs, rosters and the table
	only   map[string]bool // programs; nil for all
}

func parse(args []string) (settings, error) {
	s := settings{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	sizes := flags.String("sizes", "100k,1m", "rows of the rosters, as 100k,1m,5m")
	only := flags.String("only", "", "measure these programs alone, as diff,duckdb-csv (default all)")
	flags.IntVar(&s.rounds, "rounds", 5, "how many times each program is measured")
	flags.Uint64Var(&s.seed, "seed", 1, "seed of the rosters")
	flags.StringVar(&s.out, "out", "bin/bench", "folder of programs, rosters and result.md")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	for _, text := range strings.Split(*sizes, ",") {
		n, err := parseSize(text)
		if err != nil {
			return s, err
		}
		s.sizes = append(s.sizes, n)
	}
	if *only != "" {
		s.only = map[string]bool{}
		for _, name := range strings.Split(*only, ",") {
			s.only[name] = true
		}
	}
	if s.rounds < 1 {
		return s, fmt.Errorf("%d rounds measure nothing", s.rounds)
	}
	var err error
	s.out, err = filepath.Abs(s.out)
	return s, err
}

// parseSize reads a number of rows: digits, and k for thousands or m for millions.
func parseSize(text string) (int, error) {
	digits, unit := strings.ToLower(strings.TrimSpace(text)), 1
	switch {
	case strings.HasSuffix(digits, "k"):
		digits, unit = digits[:len(digits)-1], 1_000
	case strings.HasSuffix(digits, "m"):
		digits, unit = digits[:len(digits)-1], 1_000_000
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n*unit < 1_000 || n*unit > 50_000_000 {
		return 0, fmt.Errorf("%q is not a size: use 1k to 50m rows", text)
	}
	return n * unit, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	b := &bench{settings: s, say: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }}
	if err := b.build(ctx); err != nil {
		return err
	}
	defer b.close()
	for _, rows := range s.sizes {
		if err := b.measure(ctx, rows); err != nil {
			return err
		}
	}
	table := b.table()
	if _, err := io.WriteString(stdout, table); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	file := filepath.Join(s.out, "result.md")
	if err := os.WriteFile(file, []byte(table), 0o644); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	b.say("the table is in %s", file)
	if b.differs {
		return fmt.Errorf("answers differ")
	}
	return nil
}
