package intake_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
	"rollcall.internal/internal/tenant/tenantfile"
)

var update = flag.Bool("update", false, "write what was found into the golden files of the corpus")

// The corpus is testdata/corpus: NAME.golden says what the file is and what must come of it, NAME.csv is the file. Files that nobody can read in an editor are in the table
// below instead. To add one, write the CSV and a golden of a comment, options and "---", run with -update, and check what was written against the contract.
//
//	# What the file is.
//	file-name People 01.13.2023.csv      the options: file-name, delimiter (TAB for a tab), max-rows, max-bytes, tenant (of testdata/tenants)
//	---
//	refused, 2 rows: 0 accepted, 0 set aside, 0 protected, 0 unreadable
//	1 column-missing/near refused "Email Address"      row, code and variant, level, column
type example struct {
	name    string
	about   string // the lines above ---
	want    string // those below it
	options intake.Options
	file    []byte
}

const corpus = "testdata/corpus"

func loadExample(tb testing.TB, path string) example {
	tb.Helper()
	golden, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	e := example{name: strings.TrimSuffix(filepath.Base(path), ".golden")}
	var found bool
	if e.about, e.want, found = strings.Cut(string(golden), "---\n"); !found || !strings.HasPrefix(e.about, "# ") {
		tb.Fatalf("%s does not begin with what the file is, or has no ---", path)
	}
	e.options = exampleOptions(tb, e.about)
	made, ok := unreadable()[e.name]
	if ok {
		e.file = []byte(made())
		return e
	}
	if e.file, err = os.ReadFile(filepath.Join(corpus, e.name+".csv")); err != nil {
		tb.Fatal(err)
	}
	return e
}

func exampleOptions(tb testing.TB, about string) intake.Options {
	tb.Helper()
	o, tenant := intake.Options{}, "plain"
	for line := range strings.Lines(about) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var err error
		switch key {
		case "#":
		case "file-name":
			o.FileName = value
		case "delimiter":
			o.Delimiter = rune(strings.Replace(value, "TAB", "\t", 1)[0])
		case "max-rows":
			o.MaxRows, err = strconv.Atoi(value)
		case "max-bytes":
			o.MaxBytes, err = strconv.ParseInt(value, 10, 64)
		case "tenant":
			tenant = value
		default:
			tb.Fatalf("%q is no option", key)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	data, err := os.ReadFile("testdata/tenants/" + tenant + ".yaml")
	if err != nil {
		tb.Fatal(err)
	}
	file, err := tenantfile.Decode(data)
	if err != nil {
		tb.Fatal(err)
	}
	o.Mapping = file.Mapping
	return o
}

func loadCorpus(tb testing.TB) []example {
	tb.Helper()
	paths, err := filepath.Glob(corpus + "/*.golden")
	if err != nil {
		tb.Fatal(err)
	}
	var all []example
	for _, path := range paths {
		all = append(all, loadExample(tb, path))
	}
	return all
}

// unreadable are the files that are too large, or of bytes that say nothing to a person.
func unreadable() map[string]func() string {
	wide := func(s string) []uint16 { return utf16.Encode([]rune(s)) }
	return map[string]func() string{
		"not-csv-zip":  func() string { return "PK\x03\x04\x14\x00\x00\x00\x08\x00people.csv" },
		"not-csv-xlsx": func() string { return "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml" },
		"not-csv-xls":  func() string { return "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 504) },
		"not-csv-gzip": func() string { return "\x1F\x8B\x08\x08\x00\x00\x00\x00\x00\x03people.csv\x00" },
		"not-csv-pdf":  func() string { return "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n" },
		"not-csv-ods": func() string {
			return "PK\x03\x04\x14\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
		},
		"not-csv-sevenzip":    func() string { return "7z\xBC\xAF\x27\x1C\x00\x04" },
		"encoding-utf16-le":   func() string { return string(bytesOf(append([]uint16{0xFEFF}, wide(head+ana)...), 0, 8)) },
		"encoding-utf16-be":   func() string { return string(bytesOf(append([]uint16{0xFEFF}, wide(head+ana)...), 8, 0)) },
		"encoding-utf16-bare": func() string { return string(bytesOf(wide(head+ana), 0, 8)) },
		"encoding-utf32":      func() string { return "\xFF\xFE\x00\x00F\x00\x00\x00i\x00\x00\x00" },
		"too-large-field":     func() string { return head + strings.Replace(ana, "Paris", strings.Repeat("x", 64<<10+1), 1) + ben },
		"too-large-field-quoted": func() string {
			return head + strings.Replace(ana, "Paris", `"`+strings.Repeat("x\n", 32<<10)+`x"`, 1) + strings.Replace(ben, "Low", "", 1)
		},
		"too-large-record": func() string {
			return head + strings.Replace(ana, "Paris", strings.Repeat(strings.Repeat("x", 60<<10)+",", 20), 1)
		},
		"too-large-record-far": func() string { return head + strings.Replace(ana, "Paris", strings.Repeat("x", 5<<20), 1) + ben },
		"too-large-columns":    func() string { return head + ana + strings.Repeat("x,", 299) + "\n" + ben },
		"too-large-header":     func() string { return strings.Repeat("x,", 299) + "\n" + ana },
		"good-field-at-limit":  func() string { return head + strings.Replace(ana, "Paris", strings.Repeat("x", 64<<10), 1) + ben },
		"good-stray-quote-far": func() string {
			var b strings.Builder
			b.WriteString(head + strings.Replace(ana, "Paris", `"Paris`, 1))
			for i := range 2000 {
				fmt.Fprintf(&b, "P,Roy,p%d@acme.example,%05d,active,,Legal,Rome\n", i, i)
			}
			return b.String() + strings.Replace(ben, "Low", `"Low"x`, 1)
		},
	}
}

// bytesOf writes 16-bit units, the first byte shifted by first and the second by second.
func bytesOf(units []uint16, first, second int) []byte {
	var b []byte
	for _, u := range units {
		b = append(b, byte(u>>first), byte(u>>second))
	}
	return b
}

func TestCorpus(t *testing.T) {
	t.Parallel()
	examples := loadCorpus(t)
	if len(examples) < 100 {
		t.Errorf("%d files in the corpus", len(examples))
	}
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, bytes.NewReader(e.file), e.options)
			checkSums(t, got)
			if *update {
				golden := e.about + "---\n" + outcome(got.summary)
				if err := os.WriteFile(filepath.Join(corpus, e.name+".golden"), []byte(golden), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(e.want, outcome(got.summary)); diff != "" {
				t.Errorf("%sdiffers (-want +got):\n%s", e.about, diff)
			}
			if refused := got.summary.Verdict == roster.RefusedByFile; refused != strings.Contains(e.want, " refused") {
				t.Errorf("verdict %s with findings\n%s", got.summary.Verdict, e.want)
			}
		})
	}
}

// outcome writes a summary as goldens have it.
func outcome(s roster.Summary) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d rows: %d accepted, %d set aside, %d protected, %d unreadable\n", s.Verdict, s.Rows, s.Accepted, s.SetAside, s.Protected, s.Unreadable)
	for _, f := range s.Findings {
		code := strings.TrimSuffix(string(f.Code)+"/"+f.Variant, "/")
		fmt.Fprintf(&b, "%d %s %s", f.Row, code, f.Level)
		if f.Column != "" {
			fmt.Fprintf(&b, " %q", f.Column)
		}
		b.WriteByte('\n')
	}
	for _, f := range slices.Sorted(maps.Keys(s.Held)) {
		fmt.Fprintf(&b, "held by %s: %d\n", f, s.Held[f])
	}
	return b.String()
}

// Every code is in the corpus, with every level that the contract gives it and every sentence that there is for it.
func TestCorpusHasEveryFinding(t *testing.T) {
	t.Parallel()
	levels := map[roster.Code][]roster.Level{
		roster.FileNameDate: {roster.Note}, roster.ColumnUnmapped: {roster.Note}, roster.RowColumnCount: {roster.RowAside}, roster.RowQuoting: {roster.RowAside},
		roster.RowRepeatedHeader: {roster.RowAside}, roster.RowBlank: {roster.Note}, roster.RowDuplicate: {roster.Note}, roster.DuplicateID: {roster.RowAside},
		roster.DuplicateEmail: {roster.RowAside}, roster.RequiredBlank: {roster.RowAside}, roster.EmailFormat: {roster.RowAside}, roster.IDMangled: {roster.RowAside},
		roster.ValueNotAllowed: {roster.RowAside, roster.ValueAside, roster.Note}, roster.DateFormat: {roster.ValueAside},
		roster.TextControl: {roster.RowAside, roster.ValueAside}, roster.SpreadsheetError: {roster.RowAside, roster.ValueAside}, roster.TextMojibake: {roster.Note},
	}
	found := map[roster.Code][]roster.Level{}
	sentences := map[string]bool{}
	for _, e := range loadCorpus(t) {
		for line := range strings.Lines(e.want) {
			var row int
			var code, level string
			if n, _ := fmt.Sscanf(line, "%d %s %s", &row, &code, &level); n < 3 {
				continue
			}
			sentences[code] = true
			name, _, _ := strings.Cut(code, "/")
			if c := roster.Code(name); !slices.Contains(found[c], roster.Level(level)) {
				found[c] = append(found[c], roster.Level(level))
			}
		}
	}
	for _, code := range roster.Codes() {
		want := levels[code]
		if want == nil {
			want = []roster.Level{roster.Refused}
		}
		slices.Sort(found[code])
		if diff := cmp.Diff(slices.Sorted(slices.Values(want)), found[code]); diff != "" {
			t.Errorf("%s has other levels (-want +got):\n%s", code, diff)
		}
	}
	for _, key := range wording.Keys() {
		if !sentences[key] && key != "file-too-large/lines" { // that takes two gigabytes of empty lines
			t.Errorf("no file leads to %s", key)
		}
	}
}

// What a quick look refuses, reading refuses for the same reason; and it sees whatever stands at the top of a file.
func TestQuickLookAgreesWithTheCorpus(t *testing.T) {
	t.Parallel()
	for _, e := range loadCorpus(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range quickLook(t, bytes.NewReader(e.file), e.options) {
				line := strings.TrimSpace(fmt.Sprintf("%s refused", strings.TrimSuffix(string(f.Code)+"/"+f.Variant, "/")))
				if !strings.Contains(e.want, line) {
					t.Errorf("%s is not among\n%s", line, e.want)
				}
			}
		})
	}
}
