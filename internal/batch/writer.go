package batch

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A writer is the part that the writers of this package share: a file of record batches, and the batch that is being built.
type writer struct {
	what    string // for errors: what is written
	builder *array.RecordBuilder
	file    *ipc.FileWriter

	pending, pendingBytes int // rows of the batch, and bytes of their text
	closed                bool
	closeErr              error
}

func newWriter(w io.Writer, what string, schema *arrow.Schema, alloc memory.Allocator) (writer, error) {
	file, err := ipc.NewFileWriter(&counter{w: w}, ipc.WithSchema(schema), ipc.WithAllocator(alloc))
	if err != nil {
		return writer{}, fmt.Errorf("write %s: %w", what, err)
	}
	return writer{what: what, builder: array.NewRecordBuilder(alloc, schema), file: file}, nil
}

// text is the builder of the i-th column, which holds text.
func (w *writer) text(i int) *array.StringBuilder { return w.builder.Field(i).(*array.StringBuilder) }

func (w *writer) flush() error {
	rec := w.builder.NewRecord()
	defer rec.Release()
	w.pending, w.pendingBytes = 0, 0
	if err := w.file.Write(rec); err != nil {
		return fmt.Errorf("write %s: %w", w.what, err)
	}
	return nil
}

// Close writes what is pending and the footer, and gives the memory back. A second call does nothing and answers the same.
func (w *writer) Close() error {
	if w.closed {
		return w.closeErr
	}
	w.closed = true
	defer w.builder.Release()
	if w.pending > 0 {
		w.closeErr = w.flush()
	}
	if w.closeErr == nil {
		if err := w.file.Close(); err != nil {
			w.closeErr = fmt.Errorf("write %s: %w", w.what, err)
		}
	}
	return w.closeErr
}
