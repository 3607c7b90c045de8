// Package measure is what a measured program says of itself: the answer that it found, by which it is compared with the others, and the memory that it took. The time is
// taken by whoever started it, since a program can't see its own beginning.
//
// A program writes one [Report] as JSON on standard output, and nothing else there. Programs that are built outside this module write the same keys.
package measure

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Report is what a measured program writes.
type Report struct {
	Answer Answer `json:"answer"`
	// PeakBytes is the most memory that was resident at once; 0 where the system does not tell.
	PeakBytes int64 `json:"peak_bytes"`
}

// An Answer is what a program found. A reader of one file counts rows alone.
type Answer struct {
	Rows    int `json:"rows,omitempty"` // of the new file
	Added   int `json:"added"`
	Removed int `json:"removed"`
	Changed int `json:"changed"` // people in both files of whom a cell differs
	// Cells counts the cells that differ, of people who are in both files, by field. Fields without any are left out.
	Cells map[string]int `json:"cells,omitempty"`
}

// Differs says in which counts a differs from want, in one line; "" where in none. Rows are compared where a tells them.
func (a Answer) Differs(want Answer) string {
	var all []string
	count := func(what string, got, want int) {
		if got != want {
			all = append(all, fmt.Sprintf("%s %d, want %d", what, got, want))
		}
	}
	if a.Rows != 0 {
		count("rows", a.Rows, want.Rows)
	}
	count("added", a.Added, want.Added)
	count("removed", a.Removed, want.Removed)
	count("changed", a.Changed, want.Changed)
	fields := maps.Clone(want.Cells)
	if fields == nil {
		fields = map[string]int{}
	}
	maps.Copy(fields, a.Cells)
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		count(f, a.Cells[f], want.Cells[f])
	}
	return strings.Join(all, "; ")
}

// Write writes the report of this process to w.
func Write(w io.Writer, a Answer) error {
	if err := json.NewEncoder(w).Encode(Report{Answer: a, PeakBytes: peak()}); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// peak reads the high-water mark of this process's memory. The resource usage that a parent gets can't be taken for it: there the mark of whoever started the program
// counts too.
func peak() int64 {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer status.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
