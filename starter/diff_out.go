package main

import (
	"context"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/spreadsheet"
)

// A changesFile is the file that --out asks for, while it is made. A nil one is not asked for.
type changesFile struct {
	file   *placedFile
	format func(io.Writer) (changesWriter, error)
}

// A changesWriter writes changes to a file.
type changesWriter interface {
	Add(changeset.Change) error
	Close() error
}

// diffFormats are the ends of names that say how changes are written.
func diffFormats() map[string]func(io.Writer) (changesWriter, error) {
	return map[string]func(io.Writer) (changesWriter, error){
		"arrow": func(out io.Writer) (changesWriter, error) {
			return batch.NewChangeSetWriter(out, memory.DefaultAllocator)
		},
		"csv": newChangesCSV,
	}
}

// newChangesFile makes sure that the changes can be written where they are to go, before anything is read.
func newChangesFile(asked diffRequest) (*changesFile, error) {
	if asked.out == "" {
		return nil, nil
	}
	file, err := newPlacedFile(placement{path: asked.out, flag: "--out", what: "a list of changes", inputs: inputsAt(asked.tenantFile, asked.old, asked.new)})
	if err != nil {
		return nil, err
	}
	return &changesFile{file: file, format: diffFormats()[asked.format()]}, nil
}

// write writes all changes of a result and puts the file in its place. Of files that are refused there are none, and nothing is written.
func (f *changesFile) write(ctx context.Context, result *filediff.Result) error {
	if f == nil || result.Refused() {
		return nil
	}
	return f.file.write(func(w io.Writer) error {
		out, err := f.format(w)
		if err != nil {
			return err
		}
		defer out.Close() //nolint:errcheck // for where writing fails
		for c, err := range result.Changes() {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := out.Add(c); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

// discard leaves nothing of a file that was not put in its place.
func (f *changesFile) discard() {
	if f != nil {
		f.file.discard()
	}
}

// changesCSV writes changes as a flat table: a line for each changed field, and one without a field for a change that has none. No cell can become a formula, see package spreadsheet.
type changesCSV struct{ cells *spreadsheet.CellWriter }

func newChangesCSV(out io.Writer) (changesWriter, error) {
	w := changesCSV{spreadsheet.NewCellWriter(out, ',')}
	return w, w.line("op", "row", "unique_id", "email", "field", "before", "after")
}

// Add takes the next change.
func (w changesCSV) Add(c changeset.Change) error {
	row := ""
	if c.Row > 0 {
		row = strconv.Itoa(c.Row)
	}
	fields := c.Fields
	if len(fields) == 0 {
		fields = []changeset.FieldChange{{}}
	}
	for _, f := range fields {
		if err := w.line(string(c.Op), row, c.UniqueID, c.Email, string(f.Field), f.Before, f.After); err != nil {
			return err
		}
	}
	return nil
}

func (w changesCSV) line(cells ...string) error {
	for _, cell := range cells {
		w.cells.Add([]byte(cell))
	}
	return w.cells.End()
}

// Close writes out what waits in memory.
func (w changesCSV) Close() error { return w.cells.Flush() }
