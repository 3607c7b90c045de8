package filediff

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
)

// Names returns the names, as the old file has them, of the members that changes are about, by the member's id: "Ana Roy". It looks through the old roster from its beginning to the last of
// them and reads their lines, so whoever tells many changes asks for some thousands at a time.
func (r *Result) Names(ctx context.Context, changes []changeset.Change) (map[string]string, error) {
	names, wanted := map[string]string{}, map[int32]string{}
	for _, c := range changes {
		if c.Member == "" {
			continue
		}
		number, err := rowOf(c.Member)
		if err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		wanted[number] = c.Member
	}
	if r.plan == nil {
		return names, nil
	}
	n := namer{side: r.old, wanted: wanted, names: names, block: batch.NewBlock(len(r.old.rows.Fields()))}
	for i := 0; i < r.old.rows.Batches() && len(wanted) > len(names); i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := n.read(i); err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
	}
	return names, nil
}

// A namer collects names from the old file.
type namer struct {
	*side
	wanted map[int32]string // members' ids by their rows
	names  map[string]string

	// Memory for a batch.
	lines []batch.LineRef
	block *batch.Block
}

// read adds the names of the wanted members of batch i.
func (n *namer) read(i int) error {
	b, err := n.rows.Batch(i)
	if err != nil {
		return err
	}
	defer b.Release()
	n.lines = n.lines[:0]
	for row, number := range b.Number {
		if _, ok := n.wanted[number]; ok && batch.TakesPart(b.Kind[row]) {
			n.lines = append(n.lines, b.Line(row))
		}
	}
	if len(n.lines) == 0 {
		return nil
	}
	if err := n.resolve(n.lines, n.block); err != nil {
		return err
	}
	first := cells(n.block, roster.FirstName, slices.Index(n.rows.Fields(), roster.FirstName))
	last := cells(n.block, roster.LastName, slices.Index(n.rows.Fields(), roster.LastName))
	for at, line := range n.lines {
		n.names[n.wanted[line.Number]] = string(first.Bytes(at)) + " " + string(last.Bytes(at))
	}
	return nil
}

// rowOf returns the number of the row that a member's id stands for.
func rowOf(id string) (int32, error) {
	parsed, err := batch.ParseMemberID(id)
	return int32(binary.BigEndian.Uint64(parsed[8:])), err
}
