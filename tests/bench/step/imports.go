package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/tests/bench/measure"
)

// The files that an import of the old roster leaves behind, in the folder of the state.
const (
	rosterName   = "old.roster"
	snapshotName = "old.snapshot"
)

// now is the time of every comparison, so that each run does the same.
var now = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// readInto reads a file and writes its roster to w; each takes its rows with their cells, unless it is nil. A file of a pair has nothing that could be found.
func readInto(ctx context.Context, t task, path string, w io.Writer, known *intake.Known, each func(*batch.Block) error) (roster.Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return roster.Summary{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	out, err := batch.NewRosterWriter(w, t.tenant.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return roster.Summary{}, err
	}
	defer out.Close() //nolint:errcheck // for where reading fails
	s, err := intake.Read(ctx, file, intake.Options{Mapping: t.tenant.Mapping, Known: known, Rows: each}, out)
	if err != nil {
		return roster.Summary{}, err
	}
	if s.Verdict == roster.RefusedByFile || s.Accepted < s.Rows {
		return roster.Summary{}, errors.New("the file is not taken as it is")
	}
	return s, out.Close()
}

// read makes record batches of the new file, of all columns.
func read(ctx context.Context, t task) (measure.Answer, error) {
	var rows int64
	fields := t.tenant.Mapping.Fields()
	records := batch.NewRecords(fields)
	s, err := readInto(ctx, t, t.new, io.Discard, nil, func(b *batch.Block) error {
		rec := records.Record(b)
		defer rec.Release()
		rows += rec.NumRows()
		return nil
	})
	if err == nil && rows != int64(s.Rows) {
		err = fmt.Errorf("%d rows are in record batches, of %d", rows, s.Rows)
	}
	return measure.Answer{Rows: s.Rows}, err
}

// compareFiles compares the two files, as `rollcall diff` does.
func compareFiles(ctx context.Context, t task) (measure.Answer, error) {
	old, err := os.Open(t.old)
	if err != nil {
		return measure.Answer{}, err
	}
	defer old.Close() //nolint:errcheck // only read
	young, err := os.Open(t.new)
	if err != nil {
		return measure.Answer{}, err
	}
	defer young.Close() //nolint:errcheck // only read
	var sources [2]filediff.Source
	for i, file := range []*os.File{old, young} {
		info, err := file.Stat()
		if err != nil {
			return measure.Answer{}, err
		}
		sources[i] = filediff.Source{In: file, At: file, Size: info.Size()}
	}
	result, err := filediff.Compare(ctx, filediff.Options{Old: sources[0], New: sources[1], Tenant: t.tenant})
	if err != nil {
		return measure.Answer{}, err
	}
	defer result.Close() //nolint:errcheck // the process ends
	if result.Refused() {
		return measure.Answer{}, errors.New("a file is refused")
	}
	return count(result.New.Rows, result.Changes(), nil)
}

// count counts changes, and shows each to also.
func count(rows int, changes func(func(changeset.Change, error) bool), also func(changeset.Change) error) (measure.Answer, error) {
	a := measure.Answer{Rows: rows, Cells: map[string]int{}}
	for c, err := range changes {
		if err != nil {
			return measure.Answer{}, err
		}
		switch {
		case c.Op == changeset.Create:
			a.Added++
		case c.Removal:
			a.Removed++
		default:
			a.Changed++
			for _, f := range c.Fields {
				a.Cells[string(f.Field)]++
			}
		}
		if also == nil {
			continue
		}
		if err := also(c); err != nil {
			return measure.Answer{}, err
		}
	}
	return a, nil
}

// importFile compares the new file with the snapshot.
func importFile(ctx context.Context, t task) (measure.Answer, error) {
	return importWith(ctx, t, nil, nil)
}

// importKnowing does so, and does not parse the lines that the old file had as well.
func importKnowing(ctx context.Context, t task) (measure.Answer, error) {
	file, err := os.Open(filepath.Join(t.state, rosterName))
	if err != nil {
		return measure.Answer{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	old, closeOld, err := openRoster(file)
	if err != nil {
		return measure.Answer{}, err
	}
	defer closeOld()
	known, err := intake.LoadKnown(ctx, old, 1<<40)
	if err != nil {
		return measure.Answer{}, err
	}
	return importWith(ctx, t, nil, known)
}

// importAndWriteNext does so, and writes the snapshot of the directory as it will be.
func importAndWriteNext(ctx context.Context, t task) (measure.Answer, error) {
	out, err := unnamed(t.state)
	if err != nil {
		return measure.Answer{}, err
	}
	defer out.Close() //nolint:errcheck // nobody reads it
	return importWith(ctx, t, out, nil)
}

// importWith reads the new file into a roster on disk, compares it with the snapshot, and writes the next snapshot to next unless that is nil.
func importWith(ctx context.Context, t task, next io.Writer, known *intake.Known) (a measure.Answer, err error) {
	snapshot, closeSnapshot, err := openSnapshot(filepath.Join(t.state, snapshotName))
	if err != nil {
		return a, err
	}
	defer closeSnapshot()
	file, err := unnamed(t.state)
	if err != nil {
		return a, err
	}
	defer file.Close() //nolint:errcheck // nobody reads it afterwards
	s, err := readInto(ctx, t, t.new, file, known, nil)
	if err != nil {
		return a, err
	}
	rows, closeRoster, err := openRoster(file)
	if err != nil {
		return a, err
	}
	defer closeRoster()
	resolve, closeFile, err := resolver(ctx, t, rows)
	if err != nil {
		return a, err
	}
	defer closeFile()
	result, err := diff.Compare(ctx, diff.Input{Roster: rows, Resolve: resolve, Directory: snapshot, People: t.tenant.People, MappingDigest: t.tenant.RulesDigest(), Now: now, TempDir: t.state})
	if err != nil {
		return a, err
	}
	defer result.Close() //nolint:errcheck // the process ends
	if next == nil {
		return count(s.Rows, result.Changes(), nil)
	}
	after := newSuccessor(snapshot)
	if a, err = count(s.Rows, result.Changes(), after.take); err != nil {
		return a, err
	}
	return a, after.write(ctx, next)
}

// resolver returns what reads rows of the new file by their lines.
func resolver(ctx context.Context, t task, rows *batch.RosterFile) (batch.Resolver, func(), error) {
	file, err := os.Open(t.new)
	if err != nil {
		return nil, nil, err
	}
	closeFile := func() { file.Close() } //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		closeFile()
		return nil, nil, err
	}
	resolve, err := intake.NewResolver(ctx, file, info.Size(), intake.Options{Mapping: t.tenant.Mapping}, rows)
	if err != nil {
		closeFile()
		return nil, nil, err
	}
	return resolve, closeFile, nil
}

// unnamed makes a file in dir that is gone with the process.
func unnamed(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "step-*")
	if err != nil {
		return nil, fmt.Errorf("make file: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink file: %w", err), file.Close())
	}
	return file, nil
}

func openRoster(file *os.File) (*batch.RosterFile, func(), error) {
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	f, err := batch.OpenRoster(file, info.Size(), memory.DefaultAllocator)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil //nolint:errcheck // only read
}

func openSnapshot(path string) (*batch.Snapshot, func(), error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	s, err := batch.OpenSnapshot(file, info.Size(), memory.DefaultAllocator)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return s, func() { s.Close(); file.Close() }, nil //nolint:errcheck // only read
}
