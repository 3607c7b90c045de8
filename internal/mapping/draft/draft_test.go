package draft_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
)

// sheet makes a sheet of lines whose cells are parted by |; "\n" stands for a line end within a cell.
func sheet(name string, lines ...string) draft.Sheet {
	s := draft.Sheet{Name: name}
	for i, line := range lines {
		row := draft.Row{Number: i + 1}
		for k, text := range strings.Split(line, "|") {
			if text != "" {
				row.Cells = append(row.Cells, draft.Cell{Column: k + 1, Text: strings.ReplaceAll(text, `\n`, "\n")})
			}
		}
		if len(row.Cells) > 0 {
			s.Rows = append(s.Rows, row)
		}
	}
	return s
}

const head = "|Profile Field|Unique Values||||Public or Private"

// required are the rows that every table needs.
var required = []string{head, "|First Name|||||Public", "|Last Name|||||Public", "|Email Address|||||Private"}

// with returns a table of the required rows and others, which begin in row 5.
func with(rows ...string) draft.Sheet {
	return sheet("Map", append(append([]string{}, required...), rows...)...)
}

// fields tells the fields of a draft after the required ones, one a line.
func fields(d draft.Draft) (lines []string) {
	for i, f := range d.Fields {
		if i < 3 {
			continue
		}
		line := f.Title + " > " + string(f.Field) + " " + string(f.Visibility)
		if f.Values != nil {
			line += " [" + strings.Join(f.Values, "|") + "]"
		}
		if f.Translate != nil {
			line += " {" + strings.Join(pairs(f.Translate), "|") + "}"
		}
		lines = append(lines, line)
	}
	return lines
}

func pairs(m map[string]string) (all []string) {
	for from, to := range m {
		all = append(all, from+"="+to)
	}
	return sortedStrings(all)
}

func sortedStrings(all []string) []string {
	for i := range all {
		for k := i; k > 0 && all[k] < all[k-1]; k-- {
			all[k], all[k-1] = all[k-1], all[k]
		}
	}
	return all
}

// told are the problems as "level cell".
func told(d draft.Draft) (all []string) {
	for _, p := range d.Problems {
		all = append(all, string(p.Level)+" "+p.Cell)
	}
	return all
}

func TestOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rows     []string
		want     []string
		problems []string
	}{
		"nothing said of values":    {[]string{"|City|||||Public"}, []string{"City > city public"}, nil},
		"any string":                {[]string{"|City|Any alpha-numeric string||||Public", "|Department|N/A||||public"}, []string{"City > city public", "Department > department public"}, nil},
		"date form":                 {[]string{"|Hire Start Date|MM/DD/YYYY||||Private"}, []string{"Hire Start Date > hire_start_date private"}, nil},
		"a date form of elsewhere":  {[]string{"|Hire Start Date|JJ/MM/AAAA||||Private"}, []string{"Hire Start Date > hire_start_date private"}, []string{"warning Map!C5"}},
		"yes/no":                    {[]string{"|People Manager Status|yes/no||||Private", "|Night Shift|Yes/No||||Private"}, []string{"People Manager Status > people_manager_status private", "Night Shift > custom.night_shift private"}, nil},
		"see list":                  {[]string{"|City|See list||||Public"}, []string{"City > city public"}, []string{"warning Map!C5"}},
		"by commas":                 {[]string{"|City|Paris, Lyon,Nice||||Public"}, []string{"City > city public [Paris|Lyon|Nice]"}, nil},
		"by semicolons":             {[]string{"|City|Paris; Lyon, FR ;Nice;||||Public"}, []string{"City > city public [Paris|Lyon, FR|Nice]"}, nil},
		"by lines":                  {[]string{`|City|Paris\n- Lyon\n\n• Nice, FR||||Public`}, []string{"City > city public [Paris|Lyon|Nice, FR]"}, nil},
		"a row each":                {[]string{"|City|Paris||||Public", "||Lyon, FR", "||012"}, []string{"City > city public [Paris|Lyon, FR|012]"}, nil},
		"a row each, name repeated": {[]string{"|City|Paris||||Public", "|City|Lyon||||Public"}, []string{"City > city public [Paris|Lyon]"}, nil},
		"a list that is not whole":  {[]string{"|City|Paris, Lyon, etc.||||Public"}, []string{"City > city public"}, []string{"warning Map!C5"}},
		"a value twice":             {[]string{"|City|Paris, Lyon, Paris||||Public"}, []string{"City > city public [Paris|Lyon]"}, []string{"warning Map!C5"}},
		"values alike":              {[]string{"|City|Montréal, Montreal||||Public"}, []string{"City > city public [Montréal|Montreal]"}, []string{"warning Map!C5"}},
		"odd values":                {[]string{"|City|yes;null;012;@a;: #;*x||||Public"}, []string{"City > city public [yes|null|012|@a|: #|*x]"}, nil},
		"quoted values":             {[]string{`|City|"012"; « Nice »; "a" or "b"||||Public`}, []string{`City > city public [012|Nice|"a" or "b"]`}, nil},
		"values of an identity":     {[]string{"|Unique ID|1, 2, 3||||Private"}, []string{"Unique ID > unique_id private"}, nil},
		"arrows":                    {[]string{`|City|PAR -> Paris\nLYO → Lyon||||Public`}, []string{"City > city public [Paris|Lyon] {LYO=Lyon|PAR=Paris}"}, nil},
		"status":                    {[]string{"|Status|Active, LOA, Sabbatical||||Private"}, []string{"Status > status private {Active=active|LOA=inactive}"}, []string{"warning Map!C5"}},
		"status as it should be":    {[]string{"|Status|active/inactive||||Private"}, []string{"Status > status private"}, nil},
		"locale":                    {[]string{"|Langue|Français; Anglais||||Privé"}, []string{"Langue > locale private {Anglais=en-US|Français=fr-CA}"}, nil},
		"eligibility":               {[]string{"|Eligibility|Y or N||||Private"}, []string{"Eligibility > program_eligibility private {N=ineligible|Y=eligible}"}, nil},

		"public in all ways": {
			[]string{"|City|||||PUBLIC", "|Country|||||Public (visible to all)", "|Department|||||Publique", "|Job Family|||||Public - all members"},
			[]string{"City > city public", "Country > country public", "Department > department public", "Job Family > job_family public"}, nil,
		},
		"private in all ways": {
			[]string{"|City|||||PRIVATE", "|Country|||||Privé", "|Department", "|Job Family|||||Private: admins only", "|Job Function|||||Non-public"},
			[]string{"City > city private", "Country > country private", "Department > department private", "Job Family > job_family private", "Job Function > job_function private"}, nil,
		},
		"P":                    {[]string{"|City|||||P"}, []string{"City > city private"}, []string{"warning Map!G5"}},
		"neither":              {[]string{"|City|||||Maybe", "|Country|||||Public/Private"}, []string{"City > city private", "Country > country private"}, []string{"error Map!G5", "error Map!G6"}},
		"both, in two rows":    {[]string{"|City|Paris||||Public", "||Lyon||||Private"}, []string{"City > city public [Paris|Lyon]"}, []string{"error Map!G6"}},
		"diversity":            {[]string{"|Gender Identity (self-ID)|||||Private", "|Ethnicité", "|Veteran Status"}, []string{"Gender Identity (self-ID) > diversity.gender_identity private", "Ethnicité > diversity.ethnicite private", "Veteran Status > diversity.veteran_status private"}, nil},
		"diversity in public":  {[]string{"|Gender|||||Public"}, []string{"Gender > diversity.gender public"}, []string{"warning Map!G5"}},
		"other names":          {[]string{"|Employee ID|||||Private", "|Hire Date|||||Private", "|Dept|||||Public"}, []string{"Employee ID > unique_id private", "Hire Date > hire_start_date private", "Dept > department public"}, nil},
		"another, and its own": {[]string{"|Manager|||||Public", "|First Level Supervisor|||||Public"}, []string{"Manager > custom.manager public", "First Level Supervisor > first_level_supervisor public"}, nil},
		"stars and brackets":   {[]string{"|City*|||||Public", "|Country (optional)|||||Public"}, []string{"City > city public", "Country > country public"}, nil},
		"its own":              {[]string{"|Cost Centre 2|||||Public", "|Cost-Centre 2!|||||Public", "|部門|||||Public", "|2nd Job|||||Public"}, []string{"Cost Centre 2 > custom.cost_centre_2 public", "Cost-Centre 2! > custom.cost_centre_2_2 public", "部門 > custom.field public", "2nd Job > custom.field_2nd_job public"}, nil},
		"a field twice":        {[]string{"|City|||||Public", "|Country|||||Public", "|City|Paris||||Public"}, []string{"City > city public", "Country > country public"}, []string{"error Map!B7"}},
		"a guide's field, too": {[]string{"|city|||||Public", "|Country|||||Public", "|City *|||||Public"}, []string{"city > city public", "Country > country public"}, []string{"error Map!B7"}},

		"error cells": {
			[]string{"|#REF!|||||Public", "|City|#N/A||||Public", "|Country|||||#VALUE!", "|Depart\x07ment|||||Public"},
			[]string{"City > city public", "Country > country private"},
			[]string{"error Map!B5", "error Map!C6", "error Map!G7", "error Map!B8"},
		},
		"a value too long":  {[]string{"|City|" + strings.Repeat("x", 256) + "||||Public"}, []string{"City > city public"}, []string{"error Map!C5"}},
		"a title too long":  {[]string{"|" + strings.Repeat("x", 129) + "|||||Public"}, nil, []string{"error Map!B5"}},
		"headings and note": {[]string{"|Required Fields", "|City|||||Public", "|Please tell us if any of these fields change, since we have to map them anew."}, []string{"City > city public"}, []string{"warning Map!B5", "warning Map!B7"}},
		"header again":      {[]string{"|City|||||Public", head, "|Country|||||Public"}, []string{"City > city public", "Country > country public"}, nil},
		"far below":         {[]string{"|City|||||Public", "", "", "", "|Legend|see above", "|Public|every member"}, []string{"City > city public"}, []string{"warning Map!B9"}},
		"a gap":             {[]string{"|City|||||Public", "", "", "", "", "|Country|||||Public"}, []string{"City > city public", "Country > country public"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft.Of([]draft.Sheet{with(test.rows...)}, "")
			if diff := cmp.Diff(test.want, fields(d)); diff != "" {
				t.Errorf("fields differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, told(d)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s\n%v", diff, d.Problems)
			}
			if d.Usable() && d.Mapping().Validate() != nil {
				t.Errorf("the draft is not a valid mapping: %v", d.Mapping().Validate())
			}
		})
	}
}

// Every row but the first has something to say about standard values, which a heading names.
func TestStandardValues(t *testing.T) {
	t.Parallel()
	const head = "#|Profile Field|Unique Values|10KC Mapped Value|Public or Private"
	tests := map[string]struct {
		rows     []string
		want     []string
		problems []string
	}{
		"a row each":      {[]string{"|Business Unit|FIN|Finance|Public", "||LGL|Legal", "||Retail"}, []string{"Business Unit > business_unit public [Finance|Legal|Retail] {FIN=Finance|LGL=Legal}"}, nil},
		"in one cell":     {[]string{`|Business Unit|FIN\nLGL|Finance\nLegal|Public`}, []string{"Business Unit > business_unit public [Finance|Legal] {FIN=Finance|LGL=Legal}"}, nil},
		"several to one":  {[]string{"|Business Unit|FIN, ACC|Finance|Public"}, []string{"Business Unit > business_unit public [Finance] {ACC=Finance|FIN=Finance}"}, nil},
		"another number":  {[]string{"|Business Unit|FIN, LGL, HR|Finance, Legal|Public"}, []string{"Business Unit > business_unit public [FIN|LGL|HR]"}, []string{"error Map!D5"}},
		"in two ways":     {[]string{"|Business Unit|FIN|Finance|Public", "||FIN|Financial"}, []string{"Business Unit > business_unit public [Finance] {FIN=Finance}"}, []string{"error Map!C6"}},
		"of a fixed set":  {[]string{"|Status|A|Active|Private", "||L|inactive"}, []string{"Status > status private {A=active|L=inactive}"}, nil},
		"to an error":     {[]string{"|Business Unit|FIN|#NAME?|Public"}, []string{"Business Unit > business_unit public [FIN]"}, []string{"error Map!D5"}},
		"the same again":  {[]string{"|Business Unit|Finance|Finance|Public"}, []string{"Business Unit > business_unit public [Finance]"}, nil},
		"not applicable":  {[]string{"|Business Unit|Finance|N/A|Public"}, []string{"Business Unit > business_unit public [Finance]"}, nil},
		"and an arrow":    {[]string{"|Business Unit|FIN=>Finance||Public"}, []string{"Business Unit > business_unit public [Finance] {FIN=Finance}"}, nil},
		"a chain is fine": {[]string{"|Business Unit|A|B|Public", "||B|C"}, []string{"Business Unit > business_unit public [B|C] {A=B|B=C}"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := append([]string{head, "|First Name|||Public", "|Last Name|||Public", "|Email Address|||Private"}, test.rows...)
			d := draft.Of([]draft.Sheet{sheet("Map", rows...)}, "")
			if diff := cmp.Diff(test.want, fields(d)); diff != "" {
				t.Errorf("fields differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, told(d)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s\n%v", diff, d.Problems)
			}
		})
	}
}

func TestTheTableIsFoundByWhatItSays(t *testing.T) {
	t.Parallel()
	rows := []string{"First Name", "Last Name", "Email Address"}
	table := func(before, header, form string) []string {
		lines := strings.Split(before, "\x00")
		if before == "" {
			lines = nil
		}
		if header != "" {
			lines = append(lines, header)
		}
		for _, r := range rows {
			lines = append(lines, strings.ReplaceAll(form, "FIELD", r))
		}
		return lines
	}
	tests := map[string]struct {
		lines  []string
		header int
	}{
		"as in the guide":      {table("", head, "|FIELD|Any||||Public"), 1},
		"below a preamble":     {table("Acme Corp\x00\x00Please list in column B the profile field, in column C its unique values, and whether it is public or private", head, "|FIELD|Any||||Public"), 4},
		"columns moved right":  {table("", "||||No.|Profile Field|x|Unique Values|Public/Private", "||||1|FIELD||Any|Public"), 1},
		"columns elsewhere":    {table("", "Public or Private|Comments|Unique values|Field name", "Public||Any|FIELD"), 1},
		"a number before":      {table("", "Field #|Profile Field|Values|Visibility", "1|FIELD|Any|Public"), 1},
		"French":               {table("", "|Champ du profil|Valeurs uniques||||Public ou privé", "|FIELD|Texte||||Public"), 1},
		"no header":            {table("", "", "|FIELD|Any||||Public"), 0},
		"no header, moved":     {table("Some words", "", "|||FIELD|Any||||Public"), 0},
		"visibility by cells":  {table("", "|Profile Field|Unique Values|Who?", "|FIELD|Any|Public"), 1},
		"values by position":   {table("", "|Profile Field||||Notes|Public or Private", "|FIELD|Any||||Public"), 1},
		"titles of their own":  {table("", "|Profile Field|Column Title in File|Unique Values|Public or Private", "|FIELD|FIELD|Any|Public"), 1},
		"headings of two rows": {table("|Data|||||Access", head, "|FIELD|Any||||Public"), 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft.Of([]draft.Sheet{sheet("Map", test.lines...)}, "")
			if !d.Usable() || d.HeaderRow != test.header || len(d.Fields) != len(rows) {
				t.Fatalf("header row %d, want %d; fields %v, problems %v", d.HeaderRow, test.header, d.Fields, d.Problems)
			}
			for i, f := range d.Fields {
				if f.Title != rows[i] || f.Visibility != roster.Public {
					t.Errorf("field %d is %s, %s", i, f.Title, f.Visibility)
				}
			}
		})
	}
}

func TestTheSheetIsFoundByWhatItSays(t *testing.T) {
	t.Parallel()
	small := sheet("Old", head, "|First Name|||||Public")
	example := with()
	example.Name = "Example"
	hidden := with("|City|||||Public")
	hidden.Name, hidden.Hidden = "Secret", true
	other := with()
	other.Name = "Mapping 2"
	notes := sheet("Notes", "Hello", "What this is about")
	list := sheet("Countries", "Country|City", "Canada|Toronto")
	tests := map[string]struct {
		sheets   []draft.Sheet
		want     string
		sheet    string
		problems []string
	}{
		"the one":             {[]draft.Sheet{notes, list, with()}, "", "Map", nil},
		"the fullest":         {[]draft.Sheet{small, with()}, "", "Map", []string{"warning "}},
		"no example":          {[]draft.Sheet{example, with()}, "", "Map", []string{"warning "}},
		"not the hidden one":  {[]draft.Sheet{hidden, with()}, "", "Map", []string{"warning "}},
		"but if it is alone":  {[]draft.Sheet{hidden, notes}, "", "Secret", []string{"warning "}},
		"the one asked for":   {[]draft.Sheet{with(), other}, "mapping 2", "Mapping 2", nil},
		"two as good":         {[]draft.Sheet{with(), other}, "", "", []string{"error "}},
		"none":                {[]draft.Sheet{notes, list}, "", "", []string{"error "}},
		"none of that name":   {[]draft.Sheet{with()}, "Mep", "", []string{"error "}},
		"no table in it":      {[]draft.Sheet{with(), notes}, "Notes", "", []string{"error "}},
		"an empty workbook":   {nil, "", "", []string{"error "}},
		"a table of no field": {[]draft.Sheet{sheet("Map", head)}, "", "Map", []string{"error ", "warning ", "warning ", "warning "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft.Of(test.sheets, test.want)
			if d.Sheet != test.sheet {
				t.Errorf("found the table in %q, want %q", d.Sheet, test.sheet)
			}
			if diff := cmp.Diff(test.problems, told(d)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s\n%v", diff, d.Problems)
			}
		})
	}
}

// A merged cell counts for all the rows that it covers: the field of several values, and the visibility of several fields.
func TestMergedAndHidden(t *testing.T) {
	t.Parallel()
	s := with("|City|Paris||||Public", "||Lyon", "|Country|||||", "|Department|Any", "Diversity|Diversity")
	s.Merged = []draft.Area{{Left: 2, Top: 5, Right: 2, Bottom: 6}, {Left: 7, Top: 5, Right: 7, Bottom: 8}, {Left: 2, Top: 9, Right: 7, Bottom: 9}}
	s.Rows[5].Hidden = true
	s.HiddenColumns = []int{7}
	d := draft.Of([]draft.Sheet{s}, "")
	want := []string{"City > city public [Paris|Lyon]", "Country > country public", "Department > department public"}
	if diff := cmp.Diff(want, fields(d)); diff != "" {
		t.Errorf("fields differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"warning Map!B6", "warning Map!B9", "warning Map!G2"}, sortedStrings(told(d))); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s\n%v", diff, d.Problems)
	}
}

func TestFormulasWithoutAValue(t *testing.T) {
	t.Parallel()
	s := with("|City|x||||Public")
	s.Rows[4].Cells[1] = draft.Cell{Column: 3, Fault: draft.NoValue}
	if diff := cmp.Diff([]string{"error Map!C5"}, told(draft.Of([]draft.Sheet{s}, ""))); diff != "" {
		t.Errorf("problems differ (-want +got):\n%s", diff)
	}
}

func TestRequiredFieldsThatAreMissing(t *testing.T) {
	t.Parallel()
	d := draft.Of([]draft.Sheet{sheet("", head, "|First Name|||||Public", "|Last Name|||||Public")}, "")
	if diff := cmp.Diff([]roster.Field{roster.Email}, d.Missing); diff != "" {
		t.Errorf("missing fields differ (-want +got):\n%s", diff)
	}
	if !d.Usable() || d.Fields[0].Cell != "B2" {
		t.Errorf("usable %t, the first field in %q", d.Usable(), d.Fields[0].Cell)
	}
}

func TestGuessesSayWhere(t *testing.T) {
	t.Parallel()
	d := draft.Of([]draft.Sheet{with("|Dept|a, b")}, "")
	want := []draft.Guess{
		{Cell: "Map!B5", Field: roster.Department, Key: "to"}, {Cell: "Map!G5", Field: roster.Department, Key: "visibility"}, {Cell: "Map!C5", Field: roster.Department, Key: "values"},
	}
	if diff := cmp.Diff(want, d.Guesses, cmpopts.IgnoreFields(draft.Guess{}, "Message")); diff != "" {
		t.Errorf("guesses differ (-want +got):\n%s", diff)
	}
	for _, g := range d.Guesses {
		if g.Message == "" {
			t.Errorf("a guess at %s without a message", g.Cell)
		}
	}
}

// A row that can't be a field does not hide what is wrong with its other cells.
func TestEveryCellOfARowIsRead(t *testing.T) {
	t.Parallel()
	d := draft.Of([]draft.Sheet{with("|City|||||public", "|Country|||||public", "|City|||||Sekret")}, "")
	if diff := cmp.Diff([]string{"error Map!B7", "error Map!G7"}, told(d)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestFieldOf(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]roster.Field{
		"First Name": roster.FirstName, "first_name": roster.FirstName, "PRÉNOM": roster.FirstName, "E-mail": roster.Email, "Courriel": roster.Email, "Work E-Mail Address": roster.Email, "Hire date": roster.HireStartDate,
		"Unité d’affaires": roster.BusinessUnit, "custom.x": "custom.x", "Race / Ethnicity": "diversity.race_ethnicity", "Minorité visible": "diversity.minorite_visible", "Trace": "", "": "",
	} {
		if got, ok := draft.FieldOf(title); got != want || ok != (want != "") {
			t.Errorf("FieldOf(%q) = %q, %t, want %q", title, got, ok, want)
		}
	}
}
