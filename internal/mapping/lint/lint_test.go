package lint_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/lint"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// file is a tenant's file about which there is nothing to say, and the columns given.
func file(columns ...mapping.Column) tenant.File {
	f := tenant.File{
		Tenant: "acme", Name: "Acme", Contacts: []tenant.Contact{{Role: tenant.TechnicalSFTP, Email: "it@acme.example", Locale: roster.EnUS}},
		Upload: tenant.Upload{Delimiter: ',', MaxRows: tenant.MaxRows, MaxBytes: tenant.MaxBytes},
	}
	add := func(c mapping.Column) {
		if c.Visibility == "" {
			c.Visibility = roster.Private
		}
		if c.Unknown == "" {
			c.Unknown = mapping.UnknownHold
		}
		c.Blank = c.DefaultBlank()
		f.Mapping.Columns = append(f.Mapping.Columns, c)
	}
	for _, c := range []mapping.Column{
		{Title: "First Name", Field: roster.FirstName}, {Title: "Last Name", Field: roster.LastName}, {Title: "Email Address", Field: roster.Email}, {Title: "Unique ID", Field: roster.UniqueID},
		{Title: "Status", Field: roster.Status}, {Title: "Program Eligibility", Field: roster.ProgramEligibility},
	} {
		add(c)
	}
	for _, c := range columns {
		add(c)
	}
	return f
}

// without leaves the column of a field out.
func without(f tenant.File, field roster.Field) tenant.File {
	var kept []mapping.Column
	for _, c := range f.Mapping.Columns {
		if c.Field != field {
			kept = append(kept, c)
		}
	}
	f.Mapping.Columns = kept
	return f
}

// told are findings as "level id column".
func told(findings []lint.Finding) (all []string) {
	for _, f := range findings {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Level, f.ID, f.Column)))
	}
	return all
}

func TestMapping(t *testing.T) {
	t.Parallel()
	city := func(values []string, translate map[string]string) mapping.Column {
		return mapping.Column{Title: "City", Field: roster.City, Values: values, Translate: translate}
	}
	upload := func(change func(*tenant.Upload)) tenant.File {
		f := file()
		change(&f.Upload)
		return f
	}
	silent := file()
	silent.Contacts = nil
	ignoring := file()
	ignoring.Mapping.Ignore = []string{"Cost Centre", "Dept", "Worker ID", "Gender"}
	open := file()
	open.Mapping.Columns[2].Visibility, open.Mapping.Columns[3].Visibility = roster.Public, roster.Public
	ruled := without(file(), roster.ProgramEligibility)
	ruled.People.EligibleWhen = map[roster.Field][]string{roster.Status: {"active"}}
	tests := map[string]struct {
		file tenant.File
		want []string
	}{
		"nothing":                 {file(), nil},
		"no unique ID":            {without(file(), roster.UniqueID), []string{"warning no-unique-id"}},
		"no status":               {without(file(), roster.Status), []string{"warning no-status"}},
		"no eligibility":          {without(file(), roster.ProgramEligibility), []string{"note no-eligibility"}},
		"eligible by a rule":      {ruled, nil},
		"diversity in public":     {file(mapping.Column{Title: "Gender", Field: "diversity.gender", Visibility: roster.Public}), []string{"warning diversity-public Gender"}},
		"diversity":               {file(mapping.Column{Title: "Gender", Field: "diversity.gender"}), nil},
		"high potential, public":  {file(mapping.Column{Title: "High Potential", Field: roster.HighPotentialStatus, Visibility: roster.Public}), []string{"warning sensitive-public High Potential"}},
		"identities in public":    {open, []string{"warning identity-public Email Address", "warning identity-public Unique ID"}},
		"another field's title":   {file(mapping.Column{Title: "Country", Field: roster.City}), []string{"warning field-mismatch Country"}},
		"a title of its own":      {file(mapping.Column{Title: "Country", Field: "custom.a"}), nil},
		"a listed value moved":    {file(city([]string{"a", "b"}, map[string]string{"a": "b"})), []string{"warning translate-listed City"}},
		"a chain":                 {file(city(nil, map[string]string{"a": "b", "b": "c"})), []string{"warning translate-chain City"}},
		"translated to itself":    {file(city([]string{"a", "b"}, map[string]string{"a": "a"})), []string{"note translate-nothing City"}},
		"values alike":            {file(city([]string{"Montréal", "MONTREAL", "b"}, nil)), []string{"warning values-alike City"}},
		"one value":               {file(city([]string{"a"}, nil)), []string{"note single-listed City"}},
		"kept values":             {file(mapping.Column{Title: "City", Field: roster.City, Values: []string{"a", "b"}, Unknown: mapping.UnknownKeep}), []string{"note unknown-kept City"}},
		"semicolons":              {upload(func(u *tenant.Upload) { u.Delimiter = ';' }), []string{"note delimiter"}},
		"a good pattern":          {upload(func(u *tenant.Upload) { u.File = "a v2 - {MM.DD.YYYY}.csv" }), nil},
		"a digit at the date":     {upload(func(u *tenant.Upload) { u.File = "a2{MM.DD.YYYY}.csv" }), []string{"warning file-pattern-date"}},
		"two dates":               {upload(func(u *tenant.Upload) { u.File = "01.02.2020 {MM.DD.YYYY}.csv" }), []string{"warning file-pattern-date"}},
		"nobody to tell":          {silent, []string{"warning no-technical-contact"}},
		"ignored guide's columns": {ignoring, []string{"note ignored-guide-column"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, told(lint.Mapping(test.file))); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

// csv is a sample of 24 good rows, with the cells of more columns by row.
func csv(titles string, cell func(row int) string) string {
	var b strings.Builder
	comma := ","
	if titles == "" {
		comma = ""
	}
	b.WriteString("First Name,Last Name,Email Address,Unique ID,Status,Program Eligibility" + comma + titles + "\n")
	for i := range 24 {
		state, eligible := "active", "eligible"
		if i%5 == 1 {
			state, eligible = "inactive", "ineligible"
		}
		fmt.Fprintf(&b, "Ana %d,Roy %d,p%d@acme.example,%06d,%s,%s%s%s\n", i, i, i, i, state, eligible, comma, cell(i))
	}
	return b.String()
}

func against(t *testing.T, f tenant.File, text string) lint.Sample {
	t.Helper()
	s, err := lint.Against(context.Background(), strings.NewReader(text), "", f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAgainst(t *testing.T) {
	t.Parallel()
	none := func(int) string { return "" }
	pick := func(values ...string) func(int) string {
		return func(row int) string { return values[row%len(values)] }
	}
	city := mapping.Column{Title: "City", Field: roster.City, Values: []string{"Paris", "Lyon", "Nice"}, Translate: map[string]string{"PAR": "Paris"}}
	free := mapping.Column{Title: "City", Field: roster.City}
	hired := mapping.Column{Title: "Hired", Field: roster.HireStartDate}
	tests := map[string]struct {
		file tenant.File
		text string
		want []string
	}{
		"nothing":             {file(), csv("", none), nil},
		"few rows":            {file(), strings.Join(strings.Split(csv("", none), "\n")[:4], "\n") + "\n", []string{"note sample-small"}},
		"all as agreed":       {file(city), csv("City", pick("Paris", "Lyon", "Nice", "PAR")), nil},
		"not listed":          {file(city), csv("City", pick("paris", "Lyon", "Nice", "PAR", "Berlin")), []string{"warning value-not-listed City"}},
		"never seen":          {file(city), csv("City", pick("Paris", "PAR", "Lyon")), []string{"note value-never-seen City"}},
		"never translated":    {file(city), csv("City", pick("Paris", "Lyon", "Nice")), []string{"note translate-never-seen City"}},
		"many values":         {file(city), csv("City", func(row int) string { return fmt.Sprintf("Town %d", row*row*977) }), []string{"warning value-not-listed City", "warning set-high-cardinality City", "note value-never-seen City", "note translate-never-seen City"}},
		"variants":            {file(free), csv("City", pick("Montréal", "Montreal", "Paris")), []string{"note value-variants City"}},
		"one value":           {file(free), csv("City", pick("Paris")), []string{"note single-value City"}},
		"empty":               {file(free), csv("City", none), []string{"warning column-empty City"}},
		"mostly empty":        {file(free), csv("City", pick("", "Paris", "Lyon")), []string{"note column-blank City"}},
		"dates":               {file(hired), csv("Hired", pick("01/13/2020", "02/03/2020")), nil},
		"day first":           {file(hired), csv("Hired", pick("13/01/2020", "02/03/2020")), []string{"warning date-format Hired", "warning date-swapped Hired"}},
		"day and month first": {file(hired), csv("Hired", pick("13/01/2020", "02/03/2020", "01/14/2020")), []string{"warning date-format Hired", "warning date-mixed Hired"}},
		"both ways":           {file(hired), csv("Hired", pick("01/02/2020", "02/03/2020")), []string{"note date-ambiguous Hired"}},
		"another form":        {file(hired), csv("Hired", pick("2020-01-13", "2020-02-13")), []string{"warning date-format Hired"}},
		"not mapped":          {file(), csv("Dept,Pronouns,Secret", pick("a,b,c")), []string{"warning column-unmapped", "warning column-unmapped", "warning column-unmapped"}},
		"mapped already":      {file(), csv("Employee ID", pick("a")), []string{"warning column-unmapped"}},
		"missing":             {file(free), csv("Town", pick("Paris", "Lyon")), []string{"warning column-unmapped", "problem column-missing City"}},
		"lost zeros":          {file(), strings.ReplaceAll(csv("", none), ",00001", ",1"), []string{"warning id-widths Unique ID"}},
		"an ID twice":         {file(), strings.Replace(csv("", none), "000003", "000002", 1), []string{"warning duplicate-id Unique ID"}},
		"bad rows":            {file(), strings.Replace(csv("", none), "p3@acme.example", "p3", 1), []string{"warning email-format Email Address"}},
		"status by HR":        {file(), strings.ReplaceAll(csv("", none), ",inactive,", ",LOA,"), []string{"warning value-not-listed Status"}},
		"no rows":             {file(), strings.Split(csv("", none), "\n")[0] + "\n", []string{"problem file-no-rows"}},
		"another delimiter":   {file(), strings.ReplaceAll(csv("", none), ",", ";"), []string{"problem file-delimiter"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := against(t, test.file, test.text)
			if diff := cmp.Diff(test.want, told(s.Findings)); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			for _, f := range s.Findings {
				if f.Message == "" {
					t.Errorf("%s has no message", f.ID)
				}
			}
		})
	}
}

func TestAgainstCountsAndSuggests(t *testing.T) {
	t.Parallel()
	f := file(mapping.Column{Title: "City", Field: roster.City, Values: []string{"Paris", "Lyon"}, Translate: map[string]string{"PAR": "Paris"}})
	s := against(t, f, csv("City", func(row int) string { return []string{"Pariss", "Lyon", "PAR", "Berlin"}[min(row%8, 3)] }))
	i := 0
	for ; s.Findings[i].ID != lint.NotListed; i++ {
		continue
	}
	want := []lint.Value{{Text: "Berlin", Count: 15}, {Text: "Pariss", Count: 3, Near: "Paris"}}
	if diff := cmp.Diff(want, s.Findings[i].Values); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	if got, want := s.Findings[i].Paste, `translate: {"PAR": "Paris", "Pariss": "Paris"}`; got != want {
		t.Errorf("paste %s, want %s", got, want)
	}
	last := s.Columns[len(s.Columns)-1]
	if want := (lint.Column{Title: "City", Field: roster.City, Rows: 24, Distinct: 4}); last != want {
		t.Errorf("column %+v, want %+v", last, want)
	}
	if s.Summary.Rows != 24 || s.Summary.Verdict != roster.Accepted {
		t.Errorf("summary %+v", s.Summary)
	}
}

// A file whose every cell differs takes no more memory to count than there is room for, and says that it was not all counted.
func TestAgainstIsBounded(t *testing.T) {
	columns := make([]mapping.Column, 100)
	titles := make([]string, len(columns))
	for i := range columns {
		titles[i] = fmt.Sprintf("C%d", i)
		columns[i] = mapping.Column{Title: titles[i], Field: roster.Field(fmt.Sprintf("custom.c%d", i))}
	}
	f := file(columns...)
	r, w := io.Pipe()
	go func() {
		row := bytes.NewBufferString("First Name,Last Name,Email Address,Unique ID,Status,Program Eligibility," + strings.Join(titles, ",") + "\n")
		for i := range 20_000 {
			fmt.Fprintf(row, "A,B,p%d@acme.example,%d,active,eligible", i, i)
			for c := range columns {
				fmt.Fprintf(row, ",%d-%d-%s", i, c, strings.Repeat("x", 30))
			}
			row.WriteByte('\n')
			if _, err := row.WriteTo(w); err != nil {
				return
			}
		}
		w.Close() //nolint:errcheck // of a pipe it never fails
	}()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := lint.Against(context.Background(), r, "", f)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("%d MiB are kept", grown>>20)
	}
	more := 0
	for _, c := range s.Columns {
		if c.More {
			more++
		}
		if c.Rows != 20_000 || c.Distinct > lint.MostValues {
			t.Errorf("column %+v", c)
		}
	}
	if more < len(columns) {
		t.Errorf("%d columns say that there are more values, want %d", more, len(columns))
	}
}
