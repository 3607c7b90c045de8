package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/roster"
	"rollcall.internal/tests/bench/measure"
)

// prepare leaves behind what an import of the old file does: its roster, and the snapshot of the directory, in which every row is a member.
func prepare(ctx context.Context, t task) (a measure.Answer, err error) {
	file, err := os.Create(filepath.Join(t.state, rosterName))
	if err != nil {
		return a, err
	}
	out, err := os.Create(filepath.Join(t.state, snapshotName))
	if err != nil {
		return a, errors.Join(err, file.Close())
	}
	defer func() { err = errors.Join(err, file.Close(), out.Close()) }()
	fields := t.tenant.Mapping.Fields()
	head := batch.SnapshotHead{Fields: diff.Fields(fields, t.tenant.People), Hashed: fields}
	if !slices.Equal(head.Fields, fields) {
		return a, errors.New("the pair's columns are not all that a directory needs")
	}
	w, err := batch.NewSnapshotWriter(out, head, memory.DefaultAllocator)
	if err != nil {
		return a, err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	members := batch.NewMemberBlock(len(fields))
	s, err := readInto(ctx, t, t.old, file, nil, func(rows *batch.Block) error {
		fill(members, rows, fields)
		return w.WriteBlock(members)
	})
	if err != nil {
		return a, err
	}
	return measure.Answer{Rows: s.Rows}, w.Close()
}

// fill makes the members of rows that take part: as their rows say, and deactivated whose status is inactive.
func fill(members *batch.MemberBlock, rows *batch.Block, fields []roster.Field) {
	members.Reset()
	for i := range rows.Rows() {
		if !batch.TakesPart(rows.Kind[i]) {
			continue
		}
		presence := batch.Present
		if rows.State[i]&batch.SaysInactive != 0 {
			presence = batch.Deactivated
		}
		members.ID, members.Version, members.Presence = append(members.ID, batch.NumberID(int(rows.Number[i]))), append(members.Version, 1), append(members.Presence, presence)
		members.FromRoster, members.DeletedUntil = append(members.FromRoster, true), append(members.DeletedUntil, 0)
		members.UniqueID.Append(rows.UniqueID.Bytes(i))
		members.Email.Append(rows.Email.Bytes(i))
		for k, f := range fields {
			if f != roster.UniqueID && f != roster.Email {
				members.Values[k].Append(rows.Cells[k].Bytes(i))
			}
		}
	}
}
