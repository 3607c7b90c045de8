package intake

import (
	"bytes"
	"context"
	"strconv"

	"rollcall.internal/internal/roster"
)

// QuickLookBytes is how much of a file a quick look takes.
const QuickLookBytes = 64 << 10

// QuickLook returns what the head of a file of the given size already says against it: only what refuses the file and would still do so once all
// of it was read. None does not mean that the file is fine. It is fast enough for the moment in which an upload is closed.
func QuickLook(head []byte, size int64, o Options) []roster.Finding {
	whole := int64(len(head)) >= size
	if !whole {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	limit := o.MaxBytes
	o.FileName, o.FindingsLimit, o.MaxBytes, o.Progress = "", 1, 0, nil
	r := newReader(bytes.NewReader(head), o, nil)
	if limit > 0 && size > limit {
		r.found.once(roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused}, "bytes", "limit", strconv.FormatInt(limit, 10))
	}
	if err := r.readFile(context.Background()); err != nil {
		// Bytes in memory can be read, so there is nothing to say about the file.
		return nil
	}
	var sure []roster.Finding
	for _, f := range r.found.refused {
		if whole || !endsMatter(f.Code) {
			sure = append(sure, f)
		}
	}
	return sure
}

// endsMatter reports whether a finding may come of the file's having been cut.
func endsMatter(code roster.Code) bool {
	return code == roster.FileQuoting || code == roster.FileNoRows || code == roster.FileEmpty
}
