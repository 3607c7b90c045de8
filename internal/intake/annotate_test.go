package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// annotated reads a file and returns its summary and its annotated copy.
func annotated(t rapid.TB, file, lang string, delimiter rune) (roster.Summary, string) {
	t.Helper()
	m := small()
	out, err := batch.NewRosterWriter(io.Discard, m.Fields(), memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	notes := intake.NewNotes()
	defer notes.Close()
	o := intake.Options{Mapping: m, Delimiter: delimiter, Lang: lang, Each: notes.Add}
	summary, err := intake.Read(context.Background(), strings.NewReader(file), o, out)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer
	c := intake.Copy{Delimiter: delimiter, Lang: lang, Notes: notes, Refused: summary.Verdict == roster.RefusedByFile}
	if err := intake.Annotate(context.Background(), strings.NewReader(file), int64(len(file)), c, &copied); err != nil {
		t.Fatal(err)
	}
	return summary, copied.String()
}

// cells reads an annotated copy as any program would.
func cells(t rapid.TB, copied string, delimiter rune) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(copied, "\uFEFF")
	if !marked {
		t.Fatal("the copy has no BOM")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.Comma = -1, delimiter
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("the copy is no CSV: %v\n%s", err, copied)
	}
	return rows
}

func TestAnnotate(t *testing.T) {
	t.Parallel()
	file := "\uFEFF" + head + ana + // 2
		"Ben,Low,ben,002,Active,,Finanse,\n" + // 3
		"\n" + // 4
		ana + // 5
		"Cleo,\"O\"Neil,cleo@acme.example,003,active,,Legal,\"a;b\"\n" + // 6
		"Dan,Ode,dan@acme.example,004\n" + // 7
		"Eve,Fox,eve@acme.example,005,active,2020-01-31,Legal,=1+1\n" + // 8
		"Flo,Ü,flo@acme.example,006,active,,Legal,SÃ£o\n" // 9
	want := map[string]string{
		roster.EnUS: `rollcall_result|rollcall_error|rollcall_fix|First Name|Last Name|Email Address|Unique ID|Status|Hire Start Date|Business Unit|City
accepted|||Ana|Roy|ana@acme.example|001|active|01/31/2020|Finance|Paris
row set aside|(1)…(2)…(3)…|(1)…(2)…(3)…|Ben|Low|ben|002|Active||Finanse|
skipped|…||
skipped|…|…|Ana|Roy|ana@acme.example|001|active|01/31/2020|Finance|Paris
row set aside|…|…|Cleo|"O"Neil|cleo@acme.example|003|active||Legal|"a;b"
row set aside|…|…|Dan|Ode|dan@acme.example|004
value set aside|…|…|Eve|Fox|eve@acme.example|005|active|2020-01-31|Legal|'=1+1
accepted, see the note|…|…|Flo|Ü|flo@acme.example|006|active||Legal|SÃ£o
`,
		roster.FrCA: `rollcall_result|rollcall_error|rollcall_fix|First Name|Last Name|Email Address|Unique ID|Status|Hire Start Date|Business Unit|City
acceptée|||Ana|Roy|ana@acme.example|001|active|01/31/2020|Finance|Paris
rangée mise de côté|(1)…(2)…(3)…|(1)…(2)…(3)…|Ben|Low|ben|002|Active||Finanse|
ignorée|…||
ignorée|…|…|Ana|Roy|ana@acme.example|001|active|01/31/2020|Finance|Paris
rangée mise de côté|…|…|Cleo|"O"Neil|cleo@acme.example|003|active||Legal|"a;b"
rangée mise de côté|…|…|Dan|Ode|dan@acme.example|004
valeur mise de côté|…|…|Eve|Fox|eve@acme.example|005|active|2020-01-31|Legal|'=1+1
acceptée, voir la remarque|…|…|Flo|Ü|flo@acme.example|006|active||Legal|SÃ£o
`,
	}
	for locale, want := range want {
		summary, copied := annotated(t, file, locale, ',')
		rows := cells(t, copied, ',')
		for _, f := range summary.Findings {
			if got := rows[f.Row-1]; !strings.Contains(got[1], wording.Problem(locale, f)) || !strings.Contains(got[2], wording.Remedy(locale, f)) {
				t.Errorf("%s: row %d does not tell %s: %q", locale, f.Row, f.Code, got[:3])
			}
		}
		if diff := cmp.Diff(want, outline(rows)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", locale, diff)
		}
		if n := strings.Count(copied, "\n"); strings.Count(copied, "\r\n") != n || n != len(rows) {
			t.Errorf("%s: %d of %d lines end in CRLF", locale, strings.Count(copied, "\r\n"), n)
		}
	}
}

// outline writes rows with the sentences left out, which others look at.
func outline(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for j := 1; i > 0 && j < 3; j++ {
			switch n := strings.Count(row[j], "("); {
			case strings.HasPrefix(row[j], "(1) "):
				row[j] = strings.Join(slices.Collect(func(yield func(string) bool) {
					for k := range n {
						if strings.Contains(row[j], fmt.Sprintf("(%d) ", k+1)) && !yield(fmt.Sprintf("(%d)…", k+1)) {
							return
						}
					}
				}), "")
			case row[j] != "":
				row[j] = "…"
			}
		}
		b.WriteString(strings.Join(row, "|") + "\n")
	}
	return b.String()
}

// What refuses the file as a whole stands in the row below the header, and nothing is said to be applied.
func TestAnnotateRefused(t *testing.T) {
	t.Parallel()
	file := strings.Replace(head, "City", "Citi", 1) + ana + ana + "Z\xEFz,Roy,zoe@acme.example,7,active,,Legal,\n"
	_, copied := annotated(t, file, roster.EnUS, ',')
	rows := cells(t, copied, ',')
	if got := rows[0][:3]; !slices.Equal(got, []string{"rollcall_result", "rollcall_error", "rollcall_fix"}) {
		t.Errorf("the first row says %q", got)
	}
	if got := rows[1][:3]; got[0] != "file refused" || !strings.Contains(got[1], "“City”") || !strings.Contains(got[1], "“Citi”") || got[2] == "" {
		t.Errorf("the row below the header says %q", got)
	}
	if got := rows[2][:3]; !slices.Equal(got, []string{"not applied", "", ""}) {
		t.Errorf("a good row says %q", got)
	}
	if got := rows[3]; got[0] != "refuses the file" || got[1] == "" || got[3] != "Zïz" {
		t.Errorf("a row that refuses the file says %q", got)
	}
}

func TestNotCopied(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		code roster.Code
	}{
		"empty":  {"", roster.FileEmpty},
		"zip":    {"PK\x03\x04 and so on", roster.FileNotCSV},
		"UTF-16": {"\xFF\xFEF\x00i\x00", roster.FileEncoding},
		"ANSI":   {head + "Zo\xEB,Roy,zoe@acme.example,7,active,,Legal,\n", ""},
		"good":   {head + ana, ""},
	} {
		f, not := intake.NotCopied(readSmall(t, test.file).summary)
		if f.Code != test.code || not != (test.code != "") {
			t.Errorf("%s: got %q, %t", name, f.Code, not)
		}
	}
}

// A record that no buffer holds stands in the copy whole, in one cell.
func TestAnnotateKeepsWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	long := "Bo,\"" + strings.Repeat("x,=1\n", 700_000) + "\",z"
	_, copied := annotated(t, head+long+"\r\n"+ana, "", ',')
	rows := cells(t, copied, ',')
	if len(rows) != 3 || len(rows[1]) != 4 {
		t.Fatalf("%d rows, the second of %d cells", len(rows), len(rows[1]))
	}
	if got := armed(rows[1][3]); got != long {
		t.Errorf("%d bytes of %d", len(got), len(long))
	}
	if rows[1][0] != "refuses the file" || rows[2][3] != "Ana" {
		t.Errorf("got %q and %q", rows[1][0], rows[2][3])
	}
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

// Whatever the cells of a file are, the copy has the same in the same rows, and none of them opens a formula.
func TestAnnotateKeepsEveryCell(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "delimiter")
		cell := rapid.OneOf(rapid.StringOf(rapid.RuneFrom([]rune("a1é=+-@＝ '\",;\t|\n\r\u200B"))), rapid.String().Filter(func(s string) bool { return !strings.Contains(s, "\x00") }),
			rapid.SampledFrom([]string{"Ana", "ana@acme.example", "-5", "#REF!", "01/31/2020", "Active", ""}))
		var file strings.Builder
		w := csv.NewWriter(&file)
		w.Comma = delimiter
		want := [][]string{strings.Split(strings.TrimSpace(head), ",")}
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, 8, 8).Draw(t, "row")
			want = append(want, row)
		}
		for _, row := range want {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		_, copied := annotated(t, file.String(), "", delimiter)
		rows := cells(t, copied, delimiter)
		if len(rows) != len(want) {
			t.Fatalf("%d rows, want %d", len(rows), len(want))
		}
		for i, row := range rows {
			checkRow(t, i, want[i], row)
		}
	})
}

func checkRow(t *rapid.T, i int, want, row []string) {
	if len(row) != len(want)+3 {
		t.Fatalf("row %d has %d cells: %q", i+1, len(row), row)
	}
	for j, cell := range row {
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+@\t\r\n") {
			t.Fatalf("row %d: %q opens a formula", i+1, cell)
		}
		// encoding/csv reads every CRLF in a cell as LF.
		if j >= 3 && armed(cell) != strings.ReplaceAll(want[j-3], "\r\n", "\n") {
			t.Fatalf("row %d: %q is not %q", i+1, cell, want[j-3])
		}
	}
}

// Of any bytes whatever, each row has the result that the findings give it, and a record with wrong quotes has all of its text.
func TestAnnotateKeepsDamage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOf(rapid.RuneFrom([]rune("aé=@ '\",,\n\"x"))).Draw(t, "body")
		file := head + body
		summary, copied := annotated(t, file, "", ',')
		rows := cells(t, copied, ',')
		for _, f := range summary.Findings {
			if f.Row <= 1 && f.Level != roster.Refused {
				continue // told of the file, and not of a row
			}
			if at := max(f.Row, 2); at > len(rows) || !strings.Contains(armed(rows[at-1][1]), wording.Problem("", f)) && !strings.Contains(rows[at-1][1], "…") {
				t.Fatalf("%s of row %d is not told in %d rows", f.Code, f.Row, len(rows))
			}
		}
		var text strings.Builder
		for _, row := range rows[1:] {
			for _, cell := range row[min(3, len(row)):] {
				text.WriteString(armed(cell))
			}
		}
		if got, want := count(text.String()), count(body); got != want {
			t.Fatalf("%d letters of %d", got, want)
		}
	})
}

// count counts what no way of reading quotes may lose.
func count(s string) int {
	return strings.Count(s, "a") + strings.Count(s, "é") + strings.Count(s, "=")
}

// A source that fails, or that is not the file that was read, makes no copy.
func TestAnnotateFails(t *testing.T) {
	t.Parallel()
	notes := intake.NewNotes()
	defer notes.Close()
	for row := range 3 {
		notes.Add(roster.Finding{Code: roster.RowBlank, Level: roster.Note, Row: row + 5})
	}
	err := intake.Annotate(t.Context(), strings.NewReader(head), int64(len(head)), intake.Copy{Notes: notes}, io.Discard)
	if err == nil {
		t.Error("a file that is shorter than the one that was read is copied")
	}
	err = intake.Annotate(t.Context(), strings.NewReader(head), int64(len(head)), intake.Copy{Notes: intake.NewNotes()}, iotest.TruncateWriter(io.Discard, 0))
	if err != nil {
		t.Errorf("copy: %v", err)
	}
	err = intake.Annotate(t.Context(), strings.NewReader(head), int64(len(head)), intake.Copy{Notes: intake.NewNotes()}, brokenWriter{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
