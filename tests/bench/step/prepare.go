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
func prepare(ctx context.Context, t task) (measure.Answer, error) {
	file, err := os.Create(filepath.Join(t.state, rosterName))
	if err != nil {
		return measure.Answer{}, err
	}
	defer file.Close() //nolint:errcheck // written and closed by then
	s, err := readInto(ctx, t, t.old, file, nil)
	if err != nil {
		return measure.Answer{}, err
	}
	old, closeRoster, err := openRoster(file)
	if err != nil {
		return measure.Answer{}, err
	}
	defer closeRoster()
	out, err := os.Create(filepath.Join(t.state, snapshotName))
	if err != nil {
		return measure.Answer{}, err
	}
	return measure.Answer{Rows: s.Rows}, errors.Join(writeSnapshot(ctx, out, old, t), out.Close())
}

func writeSnapshot(ctx context.Context, out *os.File, old *batch.RosterFile, t task) error {
	fields := old.Fields()
	head := batch.SnapshotHead{Fields: diff.Fields(fields, t.tenant.People), Hashed: fields, Seed: old.Seed()}
	if !slices.Equal(head.Fields, fields) {
		return errors.New("the pair's columns are not all that a directory needs")
	}
	w, err := batch.NewSnapshotWriter(out, head, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // for where writing fails
	block := batch.NewMemberBlock(len(fields))
	for i := range old.Batches() {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, err := old.Batch(i)
		if err != nil {
			return err
		}
		fill(block, rows, fields)
		rows.Release()
		if err := w.WriteBlock(block); err != nil {
			return err
		}
	}
	return w.Close()
}

// fill makes the members of accepted rows: as their rows say, and deactivated whose status is inactive.
func fill(block *batch.MemberBlock, rows *batch.RosterBatch, fields []roster.Field) {
	block.Reset()
	status := slices.Index(fields, roster.Status)
	for i := range rows.Rows() {
		if rows.Kind[i] != batch.Accepted {
			continue
		}
		presence := batch.Present
		if text, _ := rows.Cell(i, status); string(text) == roster.StatusInactive {
			presence = batch.Deactivated
		}
		block.ID, block.Version, block.Presence = append(block.ID, batch.NumberID(int(rows.Number[i]))), append(block.Version, 1), append(block.Presence, presence)
		block.FromRoster, block.DeletedUntil = append(block.FromRoster, true), append(block.DeletedUntil, 0)
		block.UniqueID.Append(rows.UniqueID.Bytes(i))
		block.Email.Append(rows.Email.Bytes(i))
		for k, f := range fields {
			if f != roster.UniqueID && f != roster.Email {
				text, _ := rows.Cell(i, k)
				block.Values[k].Append(text)
			}
		}
	}
}
