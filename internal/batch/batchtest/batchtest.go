// Package batchtest reads rosters as rows, and stands in for the file that a roster was read from, for tests.
package batchtest

import (
	"fmt"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// Resolver returns what finds rows of these fields that take part by their numbers, among those that were added to a roster. It looks at nothing else of a line.
func Resolver(fields []roster.Field, seed batch.Seed, rows []batch.Row) batch.Resolver {
	byNumber := map[int32]batch.Row{}
	for _, r := range rows {
		if !r.Aside {
			byNumber[int32(r.Number)] = r
		}
	}
	return func(lines []batch.LineRef, into *batch.Block) error {
		into.Reset()
		for _, l := range lines {
			row, ok := byNumber[l.Number]
			if !ok {
				return fmt.Errorf("row %d does not take part", l.Number)
			}
			if err := into.Add(row, fields, seed); err != nil {
				return err
			}
		}
		return nil
	}
}

// Rows returns every row of a roster that was not dropped, in order. Those that take part, or were set aside late, are read by resolve; where that is nil they are batch.ErrNoResolver.
func Rows(f *batch.RosterFile, resolve batch.Resolver) ([]batch.Row, error) {
	var all []batch.Row
	for i := range f.Batches() {
		rows, err := rowsOf(f, i, resolve)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func rowsOf(f *batch.RosterFile, i int, resolve batch.Resolver) (rows []batch.Row, err error) {
	b, err := f.Batch(i)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	read, err := resolved(b, len(f.Fields()), resolve)
	if err != nil {
		return nil, err
	}
	next := 0
	for k, kind := range b.Kind {
		switch {
		case batch.TakesPart(kind):
			rows = append(rows, read.Row(next, f.Fields()))
			next++
		case b.IsLate(k):
			row := read.Row(next, f.Fields())
			row.Aside, row.Cells = true, nil
			rows = append(rows, row)
			next++
		case kind == batch.Aside:
			rows = append(rows, batch.Row{Number: int(b.Number[k]), Aside: true, UniqueID: b.UniqueID.Text(k), Email: b.Email.Text(k)})
		}
	}
	return rows, nil
}

// resolved returns those rows of b that stand in their lines alone.
func resolved(b *batch.RosterBatch, fields int, resolve batch.Resolver) (*batch.Block, error) {
	var lines []batch.LineRef
	for k, kind := range b.Kind {
		if batch.TakesPart(kind) || b.IsLate(k) {
			lines = append(lines, b.Line(k))
		}
	}
	block := batch.NewBlock(fields)
	if len(lines) == 0 {
		return block, nil
	}
	if resolve == nil {
		return nil, batch.ErrNoResolver
	}
	if err := resolve(lines, block); err != nil {
		return nil, err
	}
	if block.Rows() != len(lines) {
		return nil, fmt.Errorf("%d lines were read as %d rows", len(lines), block.Rows())
	}
	for i, l := range lines {
		if block.Number[i] != l.Number {
			return nil, fmt.Errorf("row %d was read as row %d", l.Number, block.Number[i])
		}
	}
	return block, nil
}

// Aside returns rows of these numbers that are set aside, of which nothing else is known.
func Aside(numbers []int32) []batch.Row {
	rows := make([]batch.Row, len(numbers))
	for i, n := range numbers {
		rows[i] = batch.Row{Number: int(n), Aside: true}
	}
	return rows
}
