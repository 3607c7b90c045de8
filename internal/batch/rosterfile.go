package batch

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/roster"
)

// ErrNoResolver says that what a row says is needed, which stands in the file alone, and that there is nobody to read it from there.
var ErrNoResolver = errors.New("nobody reads rows from their file")

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
		b, err := f.batch(f.batches - 1)
		if err != nil {
			return err
		}
		corrects := b.corrects()
		if corrects {
			for i, n := range b.Number {
				f.settled = append(f.settled, correction{n, b.Kind[i]})
			}
		}
		b.Release()
		if !corrects {
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
	if b.corrects() {
		b.Release()
		return nil, fmt.Errorf("read roster: %w: batch %d is not of rows", ErrLayout, i)
	}
	b.settle(f.settled)
	return b, nil
}

// Named calls tell with the number and the identifiers of every row of which something was said, while it was read or in the end. A row of several identifiers comes several times.
func (f *RosterFile) Named(tell func(number int, uniqueID, email []byte)) error {
	for i := range f.bodies.blocks {
		b, err := f.batch(i)
		if err != nil {
			return fmt.Errorf("read roster: %w", err)
		}
		for k, kind := range b.Kind {
			if kind != Accepted && kind != Dropped {
				tell(int(b.Number[k]), b.UniqueID.Bytes(k), b.Email.Bytes(k))
			}
		}
		b.Release()
	}
	return nil
}

// batch returns a batch as it was written, of rows or of what became of some.
func (f *RosterFile) batch(i int) (*RosterBatch, error) {
	body, err := f.bodies.read(i)
	if err != nil {
		return nil, err
	}
	b := &RosterBatch{body: body}
	if err = b.place(); err == nil {
		err = b.check()
	}
	if err != nil {
		b.Release()
		return nil, fmt.Errorf("record batch %d: %w", i, err)
	}
	return b, nil
}

// A RosterBatch is rows of a roster in columns, as they are read. See Block for what the columns hold; none of them must be written to. All of it is good until Release: its memory is used for
// another batch then.
type RosterBatch struct {
	Number                                        []int32
	Kind                                          []Kind
	State                                         []State
	IDKey, EmailKey, RowHi, RowLo, LineHi, LineLo []uint64
	Offset                                        []int64
	Length                                        []int32
	// UniqueID and Email are the identifiers of rows of which reading their line said something.
	UniqueID, Email Column

	body    *body
	late    []bool // nil: none
	release sync.Once
}

// place points the columns at what was read.
func (b *RosterBatch) place() error {
	p := placer{body: b.body}
	b.Number, b.Kind, b.State = p.int32s(rowColumn), p.bytes(kindColumn), p.bytes(stateColumn)
	for i, c := range [hashColumns]*[]uint64{&b.IDKey, &b.EmailKey, &b.RowHi, &b.RowLo, &b.LineHi, &b.LineLo} {
		*c = p.uint64s(firstHash + i)
	}
	b.Offset, b.Length = p.int64s(offsetColumn), p.int32s(lengthColumn)
	b.UniqueID, b.Email = p.text(idColumn), p.text(emailColumn)
	return p.err
}

// check refuses kinds that there are not, or not in one batch, and lines that lie nowhere.
func (b *RosterBatch) check() error {
	for i, kind := range b.Kind {
		if kind > LateAside || (kind >= Dropped) != b.corrects() {
			return fmt.Errorf("%w: a row is of a kind that can't be there", ErrLayout)
		}
		if from := b.Offset[i]; from < 0 || from+int64(b.Length[i]) < from {
			return fmt.Errorf("%w: a line lies nowhere", ErrLayout)
		}
	}
	return nil
}

// corrects reports whether the batch says what became of rows further up, and has none of its own.
func (b *RosterBatch) corrects() bool { return len(b.Kind) > 0 && b.Kind[0] >= Dropped }

// settle applies what became of rows, before anybody else sees the batch. Numbers ascend, here and there. Rows that were aside from the first stay so: they may stand beside a row of their number that
// takes part.
func (b *RosterBatch) settle(all []correction) {
	if len(all) == 0 || b.Rows() == 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(all, b.Number[0], func(c correction, n int32) int { return int(c.number) - int(n) })
	if at == len(all) || all[at].number > b.Number[b.Rows()-1] {
		return
	}
	b.late = make([]bool, b.Rows())
	for i, n := range b.Number {
		for at < len(all) && all[at].number < n {
			at++
		}
		if at < len(all) && all[at].number == n && b.Kind[i] != Aside {
			if b.Kind[i] = all[at].kind; b.Kind[i] == LateAside {
				b.Kind[i], b.late[i] = Aside, true
			}
		}
	}
}

// Rows returns the number of rows.
func (b *RosterBatch) Rows() int { return len(b.Number) }

// Hash returns the hash of row i's cells.
func (b *RosterBatch) Hash(i int) Hash { return Hash{b.RowHi[i], b.RowLo[i]} }

// Line says where row i, which takes part or did, stands in the file.
func (b *RosterBatch) Line(i int) LineRef {
	return LineRef{Number: b.Number[i], Offset: b.Offset[i], Length: b.Length[i], Hash: Hash{b.LineHi[i], b.LineLo[i]}}
}

// IsLate reports whether row i was set aside only once all were read, for what others say: who it is about stands in its line, and may not stand here.
func (b *RosterBatch) IsLate(i int) bool { return b.late != nil && b.late[i] }

// Release gives the memory back.
func (b *RosterBatch) Release() { b.release.Do(b.body.release) }

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
