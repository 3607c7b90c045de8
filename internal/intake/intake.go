// Package intake reads a customer's file: CSV in, roster rows and findings out, under the tenant's mapping.
//
// # What it promises
//
//   - Everything that is wrong with a file is found in one reading, never the first thing alone. Reading goes on after a fault wherever there is anything to go on with.
//   - Whoever stands in the file in any form is in the roster, as a row or aside; where that can't be told, the summary's Unreadable says so. See
//     setAside.
//   - A problem of the file is a finding. An error means that this side failed: the disk, the context, the reader.
//   - Memory is bounded by one record (1 MiB), a batch of rows, the findings up to their limit, and 32 bytes a person for the duplicates.
//   - Nothing of a row is in an error.
//
// # The way of a row
//
// The scanner cuts the file into records and says what is wrong with their quotes. A record becomes cells in the mapping's order: each is brought to its
// stored form (trimmed, NFC), checked for what no text should hold, translated, compared with its set. A finding sets the row aside, or the value, or is
// only told. Rows wait in a spool until the last was read: only then is it known which of them share a unique ID or an address. A second pass
// over the spool writes the roster.
//
// Row numbers are a spreadsheet's: the header is row 1, and a record is one row however many lines it takes.
package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Options say how a file is read.
type Options struct {
	Mapping mapping.Mapping
	// FileName is the file's name, which should carry a date; "" asks for none.
	FileName string
	// Delimiter separates columns: comma, semicolon, tab or pipe. Defaults to a comma.
	Delimiter rune
	// MaxRows and MaxBytes are the most data rows and bytes that are read. Default to no limit.
	MaxRows  int
	MaxBytes int64
	// FindingsLimit is the most findings that are listed; all are counted. Defaults to 0: no limit.
	FindingsLimit int
	// Lang is the language of the messages, en-US or fr-CA. Defaults to en-US.
	Lang string
	// Progress is called now and then with the number of rows read so far. Defaults to nobody.
	Progress func(rows int)
	// Alloc gives Arrow its memory. Defaults to Go's own.
	Alloc memory.Allocator
}

// progressRows is how many rows are read between two looks at the context and calls of Progress.
const progressRows = 4096

// Read reads the whole file at src and writes its roster to out, whose fields must be those of the mapping; closing out is the caller's. Of a file
// that is refused the roster means nothing.
func Read(ctx context.Context, src io.Reader, o Options, out *batch.RosterWriter) (roster.Summary, error) {
	if !slices.Equal(out.Fields(), o.Mapping.Fields()) {
		return roster.Summary{}, errors.New("read roster: the writer's fields are not the mapping's")
	}
	if o.Delimiter >= utf8.RuneSelf {
		return roster.Summary{}, fmt.Errorf("read roster: %q can't separate columns", o.Delimiter)
	}
	if o.Alloc == nil {
		o.Alloc = memory.NewGoAllocator()
	}
	spool, err := newSpool(o.Mapping.Fields(), o.Alloc)
	if err != nil {
		return roster.Summary{}, err
	}
	defer spool.close()
	r := newReader(src, o, spool)
	if err := r.readFile(ctx); err != nil {
		return roster.Summary{}, err
	}
	if len(r.found.refused) == 0 {
		if err := r.writeRoster(ctx, out); err != nil {
			return roster.Summary{}, err
		}
	}
	return r.sum(), nil
}

// A reader reads one file.
type reader struct {
	o       Options
	scan    *scanner
	found   *collector
	columns []column
	head    header
	hasHead bool

	row       int // the record being read, as a spreadsheet counts
	keys      keyTable
	spool     *spool
	summary   roster.Summary
	held      map[roster.Field]int
	protected map[uint64]struct{}

	// Kept from row to row for their memory.
	scratch []byte
	raw     []string
	cells   []batch.Cell
}

func newReader(src io.Reader, o Options, spool *spool) *reader {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = math.MaxInt64
	}
	return &reader{
		o: o, scan: newScanner(src, byte(o.Delimiter), o.MaxBytes), found: newCollector(o.Lang, o.FindingsLimit),
		columns: newColumns(o.Mapping), spool: spool, held: map[roster.Field]int{}, protected: map[uint64]struct{}{},
	}
}

// readFile is the first pass.
func (r *reader) readFile(ctx context.Context) error {
	if _, ok := NameDate(r.o.FileName); !ok && r.o.FileName != "" {
		r.found.add(roster.Finding{Code: roster.FileNameDate, Level: roster.Note, Value: r.o.FileName}, "")
	}
	if readable, err := r.readStart(); err != nil || !readable {
		return err
	}
	for {
		rec, err := r.scan.next()
		if err != nil {
			return err
		}
		if rec == nil {
			break
		}
		r.row++
		if r.row%progressRows == 0 {
			if err := r.report(ctx); err != nil {
				return err
			}
		}
		if err := r.readRecord(rec); err != nil {
			return err
		}
		if r.o.MaxRows > 0 && r.summary.Rows > r.o.MaxRows {
			r.found.once(roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused, Row: r.row}, "rows", "limit", strconv.Itoa(r.o.MaxRows))
			break
		}
	}
	r.readEnd()
	return r.report(ctx)
}

func (r *reader) report(ctx context.Context) error {
	if r.o.Progress != nil {
		r.o.Progress(r.summary.Rows)
	}
	return ctx.Err()
}

// readStart looks at the first bytes; false: what follows is no CSV in UTF-8 and there is nothing to go on with.
func (r *reader) readStart() (readable bool, err error) {
	head, err := r.scan.peek(sniffBytes)
	if err != nil {
		return false, err
	}
	what := sniff(head)
	switch {
	case what.notCSV != "":
		r.found.add(roster.Finding{Code: roster.FileNotCSV, Level: roster.Refused}, what.notCSV, "format", what.format)
		return false, nil
	case what.encoding != "":
		r.found.add(roster.Finding{Code: roster.FileEncoding, Level: roster.Refused}, "whole", "encoding", what.encoding)
		return false, nil
	case bytes.HasPrefix(head, bom):
		r.scan.skip(len(bom))
	}
	return true, nil
}

// readRecord checks what concerns the whole file and passes the record on.
func (r *reader) readRecord(rec *record) error {
	if r.scan.tooLong && !rec.ended {
		return nil
	}
	if bytes.IndexByte(rec.raw, 0) >= 0 {
		r.found.once(roster.Finding{Code: roster.FileNUL, Level: roster.Refused, Row: r.row}, "", "line", strconv.Itoa(rec.line))
	}
	if !rec.large && !utf8.Valid(rec.raw) {
		line := strconv.Itoa(rec.line + linesBefore(rec.raw))
		r.found.once(roster.Finding{Code: roster.FileEncoding, Level: roster.Refused, Row: r.row}, "", "line", line, "encoding", encodingOf(rec.raw))
	}
	if rec.loneCR && r.found.totals[roster.FileLineEnds] == 0 {
		r.found.add(roster.Finding{Code: roster.FileLineEnds, Level: roster.Refused, Row: r.row}, "", "line", strconv.Itoa(rec.line))
	}
	if r.hasHead {
		return r.readRow(rec)
	}
	if isBlank(rec) && rec.fault == wellQuoted && !rec.large {
		r.head.blankTop = r.head.blankTop || bytes.IndexByte(rec.raw, r.scan.delimiter) >= 0
		return nil
	}
	r.hasHead = true
	r.readHeader(rec)
	return nil
}

// linesBefore counts the line ends before the first byte that is not UTF-8.
func linesBefore(b []byte) (n int) {
	for len(b) > 0 {
		c, size := utf8.DecodeRune(b)
		if c == utf8.RuneError && size == 1 {
			return n
		}
		if c == '\n' {
			n++
		}
		b = b[size:]
	}
	return n
}

// readEnd reports what is known only once the file was read.
func (r *reader) readEnd() {
	switch {
	case r.scan.tooLong:
		limit := strconv.FormatInt(r.o.MaxBytes, 10)
		r.found.once(roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused}, "bytes", "limit", limit)
	case !r.hasHead && r.head.blankTop:
		r.found.once(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: 1}, "blank")
	case !r.hasHead:
		r.found.once(roster.Finding{Code: roster.FileEmpty, Level: roster.Refused}, "")
	case r.summary.Rows == 0 && r.found.totals[roster.HeaderMissingRow] == 0 && r.found.totals[roster.FileQuoting] == 0:
		r.found.once(roster.Finding{Code: roster.FileNoRows, Level: roster.Refused}, "")
	}
}

// sum returns the summary.
func (r *reader) sum() roster.Summary {
	s := r.summary
	s.Findings, s.Totals, s.Held = r.found.findings(), r.found.totals, r.held
	if len(r.found.refused) > 0 {
		return roster.Summary{Verdict: roster.RefusedByFile, Rows: s.Rows, Findings: s.Findings, Totals: s.Totals, Held: map[roster.Field]int{}}
	}
	s.Verdict, s.Protected = roster.Accepted, len(r.protected)
	return s
}
