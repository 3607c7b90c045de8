package main

import (
	"fmt"
	"slices"
)

// A verdict says whether a goal is met.
type verdict string

// The verdicts. Where a goal is not about rosters of that size there is none.
const (
	reached  verdict = "goal"
	enough   verdict = "must"
	missed   verdict = "missed"
	notRun   verdict = "not run"
	forScale verdict = "-"
)

// A unit is what a goal is told in.
type unit string

// The units. Of rates and shares more is better, of all else less.
const (
	cpuRatio  unit = "cpu ratio"
	wallRatio unit = "wall ratio"
	peakRatio unit = "peak ratio"
	rate      unit = "rows/s"
	perRow    unit = "bytes/row over 64 MiB"
	seconds   unit = "s"
	share     unit = "share"
)

func (u unit) moreIsBetter() bool { return u == rate || u == share }

// A goal is a line of the table.
type goal struct {
	id, what   string
	ours, peer string // programs; peer is "" where nobody is measured against
	unit       unit
	limits     map[int]limit // by rows of the old roster
}

// A limit is the least that is asked, and what is aimed at.
type limit struct{ must, goal float64 }

const million = 1_000_000

// goals are the project's, in the order of the table.
func goals() []goal {
	at := func(must, goal float64) map[int]limit { return map[int]limit{million: {must, goal}} }
	return []goal{
		{"P1", "CSV to validated batches, against encoding/csv", "read", "csv", cpuRatio, at(1.4, 1.0)},
		{"P2", "CSV to validated batches, against arrow/csv", "read", "arrowcsv", cpuRatio, at(0.6, 0.4)},
		{"P3", "CSV to validated batches, on two cores", "read", "", rate, at(1.5e6, 2.2e6)},
		{"P4", "diff of two CSVs, against DuckDB", "diff", "duckdb-csv", wallRatio, map[int]limit{million: {0.75, 0.5}, 5 * million: {0.85, 0.6}}},
		{"P5", "diff against the snapshot, against DuckDB Parquet and CSV", "import", "duckdb-parquet", wallRatio, at(0.65, 0.4)},
		{"P6", "the same, next snapshot written", "next", "duckdb-parquet", wallRatio, at(0.85, 0.55)},
		{"P7", "the same, known lines skipped", "known", "duckdb-parquet", wallRatio, at(0.5, 0.3)},
		{"P8", "diff of two CSVs, against PostgreSQL", "diff", "postgres", wallRatio, at(0.4, 0.2)},
		{"P9", "peak memory of an import", "import", "", perRow, at(100, 48)},
		{"P10", "peak memory of an import, against DuckDB Parquet and CSV", "import", "duckdb-parquet", peakRatio, at(0.35, 0.2)},
		{"P13", "diff of two CSVs, process start to result", "diff", "", seconds, map[int]limit{100_000: {0.2, 0.1}}},
		{"P14", "diff of two CSVs, rows/s at 5m as a share of those at 1m", "diff", "", share, map[int]limit{5 * million: {0.8, 0.95}}},
	}
}

// A measured goal is what came out on rosters of one size.
type measured struct {
	goal
	rows             int
	value, low, high float64 // the median of the rounds, and the extremes
	cpu, wall        float64 // medians of both ratios; 0 where there is no peer
	limit            limit
	limited          bool // there is a limit for this size
	why              string
}

// judge works a goal out on one result; all are those of every size.
func judge(g goal, r *result, all []*result) measured {
	m := measured{goal: g, rows: r.rows}
	m.limit, m.limited = g.limits[r.rows]
	for _, name := range []string{g.ours, g.peer} {
		if why := r.out[name]; why != "" {
			m.why = name + ": " + why
			return m
		}
	}
	values, why := g.values(r, all)
	if len(values) == 0 {
		m.why = why
		return m
	}
	m.value, m.low, m.high = median(values), slices.Min(values), slices.Max(values)
	if g.peer != "" {
		m.cpu, m.wall = median(r.ratios(g, ofCPU)), median(r.ratios(g, ofWall))
	}
	return m
}

// values are the goal's, one a round; where there are none it says why.
func (g goal) values(r *result, all []*result) ([]float64, string) {
	switch g.unit {
	case cpuRatio:
		return r.ratios(g, ofCPU), "nothing was measured"
	case wallRatio:
		return r.ratios(g, ofWall), "nothing was measured"
	case peakRatio:
		return r.ratios(g, ofPeak), "the system does not tell the memory of a process"
	case rate:
		return each(r.rounds[g.ours], func(s sample) float64 { return float64(r.newer) / s.wall.Seconds() }), "nothing was measured"
	case seconds:
		return each(r.rounds[g.ours], ofWall), "nothing was measured"
	case perRow:
		return each(r.rounds[g.ours], func(s sample) float64 { return max(0, ofPeak(s)-64<<20) / float64(r.newer) }), "nothing was measured"
	case share:
		i := slices.IndexFunc(all, func(one *result) bool { return one.rows == million && len(one.rounds[g.ours]) > 0 })
		if i < 0 {
			return nil, "sizes 1m and 5m were not both asked for"
		}
		small := median(each(all[i].rounds[g.ours], ofWall)) / float64(all[i].newer)
		return each(r.rounds[g.ours], func(s sample) float64 { return small * float64(r.newer) / s.wall.Seconds() }), "nothing was measured"
	}
	return nil, fmt.Sprintf("nobody knows the unit %q", g.unit)
}

func ofCPU(s sample) float64  { return s.cpu.Seconds() }
func ofWall(s sample) float64 { return s.wall.Seconds() }
func ofPeak(s sample) float64 { return float64(s.peak) }

// ratios are ours by the peer's, a round each; none where one of the two is not told.
func (r *result) ratios(g goal, of func(sample) float64) []float64 {
	ours, theirs := r.rounds[g.ours], r.rounds[g.peer]
	var ratios []float64
	for i := range min(len(ours), len(theirs)) {
		if of(ours[i]) == 0 || of(theirs[i]) == 0 {
			return nil
		}
		ratios = append(ratios, of(ours[i])/of(theirs[i]))
	}
	return ratios
}

func each(samples []sample, of func(sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}

// median returns the middle one of the values, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// verdict judges the median.
func (m measured) verdict() verdict {
	meets := func(bound float64) bool {
		if m.unit.moreIsBetter() {
			return m.value >= bound
		}
		return m.value <= bound
	}
	switch {
	case m.why != "":
		return notRun
	case !m.limited:
		return forScale
	case meets(m.limit.goal):
		return reached
	case meets(m.limit.must):
		return enough
	}
	return missed
}
