// Package spreadsheet writes CSV files that are opened in spreadsheets: what a customer wrote into a cell must never run as a formula on the machine of whoever looks at it.
//
// # The rule
//
// An apostrophe is put before each character by which a formula may start (OWASP, "CSV Injection": = + - @, and their full-width forms) where it opens the cell or follows a
// separator in it, white space, invisible characters and apostrophes in between or not; and before a tab or a line break that opens the cell. Separators are what some
// spreadsheet or other ends a cell by, whatever the delimiter of the file is: the one of a French system opens a file of commas at its semicolons, and knows no quote that
// does not follow one.
//
// A negative number that is the whole cell stands as it is: it stands for itself, and text would not be counted.
//
// Taking away the apostrophe that directly precedes such a character gives the cell back.
package spreadsheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	openers    = "=+-@＝＋－＠"
	separators = ",;|\t\r\n\""
	bom        = "\uFEFF"
)

// A CellWriter writes a CSV file (RFC 4180) cell by cell: in UTF-8 with a byte-order mark and CRLF, since spreadsheets ask for both, and with no cell that could be a
// formula. The first error of writing ends it, and comes up with End and Flush.
type CellWriter struct {
	out       *bufio.Writer
	delimiter byte
	inRecord  bool
}

// NewCellWriter begins a file. The delimiter is a comma, a semicolon, a bar or a tab.
func NewCellWriter(out io.Writer, delimiter byte) *CellWriter {
	w := &CellWriter{out: bufio.NewWriterSize(out, 1<<18), delimiter: delimiter}
	_, _ = w.out.WriteString(bom)
	return w
}

// Add writes a cell. A byte that is not UTF-8 is what Windows-1252 has for it, since that is what such files mostly are.
func (w *CellWriter) Add(cell []byte) {
	w.separate()
	switch {
	case isHarmless(cell):
		_, _ = w.out.Write(cell)
	case !negative.Match(cell):
		_ = w.quote(bytes.NewReader(cell)) // reading it can't fail
	case bytes.IndexByte(cell, w.delimiter) < 0:
		_, _ = w.out.Write(cell)
	default:
		_, _ = w.out.WriteString(`"` + string(cell) + `"`)
	}
}

// AddFrom writes all that r holds as one cell, as Add does, in no memory to speak of. Its error is that of reading.
func (w *CellWriter) AddFrom(r *bufio.Reader) error {
	w.separate()
	return w.quote(r)
}

// End ends the record.
func (w *CellWriter) End() error {
	w.inRecord = false
	_, err := w.out.WriteString("\r\n")
	return err
}

// Flush writes out what waits in memory, once the last record is ended.
func (w *CellWriter) Flush() error { return w.out.Flush() }

func (w *CellWriter) separate() {
	if w.inRecord {
		_ = w.out.WriteByte(w.delimiter)
	}
	w.inRecord = true
}

var negative = regexp.MustCompile(`^-\d+(?:[.,]\d+)*$`)

// isHarmless reports whether a cell can be written as it is, which most can: nothing in it opens a formula or ends a cell.
func isHarmless(cell []byte) bool {
	if len(cell) == 0 {
		return true
	}
	first, _ := utf8.DecodeRune(cell)
	return !strings.ContainsRune(openers, first) && !isPassedOver(first) && !bytes.ContainsAny(cell, separators) && cell[len(cell)-1] != ' ' && utf8.Valid(cell)
}

// isPassedOver reports whether a formula may still open after c.
func isPassedOver(c rune) bool { return c == '\'' || unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) }

// A textReader is read by characters, or by bytes where those are none.
type textReader interface {
	io.RuneScanner
	io.ByteReader
}

// quote writes a cell in quotes, and takes from it what makes a formula of it or of a part of it.
func (w *CellWriter) quote(r textReader) error {
	_ = w.out.WriteByte('"')
	opens, first := true, true
	for {
		c, err := next(r)
		if errors.Is(err, io.EOF) {
			_ = w.out.WriteByte('"')
			return nil
		}
		if err != nil {
			return err
		}
		if opens && strings.ContainsRune(openers, c) || first && strings.ContainsRune("\t\r\n", c) {
			_ = w.out.WriteByte('\'')
		}
		if c == '"' {
			_ = w.out.WriteByte('"')
		}
		_, _ = w.out.WriteRune(c)
		first = first && c == '\''
		opens = strings.ContainsRune(separators, c) || opens && isPassedOver(c)
	}
}

// next reads a character.
func next(r textReader) (rune, error) {
	c, size, err := r.ReadRune()
	if err != nil || c != utf8.RuneError || size != 1 {
		return c, err
	}
	if err := r.UnreadRune(); err != nil {
		return 0, err
	}
	b, err := r.ReadByte()
	return charmap.Windows1252.DecodeByte(b), err
}
