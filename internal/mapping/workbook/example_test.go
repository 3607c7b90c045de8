package workbook_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/mapping/workbook"
)

// `go test ./internal/mapping/workbook -run Example -update` writes testdata/acme-mapping.xlsx and .csv anew from exampleRows.
var update = flag.Bool("update", false, "write the example workbooks")

// exampleRows is a data-mapping table as customers send it back: a title and an instruction above it, values in one cell by line, comma or semicolon and one a row, headings
// between the fields, words of their own for public and private.
func exampleRows() [][]string {
	return [][]string{
		{"", "10KC Data Mapping Table: Acme Corp"},
		{"", "For each profile field, list the unique values in your HRIS, and say whether members may see it."},
		{},
		{"#", "Profile Field", "Unique Values", "10KC Value", "Required?", "Notes", "Public or Private"},
		{"1", "First Name", "Any alpha-numeric string", "", "Yes", "", "Public (visible to all)"},
		{"2", "Last Name", "Any alpha-numeric string", "", "Yes", "", "Public"},
		{"3", "Work Email", "Any alpha-numeric string", "", "Yes", "", "private"},
		{"4", "Employee ID", "Any alpha-numeric string", "", "", "6 digits with leading zeros", "Private"},
		{"5", "Program Eligibility", "Yes, No", "", "", "", "PRIVATE"},
		{"6", "Status", "Active\nLeave\nInactive", "", "", "", "Private"},
		{"7", "Business Unit", "FIN", "Finance", "", "", "Public"},
		{"", "", "LGL", "Legal", "", "", ""},
		{"", "", "012", "", "", "", ""},
		{"", "", "Retail, EMEA", "", "", "", ""},
		{"8", "Job Function", "Engineering; Finance; HR & Talent; yes", "", "", "", "Public"},
		{"9", "Hire Start Date", "MM/DD/YYYY", "", "", "", "P"},
		{"10", "City", "See list", "", "", "", "public"},
		{"11", "Locale", "English / Français", "", "", "", ""},
		{"12", "People Manager Status", "Y/N", "", "", "", "Privé"},
		{"Diversity fields"},
		{"13", "Gender", "Woman\nMan\nNon-binary\nPrefer not to say", "", "", "", "Private"},
		{"14", "Employee Resource Group", "N/A", "", "", "", "Public"},
	}
}

func examplePath(ext string) string { return filepath.Join("testdata", "acme-mapping"+ext) }

func writeExamples(t *testing.T) {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing is open
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.SetSheetName("Sheet1", "Read me"))
	check(f.SetCellStr("Read me", "A1", "How to fill in the data mapping table"))
	_, err := f.NewSheet("Data Mapping")
	check(err)
	_, err = f.NewSheet("Countries")
	check(err)
	check(f.SetSheetRow("Countries", "A1", &[]string{"Country", "Code"}))
	for i, row := range exampleRows() {
		for k, text := range row {
			cell, err := excelize.CoordinatesToCellName(k+1, i+1)
			check(err)
			if text != "" {
				check(f.SetCellStr("Data Mapping", cell, text))
			}
		}
	}
	// The number 12 with the format 000, as spreadsheets keep codes.
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: ptr("000")})
	check(err)
	check(f.SetCellInt("Data Mapping", "C13", 12))
	check(f.SetCellStyle("Data Mapping", "C13", "C13", style))
	check(f.MergeCell("Data Mapping", "B1", "G1"))
	check(f.MergeCell("Data Mapping", "B11", "B14"))
	check(f.MergeCell("Data Mapping", "G11", "G14"))
	check(f.MergeCell("Data Mapping", "A20", "G20"))
	check(f.SaveAs(examplePath(".xlsx")))

	var b bytes.Buffer
	w := csv.NewWriter(&b)
	check(w.WriteAll(exampleRows()))
	check(os.WriteFile(examplePath(".csv"), b.Bytes(), 0o644))
}

func ptr[T any](v T) *T { return &v }

// read returns the draft of a workbook's bytes.
func read(t *testing.T, data []byte) draft.Draft {
	t.Helper()
	sheets, _, err := workbook.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return draft.Of(sheets, "")
}

// The example says the same as XLSX and as CSV, down to the fields, but for the name of the sheet.
func TestExampleIsReadAlikeAsXLSXAndCSV(t *testing.T) {
	t.Parallel()
	if *update {
		writeExamples(t)
	}
	var got [2]draft.Draft
	for i, ext := range []string{".xlsx", ".csv"} {
		data, err := os.ReadFile(examplePath(ext))
		if err != nil {
			t.Fatal(err)
		}
		got[i] = read(t, data)
	}
	if got[0].Sheet != "Data Mapping" || got[0].HeaderRow != 4 {
		t.Errorf("the table was found in the sheet %q, row %d", got[0].Sheet, got[0].HeaderRow)
	}
	if diff := cmp.Diff(got[0].Mapping(), got[1].Mapping()); diff != "" {
		t.Errorf("the mapping differs between XLSX and CSV (-XLSX +CSV):\n%s", diff)
	}
	if len(got[0].Fields) != 14 || !got[0].Usable() {
		t.Errorf("%d fields, problems %v", len(got[0].Fields), got[0].Problems)
	}
}
