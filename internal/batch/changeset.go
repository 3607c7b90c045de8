package batch

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

const (
	changeSetLayout = "changeset/1"
	// maxBatchText keeps the texts of a batch inside Arrow's 32-bit offsets.
	maxBatchText = 1 << 30
)

var errBatchTooLarge = errors.New("the texts of 4,096 changes exceed 1 GiB")

// fieldChange is the layout of one changed field.
func fieldChange() *arrow.StructType {
	return arrow.StructOf(
		arrow.Field{Name: "field", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "before", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "after", Type: arrow.BinaryTypes.String},
	)
}

// ChangeSetSchema is the layout of a change set.
func ChangeSetSchema() *arrow.Schema {
	md := layout(changeSetLayout)
	return arrow.NewSchema([]arrow.Field{
		{Name: "op", Type: arrow.BinaryTypes.String},
		{Name: "removal", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "member", Type: arrow.BinaryTypes.String},
		{Name: "version", Type: arrow.PrimitiveTypes.Int64},
		{Name: "row", Type: arrow.PrimitiveTypes.Int32},
		{Name: "unique_id", Type: arrow.BinaryTypes.String},
		{Name: "email", Type: arrow.BinaryTypes.String},
		{Name: "fields", Type: arrow.ListOfNonNullable(fieldChange())},
	}, &md)
}

// A ChangeSetWriter writes a change set. It is used by one goroutine, and its Close is called whatever happens, once for each New.
type ChangeSetWriter struct {
	writer

	op, member, uniqueID, email *array.StringBuilder
	removal                     *array.BooleanBuilder
	version                     *array.Int64Builder
	row                         *array.Int32Builder
	fields                      *array.ListBuilder
	change                      *array.StructBuilder
	field, before, after        *array.StringBuilder
}

// NewChangeSetWriter returns a writer of a change set to w. Changes must be added in the order of changeset.Sort.
func NewChangeSetWriter(w io.Writer, alloc memory.Allocator) (*ChangeSetWriter, error) {
	base, err := newWriter(w, "change set", ChangeSetSchema(), alloc)
	if err != nil {
		return nil, err
	}
	b := base.builder
	fields := b.Field(7).(*array.ListBuilder)
	change := fields.ValueBuilder().(*array.StructBuilder)
	part := func(i int) *array.StringBuilder { return change.FieldBuilder(i).(*array.StringBuilder) }
	return &ChangeSetWriter{
		writer: base,
		op:     base.text(0), removal: b.Field(1).(*array.BooleanBuilder), member: base.text(2), version: b.Field(3).(*array.Int64Builder),
		row: b.Field(4).(*array.Int32Builder), uniqueID: base.text(5), email: base.text(6),
		fields: fields, change: change, field: part(0), before: part(1), after: part(2),
	}, nil
}

// Add takes the next change. It keeps nothing of c.
func (w *ChangeSetWriter) Add(c changeset.Change) error {
	w.op.Append(string(c.Op))
	w.removal.Append(c.Removal)
	w.member.Append(c.Member)
	w.version.Append(c.Version)
	w.row.Append(int32(c.Row))
	w.uniqueID.Append(c.UniqueID)
	w.email.Append(c.Email)
	w.fields.Append(true)
	for _, f := range c.Fields {
		w.change.Append(true)
		w.field.Append(string(f.Field))
		w.before.Append(f.Before)
		w.after.Append(f.After)
		w.pendingBytes += len(f.Before) + len(f.After)
	}
	if w.pendingBytes > maxBatchText {
		return fmt.Errorf("write change set: %w", errBatchTooLarge)
	}
	if w.pending++; w.pending == Rows {
		return w.flush()
	}
	return nil
}

// ReadChangeSet yields every change of the change set of size bytes at r, in the order in which they were added. The loop ends at the first error.
func ReadChangeSet(r io.ReaderAt, size int64, alloc memory.Allocator) iter.Seq2[changeset.Change, error] {
	return ReadChanges(r, size, 0, -1, alloc)
}

// ReadChanges yields the changes from index from, counted from 0, up to but not including to; to below 0 is the end. Batches
// outside the range are neither read nor decoded, so that reading a chunk costs what the chunk holds. What lies past the last change is not an error:
// the loop just ends.
func ReadChanges(r io.ReaderAt, size int64, from, to int, alloc memory.Allocator) iter.Seq2[changeset.Change, error] {
	return func(yield func(changeset.Change, error) bool) {
		if err := eachChange(r, size, from, to, alloc, yield); err != nil {
			yield(changeset.Change{}, fmt.Errorf("read change set: %w", err))
		}
	}
}

// CountChanges returns the number of changes in the change set; it decodes the last batch alone.
func CountChanges(r io.ReaderAt, size int64, alloc memory.Allocator) (int, error) {
	f, err := open(r, size, alloc, changeSetLayout)
	if err != nil {
		return 0, fmt.Errorf("count changes: %w", err)
	}
	defer f.Close()
	last := f.NumRecords() - 1
	if last < 0 {
		return 0, nil
	}
	rec, err := record(f, last)
	if err != nil {
		return 0, fmt.Errorf("count changes: %w", err)
	}
	defer rec.Release()
	return last*Rows + int(rec.NumRows()), nil
}

// eachChange yields the changes of a range; an error is for the caller to yield, and none follows a loop that was left.
func eachChange(r io.ReaderAt, size int64, from, to int, alloc memory.Allocator, yield func(changeset.Change, error) bool) error {
	f, err := open(r, size, alloc, changeSetLayout)
	if err != nil {
		return err
	}
	defer f.Close()
	end := f.NumRecords() * Rows
	if to >= 0 {
		end = min(to, end)
	}
	for i := max(from, 0) / Rows; i*Rows < end; i++ {
		rec, err := record(f, i)
		if err != nil {
			return err
		}
		first, last := max(from-i*Rows, 0), min(end-i*Rows, int(rec.NumRows()))
		more := yieldChanges(rec, first, last, yield)
		rec.Release()
		if !more {
			return nil
		}
	}
	return nil
}

func yieldChanges(rec arrow.Record, from, to int, yield func(changeset.Change, error) bool) bool {
	op, member, uniqueID, email := textsOf(rec.Column(0)), textsOf(rec.Column(2)), textsOf(rec.Column(5)), textsOf(rec.Column(6))
	removal, version, row := rec.Column(1).(*array.Boolean), rec.Column(3).(*array.Int64), rec.Column(4).(*array.Int32)
	fields := rec.Column(7).(*array.List)
	parts := fields.ListValues().(*array.Struct)
	field, before, after := textsOf(parts.Field(0)), textsOf(parts.Field(1)), textsOf(parts.Field(2))
	for i := from; i < to; i++ {
		c := changeset.Change{
			Op: changeset.Op(op.at(i)), Removal: removal.Value(i), Member: member.at(i), Version: version.Value(i),
			Row: int(row.Value(i)), UniqueID: uniqueID.at(i), Email: email.at(i),
		}
		first, last := fields.ValueOffsets(i)
		for k := int(first); k < int(last); k++ {
			c.Fields = append(c.Fields, changeset.FieldChange{Field: roster.Field(field.at(k)), Before: before.at(k), After: after.at(k)})
		}
		if !yield(c, nil) {
			return false
		}
	}
	return true
}

// texts is a column of text, copied out of its batch.
type texts struct {
	array *array.String
	all   string
	base  int
}

func textsOf(column arrow.Array) texts {
	a := column.(*array.String)
	if a.Len() == 0 {
		return texts{array: a}
	}
	return texts{array: a, all: string(a.ValueBytes()), base: a.ValueOffset(0)}
}

func (t texts) at(i int) string {
	from := t.array.ValueOffset(i) - t.base
	return t.all[from : from+t.array.ValueLen(i)]
}
