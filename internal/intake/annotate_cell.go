package intake

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

// A cellWriter writes the cells of a CSV file that a spreadsheet will open. Its errors are those of out and come up with end.
type cellWriter struct {
	out       *bufio.Writer
	delimiter byte
	inRecord  bool
}

// add writes a cell.
func (w *cellWriter) add(cell []byte) {
	w.separate()
	if isHarmless(cell) || negative.Match(cell) {
		_, _ = w.out.Write(cell)
		return
	}
	_ = w.quote(bytes.NewReader(cell)) // reading it can't fail
}

// addFrom writes as one cell what it reads.
func (w *cellWriter) addFrom(r io.RuneScanner) error {
	w.separate()
	return w.quote(r)
}

// end ends the record.
func (w *cellWriter) end() error {
	w.inRecord = false
	_, err := w.out.WriteString("\r\n")
	return err
}

func (w *cellWriter) separate() {
	if w.inRecord {
		_ = w.out.WriteByte(w.delimiter)
	}
	w.inRecord = true
}

// negative is a number that stands for itself: that it begins like a formula does no harm.
var negative = regexp.MustCompile(`^-\d+(?:[.,]\d+)*$`)

// isHarmless reports whether a cell can be written as it is, which most can.
func isHarmless(cell []byte) bool {
	if len(cell) == 0 {
		return true
	}
	c := cell[0] | 0x20
	if (c < 'a' || c > 'z') && !isDigit(cell[0]) {
		return false
	}
	return !bytes.ContainsAny(cell, separators) && cell[len(cell)-1] != ' ' && utf8.Valid(cell)
}

// separators are the characters by which some spreadsheet or other ends a cell, whatever the delimiter of the file is: the one of a French system
// opens a file of commas at its semicolons, and knows no quote that does not follow one.
const separators = ",;|\t\r\n\""

// quote writes a cell in quotes and takes from it what makes a formula of it, or of a part of it.
//
// An apostrophe is put before each character by which a formula may start (OWASP, "CSV Injection": = + - @, and their full-width forms) where it opens the cell
// or follows a separator in it, white space and apostrophes in between or not; and before a tab or a line break that opens the cell. Taking away the apostrophe that
// directly precedes such a character gives the cell back.
func (w *cellWriter) quote(r io.RuneScanner) error {
	_ = w.out.WriteByte('"')
	opens, first := true, true
	for {
		c, err := nextRune(r)
		if errors.Is(err, io.EOF) {
			return w.out.WriteByte('"')
		}
		if err != nil {
			return err
		}
		if opens && strings.ContainsRune("=+-@＝＋－＠", c) || first && strings.ContainsRune("\t\r\n", c) {
			_ = w.out.WriteByte('\'')
		}
		if c == '"' {
			_ = w.out.WriteByte('"')
		}
		_, _ = w.out.WriteRune(c)
		first = first && c == '\''
		opens = strings.ContainsRune(separators, c) || opens && (c == '\'' || unicode.IsSpace(c) || unicode.Is(unicode.Cf, c))
	}
}

// nextRune reads a character; a byte that is not UTF-8 is what Windows-1252 has for it, since that is what such files mostly are.
func nextRune(r io.RuneScanner) (rune, error) {
	c, size, err := r.ReadRune()
	if err != nil || c != utf8.RuneError || size != 1 {
		return c, err
	}
	if err := r.UnreadRune(); err != nil {
		return 0, err
	}
	b, err := r.(io.ByteReader).ReadByte()
	return charmap.Windows1252.DecodeByte(b), err
}
