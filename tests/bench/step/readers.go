package main

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	arrowcsv "github.com/apache/arrow/go/v17/arrow/csv"

	"rollcall.internal/tests/bench/measure"
)

// readEncodingCSV reads the new file with the standard library, which checks and keeps nothing.
func readEncodingCSV(_ context.Context, t task) (measure.Answer, error) {
	file, err := os.Open(t.new)
	if err != nil {
		return measure.Answer{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	r := csv.NewReader(file)
	r.ReuseRecord = true
	rows := -1 // the header is none
	for {
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return measure.Answer{Rows: rows}, nil
		}
		if err != nil {
			return measure.Answer{}, err
		}
		rows++
	}
}

// arrowChunk is how many rows arrow/go's reader puts into a record. Fewer make it slower; more do not make it faster, and take more memory.
const arrowChunk = 8 << 10

// readArrowCSV reads the new file into records of text columns.
func readArrowCSV(_ context.Context, t task) (measure.Answer, error) {
	file, err := os.Open(t.new)
	if err != nil {
		return measure.Answer{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	columns := make([]arrow.Field, 0, len(t.tenant.Mapping.Columns))
	for _, c := range t.tenant.Mapping.Columns {
		columns = append(columns, arrow.Field{Name: c.Title, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	r := arrowcsv.NewReader(file, arrow.NewSchema(columns, nil), arrowcsv.WithHeader(true), arrowcsv.WithChunk(arrowChunk))
	defer r.Release()
	rows := 0
	for r.Next() {
		rows += int(r.Record().NumRows())
	}
	return measure.Answer{Rows: rows}, r.Err()
}
