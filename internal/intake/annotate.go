package intake

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/spreadsheet"
)

// An annotated copy is the customer's own file with three columns in front that say what became of each row, what is wrong with it and what to do. It is
// read in a spreadsheet, and never uploaded.
//
//   - Record by record it is the file: row n of the copy is row n of the file, which is cut by the same scanner.
//   - A record whose quotes are wrong is split at each delimiter and its quotes are left where they are, so that nothing of it is lost. One that is too large
//     to be held stands in one cell.
//   - The header is three fixed titles and the file's own. What refuses the whole file is told with the row below it; what is only to be known of the file is not told here.
//   - It is UTF-8 with a BOM and CRLF, since spreadsheets ask for both. Bytes that are not UTF-8 are shown as Windows-1252 has them.
//   - No cell of it can be a formula, see package spreadsheet.
//
// What is to be said waits in [Notes] from the reading on, so the copy takes no memory to speak of.

// A Copy says how an annotated copy is written.
type Copy struct {
	// Delimiter separates columns, in the file as in the copy. Defaults to a comma.
	Delimiter rune
	// Lang is the language of what is said, en-US or fr-CA. Defaults to en-US.
	Lang string
	// Notes has taken every finding of the file's reading.
	Notes *Notes
	// Refused: the file's verdict.
	Refused bool
}

// NotCopied returns the finding for which no copy of a file can be written, since there are no rows in it that could be told; false where one can.
func NotCopied(s roster.Summary) (roster.Finding, bool) {
	i := slices.IndexFunc(s.Findings, func(f roster.Finding) bool {
		return f.Code == roster.FileEmpty || f.Code == roster.FileNotCSV || f.Code == roster.FileEncoding && f.Variant == "whole"
	})
	if i < 0 {
		return roster.Finding{}, false
	}
	return s.Findings[i], true
}

// Annotate writes the annotated copy of the file of size bytes at src. It can be called once for some notes.
func Annotate(ctx context.Context, src io.ReaderAt, size int64, c Copy, out io.Writer) error {
	if c.Delimiter == 0 {
		c.Delimiter = ','
	}
	notes, err := c.Notes.read()
	if err != nil {
		return err
	}
	a := annotator{
		src: src, scan: newScanner(io.NewSectionReader(src, 0, size), byte(c.Delimiter), math.MaxInt64), notes: notes, refused: c.Refused,
		words: resultWords(c.Lang), cells: spreadsheet.NewCellWriter(out, byte(c.Delimiter)),
	}
	if err := a.run(ctx); err != nil {
		return err
	}
	if err := a.cells.Flush(); err != nil {
		return fmt.Errorf("write annotated copy: %w", err)
	}
	return nil
}

// An annotator writes one copy.
type annotator struct {
	src     io.ReaderAt
	scan    *scanner
	notes   *noteReader
	refused bool
	words   *results
	cells   *spreadsheet.CellWriter
	row     int
	file    []roster.Finding // what refuses the file as a whole, for the row below the header
}

func (a *annotator) run(ctx context.Context) error {
	if err := a.start(); err != nil {
		return err
	}
	for {
		from := a.offset()
		rec, err := a.scan.next()
		if err != nil {
			return err
		}
		if rec == nil {
			return a.finish()
		}
		a.row++
		if a.row%progressRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := a.annotate(); err != nil {
			return err
		}
		if err := a.record(rec, from); err != nil {
			return err
		}
	}
}

// finish tells what refuses a file that has no row below its header to tell it with.
func (a *annotator) finish() error {
	if a.row < 2 && len(a.file) > 0 {
		for _, cell := range a.words.firstRow(a.file, nil, a.refused) {
			a.cells.Add([]byte(cell))
		}
		if err := a.cells.End(); err != nil {
			return err
		}
	}
	return a.notes.ended()
}

// start passes over the file's BOM; the copy has its own.
func (a *annotator) start() error {
	head, err := a.scan.peek(sniffBytes)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, bom) {
		a.scan.skip(len(bom))
	}
	return nil
}

// offset is where the next record begins.
func (a *annotator) offset() int64 { return a.scan.offset() }

// annotate writes the three cells in front of a record.
func (a *annotator) annotate() error {
	findings, err := a.notes.of(a.row)
	if err != nil {
		return err
	}
	var front [3]string
	switch a.row {
	case 1:
		front = copyTitles()
		a.file = slices.DeleteFunc(slices.Clone(findings), func(f roster.Finding) bool { return !refuses(f) })
	case 2:
		front = a.words.firstRow(a.file, findings, a.refused)
	default:
		front = a.words.row(findings, a.refused)
	}
	for _, cell := range front {
		a.cells.Add([]byte(cell))
	}
	return nil
}

// record writes the cells of the record that begins at the offset.
func (a *annotator) record(rec *record, from int64) error {
	switch {
	case a.offset()-from > maxBuffer: // discarded: what is left of it is its beginning
		if err := a.whole(from, a.offset()); err != nil {
			return err
		}
	case rec.fault != wellQuoted || rec.large || rec.columns > maxColumns:
		for cell := range bytes.SplitSeq(rec.raw, []byte{a.scan.delimiter}) {
			a.cells.Add(cell)
		}
	default:
		for _, cell := range rec.cells {
			a.cells.Add(cell)
		}
	}
	return a.cells.End()
}

// whole writes what stands between two offsets as one cell, but for the line end.
func (a *annotator) whole(from, to int64) error {
	var last [2]byte
	if _, err := a.src.ReadAt(last[:], to-2); err != nil {
		return fmt.Errorf("read file again: %w", err)
	}
	if last[1] == '\n' {
		to--
		if last[0] == '\r' {
			to--
		}
	}
	if err := a.cells.AddFrom(bufio.NewReaderSize(io.NewSectionReader(a.src, from, to-from), maxField)); err != nil {
		return fmt.Errorf("read file again: %w", err)
	}
	return nil
}

// shorten cuts a text to what a spreadsheet's cell can hold.
func shorten(s string) string {
	const most = 32_000
	if len(s) <= most {
		return s
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + " …"
}
