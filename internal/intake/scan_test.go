package intake

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// scanned is a record whose bytes are its own.
type scanned struct {
	Cells  []string
	Line   int
	Fault  quoteFault
	Ended  bool
	LoneCR bool
	Large  bool
}

func scanAll(t *testing.T, r io.Reader) []scanned {
	t.Helper()
	s := newScanner(r, ',', 1<<40)
	var all []scanned
	for {
		rec, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		if rec == nil {
			return all
		}
		all = append(all, scanned{texts(rec), rec.line, rec.fault, rec.ended, rec.loneCR, rec.large})
	}
}

func TestScannerRecovers(t *testing.T) {
	t.Parallel()
	good := func(line int, cells ...string) scanned { return scanned{Cells: cells, Line: line, Ended: true} }
	bad := func(line int, f quoteFault, cells ...string) scanned {
		return scanned{Cells: cells, Line: line, Ended: true, Fault: f}
	}
	tests := map[string]struct {
		file string
		want []scanned
	}{
		"lines in cells":        {"a,\"b\nc\"\nd,e\n", []scanned{good(1, "a", "b\nc"), good(3, "d", "e")}},
		"empty cells":           {",\n\"\",\n\n", []scanned{good(1, "", ""), good(2, "", ""), good(3, "")}},
		"bare quote":            {"a\"b,c\nd,e\n", []scanned{bad(1, bareQuote, "a\"b", "c"), good(2, "d", "e")}},
		"space before a quote":  {"a, \"b\"\n", []scanned{bad(1, bareQuote, "a", " \"b\"")}},
		"text after a quote":    {"\"a\"b,c\nd,e\n", []scanned{bad(1, textAfterQuote, "ab", "c"), good(2, "d", "e")}},
		"quote over two lines":  {"\"a,b\n\"c,d\ne,f\n", []scanned{bad(1, textAfterQuote, "\"a,b"), {Cells: []string{"\"c,d"}, Line: 2, Ended: true, Fault: openQuote}, good(3, "e", "f")}},
		"quote never closed":    {"a,\"b\nc,d\n", []scanned{bad(1, openQuote, "a", "\"b"), good(2, "c", "d")}},
		"CR alone":              {"a,b\rc,d\r", []scanned{{Cells: []string{"a", "b"}, Line: 1, Ended: true, LoneCR: true}, {Cells: []string{"c", "d"}, Line: 2, Ended: true, LoneCR: true}}},
		"CR LF in and after":    {"\"a\r\nb\"\r\nc\r\n", []scanned{good(1, "a\r\nb"), good(3, "c")}},
		"no last line end":      {"a\nb", []scanned{good(1, "a"), {Cells: []string{"b"}, Line: 2}}},
		"quotes, no line end":   {"\"a\"", []scanned{{Cells: []string{"a"}, Line: 1}}},
		"delimiter at the end":  {"a,", []scanned{{Cells: []string{"a", ""}, Line: 1}}},
		"a large quoted record": {"\"" + strings.Repeat("x\n", 1<<20) + "\"\nb\n", []scanned{{Cells: []string{}, Line: 1, Ended: true, Large: true}, good(1<<20+2, "b")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, scanAll(t, strings.NewReader(test.file))); diff != "" {
				t.Errorf("records differ (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzScanner checks the scanner against encoding/csv where that takes a file at all, and against itself where bytes arrive one by one.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{"a,b\nc,d\n", "\"a\"\"\n\",b\r\n", "a\"b\n\"c\"d\n", "\"a\n\"b\nc", "a\rb\r\n", "\"\n\"\r\"", ",,\n\"\"", "\"a\r\n\"x\r\n\"b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := scanAll(t, bytes.NewReader(data))
		if diff := cmp.Diff(got, scanAll(t, iotest.OneByteReader(bytes.NewReader(data)))); diff != "" {
			t.Errorf("records depend on how bytes arrive:\n%s", diff)
		}
		total := 0
		for i, rec := range got {
			if i > 0 && rec.Line <= got[i-1].Line {
				t.Errorf("record %d at line %d follows one at line %d", i, rec.Line, got[i-1].Line)
			}
			if i < len(got)-1 && !rec.Ended {
				t.Errorf("record %d of %d is not ended", i, len(got))
			}
			for _, c := range rec.Cells {
				total += len(c)
			}
		}
		if total > len(data) {
			t.Errorf("%d bytes of cells from %d of file", total, len(data))
		}
		compare(t, data, got)
	})
}

// compare checks the records against encoding/csv, where both read the same language: it skips empty lines, takes a CR for text and turns CRLF in cells into LF.
func compare(t *testing.T, data []byte, got []scanned) {
	t.Helper()
	if bytes.IndexByte(data, '\r') >= 0 {
		return
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	want, err := r.ReadAll()
	faulty := false
	var cells [][]string
	for _, rec := range got {
		faulty = faulty || rec.Fault != wellQuoted
		if len(rec.Cells) > 1 || rec.Cells[0] != "" {
			cells = append(cells, rec.Cells)
		}
	}
	if (err != nil) != faulty {
		t.Errorf("encoding/csv says %v, faulty = %t", err, faulty)
	}
	for i, rec := range want {
		want[i] = rec[:min(len(rec), maxColumns)] // no more are kept
	}
	if err == nil {
		if diff := cmp.Diff(nonBlank(want), nonBlank(cells)); diff != "" {
			t.Errorf("records differ from encoding/csv's (-want +got):\n%s", diff)
		}
	}
}

// nonBlank leaves out records of one empty cell, of which encoding/csv keeps those in quotes.
func nonBlank(records [][]string) [][]string {
	var kept [][]string
	for _, r := range records {
		if len(r) > 1 || r[0] != "" {
			kept = append(kept, r)
		}
	}
	return kept
}
