package batch

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

const (
	rosterLayout = "roster/1"
	fieldPrefix  = "field."
	// leading is the number of columns before those of the fields.
	leading = 4
	// batchBytes ends a batch of a roster early, so that rows of a megabyte don't make one of gigabytes.
	batchBytes = 16 << 20
)

// A Cell is what a row says about one field: a value, or "" to clear it, or with Absent nothing, which leaves the field as it was.
type Cell struct {
	Text   string
	Absent bool
}

// A Row is one row of a roster.
type Row struct {
	// Number is the row's in the file, as a spreadsheet counts: the header is row 1.
	Number int
	// Aside marks a row that was set aside. It changes nothing about its person and protects that person from removal.
	Aside bool
	// UniqueID and Email are the person's identifiers; in an aside row those that could be read, "" where none could.
	UniqueID, Email string
	// Cells align with the roster's fields. An aside row has none.
	Cells []Cell
}

// Cell returns what the row says about the field at index i of the roster's fields; absent for an aside row.
func (r Row) Cell(i int) Cell {
	if r.Aside || i < 0 || i >= len(r.Cells) {
		return Cell{Absent: true}
	}
	return r.Cells[i]
}

// RosterSchema is the layout of a roster with these fields.
func RosterSchema(fields []roster.Field) *arrow.Schema {
	columns := make([]arrow.Field, 0, leading+len(fields))
	columns = append(columns,
		arrow.Field{Name: "row", Type: arrow.PrimitiveTypes.Int32},
		arrow.Field{Name: "aside", Type: arrow.FixedWidthTypes.Boolean},
		arrow.Field{Name: "unique_id", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "email", Type: arrow.BinaryTypes.String},
	)
	for _, f := range fields {
		columns = append(columns, arrow.Field{Name: fieldPrefix + string(f), Type: arrow.BinaryTypes.String, Nullable: true})
	}
	md := layout(rosterLayout)
	return arrow.NewSchema(columns, &md)
}

// A RosterWriter writes a roster. It is used by one goroutine, and its Close is called whatever happens, once for each New.
type RosterWriter struct {
	writer
	fields []roster.Field

	number          *array.Int32Builder
	aside           *array.BooleanBuilder
	uniqueID, email *array.StringBuilder
	cells           []*array.StringBuilder
}

// NewRosterWriter returns a writer of a roster with these fields to w. Rows must be added in the order of the file.
func NewRosterWriter(w io.Writer, fields []roster.Field, alloc memory.Allocator) (*RosterWriter, error) {
	base, err := newWriter(w, "roster", RosterSchema(fields), alloc)
	if err != nil {
		return nil, err
	}
	out := &RosterWriter{
		writer: base, fields: fields,
		number: base.builder.Field(0).(*array.Int32Builder), aside: base.builder.Field(1).(*array.BooleanBuilder), uniqueID: base.text(2), email: base.text(3),
	}
	for i := range fields {
		out.cells = append(out.cells, base.text(leading+i))
	}
	return out, nil
}

// Fields returns the fields that the cells of each row align with.
func (w *RosterWriter) Fields() []roster.Field { return w.fields }

// Add takes the next row. It keeps nothing of r.
func (w *RosterWriter) Add(r Row) error {
	if !r.Aside && len(r.Cells) != len(w.fields) {
		return fmt.Errorf("write roster: row %d has %d cells for %d fields", r.Number, len(r.Cells), len(w.fields))
	}
	w.number.Append(int32(r.Number))
	w.aside.Append(r.Aside)
	w.uniqueID.Append(r.UniqueID)
	w.email.Append(r.Email)
	w.pendingBytes += len(r.UniqueID) + len(r.Email)
	for i, b := range w.cells {
		c := r.Cell(i)
		if c.Absent {
			b.AppendNull()
			continue
		}
		b.Append(c.Text)
		w.pendingBytes += len(c.Text)
	}
	w.pending++
	if w.pending == Rows || w.pendingBytes >= batchBytes {
		return w.flush()
	}
	return nil
}

// ReadRoster returns the fields and the rows of the roster of size bytes at r. The rows can be read more than once, and a row stays good
// after the loop has gone on. The loop ends at the first error.
func ReadRoster(r io.ReaderAt, size int64, alloc memory.Allocator) (fields []roster.Field, rows iter.Seq2[Row, error], err error) {
	f, err := open(r, size, alloc, rosterLayout)
	if err != nil {
		return nil, nil, fmt.Errorf("read roster: %w", err)
	}
	defer f.Close()
	for _, column := range f.Schema().Fields()[leading:] {
		fields = append(fields, roster.Field(strings.TrimPrefix(column.Name, fieldPrefix)))
	}
	return fields, func(yield func(Row, error) bool) {
		if err := eachRow(r, size, alloc, yield); err != nil {
			yield(Row{}, fmt.Errorf("read roster: %w", err))
		}
	}, nil
}

// eachRow yields every row; an error is for the caller to yield, and none follows a loop that was left.
func eachRow(r io.ReaderAt, size int64, alloc memory.Allocator, yield func(Row, error) bool) error {
	f, err := open(r, size, alloc, rosterLayout)
	if err != nil {
		return err
	}
	defer f.Close()
	for i := range f.NumRecords() {
		rec, err := record(f, i)
		if err != nil {
			return err
		}
		more := yieldRows(rec, yield)
		rec.Release()
		if !more {
			return nil
		}
	}
	return nil
}

// yieldRows copies the batch by column, not by cell: that is where the time of reading goes.
func yieldRows(rec arrow.Record, yield func(Row, error) bool) bool {
	numbers, aside := rec.Column(0).(*array.Int32), rec.Column(1).(*array.Boolean)
	columns := make([]texts, rec.NumCols()-2)
	for i := range columns {
		columns[i] = textsOf(rec.Column(i + 2))
	}
	width := len(columns) - 2
	all := make([]Cell, int(rec.NumRows())*width)
	for i := range int(rec.NumRows()) {
		row := Row{Number: int(numbers.Value(i)), Aside: aside.Value(i), UniqueID: columns[0].at(i), Email: columns[1].at(i)}
		if !row.Aside {
			row.Cells = all[i*width : (i+1)*width : (i+1)*width]
			for k, c := range columns[2:] {
				row.Cells[k] = Cell{Text: c.at(i), Absent: c.array.IsNull(i)}
			}
		}
		if !yield(row, nil) {
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
