package diff

import (
	"fmt"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A rowReader reads what rows of the roster say: those that take part, and those that were set aside only late, from their lines, all that are wanted of a batch at once; the others from the roster. It is used by
// one goroutine.
type rowReader struct {
	*comparison
	wanted []int32 // indices of rows within a batch, in ascending order
	lines  []batch.LineRef
	block  *batch.Block // what lines says; nil before the first
	values rowValues
}

func (c *comparison) rowReaders() []*rowReader {
	readers := make([]*rowReader, c.Workers)
	for i := range readers {
		readers[i] = &rowReader{comparison: c}
	}
	return readers
}

// byLine reports whether what row i says stands in its line alone.
func byLine(b *batch.RosterBatch, i int) bool { return batch.TakesPart(b.Kind[i]) || b.IsLate(i) }

// want makes those of a batch's n rows wanted that are as is asked, and reports whether there are any.
func (r *rowReader) want(n int, is func(i int) bool) bool {
	r.wanted = r.wanted[:0]
	for i := range n {
		if is(i) {
			r.wanted = append(r.wanted, int32(i))
		}
	}
	return len(r.wanted) > 0
}

// each calls do for every wanted row of a batch, whose rows have their places from start on, with what it says; that is good until do returns.
func (r *rowReader) each(b *batch.RosterBatch, start int, do func(i int, v *rowValues) error) error {
	if err := r.resolve(b); err != nil {
		return err
	}
	next, v := 0, &r.values
	for _, k := range r.wanted {
		i := int(k)
		v.place, v.number = int32(start+i), b.Number[i]
		if byLine(b, i) {
			v.fromBlock(r.block, next, &r.layout)
			next++
		} else {
			v.uniqueID, v.email, v.cells = b.UniqueID.Bytes(i), b.Email.Bytes(i), v.cells[:0]
		}
		if err := do(i, v); err != nil {
			return err
		}
	}
	return nil
}

// resolve reads the lines of the wanted rows into the block.
func (r *rowReader) resolve(b *batch.RosterBatch) error {
	r.lines = r.lines[:0]
	for _, i := range r.wanted {
		if byLine(b, int(i)) {
			r.lines = append(r.lines, b.Line(int(i)))
		}
	}
	if len(r.lines) == 0 {
		return nil
	}
	first, last := r.lines[0].Number, r.lines[len(r.lines)-1].Number
	if r.Resolve == nil {
		return fmt.Errorf("compare: rows %d to %d: %w", first, last, batch.ErrNoResolver)
	}
	if r.block == nil {
		r.block = batch.NewBlock(len(r.fields))
	}
	if err := r.Resolve(r.lines, r.block); err != nil {
		return fmt.Errorf("compare: rows %d to %d: %w", first, last, err)
	}
	if !r.answered() {
		return fmt.Errorf("compare: rows %d to %d: the resolver answered other rows than it was asked for", first, last)
	}
	return nil
}

// answered reports whether the block has a row for each of the lines in all of its columns.
func (r *rowReader) answered() bool {
	b, n := r.block, len(r.lines)
	if b.Rows() != n || b.UniqueID.Len() != n || b.Email.Len() != n || len(b.Cells) != len(r.fields) {
		return false
	}
	for k, f := range r.fields {
		if f != roster.UniqueID && f != roster.Email && b.Cells[k].Len() != n {
			return false
		}
	}
	for i, line := range r.lines {
		if b.Number[i] != line.Number {
			return false
		}
	}
	return true
}

// keys calls do for every wanted row of a batch with its keys, which are good until do returns. The rows themselves are read only where the roster's keys are of another seed than the comparison's.
func (r *rowReader) keys(b *batch.RosterBatch, do func(i int, k *personKeys) error) error {
	if r.seed != r.Roster.Seed() {
		return r.each(b, 0, func(i int, v *rowValues) error {
			return do(i, &personKeys{r.seed.Key(v.uniqueID), r.seed.Email(v.email), r.hashCells(v.cells)})
		})
	}
	var keys personKeys
	for _, i := range r.wanted {
		keys = personKeys{b.IDKey[i], b.EmailKey[i], b.Hash(int(i))}
		if err := do(int(i), &keys); err != nil {
			return err
		}
	}
	return nil
}

// hashCells is the hash of a row's cells, zero where one is absent or there are none.
func (c *comparison) hashCells(cells []cellValue) (h batch.Hash) {
	for _, cell := range cells {
		if cell.absent {
			return batch.Hash{}
		}
		h = h.With(c.seed.Cell(cell.text))
	}
	return h
}
