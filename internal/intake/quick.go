package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"rollcall.internal/internal/roster"
)

// quickTime is how long a quick look takes at most: somebody waits for the answer to a close.
const quickTime = 1200 * time.Millisecond

// errSeenEnough ends a quick look whose time is over.
var errSeenEnough = errors.New("the time of a quick look is over")

// QuickLook returns findings that refuse the file at src, as far as they can be told in little more than a second and in the memory of a few records: what the file is, its
// encoding, its header, whether it has a row at all, its size, and the first wrong byte if it comes early. Read finds the same, and more.
//
// It goes by the rules of Read since it runs the same code, but it judges nothing that may only be the end of an upload that was cut off and may yet be resumed: a last
// record without its line end, or a quote that is open where the file ends. A header alone it does judge: nobody stops there on purpose. It stops at the first record that refuses the file, with all that stands against that
// record. Where src is an io.Seeker its size is known at once.
//
// Nil says that nothing was seen, not that the file is good. The end of its time is no error; that of ctx is. It does not cut off a Read of src that blocks.
func QuickLook(ctx context.Context, src io.Reader, o Options) ([]roster.Finding, error) {
	o.FindingsLimit, o.Each, o.Progress, o.FileName = 1, nil, nil, ""
	if err := o.check(); err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeoutCause(ctx, quickTime, errSeenEnough)
	defer cancel()
	r := newReader(&timed{within, src}, o)
	r.quick = true
	var err error
	if r.isLong, err = longer(src, r.o.MaxBytes); err != nil {
		return nil, err
	}
	if err := r.readFile(within); err != nil && !errors.Is(context.Cause(within), errSeenEnough) {
		return nil, err
	}
	if r.isLong && r.hasHead {
		r.tooLong()
	}
	return r.found.refused, nil
}

// longer reports whether src says without being read that it has more than limit bytes to read.
func longer(src io.Reader, limit int64) (bool, error) {
	s, ok := src.(io.Seeker)
	if !ok {
		return false, nil
	}
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, nil // a pipe
	}
	end, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return false, fmt.Errorf("size file: %w", err)
	}
	if _, err := s.Seek(at, io.SeekStart); err != nil {
		return false, fmt.Errorf("size file: %w", err)
	}
	return end-at > limit, nil
}

// timed is a reader that ends with its context. One record may be the whole file, so that it is not enough to look at the clock between records.
type timed struct {
	ctx context.Context
	src io.Reader
}

func (t *timed) Read(p []byte) (int, error) {
	if t.ctx.Err() != nil {
		return 0, context.Cause(t.ctx)
	}
	return t.src.Read(p)
}

// mayGoOn reports whether the record may be one that a resumed upload makes whole: nothing follows it, and its line end has not come or a quote in it is open.
func (r *reader) mayGoOn(rec *record) bool {
	last := r.scan.eof && r.scan.start == r.scan.end && !r.scan.tooLong
	return last && (!rec.ended || rec.loneCR) || rec.fault == openQuote && (r.hasHead || !rec.ended)
}

// glance judges of a record that may go on what no more bytes can mend. Beyond that it counts as a row.
func (r *reader) glance(rec *record) error {
	switch {
	case bytes.IndexByte(rec.raw, 0) >= 0, !utf8.Valid(rec.raw[:len(rec.raw)-brokenRune(rec.raw)]):
		r.checkBytes(rec)
	case (rec.large || rec.columns > maxColumns) && rec.fault != openQuote:
		r.tooLarge(rec)
	case len(r.waiting) > 0:
		return r.readTop(rec)
	case r.hasHead:
	case isBlank(rec) && rec.columns == 1:
		return nil
	case r.known(texts(rec)) == len(r.columns):
		r.readHeader(rec)
		return nil
	default:
		r.wrongDelimiter([]waiting{{*rec, r.row}})
		r.hasHead = true
	}
	r.summary.Rows++
	return nil
}

// brokenRune returns the length of a UTF-8 sequence at the end of b that breaks off.
func brokenRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
