package intake_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

const benchRows = 100_000

func benchFile(b *testing.B) []byte {
	b.Helper()
	var file bytes.Buffer
	if err := rostergen.New(1, benchRows).WriteCSV(&file); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}

func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile("../../deploy/tenants/acme.yaml")
	if err != nil {
		b.Fatal(err)
	}
	tenant, err := tenantfile.Decode(data)
	if err != nil {
		b.Fatal(err)
	}
	file := benchFile(b)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		out, err := batch.NewRosterWriter(io.Discard, tenant.Mapping.Fields(), memory.NewGoAllocator())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := intake.Read(b.Context(), bytes.NewReader(file), intake.Options{Mapping: tenant.Mapping}, out); err != nil {
			b.Fatal(err)
		}
		if err := out.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEncodingCSV is the yardstick: the standard library alone, with nothing checked or kept.
func BenchmarkEncodingCSV(b *testing.B) {
	file := benchFile(b)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(file))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
