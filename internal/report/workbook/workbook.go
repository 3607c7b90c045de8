// Package workbook writes a verification list as an XLSX workbook: a summary, and a sheet for each kind of change.
//
// # Text, and nothing but text
//
// Every cell is an inline string formatted as text. A spreadsheet therefore computes nothing, keeps the zeros that lead an ID, and makes no date of "1/2" and no formula of
// "=1+1"; a string is never a formula in this format, so nothing is put before it. What the format can't hold in a cell, beyond 32,767 characters, is cut and ends in "…".
//
// # Size
//
// Rows are streamed: the sheet being written is the only one in memory, beyond 16 MiB in a temporary file that is gone at the end. A sheet holds 1,048,576 rows; a table
// that has more goes on in a further sheet, under the same head. The head stays in sight and has a filter.
//
// # The same bytes
//
// The library writes sheets into the archive in no certain order, so the archive is copied once more, entry by entry in the order of their names and without packing
// them again. The only times in it are the import's.
package workbook

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/report"
)

// Write writes the list as a workbook. The first error of writing or of reading the changes ends it.
func Write(w io.Writer, d *report.Document) error { return write(w, d, excelize.TotalRows) }

func write(w io.Writer, d *report.Document, rows int) (err error) {
	b := &book{file: excelize.NewFile(), rows: rows}
	defer func() {
		if closing := b.file.Close(); err == nil && closing != nil { // removes the temporary files
			err = fmt.Errorf("write workbook: %w", closing)
		}
	}()
	if err := b.fill(d); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := b.save(w); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// A book is a workbook being written.
type book struct {
	file   *excelize.File
	rows   int // the most that a sheet holds
	sheets int
	styles styles
}

func (b *book) fill(d *report.Document) (err error) {
	if b.styles, err = newStyles(b.file); err != nil {
		return err
	}
	made := d.Import.ReceivedAt.UTC().Format(time.RFC3339) // and not when the list is written: see the package comment
	err = b.file.SetDocProps(&excelize.DocProperties{Title: d.Title(), Creator: "Rollcall", LastModifiedBy: "Rollcall", Created: made, Modified: made, Language: d.Locale})
	if err != nil {
		return err
	}
	if err := b.summary(d); err != nil {
		return err
	}
	for _, t := range d.Tables() {
		if err := b.table(t); err != nil {
			return err
		}
	}
	return nil
}

// save writes the archive, in order; see the package comment.
func (b *book) save(w io.Writer) error {
	temp, err := os.CreateTemp("", "rollcall-workbook-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // a temporary file
	defer temp.Close()
	size, err := b.file.WriteTo(temp)
	if err != nil {
		return err
	}
	from, err := zip.NewReader(temp, size)
	if err != nil {
		return err
	}
	slices.SortFunc(from.File, func(x, y *zip.File) int { return cmp.Compare(x.Name, y.Name) })
	to := zip.NewWriter(w)
	for _, entry := range from.File {
		if err := to.Copy(entry); err != nil {
			return err
		}
	}
	return to.Close()
}
