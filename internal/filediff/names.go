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

// Names returns the names, as the old file has them, of the members that changes are about, by the member's id: "Ana Roy". It reads the old roster once from its beginning to the last of
// them, so whoever tells many changes asks for some thousands at a time.
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
	for i := 0; r.plan != nil && i < r.old.rows.Batches() && len(wanted) > len(names); i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.names(i, wanted, names); err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
	}
	return names, nil
}

// names adds the names of the wanted members, by row, of batch i of the old roster.
func (r *Result) names(i int, wanted map[int32]string, names map[string]string) error {
	rows := r.old.rows
	first, last := slices.Index(rows.Fields(), roster.FirstName), slices.Index(rows.Fields(), roster.LastName)
	b, err := rows.Batch(i)
	if err != nil {
		return err
	}
	defer b.Release()
	for row, number := range b.Number {
		if b.Kind[row] != batch.Accepted {
			continue
		}
		if id, ok := wanted[number]; ok {
			firstName, _ := b.Cell(row, first)
			lastName, _ := b.Cell(row, last)
			names[id] = string(firstName) + " " + string(lastName)
		}
	}
	return nil
}

// rowOf returns the number of the row that a member's id stands for.
func rowOf(id string) (int32, error) {
	parsed, err := batch.ParseMemberID(id)
	return int32(binary.BigEndian.Uint64(parsed[8:])), err
}
