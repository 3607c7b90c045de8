package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/tests/bench/measure"
)

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"100k": 100_000, "1m": 1_000_000, " 5M ": 5_000_000, "2500": 2500, "": 0, "k": 0, "1g": 0, "-1m": 0, "999": 0, "51m": 0, "1.5m": 0} {
		got, err := parseSize(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("parseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

// quiet is a bench that says nothing.
func quiet(t *testing.T) *bench {
	return &bench{settings: settings{rounds: 1, seed: 1, out: t.TempDir()}, say: func(string, ...any) {}, out: map[string]string{}}
}

func TestRostersAreMadeOnce(t *testing.T) {
	t.Parallel()
	b := quiet(t)
	first, err := b.makeRosters(t.Context(), 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer first.clear()
	said := 0
	b.say = func(string, ...any) { said++ }
	second, err := b.makeRosters(t.Context(), 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer second.clear()
	if said > 0 || first.old != second.old || first.truth.Differs(second.truth) != "" {
		t.Error("the rosters of the same size and seed are made twice")
	}
	if first.truth.Changed != 110 || first.truth.Cells[string(roster.Status)] != 10 {
		t.Errorf("truth %+v", first.truth)
	}
	b.seed = 2
	third, err := b.makeRosters(t.Context(), 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer third.clear()
	if third.old == first.old {
		t.Error("another seed has the same rosters")
	}
}

func TestRostersOfAStoppedRunAreNotTaken(t *testing.T) {
	t.Parallel()
	b := quiet(t)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.makeRosters(stopped, 20_000); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped run makes rosters: %v", err)
	}
	said := 0
	b.say = func(string, ...any) { said++ }
	r, err := b.makeRosters(t.Context(), 20_000)
	if err != nil {
		t.Fatal(err)
	}
	defer r.clear()
	if said != 1 {
		t.Error("half-made rosters are taken")
	}
}

// A program that answers otherwise is out, and makes the whole bench fail; one that does not run is out alone.
func TestWrongAnswersAreNotMeasured(t *testing.T) {
	t.Parallel()
	b := quiet(t)
	truth := truthOf(rostergen.NewPair(1, 2000).Counts())
	r := rosters{truth: truth}
	res := &result{rows: 2000, newer: truth.Rows, rounds: map[string][]sample{}, out: map[string]string{}}
	answers := func(a measure.Answer, err error) func(context.Context, rosters) (sample, error) {
		return func(context.Context, rosters) (sample, error) { return sample{answer: a}, err }
	}
	for _, p := range []program{
		{name: "diff", run: answers(truth, nil)},
		{name: "read", run: answers(measure.Answer{Rows: truth.Rows}, nil)},
		{name: "postgres", run: answers(measure.Answer{}, errors.New("no\nserver"))},
	} {
		if _, err := b.once(t.Context(), p, r, res); err != nil {
			t.Fatal(err)
		}
	}
	if b.differs || res.out["diff"] != "" || res.out["read"] != "" || res.out["postgres"] != "no server" {
		t.Fatalf("differs %v, out %v", b.differs, res.out)
	}
	wrong := truth
	wrong.Changed--
	if _, err := b.once(t.Context(), program{name: "duckdb-csv", run: answers(wrong, nil)}, r, res); err != nil {
		t.Fatal(err)
	}
	if want := "it answers otherwise: changed 109, want 110"; !b.differs || res.out["duckdb-csv"] != want {
		t.Errorf("differs %v, %q, want %q", b.differs, res.out["duckdb-csv"], want)
	}
}

func samples(walls ...float64) []sample {
	all := make([]sample, len(walls))
	for i, w := range walls {
		all[i] = sample{wall: time.Duration(w * float64(time.Second)), cpu: time.Duration(2 * w * float64(time.Second)), peak: 128 << 20}
	}
	return all
}

func goalOf(t *testing.T, id string) goal {
	t.Helper()
	for _, g := range goals() {
		if g.id == id {
			return g
		}
	}
	t.Fatalf("there is no goal %s", id)
	return goal{}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	at := func(rows int, rounds map[string][]sample) *result {
		return &result{rows: rows, newer: rows, rounds: rounds, out: map[string]string{"known": "there is none"}}
	}
	one := at(million, map[string][]sample{"read": samples(0.5), "diff": samples(1, 2, 3), "duckdb-csv": samples(2, 3, 4), "postgres": samples(10, 10, 10), "import": samples(1), "duckdb-parquet": samples(3)})
	five := at(5*million, map[string][]sample{"diff": samples(8, 12), "duckdb-csv": samples(10, 20)})
	small := at(100_000, map[string][]sample{"diff": samples(0.15)})
	all := []*result{small, one, five}
	for _, test := range []struct {
		id    string
		in    *result
		value float64
		want  verdict
	}{
		{"P3", one, 2e6, enough},                         // more is better
		{"P4", one, 2.0 / 3, enough},                     // the median of 1/2, 2/3 and 3/4: rounds are paired
		{"P4", five, 0.7, enough},                        // a size with limits of its own
		{"P4", small, 0, notRun},                         // nobody to measure against
		{"P5", one, 1.0 / 3, reached},                    //
		{"P7", one, 0, notRun},                           // out
		{"P8", one, 0.2, reached},                        // on the limit
		{"P9", one, 67.108864, enough},                   // 64 MiB over 64 MiB, a million rows
		{"P10", one, 1, missed},                          //
		{"P13", small, 0.15, enough},                     //
		{"P14", five, (2.0*5/8 + 2.0*5/12) / 2, reached}, // 2 s at 1m
	} {
		m := judge(goalOf(t, test.id), test.in, all)
		if m.verdict() != test.want || m.value-test.value > 1e-9 || test.value-m.value > 1e-9 {
			t.Errorf("%s at %s = %v, %s, want %v, %s", test.id, short(test.in.rows), m.value, m.verdict(), test.value, test.want)
		}
	}
	if m := judge(goalOf(t, "P14"), five, []*result{five}); m.verdict() != notRun || m.why == "" {
		t.Errorf("a share without 1m: %s, %q", m.verdict(), m.why)
	}
	if m := judge(goalOf(t, "P1"), small, all); m.verdict() != notRun {
		t.Errorf("a ratio of nothing: %s", m.verdict())
	}
}

// Other programs read the table: its titles and the number of cells in a line are a contract.
func TestTable(t *testing.T) {
	t.Parallel()
	b := quiet(t)
	b.results = []*result{{rows: million, newer: million, rounds: map[string][]sample{"read": samples(0.4, 0.5), "csv": samples(0.5, 0.5)}, out: map[string]string{"postgres": "no server", "diff": "no | pipe"}}}
	table := b.table()
	for _, want := range []string{
		"| id  | rows | what", "| ours   | peer           | unit                  | value   | min     | max     | must    | goal    | verdict | cpu ratio | wall ratio |",
		"| P1  | 1m   | CSV to validated batches, against encoding/csv            | read   | csv            | cpu ratio             | 0.900   | 0.800   | 1.000   | 1.400   | 1.000   | goal    | 0.900     | 0.900      |",
		"| P3  | 1m   | CSV to validated batches, on two cores                    | read   | -              | rows/s                | 2250000 | 2000000 | 2500000 | 1500000 | 2200000 | goal    | -         | -          |",
		"- P8 at 1m rows was not measured: diff: no | pipe",
		"| rows | program | what", "| 1m   | read    | this project: CSV to validated batches | 2    | 0.450  | 0.400    | 0.500    | 0.900 | 128      | 2222222 |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	if strings.Contains(table, "P13") || strings.Contains(table, "P14") {
		t.Error("the table tells goals of other sizes")
	}
}
