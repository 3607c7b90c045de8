// Package workbook reads a customer's workbook, XLSX or CSV, into the sheets that package draft looks for the data-mapping table in.
//
// # What it guards against
//
// A workbook comes from outside, and a spreadsheet is a compressed archive of XML: a few kilobytes of it can be gigabytes, and a library that builds a model of it builds a
// larger one. The library's own limits go by the sizes that the archive claims for itself. So nothing reaches the library that was not counted first:
//
//   - the archive is at most [MaxBytes], has no more parts than a workbook has, and no part twice
//   - of its parts only those that cells come from are inflated, all of them together to no more than 8 MiB, as counted and not as claimed
//   - what the library keeps in memory (texts, styles, the list of sheets) has few enough elements, and no tag is long
//   - each sheet is read through once before, as XML: it must be whole, its rows and cells in order, and its used part the size of a table
//
// Those parts are then put into a small archive of our own making, and the library reads that. It tells what cells show (numbers with their format, texts with their
// runs); what it does not tell is known from the reading before: merged ranges, what is hidden, and formulas without a value.
//
// A workbook that holds macros, links to other workbooks or further archives is refused. All reasons are told at once, as far as reading on makes sense.
package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall.internal/internal/mapping/draft"
)

// The largest workbooks that are read.
const (
	MaxBytes    = 10 << 20 // of an XLSX as it is sent
	MaxCSVBytes = 4 << 20
)

// The largest tables that are read.
const (
	maxRows    = 20_000 // the last row in use of a sheet
	maxColumns = 256    // the last column in use
	maxCells   = 30_000 // cells in use, of all sheets
	maxSheets  = 100
)

// An Error is why a workbook can't be read: every reason that was found, at least one. Reasons hold names of parts and sheets, and no text of a cell.
type Error struct{ Reasons []string }

// Error returns one line a reason.
func (e *Error) Error() string { return strings.Join(e.Reasons, "\n") }

func refuse(format string, args ...any) error {
	return &Error{Reasons: []string{fmt.Sprintf(format, args...)}}
}

// A Format is the form of a workbook's file.
type Format string

// The formats.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// Read returns the sheets of the workbook in src and its format, which is known by what is in it and not by its name. An *Error says why a workbook can't be read; any other
// error means that src failed.
func Read(src io.Reader) ([]draft.Sheet, Format, error) {
	data, err := io.ReadAll(io.LimitReader(src, MaxBytes+1))
	if err != nil {
		return nil, "", fmt.Errorf("read workbook: %w", err)
	}
	if len(data) > MaxBytes {
		return nil, "", refuse("the file is larger than %d MiB, which no data-mapping workbook is: take out what is not the mapping", MaxBytes>>20)
	}
	if isZip(data) {
		sheets, err := readXLSX(data)
		return sheets, XLSX, err
	}
	if reason := otherFormat(data); reason != "" {
		return nil, "", refuse("%s", reason)
	}
	sheet, err := readCSV(data)
	if err != nil {
		return nil, CSV, err
	}
	return []draft.Sheet{sheet}, CSV, nil
}

func isZip(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")) || bytes.HasPrefix(data, []byte("PK\x07\x08"))
}

// encryptedPackage is the name of the stream that holds a workbook under a password, as the compound file writes it.
var encryptedPackage = utf16LE("EncryptedPackage")

func utf16LE(s string) []byte {
	var b []byte
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return b
}

// otherFormat says what a file is that is neither XLSX nor text; "" where it may be a CSV.
func otherFormat(data []byte) string {
	start := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 512)], " \t\r\n\uFEFF"))
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "the file is empty"
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")) && bytes.Contains(data, encryptedPackage):
		return "the workbook is protected by a password: save it without one (File > Info > Protect Workbook > Encrypt with Password, and leave it empty)"
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0")):
		return "the file is an old Excel workbook (.xls) or another Office document: save it as an Excel workbook (.xlsx)"
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return "the file is a PDF: ask for the workbook itself"
	case bytes.HasPrefix(data, []byte("\x1F\x8B")):
		return "the file is compressed (gzip): unpack it"
	case bytes.HasPrefix(data, []byte("7z\xBC\xAF")), bytes.HasPrefix(data, []byte("Rar!")):
		return "the file is an archive: unpack it"
	case bytes.HasPrefix(data, []byte("\xFF\xFE")), bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return "the file is UTF-16 text: save it as an Excel workbook (.xlsx) or as CSV UTF-8"
	case bytes.HasPrefix(start, []byte("<!doctype html")), bytes.HasPrefix(start, []byte("<html")), bytes.HasPrefix(start, []byte("<table")), bytes.HasPrefix(start, []byte("<?xml")):
		return "the file is a web page or XML: save it as an Excel workbook (.xlsx)"
	case bytes.IndexByte(data, 0) >= 0:
		return "the file is no workbook: an Excel workbook (.xlsx) or a CSV file is needed"
	}
	return ""
}

// reasons collects what stands against a workbook.
type reasons []string

func (r *reasons) add(format string, args ...any) {
	const most = 20
	if len(*r) < most {
		*r = append(*r, fmt.Sprintf(format, args...))
	}
}

// err returns the reasons as an *Error, nil where there is none.
func (r reasons) err() error {
	if len(r) == 0 {
		return nil
	}
	return &Error{Reasons: r}
}

// join adds another error's reasons; an error that is none of ours is returned.
func (r *reasons) join(err error) error {
	if refused, ok := errors.AsType[*Error](err); ok {
		for _, reason := range refused.Reasons {
			r.add("%s", reason)
		}
		return nil
	}
	return err
}
