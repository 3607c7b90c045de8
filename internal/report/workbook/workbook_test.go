package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/report/reporttest"
	"rollcall.internal/internal/roster"
)

// written is the list as a workbook, and the workbook read back.
func written(t testing.TB, d *report.Document, rows int) ([]byte, *excelize.File) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, d, rows); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return b.Bytes(), f
}

func rowsOf(t testing.TB, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Whatever the changes are, the workbook tells each of them exactly once.
func TestEveryChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := reporttest.Draw(rt)
		_, f := written(t, d, excelize.TotalRows)
		got := map[reporttest.Line]int{}
		for _, total := range d.Totals() {
			if total.Op == "" {
				continue
			}
			for _, cells := range rowsOf(t, f, total.Kind)[1:] {
				cells = append(cells, make([]string, 20)...) // cells that end a row and are empty are left out
				tell(got, d, total.Op, cells)
			}
		}
		if diff := cmp.Diff(reporttest.Lines(d), got); diff != "" {
			rt.Errorf("the workbook (-want +got):\n%s", diff)
		}
	})
}

func tell(lines map[reporttest.Line]int, d *report.Document, op changeset.Op, cells []string) {
	switch op {
	case changeset.Create:
		reporttest.Add(lines, reporttest.Created(d.Columns(), cells[2:]), d.Columns(), cells[2:])
	case changeset.Delete:
		lines[reporttest.Line{Op: string(op), Name: cells[0], UniqueID: cells[1], Email: cells[2]}]++
	default:
		lines[reporttest.Line{Op: string(op), Name: cells[1], UniqueID: cells[2], Email: cells[3], Field: cells[4], Before: cells[6], After: cells[7]}]++
	}
}

// Every cell is a string, whatever it looks like, and no cell has a formula.
func TestCellsAreText(t *testing.T) {
	t.Parallel()
	raw, f := written(t, reporttest.Sample(roster.EnUS), excelize.TotalRows)
	want := []string{"2", "yes", "Zoë", "D'Angelo <b>", "zoë@acme.example", "007", "active", `=HYPERLINK("http://evil.example")`, "2026-01-05"}
	if diff := cmp.Diff(want, rowsOf(t, f, "Create")[2]); diff != "" {
		t.Errorf("a new person (-want +got):\n%s", diff)
	}
	sheets := 0
	for name, text := range entries(t, raw) {
		if !strings.HasPrefix(name, "xl/worksheets/") {
			continue
		}
		sheets++
		cells, strs := strings.Count(text, "<c "), strings.Count(text, ` t="inlineStr"`)
		if cells == 0 || cells != strs || strings.Contains(text, "<f>") || strings.Contains(text, "<v>") {
			t.Errorf("%s has %d cells, %d of them text", name, cells, strs)
		}
		if name != "xl/worksheets/sheet1.xml" && (!strings.Contains(text, "<autoFilter ref=") || !strings.Contains(text, `state="frozen"`)) {
			t.Errorf("%s has no filter, or its head goes out of sight", name)
		}
	}
	if sheets != 8 {
		t.Errorf("%d sheets, want 8", sheets)
	}
}

// entries are the parts of an archive by their names.
func entries(t testing.TB, raw []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, entry := range archive.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[entry.Name] = string(text)
	}
	return all
}

func TestSheets(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string][]string{
		roster.EnUS: {"Summary", "Create", "Update", "Deactivate", "Reactivate", "Restore", "Delete", "Set aside"},
		roster.FrCA: {"Sommaire", "Ajout", "Mise à jour", "Désactivation", "Réactivation", "Restauration", "Suppression", "Mis de côté"},
	} {
		d := reporttest.Sample(locale)
		_, f := written(t, d, excelize.TotalRows)
		if diff := cmp.Diff(want, f.GetSheetList()); diff != "" {
			t.Errorf("sheets (-want +got):\n%s", diff)
		}
		summary := fmt.Sprint(rowsOf(t, f, want[0]))
		for _, text := range append(d.Notices(), d.Title(), d.Answer(), "acme-1", "Acme - 01.13.2026.csv", string(d.Import.Summary.Digest)) {
			if !strings.Contains(summary, text) {
				t.Errorf("the summary does not tell %q", text)
			}
		}
		aside := rowsOf(t, f, want[7])
		if len(aside) != 3 || aside[1][0] != "9" || aside[1][2] != "20" || aside[2][3] != "ben@acme.example" {
			t.Errorf("set aside is %q", aside)
		}
	}
}

// What a sheet can't hold goes on in another one, under the same head.
func TestTablesGoOnInFurtherSheets(t *testing.T) {
	t.Parallel()
	const people, most = 25, 11 // ten below each head
	_, f := written(t, many(people), most)
	var seen []string
	for _, sheet := range []string{"Create", "Create (2)", "Create (3)"} {
		rows := rowsOf(t, f, sheet)
		if len(rows) > most || rows[0][2] != "First Name" {
			t.Errorf("%s has %d rows under %q", sheet, len(rows), rows[0])
		}
		for _, cells := range rows[1:] {
			seen = append(seen, cells[5])
		}
	}
	if len(seen) != people || seen[0] != "000000" || seen[people-1] != fmt.Sprintf("%06d", people-1) {
		t.Errorf("told are %q", seen)
	}
}

// many is a list of so many new people.
func many(people int) *report.Document {
	changes := make([]changeset.Change, people)
	for i := range changes {
		id := fmt.Sprintf("%06d", i)
		changes[i] = changeset.Change{Op: changeset.Create, Row: i + 2, UniqueID: id, Email: "p" + id + "@acme.example", Fields: []changeset.FieldChange{
			{Field: roster.FirstName, After: "First" + strconv.Itoa(i%97)}, {Field: roster.LastName, After: "Last" + strconv.Itoa(i%991)}, {Field: roster.Email, After: "p" + id + "@acme.example"},
			{Field: roster.UniqueID, After: id}, {Field: roster.Status, After: "active"}, {Field: roster.Department, After: "Dept " + strconv.Itoa(i%31)},
			{Field: roster.HireStartDate, After: "2026-01-05"},
		}}
	}
	return reporttest.Of(roster.EnUS, nil, changes...)
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	first, _ := written(t, reporttest.Sample(roster.FrCA), excelize.TotalRows)
	for range 5 {
		if again, _ := written(t, reporttest.Sample(roster.FrCA), excelize.TotalRows); !bytes.Equal(first, again) {
			t.Fatal("the same list gives other bytes")
		}
	}
}

// A cell that is too long is cut, and shows it.
func TestLongCells(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{strings.Repeat("x", 32767), strings.Repeat("x", 32767)},
		{strings.Repeat("x", 40000), strings.Repeat("x", 32766) + "…"},
		{strings.Repeat("é", 20000), strings.Repeat("é", 20000)},
		{strings.Repeat("𝒳", 20000), strings.Repeat("𝒳", 16383) + "…"}, // two units each
	} {
		if got := fitting(test.text); got != test.want {
			t.Errorf("%d bytes become %d, want %d", len(test.text), len(got), len(test.want))
		}
	}
}

func TestBrokenChangesEndTheWorkbook(t *testing.T) {
	t.Parallel()
	broken := errors.New("the artifact is gone")
	d := reporttest.Sample(roster.EnUS)
	d.Changes = func(yield func(changeset.Change, error) bool) { yield(changeset.Change{}, broken) }
	var b bytes.Buffer
	if err := Write(&b, d); !errors.Is(err, broken) || b.Len() > 0 {
		t.Errorf("%v, after %d bytes", err, b.Len())
	}
}

// BenchmarkWrite writes 100,000 new people.
func BenchmarkWrite(b *testing.B) {
	d := many(100_000)
	for b.Loop() {
		if err := Write(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
