// Package intake reads a customer's file: CSV in, roster rows and findings out, under the tenant's mapping.
//
// # What it promises
//
//   - Everything that is wrong with a file is found in one reading, never the first thing alone. Reading goes on after a fault wherever there is anything to go on with.
//   - Whoever stands in the file in any form is in the roster, as a row or aside; where that can't be told, the summary's Unreadable says so. See
//     setAside.
//   - A problem of the file is a finding. An error means that this side failed: the disk, the context, the reader.
//   - Memory is bounded by the blocks in flight, one record (1 MiB), the findings up to their limit, and for the duplicates 16 bytes a person, 24 at the end.
//   - Nothing of a row is in an error.
//   - The same file gives the same roster, to the byte, on however many cores.
//
// # The way of a row
//
// The scanner cuts the file into records and says what is wrong with their quotes. A record becomes cells in the mapping's order: each is brought to its
// stored form (trimmed, NFC), checked for what no text should hold, translated, compared with its set. A finding sets the row aside, or the value, or is
// only told. Rows are indexed as they come. Which of them share a unique ID or an address is known only once the last was read: then the roster is told
// what became of those, see claimLog.
//
// # The fast way
//
// Behind the header a file is read in blocks, on all cores. The reader cuts them at line ends in front of which the number of quotes is even, and knows by counting which row
// and line each begins with. A worker finds the cells of a stretch of records, eight bytes at a time, and reads them column by column. It knows a plain cell by looks: its
// stored form is what stands in the file. Cells of columns with few values are looked up among those seen before, whatever they are. For any other cell the worker
// asks the code that reads cells strictly, once a value; and a record of which that code would have anything to say, or whose form is not plain, it
// gives as a whole to the code that reads records strictly. So each rule stands in one place, and what the fast way knows for itself is only that nothing
// is wrong. What a block came to is taken in by the reader in the order of the file.
//
// A block in which quotes are broken or a CR stands alone, or of which too much is to be said, is put back, with all behind it, and read by the scanner; so is
// the rest of a file that comes near one of its limits, and all of a file that lacks a column. The cutter takes over again where the scanner stands at a record's end behind the block.
// That nobody can tell from what is said and written which way a row went is what the tests of this package hold it to.
//
// # Lines
//
// A roster is an index of the file's lines (package batch): what the cells of a row say is checked and hashed, and not kept. Whoever needs it, since the row is new or differs from what is known of its person, has
// it read again from the line (NewResolver), many lines at a time and by the same workers; the hash of the line shows that it is the one that was read.
//
// From one month to the next most lines stay as they are, and the same line, under the same mapping, header and program, comes to the same row. So whoever has the roster before can pass over the lines of which
// reading said nothing (Options.Known): their rows are taken from there, and the next roster is the same to the byte. What was done with the earlier rows does not matter, since nothing is taken from them but what
// reading says. Where identifiers of such a line stand in another one too, the file is read whole.
//
// QuickLook runs the strict code over a file whose sender waits for an answer: it has little more than a second, and stops behind the header and the bytes of the records.
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
	// Each is called with every finding, also those over the limit, when it is found: in the order of rows, but for findings about the header or the file, which may
	// come late, and those that are known only once the last row was read, which begin again at the first. They have no Message yet. Defaults to nobody.
	Each func(roster.Finding)
	// Cells is called with the texts of each row whose cells stand in their places, before anything is made of them: those of the mapped columns in the mapping's order, ""
	// for a column that the file lacks. The slice is good until the next call. A file whose cells somebody wants is read on one core. Defaults to nobody.
	Cells func(row int, texts []string)
	// Rows is called with the rows of the file, a block at a time and in its order, their cells included, before it is known which of them share an identifier. A block is good until Rows returns. Where nobody asks for
	// rows their cells are checked and hashed, and not kept, and lines that are known are passed over. Defaults to nobody.
	Rows func(*batch.Block) error
	// Lang is the language of the messages, en-US or fr-CA. Defaults to en-US.
	Lang string
	// Progress is called now and then with the number of rows read so far. Defaults to nobody.
	Progress func(rows int)
	// Alloc gives Arrow its memory where reading needs any, which it does not at present. Defaults to Go's own.
	Alloc memory.Allocator
	// Workers is how many cores read at a time; what they read does not depend on it. Defaults to all that there are.
	Workers int
	// Known are lines of which it is known what they come to. Where one of them turns out to share an identifier, the error is ErrKnownShared. Defaults to none.
	Known *Known

	tuning tuning // for tests
}

// maxRow is the last row that a roster can number. Rows that hold a person come nowhere near it: a file would need two gigabytes of empty lines.
const maxRow = math.MaxInt32

// progressRows is how many rows are read between two looks at the context and calls of Progress.
const progressRows = 4096

// Read reads the whole file at src and writes its roster to out, whose fields must be those of the mapping; closing out is the caller's. Of a file
// that is refused the roster means nothing.
func Read(ctx context.Context, src io.Reader, o Options, out *batch.RosterWriter) (roster.Summary, error) {
	if !slices.Equal(out.Fields(), o.Mapping.Fields()) {
		return roster.Summary{}, errors.New("read roster: the writer's fields are not the mapping's")
	}
	if err := o.check(); err != nil {
		return roster.Summary{}, err
	}
	if o.Alloc == nil {
		o.Alloc = memory.NewGoAllocator()
	}
	r := newReader(src, o)
	r.out, r.rows = out, newRowBuffer(out.Fields(), out.Seed(), o.Rows != nil)
	defer r.claims.close() //nolint:errcheck // a file without a name that was read
	if err := r.readFile(ctx); err != nil {
		return roster.Summary{}, err
	}
	if err := r.flush(); err != nil {
		return roster.Summary{}, err
	}
	if len(r.found.refused) == 0 {
		if err := r.settle(ctx); err != nil {
			return roster.Summary{}, err
		}
	}
	return r.sum(), nil
}

// check refuses what can't be honoured.
func (o Options) check() error {
	if o.Delimiter >= utf8.RuneSelf {
		return fmt.Errorf("read roster: %q can't separate columns", o.Delimiter)
	}
	return nil
}

// A reader reads one file.
type reader struct {
	o       Options
	quick   bool // see QuickLook
	isLong  bool // it is known before reading that the file has too many bytes
	scan    *scanner
	found   *collector
	columns []column
	head    header
	hasHead bool
	waiting []waiting // while the header is looked for

	row        int // the record being read, as a spreadsheet counts
	out        *batch.RosterWriter
	named      bool       // the roster says how the file was read
	rows       *rowBuffer // nil: nobody asks for rows
	claims     claimLog
	crew       *crew // nil: no part of the file is read in blocks
	settledHow bool  // whether there is a crew
	untilHead  bool  // nothing is read below the header
	summary    roster.Summary
	held       map[roster.Field]int
	protected  map[uint64]struct{}

	// Kept from row to row for their memory.
	scratch []byte
	raw     []string
	cells   []batch.Cell
}

func newReader(src io.Reader, o Options) *reader {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = math.MaxInt64
	}
	return &reader{
		o: o, scan: newScanner(src, byte(o.Delimiter), o.MaxBytes), found: newCollector(o),
		columns: newColumns(o.Mapping), held: map[roster.Field]int{}, protected: map[uint64]struct{}{},
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
	defer func() { r.crew.stop() }()
	for steps := 1; ; steps++ {
		if r.inBlocks() {
			if err := r.readBlocks(ctx); err != nil {
				return err
			}
		}
		rec, err := r.scan.next()
		if err != nil {
			return err
		}
		if rec == nil {
			break
		}
		r.row++
		if steps%progressRows == 0 {
			if err := r.report(ctx); err != nil {
				return err
			}
		}
		if err := r.readRecord(rec); err != nil {
			return err
		}
		if r.untilHead && r.hasHead {
			return nil
		}
		if r.tooMany() {
			break
		}
		if r.quick && (len(r.found.refused) > 0 || r.isLong && r.hasHead) {
			return nil
		}
		if r.rows.full() {
			if err := r.flush(); err != nil {
				return err
			}
		}
		r.readBlanks(rec)
	}
	if err := r.settleTop(); err != nil {
		return err
	}
	r.readEnd()
	return r.report(ctx)
}

// tooMany reports that the file has more rows than were agreed, or than can be numbered.
func (r *reader) tooMany() bool {
	f := roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused, Row: r.row}
	switch {
	case r.o.MaxRows > 0 && r.summary.Rows > r.o.MaxRows:
		r.found.once(f, "rows", "limit", strconv.Itoa(r.o.MaxRows))
	case r.row > maxRow:
		r.found.once(f, "lines", "limit", strconv.Itoa(maxRow))
	default:
		return false
	}
	return true
}

// readBlanks passes over empty lines behind an empty line: a file may hold a billion of them.
func (r *reader) readBlanks(rec *record) {
	if len(rec.raw) > 0 || !rec.ended || len(r.waiting) > 0 {
		return
	}
	n := r.scan.skipBlankLines()
	if r.hasHead {
		f := roster.Finding{Code: roster.RowBlank, Level: roster.Note}
		r.found.addRun(f, r.row+1, n)
	}
	r.row += n
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
	switch {
	case r.scan.tooLong && !rec.ended:
		return nil
	case r.quick && r.mayGoOn(rec):
		return r.glance(rec)
	}
	r.checkBytes(rec)
	if r.hasHead {
		return r.readRow(rec)
	}
	return r.readTop(rec)
}

// checkBytes reports bytes that no record may hold.
func (r *reader) checkBytes(rec *record) {
	if bytes.IndexByte(rec.raw, 0) >= 0 {
		r.found.once(roster.Finding{Code: roster.FileNUL, Level: roster.Refused, Row: r.row}, "", "line", strconv.Itoa(rec.line))
	}
	if !rec.large && !utf8.Valid(rec.raw) {
		r.reportEncoding(rec)
	}
	if rec.loneCR && r.found.totals[roster.FileLineEnds] == 0 {
		r.found.add(roster.Finding{Code: roster.FileLineEnds, Level: roster.Refused, Row: r.row}, "", "line", strconv.Itoa(rec.line))
	}
}

// reportEncoding reports bytes that are not UTF-8. Where the file ends in the middle of a character, it is the file's end that is missing.
func (r *reader) reportEncoding(rec *record) {
	if n := brokenRune(rec.raw); !rec.ended && n > 0 && utf8.Valid(rec.raw[:len(rec.raw)-n]) {
		r.found.once(roster.Finding{Code: roster.FileQuoting, Level: roster.Refused, Row: r.row}, "character", "line", strconv.Itoa(rec.line))
		return
	}
	line := strconv.Itoa(rec.line + linesBefore(rec.raw))
	variant, encoding := "", encodingOf(rec.raw)
	if encoding == "" {
		variant = "unknown"
	}
	r.found.once(roster.Finding{Code: roster.FileEncoding, Level: roster.Refused, Row: r.row}, variant, "line", line, "encoding", encoding)
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
		r.tooLong()
	case !r.hasHead && r.head.blankTop:
		r.found.once(roster.Finding{Code: roster.HeaderMissingRow, Level: roster.Refused, Row: 1}, "blank")
	case !r.hasHead:
		r.found.once(roster.Finding{Code: roster.FileEmpty, Level: roster.Refused}, "")
	case r.summary.Rows == 0 && r.found.totals[roster.FileTooLarge] == 0 && r.found.totals[roster.HeaderMissingRow] == 0 && r.found.totals[roster.FileQuoting] == 0:
		r.found.once(roster.Finding{Code: roster.FileNoRows, Level: roster.Refused}, "")
	}
}

// tooLong reports that the file has more bytes than were agreed.
func (r *reader) tooLong() {
	limit := strconv.FormatInt(r.o.MaxBytes, 10)
	r.found.once(roster.Finding{Code: roster.FileTooLarge, Level: roster.Refused}, "bytes", "limit", limit)
}

// sum returns the summary.
func (r *reader) sum() roster.Summary {
	s := r.summary
	s.Findings, s.Totals, s.Held, s.ValuesAside = r.found.findings(), r.found.totals, r.held, r.found.values
	if len(r.found.refused) > 0 {
		return roster.Summary{Verdict: roster.RefusedByFile, Rows: s.Rows, Findings: s.Findings, Totals: s.Totals, Held: map[roster.Field]int{}, ValuesAside: map[roster.Field]int{}}
	}
	s.Verdict, s.Protected, s.Aside = roster.Accepted, len(r.protected), r.found.asideRows()
	return s
}
