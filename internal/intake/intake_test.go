package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant/tenantfile"
)

// small is a mapping with a column of every kind.
func small() mapping.Mapping {
	column := func(title string, f roster.Field, blank mapping.Blank) mapping.Column {
		return mapping.Column{Title: title, Field: f, Visibility: roster.Private, Unknown: mapping.UnknownHold, Blank: blank}
	}
	unit := column("Business Unit", roster.BusinessUnit, mapping.BlankClear)
	unit.Values, unit.Translate = []string{"Finance", "Legal"}, map[string]string{"Fin.": "Finance"}
	return mapping.Mapping{
		Columns: []mapping.Column{
			column("First Name", roster.FirstName, mapping.BlankRejectRow), column("Last Name", roster.LastName, mapping.BlankRejectRow),
			column("Email Address", roster.Email, mapping.BlankRejectRow), column("Unique ID", roster.UniqueID, mapping.BlankKeep),
			column("Status", roster.Status, mapping.BlankKeep), column("Hire Start Date", roster.HireStartDate, mapping.BlankClear), unit,
			column("City", roster.City, mapping.BlankKeep),
		},
		Ignore: []string{"Cost Centre"},
	}
}

const (
	head = "First Name,Last Name,Email Address,Unique ID,Status,Hire Start Date,Business Unit,City\n"
	ana  = "Ana,Roy,ana@acme.example,001,active,01/31/2020,Finance,Paris\n"
	ben  = "Ben,Low,ben@acme.example,002,inactive,,Legal,\n"
)

type reading struct {
	summary roster.Summary
	rows    []batch.Row
}

func read(t *testing.T, src io.Reader, o intake.Options) reading {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	o.Alloc = alloc
	var file, out bytes.Buffer
	w, err := batch.NewRosterWriter(&out, o.Mapping.Fields(), alloc)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := intake.Read(t.Context(), io.TeeReader(src, &file), o, w)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	got := reading{summary: summary}
	if summary.Verdict == roster.Accepted {
		got.rows = rowsOf(t, file.Bytes(), out.Bytes(), o, alloc)
	}
	return got
}

// rowsOf returns the rows of a file's roster, what they say being read from the file.
func rowsOf(t failer, file, stored []byte, o intake.Options, alloc memory.Allocator) []batch.Row {
	t.Helper()
	f, err := batch.OpenRoster(bytes.NewReader(stored), int64(len(stored)), alloc)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	resolve, err := intake.NewResolver(contextOf(t), bytes.NewReader(file), int64(len(file)), o, f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := batchtest.Rows(f, resolve)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func readSmall(t *testing.T, file string) reading {
	t.Helper()
	return read(t, strings.NewReader(file), intake.Options{Mapping: small()})
}

// brief writes findings as "code level row column", a line each.
func brief(findings []roster.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s %d %s\n", f.Code, f.Level, f.Row, f.Column)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func TestFindings(t *testing.T) {
	t.Parallel()
	row := func(old, new string) string { return head + strings.Replace(ana, old, new, 1) + ben }
	tests := map[string]struct{ file, want string }{
		"good":                  {head + ana + ben, ""},
		"BOM and CRLF":          {"\uFEFF" + strings.ReplaceAll(head+ana+ben, "\n", "\r\n"), ""},
		"no last line end":      {strings.TrimSuffix(head+ana+ben, "\n"), ""},
		"untidy titles":         {strings.Replace(head+ana, "First Name", "\u200B first\u00A0 NAME ", 1), ""},
		"ignored column":        {strings.ReplaceAll(head+ana, "\n", ",Cost Centre\n"), ""},
		"quoted cells":          {row("Paris", "\"Paris, \"\"la\"\"\nville\""), ""},
		"a tidy translation":    {row("Finance", "\u00A0Fin. "), ""},
		"formula":               {row("Paris", "=1+1"), ""},
		"every script":          {row("Ana,Roy", "Анна,王"), ""},
		"file-empty":            {"", "file-empty refused 0"},
		"only a BOM":            {"\uFEFF", "file-empty refused 0"},
		"only white space":      {" \n\r\n \n", "file-empty refused 0"},
		"file-no-rows":          {head, "file-no-rows refused 0"},
		"blank rows alone":      {head + "\n,,,,,,,\n", "file-no-rows refused 0\nrow-blank note 2\nrow-blank note 3"},
		"zip":                   {"PK\x03\x04 abc", "file-not-csv refused 0"},
		"xlsx":                  {"PK\x03\x04 [Content_Types].xml", "file-not-csv refused 0"},
		"gzip":                  {"\x1F\x8B\x08abc", "file-not-csv refused 0"},
		"pdf":                   {"%PDF-1.7", "file-not-csv refused 0"},
		"html":                  {"\n <!DOCTYPE html><html>", "file-not-csv refused 0"},
		"UTF-16":                {"\xFF\xFEF\x00i\x00", "file-encoding refused 0"},
		"UTF-16 without a mark": {strings.Join(strings.Split(head+ana, ""), "\x00"), "file-encoding refused 0"},
		"Windows-1252":          {row("Ana", "Ren\xE9"), "file-encoding refused 2"},
		"NUL":                   {row("Paris", "Pa\x00ris"), "file-nul refused 2\ntext-control value 2 City"},
		"CR alone":              {strings.ReplaceAll(head+ana+ben, "\n", "\r"), "file-line-ends refused 1"},
		"semicolons":            {strings.ReplaceAll(head+ana+ben, ",", ";"), "file-delimiter refused 1"},
		"tabs":                  {strings.ReplaceAll(head+ana+ben, ",", "\t"), "file-delimiter refused 1"},
		"open quote":            {row("Paris", `"Paris`), "file-quoting refused 2\n"},
		"torn row":              {head + ana + "Ben,Low,be", "file-quoting refused 3"},
		"torn in quotes":        {head + ana + `Ben,Low,ben@acme.example,002,inactive,,Legal,"Lon`, "file-quoting refused 3"},
		"torn after a finding":  {row("Paris", "#N/A") + "Cy,", "file-quoting refused 4\nspreadsheet-error value 2 City"},
		"field too large":       {row("Paris", strings.Repeat("x", 64<<10+1)), "file-too-large refused 2"},
		"field just not so":     {row("Paris", strings.Repeat("x", 64<<10)), ""},
		"record too large":      {row("Paris", strings.Repeat(strings.Repeat("x", 60<<10)+",", 20)), "file-too-large refused 2"},
		"record far too large":  {row("Paris", strings.Repeat("x", 5<<20)), "file-too-large refused 2"},
		"too many columns":      {row("Paris", strings.Repeat("x,", 300)), "file-too-large refused 2"},
		"too wide a header":     {strings.Repeat("x,", 300) + "\n" + ana, "file-too-large refused 1"},
		"no header":             {ana + ben, "header-missing-row refused 1"},
		"blank first row":       {"\n" + head + ana, "header-missing-row refused 1"},
		"commas alone":          {",,,\n", "header-missing-row refused 1"},
		"column missing": {
			strings.Replace(head+ana, "Email Address", "E-mail", 1), "column-missing refused 1 Email Address\ncolumn-unmapped note 1 E-mail",
		},
		"columns missing": {
			"First Name,Last Name\nAna,Roy\n",
			"column-missing refused 1 Email Address\ncolumn-missing refused 1 Unique ID\ncolumn-missing refused 1 Status\n" +
				"column-missing refused 1 Hire Start Date\ncolumn-missing refused 1 Business Unit\ncolumn-missing refused 1 City",
		},
		"column twice":       {strings.ReplaceAll(head+ana, "\n", ", city \n"), "column-duplicate refused 1 City"},
		"column unmapped":    {strings.ReplaceAll(head+ana, "\n", ",Shoe Size\n"), "column-unmapped note 1 Shoe Size"},
		"untitled column":    {strings.ReplaceAll(head+ana, "\n", ",\n"), "column-unmapped note 1"},
		"too few cells":      {row(",Paris", ""), "row-column-count row 2"},
		"too many cells":     {row("Paris", "Paris,France"), "row-column-count row 2"},
		"bare quote":         {row("Paris", `5" Paris`), "row-quoting row 2"},
		"text after a quote": {row("Paris", `"Pa"ris`), "row-quoting row 2"},
		"stray quotes": {
			head + `"` + ana + `"` + ben + ana,
			"file-quoting refused 3\nrow-quoting row 2",
		},
		"repeated header":      {head + ana + strings.ToUpper(head) + ben, "row-repeated-header row 3"},
		"blank row":            {head + ana + " , ,\n" + ben, "row-blank note 3"},
		"identical rows":       {head + ana + ben + ana, "row-duplicate note 4"},
		"one ID, two people":   {head + ana + strings.Replace(ben, "002", "001", 1), "duplicate-id row 2 Unique ID\nduplicate-id row 3 Unique ID"},
		"one ID and address":   {head + ana + strings.Replace(ana, "Paris", "Rome", 1), "duplicate-id row 2 Unique ID\nduplicate-id row 3 Unique ID"},
		"one address, two IDs": {head + ana + strings.Replace(ben, "ben@acme", "ANA@acme", 1), "duplicate-email row 2 Email Address\nduplicate-email row 3 Email Address"},
		"address, no IDs": {
			head + strings.Replace(ana, "001", "", 1) + strings.NewReplacer("ben@", "ana@", "002", "").Replace(ben),
			"duplicate-email row 2 Email Address\nduplicate-email row 3 Email Address",
		},
		"ID of a broken row":    {head + ana + strings.NewReplacer("002", "001", "Low", "").Replace(ben), "duplicate-id row 2 Unique ID\nrequired-blank row 3 Last Name\nduplicate-id row 3 Unique ID"},
		"no first name":         {row("Ana", "\u00A0"), "required-blank row 2 First Name"},
		"no address":            {row("ana@acme.example", ""), "required-blank row 2 Email Address"},
		"display name":          {row("ana@acme.example", "Ana Roy <ana@acme.example>"), "email-format row 2 Email Address"},
		"two addresses":         {row("ana@acme.example", "ana@acme.example; a@acme.example"), "email-format row 2 Email Address"},
		"zero-width":            {row("ana@acme.example", "ana\u200B@acme.example"), "email-format row 2 Email Address"},
		"full-width":            {row("ana@acme.example", "ana＠acme.example"), "email-format row 2 Email Address"},
		"mixed script":          {row("ana@acme.example", "аna@acme.example"), "email-format row 2 Email Address"},
		"one other script":      {row("ana@acme.example", "анна@пример.example"), ""},
		"no dot":                {row("ana@acme.example", "ana@acme"), "email-format row 2 Email Address"},
		"long local part":       {row("ana@", strings.Repeat("a", 65)+"@"), "email-format row 2 Email Address"},
		"long enough":           {row("ana@", strings.Repeat("a", 64)+"@"), ""},
		"long address":          {row("acme.example", strings.Repeat("a.", 125)+"example"), "email-format row 2 Email Address"},
		"scientific ID":         {row("001", "1.23E+05"), "id-mangled row 2 Unique ID"},
		"error for an ID":       {row("001", "#N/A"), "id-mangled row 2 Unique ID"},
		"ID too long":           {row("001", strings.Repeat("é", 128)), "id-mangled row 2 Unique ID"},
		"ID long enough":        {row("001", strings.Repeat("é", 127)+"x"), ""},
		"ID like a number":      {row("001", "4E12"), ""},
		"Active":                {row("active", "Active"), "value-not-allowed value 2 Status"},
		"unknown unit":          {row("Finance", "Retail"), "value-not-allowed value 2 Business Unit"},
		"day first":             {row("01/31/2020", "31/01/2020"), "date-format value 2 Hire Start Date"},
		"no such day":           {row("01/31/2020", "02/30/2020"), "date-format value 2 Hire Start Date"},
		"serial":                {row("01/31/2020", "43861"), "date-format value 2 Hire Start Date"},
		"short date":            {row("01/31/2020", "1/31/2020"), "date-format value 2 Hire Start Date"},
		"control in a city":     {row("Paris", "Pa\x07ris"), "text-control value 2 City"},
		"override in a name":    {row("Ana", "A\u202Ena"), "text-control row 2 First Name"},
		"line break in a name":  {row("Ana", "\"A\nna\""), "text-control row 2 First Name"},
		"error in a city":       {row("Paris", "#REF!"), "spreadsheet-error value 2 City"},
		"error for a name":      {row("Ana", "#NAME?"), "spreadsheet-error row 2 First Name"},
		"double encoding":       {row("Paris", "MontrÃ©al"), "text-mojibake note 2 City"},
		"everything in one row": {row("Ana,Roy,ana@acme.example,001,active,01/31/2020,Finance,Paris", ",Roy,ana,1E+05,Active,x,Retail,#N/A"), "required-blank row 2 First Name\nemail-format row 2 Email Address\nid-mangled row 2 Unique ID\nvalue-not-allowed value 2 Status\ndate-format value 2 Hire Start Date\nvalue-not-allowed value 2 Business Unit\nspreadsheet-error value 2 City"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readSmall(t, test.file)
			if diff := cmp.Diff(strings.TrimSpace(test.want), strings.TrimSpace(brief(got.summary.Findings))); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			refused := strings.Contains(test.want, " refused ")
			if want := (map[bool]roster.Verdict{true: roster.RefusedByFile, false: roster.Accepted})[refused]; got.summary.Verdict != want {
				t.Errorf("verdict %s, want %s", got.summary.Verdict, want)
			}
			checkSums(t, got)
			for _, f := range got.summary.Findings {
				if f.Message == "" || strings.ContainsAny(f.Message, "{}") {
					t.Errorf("%s has the message %q", f.Code, f.Message)
				}
			}
		})
	}
}

// checkSums checks what holds for the counts of every file.
func checkSums(t *testing.T, got reading) {
	t.Helper()
	s := got.summary
	total := 0
	for _, n := range s.Totals {
		total += n
	}
	if total != len(s.Findings) {
		t.Errorf("totals count %d findings of %d", total, len(s.Findings))
	}
	if s.Verdict == roster.RefusedByFile {
		return
	}
	if s.Rows != s.Accepted+s.SetAside+s.Totals[roster.RowDuplicate] {
		t.Errorf("%d rows are not %d accepted, %d set aside and %d repeated", s.Rows, s.Accepted, s.SetAside, s.Totals[roster.RowDuplicate])
	}
	if s.Unreadable > s.SetAside {
		t.Errorf("%d rows unreadable of %d set aside", s.Unreadable, s.SetAside)
	}
	accepted := 0
	for _, row := range got.rows {
		if !row.Aside {
			accepted++
		}
	}
	if accepted != s.Accepted {
		t.Errorf("%d rows in the roster, %d accepted", accepted, s.Accepted)
	}
}

func TestRowsAreInStoredForm(t *testing.T) {
	t.Parallel()
	file := head + "\u00A0Ana , Rene\u0301e,ANA@acme.example,001,active,01/31/2020,Fin.,\n" +
		"Ben,Low,ben@acme.example,,,,,\"a \"\"b\"\"\r\nc\"\n" +
		"Cy,,cy@acme.example,003,active,,,\n" +
		"Di,Poe,\"Di <di@acme.example>\",004,active,,,\n"
	text := func(s string) batch.Cell { return batch.Cell{Text: s} }
	absent := batch.Cell{Absent: true}
	want := []batch.Row{
		{Number: 2, UniqueID: "001", Email: "ANA@acme.example", Cells: []batch.Cell{
			text("Ana"), text("Ren\u00E9e"), text("ANA@acme.example"), text("001"), text("active"), text("2020-01-31"), text("Finance"), absent,
		}},
		{Number: 3, Email: "ben@acme.example", Cells: []batch.Cell{
			text("Ben"), text("Low"), text("ben@acme.example"), absent, absent, text(""), text(""), text("a \"b\"\nc"),
		}},
		{Number: 4, Aside: true, UniqueID: "003", Email: "cy@acme.example"},
		{Number: 5, Aside: true, UniqueID: "004", Email: "di@acme.example"},
	}
	got := readSmall(t, file)
	if diff := cmp.Diff(want, got.rows); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	if s := got.summary; s.Rows != 4 || s.Accepted != 2 || s.SetAside != 2 || s.Protected != 2 || s.Unreadable != 0 {
		t.Errorf("summary = %+v", s)
	}
}

func TestDamagedRowsProtect(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		row        string
		addresses  []string
		unreadable int
	}{
		"last cells lost":          {"Ana,Roy,ana@acme.example,001,active\n", []string{"ana@acme.example"}, 0},
		"a cell too many at last":  {"Ana,Roy,ana@acme.example,001,active,,,Paris,France\n", []string{"ana@acme.example"}, 0},
		"more cells lost":          {"Ana,Roy,ana@acme.example,001\n", []string{"ana@acme.example"}, 1},
		"a cell lost in front":     {"Roy,ana@acme.example,001,active,,,\n", []string{"ana@acme.example"}, 1},
		"a cell too many in front": {"Ana,B,Roy,ana@acme.example,001,active,,,\n", []string{"ana@acme.example"}, 1},
		"address joined to a name": {"Ana,Royana@acme.example,001,active,,,\n", []string{"Royana@acme.example"}, 1},
		"address far off":          {"Ana,Roy,,001,active,,,boss@acme.example,\n", []string{"boss@acme.example"}, 1},
		"no address":               {"Ana,Roy\n", nil, 1},
		"bare quote":               {`Ana "A",Roy,ana@acme.example,001,active,,,` + "\n", []string{"ana@acme.example"}, 0},
		"bare quote, no address":   {`Ana "A",Roy,,001,active,,,` + "\n", nil, 1},
		"stray quote":              {"\"Ana,Roy,ana@acme.example,001,active,,,\n\"Bo\"y,Low,bo@acme.example,9,active,,,\n", []string{"ana@acme.example", "bo@acme.example"}, 1},
		"swallowed rows":           {"Ana,Roy,ana@acme.example,001,active,,,\"Paris\nBo,Low,bo@acme.example,002,active,,,\"\n", []string{"ana@acme.example", "bo@acme.example"}, 1},
		"swallowed, no address":    {"Ana,Roy,ana@acme.example,001,active,,,\"Paris\nBo,Low,,002,active,,,\"\n", []string{"ana@acme.example"}, 1},
		"swallowed in front":       {"\"Ana,Roy,,001,active,,,Paris\nBo\",Low,bo@acme.example,002,active,,,\n", []string{"bo@acme.example"}, 1},
		"mentioned":                {"Ana,Roy,ana@acme.example,001,active,,,\"Paris\nby bo@acme.example\"\n", []string{"bo@acme.example"}, 0},
		"an address of two lines":  {"Ana,Roy,ana@acme.example,001,active,,,\"Paris,\nFrance\"\n", nil, 0},
		"broken address, no ID":    {"Ana,Roy,ana at acme,,active,,,\n", nil, 1},
		"broken address, an ID":    {"Ana,Roy,ana at acme,001,active,,,\n", nil, 0},
		"full-width":               {"Ana,Roy,ａｎａ＠acme.example,,active,,,\n", []string{"ana@acme.example"}, 0},
		"two addresses":            {"Ana,Roy,a@acme.example/ana@acme.example,,active,,,\n", nil, 1},
		"list":                     {"Ana,Roy,a@acme.example;ana@acme.example,,active,,,\n", []string{"a@acme.example", "ana@acme.example"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readSmall(t, head+test.row+"Zoe,Zed,zoe@acme.example,900,active,,,\n")
			var found []string
			for _, row := range got.rows {
				if row.Aside && row.Email != "" {
					found = append(found, row.Email)
				}
			}
			if diff := cmp.Diff(test.addresses, found); diff != "" {
				t.Errorf("addresses of rows set aside differ (-want +got):\n%s", diff)
			}
			if got.summary.Unreadable != test.unreadable {
				t.Errorf("unreadable = %d, want %d\n%s", got.summary.Unreadable, test.unreadable, brief(got.summary.Findings))
			}
			checkSums(t, got)
		})
	}
}

func TestUnknownValuesDoWhatWasAgreed(t *testing.T) {
	t.Parallel()
	row := head + strings.Replace(ana, "Finance", "Retail", 1)
	tests := []struct {
		unknown mapping.Unknown
		blank   mapping.Blank
		level   roster.Level
		cell    batch.Cell
		held    int
	}{
		{mapping.UnknownHold, mapping.BlankClear, roster.ValueAside, batch.Cell{Absent: true}, 1},
		{mapping.UnknownRejectRow, mapping.BlankClear, roster.RowAside, batch.Cell{Absent: true}, 0},
		{mapping.UnknownKeep, mapping.BlankClear, roster.Note, batch.Cell{Text: "Retail"}, 0},
		{mapping.UnknownBlank, mapping.BlankClear, roster.Note, batch.Cell{}, 0},
		{mapping.UnknownBlank, mapping.BlankKeep, roster.Note, batch.Cell{Absent: true}, 0},
	}
	for _, test := range tests {
		m := small()
		m.Columns[6].Unknown, m.Columns[6].Blank = test.unknown, test.blank
		got := read(t, strings.NewReader(row), intake.Options{Mapping: m})
		f := got.summary.Findings
		if len(f) != 1 || f[0].Code != roster.ValueNotAllowed || f[0].Level != test.level || f[0].Value != "Retail" {
			t.Errorf("%s: findings = %+v", test.unknown, f)
		}
		if cell := got.rows[0].Cell(6); cell != test.cell {
			t.Errorf("%s, %s: cell = %+v, want %+v", test.unknown, test.blank, cell, test.cell)
		}
		if got := got.summary.Held[roster.BusinessUnit]; got != test.held {
			t.Errorf("%s holds %d values, want %d", test.unknown, got, test.held)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	file := head + ana + ben
	o := intake.Options{Mapping: small(), MaxRows: 1}
	if got := brief(read(t, strings.NewReader(file), o).summary.Findings); got != "file-too-large refused 3\n" {
		t.Errorf("findings of two rows where one is allowed: %s", got)
	}
	o = intake.Options{Mapping: small(), MaxBytes: int64(len(file))}
	if got := brief(read(t, strings.NewReader(file), o).summary.Findings); got != "" {
		t.Errorf("findings of as many bytes as are allowed: %s", got)
	}
	o.MaxBytes--
	if got := brief(read(t, strings.NewReader(file), o).summary.Findings); got != "file-too-large refused 0\n" {
		t.Errorf("findings of a byte more than is allowed: %s", got)
	}
	many := head + strings.Repeat(strings.Replace(ana, "Paris", "#N/A", 1), 50)
	o = intake.Options{Mapping: small(), FindingsLimit: 7}
	s := read(t, strings.NewReader(many), o).summary
	if len(s.Findings) != 7 || s.Totals[roster.SpreadsheetError] != 50 || s.Totals[roster.RowDuplicate] != 49 {
		t.Errorf("%d findings listed, totals %v", len(s.Findings), s.Totals)
	}
	for i := 1; i < len(s.Findings); i++ {
		if s.Findings[i].Row < s.Findings[i-1].Row {
			t.Error("findings are not in the order of rows")
		}
	}
}

func TestReadSaysWhenItFails(t *testing.T) {
	t.Parallel()
	out, err := batch.NewRosterWriter(io.Discard, small().Fields(), memory.NewGoAllocator())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	o := intake.Options{Mapping: small()}
	if _, err := intake.Read(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF), o, out); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Read of a broken reader = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := intake.Read(ctx, strings.NewReader(head+ana), o, out); !errors.Is(err, context.Canceled) {
		t.Errorf("Read after a cancel = %v", err)
	}
	o.Mapping.Columns = o.Mapping.Columns[1:]
	if _, err := intake.Read(t.Context(), strings.NewReader(head+ana), o, out); err == nil {
		t.Error("Read took a writer of other fields")
	}
}

// However the bytes arrive, the same is read.
func TestReadingDoesNotDependOnBlocks(t *testing.T) {
	t.Parallel()
	file := "\uFEFF" + strings.ReplaceAll(head+ana+`Bo,"L""ow",bo@acme.example,003,active,,,"a`+"\n"+`b"`+"\n"+ben, "\n", "\r\n")
	want := readSmall(t, file)
	if want.summary.Accepted != 3 {
		t.Fatalf("accepted = %d, want 3\n%s", want.summary.Accepted, brief(want.summary.Findings))
	}
	for _, r := range []io.Reader{iotest.OneByteReader(strings.NewReader(file)), iotest.DataErrReader(strings.NewReader(file))} {
		got := read(t, r, intake.Options{Mapping: small()})
		if diff := cmp.Diff(want.rows, got.rows); diff != "" {
			t.Errorf("rows differ (-want +got):\n%s", diff)
		}
	}
}

// A roster of the example tenant, over two months, is read without a finding and row by row as it was made.
func TestGeneratedRosterIsReadWithoutAFinding(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../deploy/tenants/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := tenantfile.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	company := rostergen.New(42, 5000)
	for range 2 {
		var csv bytes.Buffer
		if err := company.WriteCSV(&csv); err != nil {
			t.Fatal(err)
		}
		o := intake.Options{Mapping: file.Mapping, FileName: rostergen.FileName("Acme Corp", company.Date()), Delimiter: file.Upload.Delimiter}
		got := read(t, &csv, o)
		if len(got.summary.Findings) > 0 || got.summary.Accepted != company.Len() {
			t.Fatalf("%d of %d accepted, findings:\n%s", got.summary.Accepted, company.Len(), brief(got.summary.Findings))
		}
		for i, p := range company.People() {
			for k, f := range file.Mapping.Fields() {
				cell := got.rows[i].Cells[k]
				if want := p.Value(f); cell.Text != want || cell.Absent {
					t.Fatalf("row %d, %s = %+v, want %q", i+2, f, cell, want)
				}
			}
		}
		company.Next(rostergen.Delta{Joiners: 60, Leavers: 40, Changed: 250, OnLeave: 15, BackFromLeave: 5, NewAddress: 3})
	}
}

func TestNameDate(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"10KC Membership File - Acme - All Active Personnel - 01.13.2023.csv": "2023-01-13",
		"01.13.2023":                "2023-01-13",
		"a 13.01.2023.csv":          "",
		"a 02.30.2023.csv":          "",
		"a 101.13.2023.csv":         "",
		"a 01.13.20234.csv":         "",
		"a 01-13-2023.csv":          "",
		"01.13.2023 01.14.2023.csv": "",
		"01.13.2023 01.13.2023.csv": "2023-01-13",
		"":                          "",
	}
	for name, want := range tests {
		date, ok := intake.NameDate(name)
		got := ""
		if ok {
			got = date.Format("2006-01-02")
		}
		if got != want {
			t.Errorf("NameDate(%q) = %q, want %q", name, got, want)
		}
		note := strings.Contains(brief(read(t, strings.NewReader(head+ana), intake.Options{Mapping: small(), FileName: name}).summary.Findings), "file-name-date note 0")
		if note != (want == "" && name != "") {
			t.Errorf("%q: note of the name = %t", name, note)
		}
	}
}
