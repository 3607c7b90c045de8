package spreadsheet_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"rollcall.internal/internal/spreadsheet"
)

// written returns a file of one record.
func written(t testing.TB, delimiter byte, cells ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := spreadsheet.NewCellWriter(&out, delimiter)
	for _, c := range cells {
		w.Add([]byte(c))
	}
	if err := errors.Join(w.End(), w.Flush()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormulasAreDefused(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "@A1": "'@A1", "-A1": "'-A1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A", "\t=1": "'\t'=1", "\r1": "'\r1", "\nx": "'\nx",
		"--1": "'--1", "-": "'-", "-1-1": "'-1-1", " =1": " '=1", "\u200B=1": "\u200B'=1", "'=1": "''=1", "'x": "'x", "a;=1": "a;'=1", "a,=1": "a,'=1", "a|@x": "a|'@x",
		"a\t-x": "a\t'-x", "a\n=1": "a\n'=1", `a"=1`: `a"'=1`, "a; =1": "a; '=1", "; -1": "; '-1", "x ": "x ", "-1,5": "-1,5", "-1,234.5": "-1,234.5", "a\xEF": "aï", "\x96x": "–x", "\xE9,=1": "é,'=1",
	} {
		want = "\uFEFFx," + `"` + strings.ReplaceAll(want, `"`, `""`) + `"` + "\r\n"
		if got := written(t, ',', "x", cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

func TestHarmlessCellsStandAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"", "Ana", "001", "-12.50", "-1,5", "-7", "a=1", "Jean-Luc", "a+b@c", "Élise", "王", "“x”", "#REF!", "01/31/2020", "x y", "\u00C0"} {
		if got, want := written(t, ';', "x", cell, "y"), "\uFEFFx;"+cell+";y\r\n"; got != want {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}

// A file that can't be written says so at the latest when it is flushed; a cell that can't be read says so at once.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := spreadsheet.NewCellWriter(brokenWriter{}, ',')
	w.Add([]byte("x"))
	if err := errors.Join(w.End(), w.Flush()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("writing: %v", err)
	}
	if err := spreadsheet.NewCellWriter(io.Discard, ',').AddFrom(bufio.NewReader(iotest.ErrReader(io.ErrNoProgress))); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("reading: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Whatever a cell is, it is read back as it was but for the apostrophes, no part of it opens a formula, and it does not matter how it came.
func FuzzCell(f *testing.F) {
	for _, cell := range []string{"Ana", "=1+1", "-5", "a;=1", "a \"b\"", "\t'=", "'\u200B＠x", "\xEF\xBB", "x\r\ny", "-1,5"} {
		f.Add(cell, byte(0))
	}
	f.Fuzz(func(t *testing.T, cell string, n byte) {
		delimiter := ",;|\t"[n%4]
		text := written(t, delimiter, "x", cell)
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
		r.Comma = rune(delimiter)
		row, err := r.Read()
		if err != nil || len(row) != 2 {
			t.Fatalf("%q becomes %q: %v", cell, text, err)
		}
		if at := opened(row[1]); at >= 0 && !isNegative(cell) {
			t.Errorf("%q becomes %q, which opens a formula at %d", cell, row[1], at)
		}
		if utf8.ValidString(cell) {
			// encoding/csv reads every CRLF in a cell as LF.
			if got, want := armed(row[1]), strings.ReplaceAll(cell, "\r\n", "\n"); got != want {
				t.Errorf("%q is read back as %q", want, got)
			}
		}
		var streamed bytes.Buffer
		w := spreadsheet.NewCellWriter(&streamed, delimiter)
		w.Add([]byte("x"))
		err = errors.Join(w.AddFrom(bufio.NewReader(strings.NewReader(cell))), w.End(), w.Flush())
		if quoted := strings.Contains(text, "\"") && !isNegative(cell); err != nil || quoted && streamed.String() != text {
			t.Errorf("streamed it is %q, and not %q: %v", streamed.String(), text, err)
		}
	})
}

// opened returns where a formula could start, -1 for nowhere.
func opened(cell string) int {
	opens := true
	for i, c := range cell {
		if opens && strings.ContainsRune("=+-@＝＋－＠", c) && (i == 0 || cell[i-1] != '\'') || i == 0 && strings.ContainsRune("\t\r\n", c) {
			return i
		}
		opens = strings.ContainsRune(",;|\t\r\n\"", c) || opens && (c == '\'' || unicode.IsSpace(c) || unicode.Is(unicode.Cf, c))
	}
	return -1
}

// isNegative reports whether a cell is a negative number and nothing else.
func isNegative(cell string) bool {
	rest, minus := strings.CutPrefix(cell, "-")
	digits := strings.TrimLeft(rest, "0123456789.,")
	return minus && digits == "" && rest != ""
}

// armed takes away what defused a cell.
func armed(cell string) string {
	var b strings.Builder
	runes := []rune(cell)
	opens, first := true, true
	for i, c := range runes {
		opener := i+1 < len(runes) && (opens && strings.ContainsRune("=+-@＝＋－＠", runes[i+1]) || first && strings.ContainsRune("\t\r\n", runes[i+1]))
		if c == '\'' && opens && opener {
			continue
		}
		b.WriteRune(c)
		first = first && c == '\''
		opens = strings.ContainsRune(",;|\t\r\n\"", c) || opens && (c == '\'' || unicode.IsSpace(c) || unicode.Is(unicode.Cf, c))
	}
	return b.String()
}
