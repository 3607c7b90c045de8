package intake_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

// BenchmarkRead reads a roster, and the same bytes in the same run with the standard library alone, which checks and keeps nothing: the yardstick. What is compared is
// the time of all cores together, since machines have neighbours; rows/s are by the clock. It is a million rows with -full, and otherwise a tenth of that. "pair" is the
// roster by which engines are measured, "company" one of the example tenant, with quotes in every row.
func BenchmarkRead(b *testing.B) {
	rows := 100_000
	if *full {
		rows = 1_000_000
	}
	b.Run("pair", func(b *testing.B) {
		pair := rostergen.NewPair(1, rows)
		var m mapping.Mapping
		for _, c := range pair.Columns() {
			m.Columns = append(m.Columns, mapping.Column{Title: c.Title, Field: c.Field, Visibility: roster.Private, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear})
		}
		benchmarkRead(b, pair.WriteOld, m, rows)
	})
	b.Run("company", func(b *testing.B) {
		data, err := os.ReadFile("../../deploy/tenants/acme.yaml")
		if err != nil {
			b.Fatal(err)
		}
		tenant, err := tenantfile.Decode(data)
		if err != nil {
			b.Fatal(err)
		}
		benchmarkRead(b, rostergen.New(1, rows).WriteCSV, tenant.Mapping, rows)
	})
}

func benchmarkRead(b *testing.B, write func(io.Writer) error, m mapping.Mapping, rows int) {
	b.Helper()
	var file bytes.Buffer
	if err := write(&file); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	var ours, theirs, wall time.Duration
	for b.Loop() {
		start, begun := cpuTime(b), time.Now()
		readOnce(b, file.Bytes(), m)
		ours, wall = ours+cpuTime(b)-start, wall+time.Since(begun)
		b.StopTimer()
		start = cpuTime(b)
		encodingCSV(b, file.Bytes())
		theirs += cpuTime(b) - start
		b.StartTimer()
	}
	n := float64(rows) * float64(b.N)
	b.ReportMetric(n/wall.Seconds(), "rows/s")
	b.ReportMetric(float64(ours.Nanoseconds())/n, "cpu-ns/row")
	b.ReportMetric(float64(theirs.Nanoseconds())/n, "csv-cpu-ns/row")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-csv")
}

// cpuTime is the time that all cores have spent on this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func readOnce(b *testing.B, file []byte, m mapping.Mapping) {
	b.Helper()
	out, err := batch.NewRosterWriter(io.Discard, m.Fields(), memory.NewGoAllocator())
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if _, err := intake.Read(b.Context(), bytes.NewReader(file), intake.Options{Mapping: m}, out); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}

func encodingCSV(b *testing.B, file []byte) {
	b.Helper()
	r := csv.NewReader(bytes.NewReader(file))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
