package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/rostergen"
	"rollcall.internal/tests/bench/measure"
)

// A bench measures programs on rosters of several sizes.
type bench struct {
	settings
	say func(format string, args ...any)

	postgres *server
	out      map[string]string // why a program can't run at all, by name
	results  []*result
	differs  bool
}

// A result is what was measured on the rosters of one size.
type result struct {
	rows   int                 // of the old roster
	newer  int                 // rows of the new roster, which rows/s are counted in
	rounds map[string][]sample // by program, one a round
	out    map[string]string   // why a program was not measured, by name
}

// A sample is one run of a program.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes; 0 where nobody tells
	answer    measure.Answer
}

// A program is something that is measured.
type program struct {
	name string
	what string // for people
	run  func(ctx context.Context, r rosters) (sample, error)
}

// programs are in the order of a round: who is compared with whom stands beside it.
func (b *bench) programs() []program {
	step := func(name string, args func(rosters) []string) func(context.Context, rosters) (sample, error) {
		return func(ctx context.Context, r rosters) (sample, error) {
			return runProgram(ctx, filepath.Join(b.settings.out, "step"), append([]string{name}, args(r)...))
		}
	}
	duckdb := func(name string, args func(rosters) []string) func(context.Context, rosters) (sample, error) {
		return func(ctx context.Context, r rosters) (sample, error) {
			return runProgram(ctx, filepath.Join(b.settings.out, "duckdb"), append([]string{name, "-columns", strings.Join(r.columns, ",")}, args(r)...))
		}
	}
	reader := func(r rosters) []string { return []string{"-new", r.new} }
	both := func(r rosters) []string { return []string{"-old", r.old, "-new", r.new} }
	state := func(r rosters) []string { return []string{"-new", r.new, "-state", r.state} }
	return []program{
		{"csv", "encoding/csv, ReuseRecord", step("csv", reader)},
		{"read", "this project: CSV to validated batches", step("read", reader)},
		{"arrowcsv", "arrow/go v17 arrow/csv, strings", step("arrowcsv", reader)},
		{"duckdb-csv", "DuckDB: two CSVs, full join", duckdb("csv", both)},
		{"diff", "this project: diff of two CSVs", step("diff", both)},
		{"postgres", "PostgreSQL: COPY, full join", func(ctx context.Context, r rosters) (sample, error) { return b.postgres.compare(ctx, r) }},
		{"import", "this project: CSV against the snapshot", step("import", state)},
		{"duckdb-parquet", "DuckDB: Parquet and CSV, full join", duckdb("stored", func(r rosters) []string { return []string{"-stored", r.parquet, "-new", r.new} })},
		{"next", "this project: the same, next snapshot written", step("next", state)},
		{"known", "this project: the same, known lines skipped", step("known", state)},
	}
}

func (b *bench) wanted(name string) bool { return b.only == nil || b.only[name] }

// measure measures every program on rosters of so many rows.
func (b *bench) measure(ctx context.Context, rows int) error {
	r, err := b.makeRosters(ctx, rows)
	if err != nil {
		return err
	}
	res := &result{rows: rows, newer: r.truth.Rows, rounds: map[string][]sample{}, out: map[string]string{}}
	b.results = append(b.results, res)
	defer r.clear()
	b.prepare(ctx, r, res)
	programs := slices.DeleteFunc(b.programs(), func(p program) bool {
		if why, out := b.out[p.name]; out {
			res.out[p.name] = why
		}
		if !b.wanted(p.name) {
			res.out[p.name] = "not asked for"
		}
		return res.out[p.name] != ""
	})
	b.say("%s rows: every program answers once", short(rows))
	for _, p := range programs {
		if _, err := b.once(ctx, p, r, res); err != nil {
			return err
		}
	}
	for i := range b.rounds {
		b.say("%s rows: round %d of %d", short(rows), i+1, b.rounds)
		for _, p := range programs {
			one, err := b.once(ctx, p, r, res)
			if err != nil {
				return err
			}
			res.rounds[p.name] = append(res.rounds[p.name], one)
		}
		slices.Reverse(programs)
	}
	for name := range res.out {
		delete(res.rounds, name)
	}
	return nil
}

// once runs a program that is still in, and puts it out where it fails or answers wrongly. Its error is the context's.
func (b *bench) once(ctx context.Context, p program, r rosters, res *result) (one sample, err error) {
	if res.out[p.name] != "" {
		return one, nil
	}
	if one, err = p.run(ctx, r); err != nil {
		if ctx.Err() != nil {
			return one, ctx.Err()
		}
		res.out[p.name] = oneLine(err)
		b.say("%s: %s", p.name, res.out[p.name])
		return one, nil
	}
	want := r.truth
	if reads(p.name) {
		want = measure.Answer{Rows: want.Rows}
	}
	if wrong := one.answer.Differs(want); wrong != "" {
		res.out[p.name] = "it answers otherwise: " + wrong
		b.differs = true
		b.say("%s: %s", p.name, res.out[p.name])
	}
	return one, nil
}

// reads reports whether a program reads a file and compares nothing.
func reads(name string) bool { return name == "csv" || name == "read" || name == "arrowcsv" }

// prepare makes what an earlier import would have left behind, which is nobody's time.
func (b *bench) prepare(ctx context.Context, r rosters, res *result) {
	for _, side := range []struct {
		program string
		args    []string
		needs   []string // programs that can't do without
	}{
		{"step", []string{"prepare", "-old", r.old, "-state", r.state}, []string{"import", "next", "known"}},
		{"duckdb", []string{"store", "-columns", strings.Join(r.columns, ","), "-old", r.old, "-stored", r.parquet}, []string{"duckdb-parquet"}},
	} {
		if b.out[side.needs[0]] != "" || !slices.ContainsFunc(side.needs, b.wanted) {
			continue
		}
		if _, err := runProgram(ctx, filepath.Join(b.settings.out, side.program), side.args); err != nil {
			for _, name := range side.needs {
				res.out[name] = oneLine(fmt.Errorf("prepare: %w", err))
			}
		}
	}
}

func (b *bench) close() {
	if b.postgres != nil {
		b.postgres.stop()
	}
}

// oneLine is an error in a line that fits a table.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return strings.ReplaceAll(text, "|", "/")
}

// short writes a number of rows as it is asked for.
func short(rows int) string {
	switch {
	case rows%1_000_000 == 0:
		return fmt.Sprintf("%dm", rows/1_000_000)
	case rows%1_000 == 0:
		return fmt.Sprintf("%dk", rows/1_000)
	}
	return fmt.Sprint(rows)
}

// truthOf is what a pair was made to differ by.
func truthOf(c rostergen.Counts) measure.Answer {
	a := measure.Answer{Rows: c.New, Added: c.Added, Removed: c.Removed, Changed: c.Changed, Cells: map[string]int{}}
	for f, n := range c.Cells {
		a.Cells[string(f)] = n
	}
	return a
}
