package batch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

const (
	rosterLayout = "roster/2"
	fieldPrefix  = "field."
	// batchBytes ends a batch of a roster early, so that rows of a megabyte don't make one of gigabytes.
	batchBytes = 16 << 20
)

// Keys of a schema's metadata.
const (
	fieldsKey  = "rollcall.fields"  // the mapped fields in the mapping's order, with commas between them
	seedKey    = "rollcall.seed"    // of the hashes
	readingKey = "rollcall.reading" // names all that decides what a line is read as
)

// A Kind says what a row of a roster is.
type Kind = uint8

const (
	// Accepted: the row takes part.
	Accepted Kind = iota
	// Aside: the row was set aside, and protects whoever its identifiers name.
	Aside
	// Known: the row takes part and its line was read before under the same mapping, so that only its identity and hashes are here; its cells are read from the file when they are needed.
	Known
	// Dropped and LateAside stand in the batches at the end, whose rows say by their number what became of rows further up: it repeats another row, or contradicts one and is set aside.
	Dropped
	LateAside
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

// A Block is rows of a roster in columns, as they are written: all its columns are of one length. It is made once and used again after Reset.
type Block struct {
	Number []int32
	Kind   []Kind
	// UniqueID and Email are the identifiers; of an accepted row they are also its cells of these two fields.
	UniqueID, Email Texts
	// IDKey and EmailKey are the keys of the identifiers under the roster's seed, 0 where there is none.
	IDKey, EmailKey []uint64
	// RowHi and RowLo are the hash of all cells in the order of the fields, zero for a row that is aside or has an absent cell.
	RowHi, RowLo []uint64
	// LineHi and LineLo are the hash of the row's line where reading the same line again would say the same and find nothing, zero elsewhere.
	LineHi, LineLo []uint64
	// Offset and Length are where the line lies in the file, of a row that is Known.
	Offset []int64
	Length []int32
	// Cells are the other fields by their index; those of the two identifiers stay empty. The cells of rows that are not accepted are null.
	Cells []Texts
}

// NewBlock returns an empty block for a roster of so many fields.
func NewBlock(fields int) *Block { return &Block{Cells: make([]Texts, fields)} }

// Rows returns the number of rows.
func (b *Block) Rows() int { return len(b.Number) }

// Reset empties b and keeps its memory.
func (b *Block) Reset() {
	b.Number, b.Kind, b.Offset, b.Length = b.Number[:0], b.Kind[:0], b.Offset[:0], b.Length[:0]
	for _, c := range b.numbers() {
		*c = (*c)[:0]
	}
	b.UniqueID.Reset()
	b.Email.Reset()
	for i := range b.Cells {
		b.Cells[i].Reset()
	}
}

// numbers are the columns of hashes in the order of the file.
func (b *Block) numbers() []*[]uint64 {
	return []*[]uint64{&b.IDKey, &b.EmailKey, &b.RowHi, &b.RowLo, &b.LineHi, &b.LineLo}
}

// bytes returns the size of the texts.
func (b *Block) bytes() int {
	n := len(b.UniqueID.Data) + len(b.Email.Data)
	for i := range b.Cells {
		n += len(b.Cells[i].Data)
	}
	return n
}

// rosterColumns are the columns before those of the fields.
var rosterColumns = []arrow.Field{
	{Name: "row", Type: arrow.PrimitiveTypes.Int32}, {Name: "kind", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "id_key", Type: arrow.PrimitiveTypes.Uint64}, {Name: "email_key", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "row_hi", Type: arrow.PrimitiveTypes.Uint64}, {Name: "row_lo", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "line_hi", Type: arrow.PrimitiveTypes.Uint64}, {Name: "line_lo", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64}, {Name: "length", Type: arrow.PrimitiveTypes.Int32},
	{Name: "unique_id", Type: arrow.BinaryTypes.String}, {Name: "email", Type: arrow.BinaryTypes.String},
}

// identifies reports whether the field's cells are a column of identifiers rather than one of their own.
func identifies(f roster.Field) bool { return f == roster.Email || f == roster.UniqueID }

// RosterSchema is the layout of a roster with these fields, read as reading names it, with hashes under seed.
func RosterSchema(fields []roster.Field, seed Seed, reading string) *arrow.Schema {
	columns := slices.Clone(rosterColumns)
	for _, f := range fields {
		if !identifies(f) {
			columns = append(columns, arrow.Field{Name: fieldPrefix + string(f), Type: arrow.BinaryTypes.String, Nullable: true})
		}
	}
	md := arrow.NewMetadata([]string{layoutKey, fieldsKey, seedKey, readingKey}, []string{rosterLayout, joinFields(fields), seed.String(), reading})
	return arrow.NewSchema(columns, &md)
}

// A RosterWriter writes a roster. It is used by one goroutine, and its Close is called whatever happens, once for each New.
type RosterWriter struct {
	out     io.Writer
	alloc   memory.Allocator
	fields  []roster.Field
	seed    Seed
	reading string

	buffer  *bufio.Writer   // below file
	file    *ipc.FileWriter // nil before the first batch
	schema  *arrow.Schema
	offsets [][]int32
	pending *Block // of Add

	closed   bool
	closeErr error
}

// NewRosterWriter returns a writer of a roster with these fields to w, its hashes under the zero seed. Rows must be added in the order of the file.
func NewRosterWriter(w io.Writer, fields []roster.Field, alloc memory.Allocator) (*RosterWriter, error) {
	return &RosterWriter{out: w, alloc: alloc, fields: slices.Clone(fields), pending: NewBlock(len(fields))}, nil
}

// Fields returns the fields that the cells of each row align with.
func (w *RosterWriter) Fields() []roster.Field { return w.fields }

// Seed returns the seed of the hashes that a block has to have.
func (w *RosterWriter) Seed() Seed { return w.seed }

// SetSeed sets the seed of the hashes. It is called before anything is written.
func (w *RosterWriter) SetSeed(s Seed) { w.seed = s }

// SetReading names all that decides what a line is read as, see RosterFile.Reading. It is called before anything is written.
func (w *RosterWriter) SetReading(reading string) { w.reading = reading }

// Add takes the next row, and keeps nothing of it. It is the slow way to WriteBlock.
func (w *RosterWriter) Add(r Row) error {
	if err := w.pending.Add(r, w.fields, w.seed); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	if w.pending.Rows() >= Rows || w.pending.bytes() >= batchBytes {
		return w.flush()
	}
	return nil
}

// Add adds a row and works out its hashes; its line's is zero.
func (b *Block) Add(r Row, fields []roster.Field, seed Seed) error {
	if !r.Aside && len(r.Cells) != len(fields) {
		return fmt.Errorf("row %d has %d cells for %d fields", r.Number, len(r.Cells), len(fields))
	}
	kind, hash := Accepted, Hash{}
	if r.Aside {
		kind = Aside
	} else {
		hash = seed.row(r.Cells)
	}
	b.Number, b.Kind = append(b.Number, int32(r.Number)), append(b.Kind, kind)
	b.UniqueID.AppendString(r.UniqueID)
	b.Email.AppendString(r.Email)
	b.IDKey, b.EmailKey = append(b.IDKey, seed.Key([]byte(r.UniqueID))), append(b.EmailKey, seed.Email([]byte(r.Email)))
	b.RowHi, b.RowLo = append(b.RowHi, hash.Hi), append(b.RowLo, hash.Lo)
	b.LineHi, b.LineLo, b.Offset, b.Length = append(b.LineHi, 0), append(b.LineLo, 0), append(b.Offset, 0), append(b.Length, 0)
	for i, f := range fields {
		switch c := r.Cell(i); {
		case identifies(f):
		case c.Absent:
			b.Cells[i].AppendNull()
		default:
			b.Cells[i].AppendString(c.Text)
		}
	}
	return nil
}

// row is the hash of a row's cells, zero where one is absent.
func (s Seed) row(cells []Cell) Hash {
	h := Hash{}
	for _, c := range cells {
		if c.Absent {
			return Hash{}
		}
		h = h.With(s.Cell([]byte(c.Text)))
	}
	return h
}

func (w *RosterWriter) flush() error {
	defer w.pending.Reset()
	return w.write(w.pending)
}

// WriteBlock writes b as a record batch. It keeps nothing of b, and copies nothing of it but offsets.
func (w *RosterWriter) WriteBlock(b *Block) error {
	if w.pending.Rows() > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if b.Rows() == 0 {
		return nil
	}
	return w.write(b)
}

// Settle says what became of rows that were written as accepted or known: those that repeat another row, and those that contradict one and are set aside. It is called at most once, behind the last row.
func (w *RosterWriter) Settle(dropped, aside []int32) error {
	if err := w.WriteBlock(&Block{}); err != nil {
		return err
	}
	var rows []correction
	for _, n := range dropped {
		rows = append(rows, correction{n, Dropped})
	}
	for _, n := range aside {
		rows = append(rows, correction{n, LateAside})
	}
	slices.SortFunc(rows, func(a, b correction) int { return int(a.number) - int(b.number) })
	const most = 64 << 10
	for part := range slices.Chunk(rows, most) {
		if err := w.write(correctionBlock(part, len(w.fields))); err != nil {
			return err
		}
	}
	return nil
}

// A correction says what became of the row of a number.
type correction struct {
	number int32
	kind   Kind
}

func correctionBlock(rows []correction, fields int) *Block {
	n := len(rows)
	b := NewBlock(fields)
	b.Offset, b.Length, b.UniqueID.Offsets, b.Email.Offsets = make([]int64, n), make([]int32, n), make([]int32, n), make([]int32, n)
	for _, c := range b.numbers() {
		*c = make([]uint64, n)
	}
	for i := range b.Cells {
		b.Cells[i].Offsets = make([]int32, n)
	}
	for _, r := range rows {
		b.Number, b.Kind = append(b.Number, r.number), append(b.Kind, r.kind)
	}
	return b
}

func (w *RosterWriter) write(b *Block) error {
	if err := w.begin(); err != nil {
		return err
	}
	columns := []arrow.Array{
		fixedArray(arrow.PrimitiveTypes.Int32, len(b.Number), arrow.Int32Traits.CastToBytes(b.Number)), fixedArray(arrow.PrimitiveTypes.Uint8, len(b.Kind), b.Kind),
	}
	for _, c := range b.numbers() {
		columns = append(columns, fixedArray(arrow.PrimitiveTypes.Uint64, len(*c), arrow.Uint64Traits.CastToBytes(*c)))
	}
	columns = append(columns, fixedArray(arrow.PrimitiveTypes.Int64, len(b.Offset), arrow.Int64Traits.CastToBytes(b.Offset)),
		fixedArray(arrow.PrimitiveTypes.Int32, len(b.Length), arrow.Int32Traits.CastToBytes(b.Length)))
	texts := []*Texts{&b.UniqueID, &b.Email}
	for i, f := range w.fields {
		if !identifies(f) {
			texts = append(texts, &b.Cells[i])
		}
	}
	for len(w.offsets) < len(texts) {
		w.offsets = append(w.offsets, nil)
	}
	for i, t := range texts {
		var a *array.String
		a, w.offsets[i] = t.array(w.offsets[i])
		columns = append(columns, a)
	}
	rec := array.NewRecord(w.schema, columns, int64(b.Rows()))
	defer rec.Release()
	for _, c := range columns {
		c.Release()
	}
	if err := w.file.Write(rec); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	return nil
}

// fixedArray wraps memory as an Arrow array of n numbers.
func fixedArray(t arrow.DataType, n int, bytes []byte) arrow.Array {
	data := array.NewData(t, n, []*memory.Buffer{nil, memory.NewBufferBytes(bytes)}, nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// begin writes the schema, once.
func (w *RosterWriter) begin() error {
	if w.file != nil {
		return nil
	}
	w.schema = RosterSchema(w.fields, w.seed, w.reading)
	w.buffer = bufio.NewWriterSize(w.out, writeSize)
	file, err := ipc.NewFileWriter(&counter{w: w.buffer}, ipc.WithSchema(w.schema), ipc.WithAllocator(w.alloc))
	if err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	w.file = file
	return nil
}

// Close writes what is pending and the footer; nobody looks at what was written before that. A second call does nothing and answers the same.
func (w *RosterWriter) Close() error {
	if w.closed {
		return w.closeErr
	}
	w.closed = true
	w.closeErr = w.begin()
	if w.closeErr == nil && w.pending.Rows() > 0 {
		w.closeErr = w.flush()
	}
	if w.file != nil {
		if err := errors.Join(w.file.Close(), w.buffer.Flush()); err != nil && w.closeErr == nil {
			w.closeErr = fmt.Errorf("write roster: %w", err)
		}
	}
	return w.closeErr
}
