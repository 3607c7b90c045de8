package intake_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

// BenchmarkRead reads a roster of the example tenant, and the same bytes in the same run with the standard library alone, which checks and keeps nothing: the yardstick. It is
// a million rows with -full, and otherwise a tenth of that.
func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("../../deploy/tenants/acme.yaml")
	if err != nil {
		b.Fatal(err)
	}
	tenant, err := tenantfile.Decode(data)
	if err != nil {
		b.Fatal(err)
	}
	rows := 100_000
	if *full {
		rows = 1_000_000
	}
	var file bytes.Buffer
	if err := rostergen.New(1, rows).WriteCSV(&file); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		readOnce(b, file.Bytes(), tenant.Mapping)
		ours += time.Since(start)
		b.StopTimer()
		start = time.Now()
		encodingCSV(b, file.Bytes())
		theirs += time.Since(start)
		b.StartTimer()
	}
	n := float64(rows) * float64(b.N)
	b.ReportMetric(n/ours.Seconds(), "rows/s")
	b.ReportMetric(n/theirs.Seconds(), "csv-rows/s")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-csv")
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
