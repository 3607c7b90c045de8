// Package batch keeps rosters, snapshots of the directory and change sets as Arrow files: what one activity writes as an artifact and another reads.
//
// # Why Arrow, and why the file format
//
// A roster is read once and compared by column, and a change set is written once and applied in ranges. Both are stored in Arrow's IPC file
// format, whose footer says where each record batch lies, so that a chunk of an apply decodes the batch that holds it and nothing else. Batches of a
// change set hold exactly [Rows] rows but for the last, which makes the place of the n-th change a division.
//
// # Roster
//
// A roster is the index of the file that it was read from: of each row who it is about and what it says, as keys and hashes, and where its line stands. Most rows are never asked for more, since
// equal hashes tell that nothing changed. What the others say is read from their lines by a [Resolver], as it was the first time, once the hash of the line has shown that it is the same one.
// So a roster takes a third of its file, what people are called and where they live lies in one place instead of two, and comparing two months reads and writes little more than what differs.
//
// Its columns are row (the number in the file), kind, state (what the row says about status and eligibility), the keys of the person's two identifiers, the hashes of the row and of its line,
// where the line lies in the file, and the identifiers themselves of rows of which reading said something: of one that was set aside, so that the diff knows that the person is present,
// and of one that somebody is told about. Several aside rows may have one number, where several identifiers were read in a row, and a row that takes part may have some beside it, where its
// cells mention other people.
//
// Which rows repeat or contradict others is known once all are read. Batches at the end say so by the rows' numbers, and a reader applies them to the rows that it hands out.
//
// # Change set
//
// One row a change, its changed fields as a list of (field, before, after).
//
// # Reading
//
// A file is opened and its schema is checked by Arrow's own reader, which also reads change sets. The record batches of rosters and snapshots are read by one of ours, see bodies: it reads what is
// wanted of a batch (all of it, or of a snapshot its columns of numbers and some of text) once, into memory that is used again, of which the columns are views.
//
// # Promises
//
// The same input gives the same bytes: no compression, no dictionaries, no time and no map order goes in. Changes that a reader hands out are copies that
// outlive their batch; columns are views that end with it. Memory comes from the allocator that the caller gives and is given back: a writer's by Close, a reader's by Release and Close, or
// when its loop ends, early or not.
//
// # Compatibility
//
// The schema's metadata names the layout and its version. A reader refuses a version that it does not know; within a version columns are neither renamed nor
// reordered. A roster of another version is made again from the file that it was read from, and a snapshot from the directory; a change set
// is what somebody decided on, so the last version of its layout is read for as long as decisions wait.
package batch

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Rows is the number of rows of a record batch.
const Rows = 4096

// batchBytes ends a batch early, so that rows of a megabyte don't make one of gigabytes.
const batchBytes = 16 << 20

// ErrLayout says that a file is not of the layout, or the version of it, that the reader knows.
var ErrLayout = errors.New("arrow file is of another layout")

// layoutKey is the key of the schema's metadata under which a file names its layout.
const layoutKey = "rollcall.layout"

func layout(name string) arrow.Metadata {
	return arrow.NewMetadata([]string{layoutKey}, []string{name})
}

// A counter is the io.WriteSeeker that Arrow's writer asks for. Arrow only ever asks where it is, which a counter knows without a file.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("seek in a stream")
	}
	return c.n, nil
}

// open returns a reader of the file of size bytes at r, after a look at its layout.
func open(r io.ReaderAt, size int64, alloc memory.Allocator, want string) (f *ipc.FileReader, err error) {
	defer recovered(&err, "open arrow file")
	f, err = ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(limit(alloc, size)), ipc.WithEnsureNativeEndian(false))
	if err != nil {
		return nil, fmt.Errorf("open arrow file: %w", err)
	}
	if !f.Schema().IsNativeEndian() {
		return nil, errors.Join(fmt.Errorf("%w: its numbers are of the other endianness", ErrLayout), f.Close())
	}
	if got, _ := f.Schema().Metadata().GetValue(layoutKey); got != want {
		return nil, errors.Join(fmt.Errorf("%w: %q, not %q", ErrLayout, got, want), f.Close())
	}
	return f, nil
}

// record returns batch i of f; the caller releases it.
func record(f *ipc.FileReader, i int) (rec arrow.Record, err error) {
	defer recovered(&err, "read record batch")
	rec, err = f.RecordAt(i)
	if err != nil {
		return nil, fmt.Errorf("read record batch %d: %w", i, err)
	}
	return rec, nil
}

// recovered turns a panic of Arrow's reader, which is how it answers damaged bytes, into an error.
func recovered(err *error, doing string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: %v", doing, p)
	}
}
