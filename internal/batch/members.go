package batch

import (
	"bytes"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/directory"
)

// WriteSnapshot writes a snapshot of members to w.
func WriteSnapshot(w io.Writer, head SnapshotHead, members iter.Seq2[directory.Member, error], alloc memory.Allocator) error {
	out, err := NewSnapshotWriter(w, head, alloc)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // for where writing fails
	for m, err := range members {
		if err != nil {
			return err
		}
		if err := out.Add(m); err != nil {
			return err
		}
	}
	return out.Close()
}

// SnapshotOf returns a snapshot of members that is held in memory, for few of them.
func SnapshotOf(head SnapshotHead, members iter.Seq2[directory.Member, error], alloc memory.Allocator) (*Snapshot, error) {
	var file bytes.Buffer
	if err := WriteSnapshot(&file, head, members, alloc); err != nil {
		return nil, err
	}
	return OpenSnapshot(bytes.NewReader(file.Bytes()), int64(file.Len()), alloc)
}
