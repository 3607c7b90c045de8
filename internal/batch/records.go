package batch

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"rollcall.internal/internal/roster"
)

// Records makes Arrow record batches of blocks that have cells: a column of text for each field in the order of the fields, null where a row says nothing. It is used by one goroutine.
type Records struct {
	schema  *arrow.Schema
	fields  []roster.Field
	offsets [][]int32
}

// NewRecords returns what makes records of blocks of these fields.
func NewRecords(fields []roster.Field) *Records {
	columns := make([]arrow.Field, 0, len(fields))
	for _, f := range fields {
		columns = append(columns, arrow.Field{Name: string(f), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	return &Records{schema: arrow.NewSchema(columns, nil), fields: fields, offsets: make([][]int32, len(fields))}
}

// Record returns the rows of b as a record batch, which shares the memory of b and is good until that changes or Record is called again. The caller releases it.
func (r *Records) Record(b *Block) arrow.Record {
	columns := make([]arrow.Array, len(r.fields))
	for i, f := range r.fields {
		texts := &b.Cells[i]
		switch f {
		case roster.Email:
			texts = &b.Email
		case roster.UniqueID:
			texts = &b.UniqueID
		}
		columns[i], r.offsets[i] = texts.array(r.offsets[i])
	}
	rec := array.NewRecord(r.schema, columns, int64(b.Rows()))
	for _, c := range columns {
		c.Release()
	}
	return rec
}
