package batch_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A block's rows stand in a record batch as they are, whichever fields they have.
func TestRecordsOfABlock(t *testing.T) {
	t.Parallel()
	fields := []roster.Field{roster.FirstName, roster.Email, roster.City, roster.UniqueID}
	records, b := batch.NewRecords(fields), batch.NewBlock(len(fields))
	for round := range 2 { // the second uses memory of the first again
		b.Reset()
		for _, r := range []batch.Row{
			{Number: 2, Email: "a@acme.example", UniqueID: "1", Cells: []batch.Cell{{Text: "Ana"}, {Text: "a@acme.example"}, {Absent: true}, {Text: "1"}}},
			{Number: 3, Email: "b@acme.example", Cells: []batch.Cell{{Text: "Zoë"}, {Text: "b@acme.example"}, {Text: ""}, {Absent: true}}},
		}[round:] {
			if err := b.Add(r, fields, 0); err != nil {
				t.Fatal(err)
			}
		}
		rec := records.Record(b)
		if int(rec.NumRows()) != b.Rows() || int(rec.NumCols()) != len(fields) {
			t.Fatalf("%d rows of %d columns", rec.NumRows(), rec.NumCols())
		}
		for i := range b.Rows() {
			for k, f := range fields {
				text, absent := b.Cell(i, k, fields)
				column := rec.Column(k).(*array.String)
				if rec.ColumnName(k) != string(f) || column.Value(i) != string(text) || f != roster.UniqueID && column.IsNull(i) != absent {
					t.Errorf("row %d says %q about %s, want %q (%t)", i, column.Value(i), f, text, absent)
				}
			}
		}
		rec.Release()
	}
}
