package batch

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

// ErrKnown says that a row's cells are not in the roster, because its line was read before, and that nobody was given to read them from the file.
var ErrKnown = errors.New("the cells of the row are in the file alone")

// A RosterFile is a roster that was written, read in columns. Its methods may be called by many goroutines at once.
type RosterFile struct {
	bodies  *bodies
	fields  []roster.Field
	seed    Seed
	reading string
	batches int
	// settled says what became of rows, by number in ascending order.
	settled []correction
}

// OpenRoster opens the roster of size bytes at r, which has to stay readable until Close.
func OpenRoster(r io.ReaderAt, size int64, alloc memory.Allocator) (*RosterFile, error) {
	file, err := open(r, size, alloc, rosterLayout)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	defer file.Close() //nolint:errcheck // its schema is all that is wanted of it
	md := file.Schema().Metadata()
	f := &RosterFile{fields: splitFields(metadataOf(md, fieldsKey)), reading: metadataOf(md, readingKey)}
	f.seed, err = parseSeed(metadataOf(md, seedKey))
	if err == nil && !file.Schema().Equal(RosterSchema(f.fields, f.seed, f.reading)) {
		err = ErrLayout
	}
	if err == nil {
		f.bodies, err = openBodies(r, size, file.Schema(), alloc)
	}
	if err == nil {
		err = f.readSettled()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read roster: %w", err), f.Close())
	}
	return f, nil
}

// Close gives back what OpenRoster took, but not the reader below. Batches stay good until their Release. A second call does nothing.
func (f *RosterFile) Close() error {
	if f.bodies != nil {
		f.bodies.close()
	}
	return nil
}

// Fields returns the mapped fields in the mapping's order.
func (f *RosterFile) Fields() []roster.Field { return f.fields }

// Seed returns the seed of the hashes.
func (f *RosterFile) Seed() Seed { return f.seed }

// Reading names all that decided what a line was read as. Where two rosters have the same that is not "", the same line reads the same.
func (f *RosterFile) Reading() string { return f.reading }

// Batches returns the number of batches.
func (f *RosterFile) Batches() int { return f.batches }

// readSettled takes the batches at the end that say what became of rows.
func (f *RosterFile) readSettled() error {
	for f.batches = len(f.bodies.blocks); f.batches > 0; f.batches-- {
		b, err := f.keys(f.batches-1, nil)
		if err != nil {
			return err
		}
		corrections := b.Rows() > 0 && b.Kind[0] >= Dropped
		for i := 0; corrections && i < b.Rows(); i++ {
			f.settled = append(f.settled, correction{b.Number[i], b.Kind[i]})
		}
		b.Release()
		if !corrections {
			break
		}
	}
	slices.SortFunc(f.settled, func(a, b correction) int { return int(a.number) - int(b.number) })
	return nil
}

// Batch returns batch i, counted from 0, whose rows say what became of them in the end. The caller releases it.
func (f *RosterFile) Batch(i int) (*RosterBatch, error) {
	b, err := f.batch(i)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	b.settle(f.settled)
	return b, nil
}

// Keys returns batch i as Batch does, but of its columns of text only those of some fields, which is much less to read; all others have no rows. The caller releases it.
func (f *RosterFile) Keys(i int, fields ...roster.Field) (*RosterBatch, error) {
	b, err := f.keys(i, fields)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	b.settle(f.settled)
	return b, nil
}

func (f *RosterFile) batch(i int) (*RosterBatch, error) {
	body, err := f.bodies.read(i)
	if err != nil {
		return nil, err
	}
	return f.checked(body)
}

// checked places a batch, whose kinds have to be ones that there are: all of it says what became of rows, or none of it does.
func (f *RosterFile) checked(body *body) (*RosterBatch, error) {
	b, err := f.place(body)
	if err != nil {
		return nil, err
	}
	for _, kind := range b.Kind {
		if kind > LateAside || (kind >= Dropped) != (b.Kind[0] >= Dropped) {
			b.Release()
			return nil, fmt.Errorf("%w: a row is of a kind that can't be there", ErrLayout)
		}
	}
	return b, nil
}

func (f *RosterFile) keys(i int, fields []roster.Field) (*RosterBatch, error) {
	columns := textColumns(f.fields, firstRosterText)
	body, err := f.bodies.readColumns(i, wantedColumns(firstRosterText, f.fields, columns, fields))
	if err != nil {
		return nil, err
	}
	return f.checked(body)
}

// firstRosterText is the first column of text: the unique ID, behind which the address and the fields follow.
const firstRosterText = 10

// textColumns returns, by field, the column that its texts stand in, where those of the two identifiers are the first columns of text.
func textColumns(fields []roster.Field, first int) []int {
	columns, next := make([]int, len(fields)), first+2
	for i, f := range fields {
		switch f {
		case roster.UniqueID:
			columns[i] = first
		case roster.Email:
			columns[i] = first + 1
		default:
			columns[i], next = next, next+1
		}
	}
	return columns
}

// wantedColumns picks the columns before the first of text, and those of the wanted among fields.
func wantedColumns(first int, fields []roster.Field, columns []int, wanted []roster.Field) func(column int) bool {
	var texts []int
	for _, f := range wanted {
		switch i := slices.Index(fields, f); {
		case i >= 0:
			texts = append(texts, columns[i])
		case f == roster.UniqueID:
			texts = append(texts, first)
		case f == roster.Email:
			texts = append(texts, first+1)
		}
	}
	return func(column int) bool { return column < first || slices.Contains(texts, column) }
}

// place makes a batch of what was read of it.
func (f *RosterFile) place(body *body) (*RosterBatch, error) {
	p := placer{body: body}
	b := &RosterBatch{body: body, fields: f.fields, cells: make([]Column, len(f.fields))}
	b.Number, b.Kind = p.int32s(0), p.bytes(1)
	for i, c := range []*[]uint64{&b.IDKey, &b.EmailKey, &b.RowHi, &b.RowLo, &b.LineHi, &b.LineLo} {
		*c = p.uint64s(2 + i)
	}
	b.Offset, b.Length = p.int64s(8), p.int32s(9)
	b.UniqueID, b.Email = p.text(firstRosterText), p.text(firstRosterText+1)
	for i, column := range textColumns(f.fields, firstRosterText) {
		switch f.fields[i] {
		case roster.UniqueID:
			b.cells[i] = b.UniqueID
		case roster.Email:
			b.cells[i] = b.Email
		default:
			b.cells[i] = p.text(column)
		}
	}
	if p.err != nil {
		b.Release()
		return nil, p.err
	}
	return b, nil
}

// A RosterBatch is rows of a roster in columns, as they are read. See Block for what the columns hold; none of them must be written to. All of it is good until Release: its memory is used for
// another batch then.
type RosterBatch struct {
	Number                                        []int32
	Kind                                          []Kind
	IDKey, EmailKey, RowHi, RowLo, LineHi, LineLo []uint64
	Offset                                        []int64
	Length                                        []int32
	UniqueID, Email                               Column

	body    *body
	fields  []roster.Field
	cells   []Column
	release sync.Once
}

// settle applies what became of the rows. Numbers ascend.
func (b *RosterBatch) settle(all []correction) {
	if len(all) == 0 || b.Rows() == 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(all, b.Number[0], func(c correction, n int32) int { return int(c.number) - int(n) })
	if at == len(all) || all[at].number > b.Number[b.Rows()-1] {
		return
	}
	b.Kind = slices.Clone(b.Kind)
	for i, n := range b.Number {
		for at < len(all) && all[at].number < n {
			at++
		}
		if at < len(all) && all[at].number == n && b.Kind[i] != Aside {
			b.Kind[i] = all[at].kind
			if b.Kind[i] == LateAside {
				b.Kind[i] = Aside
			}
		}
	}
}

// Rows returns the number of rows.
func (b *RosterBatch) Rows() int { return len(b.Number) }

// Hash returns the hash of row i's cells.
func (b *RosterBatch) Hash(i int) Hash { return Hash{b.RowHi[i], b.RowLo[i]} }

// Line returns the hash of row i's line.
func (b *RosterBatch) Line(i int) Hash { return Hash{b.LineHi[i], b.LineLo[i]} }

// Cell returns what row i, which is accepted, says about the field at index field; absent: nothing. The text is good until Release.
func (b *RosterBatch) Cell(i, field int) (text []byte, absent bool) {
	c := b.cells[field]
	text = c.Bytes(i)
	return text, c.Null(i) || len(text) == 0 && b.fields[field] == roster.UniqueID
}

// Column returns the column of the field at index field. Rows that say nothing about it read as "".
func (b *RosterBatch) Column(field int) Column { return b.cells[field] }

// Row returns a copy of row i. Of a row that is Known the cells are missing.
func (b *RosterBatch) Row(i int) Row {
	row := Row{Number: int(b.Number[i]), Aside: b.Kind[i] == Aside, UniqueID: b.UniqueID.Text(i), Email: b.Email.Text(i)}
	if b.Kind[i] != Accepted {
		return row
	}
	row.Cells = make([]Cell, len(b.fields))
	for k := range row.Cells {
		text, absent := b.Cell(i, k)
		row.Cells[k] = Cell{Text: string(text), Absent: absent}
	}
	return row
}

// Release gives the memory back.
func (b *RosterBatch) Release() { b.release.Do(b.body.release) }

// A Resolver reads the row of a number anew from the length bytes of its line at offset, whose hash has to be line still.
type Resolver func(number int, offset int64, length int, line Hash) (Row, error)

// Rows yields every row that was not dropped, in order. Rows whose line was known are read by resolve; where that is nil they are ErrKnown. The loop ends at the first error.
func (f *RosterFile) Rows(resolve Resolver) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range f.batches {
			if more, err := f.yieldBatch(i, resolve, yield); err != nil {
				yield(Row{}, err)
				return
			} else if !more {
				return
			}
		}
	}
}

func (f *RosterFile) yieldBatch(i int, resolve Resolver, yield func(Row, error) bool) (more bool, err error) {
	b, err := f.Batch(i)
	if err != nil {
		return false, err
	}
	defer b.Release()
	for k := range b.Rows() {
		if b.Kind[k] == Dropped {
			continue
		}
		row := b.Row(k)
		if b.Kind[k] == Known {
			if resolve == nil {
				return false, fmt.Errorf("read roster: row %d: %w", row.Number, ErrKnown)
			}
			if row, err = resolve(row.Number, b.Offset[k], int(b.Length[k]), b.Line(k)); err != nil {
				return false, fmt.Errorf("read roster: row %d: %w", b.Number[k], err)
			}
		}
		if !yield(row, nil) {
			return false, nil
		}
	}
	return true, nil
}

// ReadRoster returns the fields and the rows of the roster of size bytes at r. The rows can be read more than once, and a row stays good
// after the loop has gone on. The loop ends at the first error.
func ReadRoster(r io.ReaderAt, size int64, alloc memory.Allocator) (fields []roster.Field, rows iter.Seq2[Row, error], err error) {
	f, err := OpenRoster(r, size, alloc)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return f.fields, func(yield func(Row, error) bool) {
		f, err := OpenRoster(r, size, alloc)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer f.Close()
		f.Rows(nil)(yield)
	}, nil
}

func joinFields(fields []roster.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return strings.Join(names, ",")
}

func splitFields(s string) []roster.Field {
	var fields []roster.Field
	for name := range strings.SplitSeq(s, ",") {
		if name != "" {
			fields = append(fields, roster.Field(name))
		}
	}
	return fields
}

func metadataOf(md arrow.Metadata, key string) string {
	value, _ := md.GetValue(key)
	return value
}
