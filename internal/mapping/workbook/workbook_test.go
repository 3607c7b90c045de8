package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/mapping/workbook"
)

// build returns a workbook that a function has filled in.
func build(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing is open
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A part is a part of an archive made by hand.
type part struct{ name, text string }

// pack makes an archive of parts as they are.
func pack(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = io.WriteString(w, p.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The least parts of a workbook of one sheet.
func book(sheet string, more ...part) []part {
	return append([]part{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Map" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", sheet},
	}, more...)
}

func cellsXML(rows string) string {
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`
}

const sst = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`

func inline(ref, text string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}

func TestReadXLSX(t *testing.T) {
	t.Parallel()
	data := build(t, func(f *excelize.File) error {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: ptr("0000")})
		return errors.Join(
			err, f.SetSheetName("Sheet1", "Map"),
			f.SetCellStr("Map", "B2", "  First\u00A0Name "), f.SetCellInt("Map", "C2", 12), f.SetCellStyle("Map", "C2", "C2", style), f.SetCellFormula("Map", "D2", "=A1&B1"),
			f.SetCellRichText("Map", "E2", []excelize.RichTextRun{{Text: "Pub"}, {Text: "lic"}}), f.SetCellBool("Map", "F2", true),
			f.SetRowVisible("Map", 2, false), f.SetColVisible("Map", "C:D", false), f.MergeCell("Map", "B5", "B9"), f.SetCellStr("Map", "XY300", ""),
			func() error { _, err := f.NewSheet("Hidden"); return err }(), f.SetSheetVisible("Hidden", false),
		)
	})
	got, format, err := workbook.Read(bytes.NewReader(data))
	if err != nil || format != workbook.XLSX {
		t.Fatal(format, err)
	}
	want := []draft.Sheet{
		{
			Name: "Map", HiddenColumns: []int{3, 4}, Merged: []draft.Area{{Left: 2, Top: 5, Right: 2, Bottom: 9}},
			Rows: []draft.Row{{Number: 2, Hidden: true, Cells: []draft.Cell{
				{Column: 2, Text: "  First\u00A0Name "}, {Column: 3, Text: "0012"}, {Column: 4, Fault: draft.NoValue}, {Column: 5, Text: "Public"}, {Column: 6, Text: "TRUE"},
			}}},
		},
		{Name: "Hidden", Hidden: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sheets differ (-want +got):\n%s", diff)
	}
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	want := []draft.Row{
		{Number: 2, Cells: []draft.Cell{{Column: 2, Text: "City"}, {Column: 3, Text: "Paris\nLyon"}}},
		{Number: 5, Cells: []draft.Cell{{Column: 1, Text: "x"}}},
	}
	for name, text := range map[string]string{
		"commas":              ",,\n,City,\"Paris\nLyon\"\n\n\nx,,\n",
		"semicolons":          ";;\n;City;\"Paris\nLyon\"\n\n\nx;;\n",
		"tabs":                "\t\t\n\tCity\t\"Paris\nLyon\"\n\n\nx\t\t\n",
		"a mark, and CRLF":    "\uFEFF\r\n,City,\"Paris\r\nLyon\"\r\n\r\n,,\r\nx",
		"commas inside cells": ";;\n;City;\"Paris\nLyon\"\n;\n;\nx;;\n",
	} {
		got, format, err := workbook.Read(strings.NewReader(text))
		if err != nil || format != workbook.CSV || len(got) != 1 {
			t.Errorf("%s: %v, %d sheets", name, err, len(got))
			continue
		}
		if diff := cmp.Diff(want, got[0].Rows); diff != "" {
			t.Errorf("%s: rows differ (-want +got):\n%s", name, diff)
		}
	}
}

// hostile are workbooks that must be refused, with a part of the reason.
func hostile(t testing.TB) map[string]bad {
	t.Helper()
	made.once.Do(func() { made.cases = makeHostile(t) }) // packing hundreds of megabytes takes longer than refusing them
	return maps.Clone(made.cases)
}

type bad struct {
	data   []byte
	reason string
}

var made struct {
	once  sync.Once
	cases map[string]bad
}

func makeHostile(t testing.TB) map[string]bad {
	plain := build(t, func(f *excelize.File) error { return f.SetCellStr("Sheet1", "B2", "First Name") })
	with := func(extra part) []byte { return pack(t, append(book(cellsXML("")), extra)...) }
	zeros := strings.Repeat(" ", 1<<20)
	var locked bytes.Buffer
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // nothing is open
	if err := f.Write(&locked, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	return map[string]bad{
		"nothing":                  {nil, "empty"},
		"white space":              {[]byte(" \n\n"), "empty"},
		"password":                 {locked.Bytes(), "protected by a password"},
		"xls":                      {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 600)...), ".xls"},
		"PDF":                      {[]byte("%PDF-1.7"), "PDF"},
		"HTML":                     {[]byte("<html><table>"), "web page"},
		"UTF-16":                   {[]byte("\xFF\xFEa\x00"), "UTF-16"},
		"Windows-1252":             {[]byte("a,b\nPr\xE9nom,x\n"), "line 2"},
		"a NUL":                    {[]byte("a,b\x00"), "no workbook"},
		"a stray quote":            {[]byte("a,b\nc\"d,e\n"), "line 2"},
		"an open quote":            {[]byte("a,b\n\"d,e\n"), "line 2"},
		"cut off":                  {plain[:len(plain)*2/3], "cut off"},
		"a damaged part":           {damaged(t, plain), "damaged"},
		"too large":                {append([]byte("PK\x03\x04"), make([]byte, workbook.MaxBytes)...), "larger than"},
		"a CSV too large":          {bytes.Repeat([]byte("a,b\n"), workbook.MaxCSVBytes/4+1), "larger than"},
		"a wide CSV":               {[]byte(strings.Repeat(",", 300) + "a"), "columns"},
		"a long CSV":               {bytes.Repeat([]byte("a\n"), 60_000), "rows"},
		"another archive":          {pack(t, part{"a.txt", "a"}), "no Excel workbook"},
		"ODS":                      {pack(t, part{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, part{"content.xml", "<a/>"}), ".ods"},
		"XLSB":                     {pack(t, part{"xl/workbook.bin", "a"}), ".xlsb"},
		"Word":                     {pack(t, part{"word/document.xml", "a"}), "Word"},
		"a workbook in an archive": {pack(t, part{"mapping.xlsx", string(plain)}), "another archive"},
		"a nested archive":         {with(part{"xl/media/image1.png", string(plain)}), "another archive"},
		"an embedded document":     {with(part{"xl/embeddings/oleObject1.bin", "x"}), "another document"},
		"macros":                   {with(part{"xl/vbaProject.bin", "x"}), "macros"},
		"links":                    {with(part{"xl/externalLinks/externalLink1.xml", "<a/>"}), "other workbooks"},
		"a part twice":             {with(part{"xl/Workbook.xml", "<a/>"}), "twice"},
		"no sheet":                 {pack(t, book(cellsXML(""))[:3]...), "lacks the cells"},
		"no list of sheets":        {pack(t, part{"xl/workbook.xml", "<workbook/>"}), "lacks its part"},
		"a bomb of a sheet":        {pack(t, book(cellsXML("")+strings.Repeat(zeros, 200))...), "unpacks to more"},
		"a bomb of texts":          {pack(t, book(cellsXML(""), part{"xl/sharedStrings.xml", "<sst>" + strings.Repeat("<si><t>"+zeros[:1000]+"</t></si>", 100_000) + "</sst>"})...), "unpacks to more"},
		"very many texts":          {pack(t, book(cellsXML(""), part{"xl/sharedStrings.xml", sst + strings.Repeat("<si/>", 500_000) + "</sst>"})...), "more cells, texts or styles"},
		"very many styles":         {pack(t, book(cellsXML(""), part{"xl/styles.xml", ""})...), ""},
		"very many cells":          {pack(t, book(cellsXML("<row>"+strings.Repeat("<c><v>1</v></c>", 150_000)+"</row>"))...), "more than 30000 cells"},
		"very many blank cells":    {pack(t, book(cellsXML("<row>"+strings.Repeat("<c/>", 1_500_000)+"</row>"))...), "more cells, texts or styles"},
		"many sheets of many cells": {pack(t, []part{
			{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/><sheet name="b" r:id="r2"/></sheets></workbook>`},
			{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/a.xml"/><Relationship Id="r2" Type="x/worksheet" Target="/xl/worksheets/a.xml"/></Relationships>`},
			{"xl/worksheets/a.xml", cellsXML("<row>" + strings.Repeat("<c><v>1</v></c>", 30_000) + "</row>")},
		}...), "more than 30000 cells"},
		"very many formulas":  {pack(t, book(cellsXML("<row>"+strings.Repeat("<c><f>1</f></c>", 150_000)+"</row>"))...), "more than 30000 cells"},
		"a row far down":      {pack(t, book(cellsXML(`<row r="1048576">`+inline("B1048576", "x")+`</row>`))...), "as far as row"},
		"a column far right":  {pack(t, book(cellsXML(`<row r="1">`+inline("XFD1", "x")+`</row>`))...), "column XFD"},
		"rows out of order":   {pack(t, book(cellsXML(`<row r="5"/><row r="4"/>`))...), "out of order"},
		"cells out of order":  {pack(t, book(cellsXML(`<row r="1">`+inline("C1", "x")+inline("B1", "x")+`</row>`))...), "out of order"},
		"XML cut off":         {pack(t, book(`<worksheet><sheetData><row r="1"><c r="B1"`)...), "damaged"},
		"XML of no sheet":     {pack(t, book(`<a/>`)...), "damaged"},
		"XML that nests":      {pack(t, book(cellsXML(strings.Repeat("<a>", 5000)))...), "damaged"},
		"a tag of many words": {pack(t, book(cellsXML("<c "+strings.Repeat("a='' ", 100_000)+"/>"))...), "no XML"},
		"entities":            {pack(t, book(`<!DOCTYPE a [<!ENTITY b "b">]><worksheet><sheetData/></worksheet>`)...), "no XML"},
		"very many parts":     {pack(t, append(book(cellsXML("")), manyParts(2000)...)...), "parts"},
		"very many sheets":    {pack(t, manySheets(101)...), "101 sheets"},
	}
}

func manyParts(n int) (all []part) {
	for i := range n {
		all = append(all, part{fmt.Sprintf("xl/media/%d.png", i), ""})
	}
	return all
}

func manySheets(n int) []part {
	var list, rels strings.Builder
	for i := range n {
		fmt.Fprintf(&list, `<sheet name="s%d" sheetId="%d" r:id="r%d"/>`, i, i+1, i)
		fmt.Fprintf(&rels, `<Relationship Id="r%d" Type="x/worksheet" Target="worksheets/sheet%d.xml"/>`, i, i)
	}
	return []part{{"xl/workbook.xml", `<workbook xmlns:r="r"><sheets>` + list.String() + `</sheets></workbook>`}, {"xl/_rels/workbook.xml.rels", `<Relationships>` + rels.String() + `</Relationships>`}}
}

// damaged flips a byte of each part's compressed bytes.
func damaged(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Clone(data)
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		data[at+int64(f.CompressedSize64)/2] ^= 0x55
	}
	return data
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range hostile(t) {
		_, _, err := workbook.Read(bytes.NewReader(test.data))
		refused, ok := errors.AsType[*workbook.Error](err)
		switch {
		case test.reason == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !ok:
			t.Errorf("%s: %v, want an *Error", name, err)
		case !strings.Contains(refused.Error(), test.reason):
			t.Errorf("%s: %q does not say %q", name, refused, test.reason)
		}
	}
}

func TestReadTellsAllReasons(t *testing.T) {
	t.Parallel()
	_, _, err := workbook.Read(bytes.NewReader(pack(t, append(book(cellsXML("")), part{"xl/vbaProject.bin", "x"}, part{"xl/externalLinks/externalLink1.xml", "<a/>"}, part{"x.zip", ""})...)))
	refused, ok := errors.AsType[*workbook.Error](err)
	if !ok || len(refused.Reasons) != 3 {
		t.Errorf("reasons: %v", err)
	}
}

// Whatever the workbook, reading it stays within 64 MiB above what was there before, and within seconds. It runs alone, since it watches the whole process.
func TestReadIsBounded(t *testing.T) {
	const mostMemory, mostTime = 64 << 20, 20 * time.Second
	cases := hostile(t)
	largest, err := os.ReadFile(examplePath(".xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	cases["the example"] = bad{largest, ""}
	cases["the most texts"] = bad{pack(t, book(cellsXML(`<row r="1">`+inline("A1", "x")+`<c r="B1" t="s"><v>1</v></c></row>`), part{"xl/sharedStrings.xml", sst + strings.Repeat("<si><t>a</t></si>", 28_000) + "</sst>"})...), ""}
	cases["the most cells"] = bad{pack(t, book(cellsXML(strings.Repeat("<row>"+strings.Repeat("<c><v>1234</v></c>", 100)+"</row>", 290)))...), ""}
	worst := func(rows int, row string) []byte {
		return pack(t, book(cellsXML("<row>"+inline("B1", "Profile Field")+inline("C1", "Unique Values")+"</row>"+strings.Repeat("<row>"+row+"</row>", rows)))...)
	}
	text := func(s string) string { return `<c t="inlineStr"><is><t>` + s + `</t></is></c>` }
	for name, row := range map[string]string{
		"a field a row": "<c/>" + text("Manager"), "a value a row": "<c/><c/>" + text("a, b"), "an error a row": "<c/>" + text("City") + text("#REF!"), "text everywhere": text("a") + text("Hire Date") + text("x; y"),
	} {
		cases[name] = bad{worst(9_500, row), ""}
	}
	for name, test := range cases {
		var err error
		peak, took := watched(func() {
			var sheets []draft.Sheet
			if sheets, _, err = workbook.Read(bytes.NewReader(test.data)); err == nil {
				draft.Of(sheets, "")
			}
		})
		if test.reason == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if peak > mostMemory {
			t.Errorf("%s: %d MiB above the start", name, peak>>20)
		}
		if took > mostTime {
			t.Errorf("%s: took %s", name, took)
		}
		if testing.Verbose() {
			t.Logf("%-26s %3d MiB  %s", name, peak>>20, took.Round(time.Millisecond))
		}
	}
}

// watched runs f and returns the most bytes of heap in use above the start, looked at all the while.
func watched(f func()) (peak uint64, took time.Duration) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	base := m.HeapAlloc
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
			select {
			case <-done:
				most <- peak
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	start := time.Now()
	f()
	took = time.Since(start)
	close(done)
	if peak = <-most; peak < base {
		return 0, took
	}
	return peak - base, took
}

// FuzzWorkbook feeds both entries: whatever the bytes, there is an answer, and a draft that is usable is a valid mapping but for required fields.
func FuzzWorkbook(f *testing.F) {
	for _, ext := range []string{".xlsx", ".csv"} {
		data, err := os.ReadFile(examplePath(ext))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, test := range hostile(f) {
		if len(test.data) < 64<<10 {
			f.Add(test.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAny(t, data) })
}

// FuzzSheet feeds the XML of a sheet and of its texts, which bytes of an archive hardly ever reach, since its checksums keep most damage out.
func FuzzSheet(f *testing.F) {
	f.Add(cellsXML(`<row r="1">`+inline("B1", "Profile Field")+inline("C1", "Unique Values")+`</row><row r="2">`+inline("B2", "City")+`<c r="C2" t="s"><v>0</v></c></row>`), sst+"<si><t>a, b</t></si></sst>")
	f.Add(cellsXML(`<row r="1" hidden="1"><c r="B1" t="e"><f>A1</f><v>#REF!</v></c></row>`)+`<mergeCells><mergeCell ref="A1:B2"/></mergeCells>`, "")
	f.Fuzz(func(t *testing.T, sheet, texts string) {
		readAny(t, pack(t, book(sheet, part{"xl/sharedStrings.xml", texts})...))
	})
}

func readAny(t *testing.T, data []byte) {
	sheets, _, err := workbook.Read(bytes.NewReader(data))
	if err != nil {
		if refused, ok := errors.AsType[*workbook.Error](err); !ok || len(refused.Reasons) == 0 {
			t.Errorf("%v is no *Error", err)
		}
		return
	}
	d := draft.Of(sheets, "")
	if !d.Usable() {
		return
	}
	for _, p := range d.Mapping().Validate() {
		if !(p.Path == "fields" && len(d.Missing) > 0) {
			t.Errorf("a usable draft is not valid: %s: %s", p.Path, p.Message)
		}
	}
}
