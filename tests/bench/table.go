package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table is what came out, as Markdown. Its first table has a line a goal and size, its second one a line a program and size; programs that read it may rely on the titles
// of the columns, and on "-" where there is nothing to tell.
func (b *bench) table() string {
	var out strings.Builder
	out.WriteString("## Goals\n\n")
	goalTable := [][]string{{"id", "rows", "what", "ours", "peer", "unit", "value", "min", "max", "must", "goal", "verdict", "cpu ratio", "wall ratio"}}
	var why []string
	for _, r := range b.results {
		for _, g := range goals() {
			if !g.tellable(r.rows) {
				continue
			}
			m := judge(g, r, b.results)
			goalTable = append(goalTable, m.line())
			if m.why != "" {
				why = append(why, fmt.Sprintf("- %s at %s rows was not measured: %s", g.id, short(r.rows), m.why))
			}
		}
	}
	write(&out, goalTable)
	fmt.Fprintf(&out, "\nValues are medians of %d rounds; a ratio is ours by the peer's, taken within a round.\n", b.rounds)
	if len(why) > 0 {
		out.WriteString("\n## Not run\n\n" + strings.Join(why, "\n") + "\n")
	}
	out.WriteString("\n## Programs\n\n")
	write(&out, b.programTable())
	return out.String()
}

// tellable reports whether the goal says anything on rosters of so many rows: ratios do everywhere, for scale.
func (g goal) tellable(rows int) bool {
	_, limited := g.limits[rows]
	return limited || g.unit != share && g.unit != seconds
}

func (m measured) line() []string {
	line := []string{m.id, short(m.rows), m.what, m.ours, dash(m.peer), string(m.unit)}
	if m.why != "" {
		line = append(line, "-", "-", "-")
	} else {
		line = append(line, number(m.unit, m.value), number(m.unit, m.low), number(m.unit, m.high))
	}
	must, aim := "-", "-"
	if m.limited {
		must, aim = number(m.unit, m.limit.must), number(m.unit, m.limit.goal)
	}
	return append(line, must, aim, string(m.verdict()), ratio(m.cpu), ratio(m.wall))
}

// programTable tells what each program took.
func (b *bench) programTable() [][]string {
	lines := [][]string{{"rows", "program", "what", "runs", "wall s", "wall min", "wall max", "cpu s", "peak MiB", "rows/s"}}
	for _, r := range b.results {
		for _, p := range b.programs() {
			runs := r.rounds[p.name]
			if len(runs) == 0 {
				continue
			}
			wall := each(runs, ofWall)
			peak := "-"
			if most := median(each(runs, ofPeak)); most > 0 {
				peak = fmt.Sprintf("%.0f", most/(1<<20))
			}
			lines = append(lines, []string{
				short(r.rows), p.name, p.what, fmt.Sprint(len(runs)), clock(median(wall)), clock(slices.Min(wall)), clock(slices.Max(wall)), clock(median(each(runs, ofCPU))), peak,
				fmt.Sprintf("%.0f", float64(r.newer)/median(wall)),
			})
		}
	}
	return lines
}

func clock(s float64) string {
	return fmt.Sprintf("%.3f", time.Duration(s*float64(time.Second)).Seconds())
}

// number writes a value so that its unit's limits can be told apart.
func number(u unit, v float64) string {
	switch u {
	case rate:
		return fmt.Sprintf("%.0f", v)
	case perRow:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func ratio(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// write writes lines as a Markdown table with columns of one width.
func write(out *strings.Builder, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w)
	}
	for _, line := range slices.Insert(slices.Clone(lines), 1, rule) {
		for k, cell := range line {
			fmt.Fprintf(out, "| %s%s ", cell, strings.Repeat(" ", widths[k]-len([]rune(cell))))
		}
		out.WriteString("|\n")
	}
}
