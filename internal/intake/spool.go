package intake

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A spool keeps the rows between the two passes, since whether a row repeats an identifier is known only once the last one was read. It is a
// file without a name: it holds personal data, and is gone with the process however that ends.
type spool struct {
	file  *os.File
	buf   *bufio.Writer
	rows  *batch.RosterWriter
	alloc memory.Allocator
}

func newSpool(fields []roster.Field, alloc memory.Allocator) (*spool, error) {
	file, err := os.CreateTemp("", "rollcall-intake-*")
	if err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink spool: %w", err), file.Close())
	}
	buf := bufio.NewWriterSize(file, 1<<20)
	rows, err := batch.NewRosterWriter(buf, fields, alloc)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &spool{file: file, buf: buf, rows: rows, alloc: alloc}, nil
}

// add takes a row of the file. A nil spool takes none.
func (s *spool) add(row batch.Row) error {
	if s == nil {
		return nil
	}
	return s.rows.Add(row)
}

// addExtra takes identifiers that stand in a row beside its own. In the spool alone such rows carry their number negated, so that the second pass does
// not take them for a row that repeats an identifier.
func (s *spool) addExtra(row batch.Row) error {
	row.Number, row.Aside = -row.Number, true
	return s.add(row)
}

// all ends the writing, once, and returns the rows; they can be read more than once.
func (s *spool) all() (iter.Seq2[batch.Row, error], error) {
	if err := errors.Join(s.rows.Close(), s.buf.Flush()); err != nil {
		return nil, fmt.Errorf("write spool: %w", err)
	}
	info, err := s.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("size spool: %w", err)
	}
	_, rows, err := batch.ReadRoster(s.file, info.Size(), s.alloc)
	return rows, err
}

func (s *spool) close() error { return errors.Join(s.rows.Close(), s.file.Close()) }
