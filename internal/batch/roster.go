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

const rosterLayout = "roster/3"

// Keys of a schema's metadata.
const (
	fieldsKey  = "rollcall.fields"  // the mapped fields in the mapping's order, with commas between them
	seedKey    = "rollcall.seed"    // of the hashes
	readingKey = "rollcall.reading" // names all that decides what a line is read as
)

// A Kind says what a row of a roster is.
type Kind = uint8

const (
	// Accepted: the row takes part, and reading its line says nothing about it.
	Accepted Kind = iota
	// Noted: the row takes part, and reading its line says something about it, or finds more than this row in it. Its identifiers are in the roster.
	Noted
	// Aside: the row was set aside, and protects whoever its identifiers name.
	Aside
	// Dropped and LateAside stand in the batches at the end, whose rows say by their number what became of rows further up: one repeats another row, or contradicts one and is set aside.
	Dropped
	LateAside
)

// TakesPart reports whether a row of the kind is compared with the directory.
func TakesPart(k Kind) bool { return k <= Noted }

// A State is what a row that takes part says about the two fields that decide whether somebody is active and invited, as bits: none of a field where the row says nothing about it, clears it, or says
// something else.
type State = uint8

// The bits of a State.
const (
	SaysActive State = 1 << iota
	SaysInactive
	SaysEligible
	SaysIneligible
)

// StateOf returns the bits for a cell: none where its field is neither of the two.
func StateOf(f roster.Field, text []byte) State {
	switch {
	case f == roster.Status && string(text) == roster.StatusActive:
		return SaysActive
	case f == roster.Status && string(text) == roster.StatusInactive:
		return SaysInactive
	case f == roster.ProgramEligibility && string(text) == roster.Eligible:
		return SaysEligible
	case f == roster.ProgramEligibility && string(text) == roster.Ineligible:
		return SaysIneligible
	}
	return 0
}

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

// A LineRef says where a row stands in the file that its roster was read from.
type LineRef struct {
	Number int32 // of the row
	Offset int64 // of its first byte
	Length int32 // in bytes, without the line end
	Hash   Hash  // of these bytes under the roster's seed
}

// A Resolver reads rows anew that take part, or did until they were set aside late, by their lines, which ascend and are as the roster has them. It empties into, which has cells, and fills it with a row
// for each line, in their order. Where the file has other bytes there than those that the roster was read from, it is an error. It may be called by many goroutines at once.
type Resolver func(lines []LineRef, into *Block) error

// The places of a roster's columns.
const (
	rowColumn, kindColumn, stateColumn = 0, 1, 2
	firstHash, hashColumns             = 3, 6 // keys are hashes too
	offsetColumn, lengthColumn         = 9, 10
	idColumn, emailColumn              = 11, 12
)

var rosterColumns = []arrow.Field{
	{Name: "row", Type: arrow.PrimitiveTypes.Int32}, {Name: "kind", Type: arrow.PrimitiveTypes.Uint8}, {Name: "state", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "id_key", Type: arrow.PrimitiveTypes.Uint64}, {Name: "email_key", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "row_hi", Type: arrow.PrimitiveTypes.Uint64}, {Name: "row_lo", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "line_hi", Type: arrow.PrimitiveTypes.Uint64}, {Name: "line_lo", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64}, {Name: "length", Type: arrow.PrimitiveTypes.Int32},
	{Name: "unique_id", Type: arrow.BinaryTypes.String}, {Name: "email", Type: arrow.BinaryTypes.String},
}

// RosterSchema is the layout of a roster of a file with these fields, read as reading names it, with hashes under seed.
func RosterSchema(fields []roster.Field, seed Seed, reading string) *arrow.Schema {
	md := arrow.NewMetadata([]string{layoutKey, fieldsKey, seedKey, readingKey}, []string{rosterLayout, joinFields(fields), seed.String(), reading})
	return arrow.NewSchema(rosterColumns, &md)
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
	pending *Block // of Add

	// Memory for the identifiers in the batch that is written.
	kept    [2]Texts
	offsets [2][]int32

	closed   bool
	closeErr error
}

// NewRosterWriter returns a writer of a roster with these fields to w, its hashes under the zero seed. Rows must be added in the order of the file.
func NewRosterWriter(w io.Writer, fields []roster.Field, alloc memory.Allocator) (*RosterWriter, error) {
	return &RosterWriter{out: w, alloc: alloc, fields: slices.Clone(fields), pending: &Block{}}, nil
}

// Fields returns the fields that the cells of each row align with.
func (w *RosterWriter) Fields() []roster.Field { return w.fields }

// Seed returns the seed of the hashes that a block has to have.
func (w *RosterWriter) Seed() Seed { return w.seed }

// SetSeed sets the seed of the hashes. It is called before anything is written.
func (w *RosterWriter) SetSeed(s Seed) { w.seed = s }

// SetReading names all that decides what a line is read as, see RosterFile.Reading. It is called before anything is written.
func (w *RosterWriter) SetReading(reading string) { w.reading = reading }

// Add takes the next row, of which it keeps what a roster does. It is the slow way to WriteBlock.
func (w *RosterWriter) Add(r Row) error {
	if err := w.pending.Add(r, w.fields, w.seed); err != nil {
		return fmt.Errorf("write roster: %w", err)
	}
	if w.pending.Rows() >= Rows || w.pending.Bytes() >= batchBytes {
		return w.flush()
	}
	return nil
}

// flush writes what is pending, if anything is.
func (w *RosterWriter) flush() error {
	if w.pending.Rows() == 0 {
		return nil
	}
	defer w.pending.Reset()
	return w.write(w.pending)
}

// WriteBlock writes a record batch of what a roster keeps of b. It holds on to nothing of b.
func (w *RosterWriter) WriteBlock(b *Block) error {
	if err := w.flush(); err != nil || b.Rows() == 0 {
		return err
	}
	return w.write(b)
}

// Settle says what became of rows that were written as ones that take part: by their numbers those that repeat another row; and those that contradict one and are set aside, with their identifiers. It is called at
// most once, behind the last row.
func (w *RosterWriter) Settle(dropped []int32, aside []Row) error {
	if err := w.flush(); err != nil {
		return err
	}
	rows := make([]settled, 0, len(dropped)+len(aside))
	for _, n := range dropped {
		rows = append(rows, settled{correction: correction{n, Dropped}})
	}
	for _, r := range aside {
		rows = append(rows, settled{correction{int32(r.Number), LateAside}, r.UniqueID, r.Email})
	}
	slices.SortFunc(rows, func(a, b settled) int { return int(a.number) - int(b.number) })
	const most = 64 << 10
	for part := range slices.Chunk(rows, most) {
		if err := w.write(settledBlock(part)); err != nil {
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

// A settled row is what became of a row, and of one that is set aside who it is about.
type settled struct {
	correction
	uniqueID, email string
}

// settledBlock returns rows of which nothing else is said.
func settledBlock(rows []settled) *Block {
	n := len(rows)
	b := &Block{State: make([]State, n), Offset: make([]int64, n), Length: make([]int32, n)}
	for _, c := range b.hashes() {
		*c = make([]uint64, n)
	}
	for _, r := range rows {
		b.Number, b.Kind = append(b.Number, r.number), append(b.Kind, r.kind)
		b.UniqueID.AppendString(r.uniqueID)
		b.Email.AppendString(r.email)
	}
	return b
}

func (w *RosterWriter) write(b *Block) error {
	if err := w.begin(); err != nil {
		return err
	}
	columns := fixedColumns(b)
	for i, t := range []*Texts{&b.UniqueID, &b.Email} {
		w.kept[i].keepNoted(t, b.Kind)
		var a *array.String
		a, w.offsets[i] = w.kept[i].array(w.offsets[i])
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

// fixedColumns wraps the columns of a block that hold no text, in the order of the file.
func fixedColumns(b *Block) []arrow.Array {
	columns := []arrow.Array{
		fixedArray(arrow.PrimitiveTypes.Int32, len(b.Number), arrow.Int32Traits.CastToBytes(b.Number)),
		fixedArray(arrow.PrimitiveTypes.Uint8, len(b.Kind), b.Kind), fixedArray(arrow.PrimitiveTypes.Uint8, len(b.State), b.State),
	}
	for _, c := range b.hashes() {
		columns = append(columns, fixedArray(arrow.PrimitiveTypes.Uint64, len(*c), arrow.Uint64Traits.CastToBytes(*c)))
	}
	return append(columns, fixedArray(arrow.PrimitiveTypes.Int64, len(b.Offset), arrow.Int64Traits.CastToBytes(b.Offset)),
		fixedArray(arrow.PrimitiveTypes.Int32, len(b.Length), arrow.Int32Traits.CastToBytes(b.Length)))
}

// keepNoted makes t the texts of o, a column of identifiers of rows of these kinds, but "" for rows of which reading said nothing.
func (t *Texts) keepNoted(o *Texts, kinds []Kind) {
	t.Reset()
	for i, kind := range kinds {
		if kind == Accepted {
			t.Append(nil)
		} else {
			t.Append(o.Bytes(i))
		}
	}
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
	if w.closeErr == nil {
		w.closeErr = w.flush()
	}
	if w.file != nil {
		if err := errors.Join(w.file.Close(), w.buffer.Flush()); err != nil && w.closeErr == nil {
			w.closeErr = fmt.Errorf("write roster: %w", err)
		}
	}
	return w.closeErr
}
