package tenantfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// problems returns what is wrong with a file, as "line: path: message".
func problems(t *testing.T, file string) []string {
	t.Helper()
	_, err := tenantfile.Decode([]byte(file))
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*tenantfile.Error](err)
	if !ok {
		t.Fatalf("Decode = %v, want an *Error", err)
	}
	var all []string
	for _, p := range refused.Problems {
		all = append(all, p.String())
	}
	return all
}

// on makes a variant of the least file.
func on(old, new string) string { return strings.Replace(least, old, new, 1) }

func TestCadences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cadence, due string
		want         tenant.Upload
	}{
		{"weekly", `{day: 7, time: "22:30"}`, tenant.Upload{Cadence: tenant.Weekly, Due: tenant.Due{Day: 7, Hour: 22, Minute: 30}}},
		{"monthly", `{day: 31, time: 06:00}`, tenant.Upload{Cadence: tenant.Monthly, Due: tenant.Due{Day: 31, Hour: 6}}},
		{"monthly", `{day: last, time: 06:00}`, tenant.Upload{Cadence: tenant.Monthly, Due: tenant.Due{Day: 31, Hour: 6}}},
		{"quarterly", `{day: 30, time: 23:59}`, tenant.Upload{Cadence: tenant.Quarterly, Due: tenant.Due{Day: 30, Hour: 23, Minute: 59}}},
		{"{calendar: {months: [3, 6, 9, 12], days: [15, last]}}", `{time: "06:00"}`, tenant.Upload{
			Cadence: tenant.OnCalendar, Due: tenant.Due{Hour: 6}, Calendar: tenant.Calendar{Months: []time.Month{3, 6, 9, 12}, Days: []int{15, 31}},
		}},
		{"{calendar: {weekdays: [monday, thursday], months: [1]}}", `{time: "06:00"}`, tenant.Upload{
			Cadence: tenant.OnCalendar, Due: tenant.Due{Hour: 6}, Calendar: tenant.Calendar{Months: []time.Month{1}, Weekdays: []time.Weekday{time.Monday, time.Thursday}},
		}},
	} {
		file := strings.NewReplacer("monthly", test.cadence, `{day: 1, time: "06:00"}`, test.due).Replace(least)
		got := decode(t, file).Upload
		if diff := cmp.Diff(test.want, tenant.Upload{Cadence: got.Cadence, Calendar: got.Calendar, Due: got.Due}); diff != "" {
			t.Errorf("%s %s differs (-want +got):\n%s", test.cadence, test.due, diff)
		}
	}
}

func TestImpossibleCadences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cadence, due string
		want         []string // the place of each problem
	}{
		{"{calendar: {}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar"}},
		{"calendar", "{time: 06:00}", []string{"line 6: upload.cadence"}},
		{"{calender: {days: [1]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calender", "line 6: upload.cadence.calendar"}},
		{"{calendar: {months: [], days: [1]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.months"}},
		{"{calendar: {days: []}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.days", "line 6: upload.cadence.calendar"}},
		{"{calendar: {days: [1], weekdays: [monday]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar"}},
		{"{calendar: {days: [0, 32, first]}}", "{time: 06:00}", []string{
			"line 6: upload.cadence.calendar.days[2]", "line 6: upload.cadence.calendar.days[0]", "line 6: upload.cadence.calendar.days[1]",
		}},
		{"{calendar: {days: [31, last]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.days[1]"}},
		{"{calendar: {months: [13, 2, 2], days: [1]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.months[0]", "line 6: upload.cadence.calendar.months[2]"}},
		{"{calendar: {weekdays: [Monday, friday, friday]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.weekdays[0]", "line 6: upload.cadence.calendar.weekdays[2]"}},
		{"{calendar: {days: [1]}}", "{day: 1, time: 06:00}", []string{"line 7: upload.due.day"}},
		{"{calendar: {days: [1]}}", "{day: 0, time: 06:00}", []string{"line 7: upload.due.day"}},
		{"{calendar: {days: [1]}}", "{time: 03:30}", []string{"line 7: upload.due.time"}},
		{"{calendar: {dates: [2026-12-24]}}", "{time: 06:00}", []string{"line 6: upload.cadence.calendar.dates", "line 6: upload.cadence.calendar"}},
		{"monthly", "{time: 06:00}", []string{"line 7: upload.due.day"}},
		{"monthly", "{day: 012, time: 06:00}", []string{"line 7: upload.due.day"}},
		{"weekly", "{day: last, time: 06:00}", []string{"line 7: upload.due.day"}},
		{"fortnightly", "{day: 1, time: 06:00}", []string{"line 6: upload.cadence"}},
	} {
		file := strings.NewReplacer("monthly", test.cadence, `{day: 1, time: "06:00"}`, test.due).Replace(least)
		var got []string
		for _, p := range problems(t, file) {
			line, rest, _ := strings.Cut(p, ": ")
			place, _, _ := strings.Cut(rest, ": ")
			got = append(got, line+": "+place)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s differs (-want +got):\n%s\n%s", test.cadence, test.due, diff, strings.Join(problems(t, file), "\n"))
		}
	}
}

func TestEligibleWhen(t *testing.T) {
	t.Parallel()
	const columns = `  - {column: Unit, to: business_unit, values: [Finance, Legal, "012"], translate: {Fin.: Finance}}
  - {column: Status, to: status}
  - {column: Town, to: city}
  - {column: Hired, to: hire_start_date}
  - {column: Group, to: diversity.group}
`
	got := decode(t, least+columns+"people: {eligible_when: {business_unit: [Finance, 012], diversity.group: [' a '], status: [active]}}\n").People.EligibleWhen
	want := map[roster.Field][]string{roster.BusinessUnit: {"Finance", "012"}, "diversity.group": {"a"}, roster.Status: {"active"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rule differs (-want +got):\n%s", diff)
	}
	for rule, want := range map[string]string{
		"{}":                                "line 18: people.eligible_when: names no field",
		"Finance":                           "line 18: people.eligible_when: must be a mapping",
		"{country: [Peru]}":                 "line 18: people.eligible_when.country: no column is mapped to country",
		"{business_units: [Finance]}":       "line 18: people.eligible_when.business_units: no column is mapped",
		"{business_unit: []}":               "line 18: people.eligible_when.business_unit: lists no value",
		"{business_unit: Finance}":          "line 18: people.eligible_when.business_unit: must be a list",
		"{business_unit: [Sales]}":          `line 18: people.eligible_when.business_unit[0]: "Sales" is not one of the values of the column "Unit"`,
		"{business_unit: [finance]}":        `line 18: people.eligible_when.business_unit[0]: "finance" is not one of`,
		"{business_unit: [Legal, Fin.]}":    `line 18: people.eligible_when.business_unit[1]: "Fin." is translated to "Finance"`,
		"{business_unit: [Legal, Legal]}":   `line 18: people.eligible_when.business_unit[1]: "Legal" is listed twice`,
		"{status: [Active]}":                `line 18: people.eligible_when.status[0]: "Active" is not one of`,
		"{city: ['']}":                      `line 18: people.eligible_when.city[0]: "" is empty`,
		"{city: [null]}":                    "line 18: people.eligible_when.city[0]: must be a text",
		"{city: [Rome], city: [Bern]}":      "line 18: people.eligible_when.city: is given twice",
		"{hire_start_date: [2020-01-01]}":   "line 18: people.eligible_when.hire_start_date: hire_start_date can't decide",
		"{email: [ana@acme.example]}":       "line 18: people.eligible_when.email: email can't decide",
		"{program_eligibility: [eligible]}": "line 18: people.eligible_when.program_eligibility: no column is mapped",
	} {
		found := problems(t, least+columns+"people: {eligible_when: "+rule+"}\n")
		if len(found) != 1 || !strings.HasPrefix(found[0], want) {
			t.Errorf("eligible_when: %s\ngot  %s\nwant %s…", rule, strings.Join(found, "\n     "), want)
		}
	}
	both := problems(t, least+columns+"  - {column: Eligible, to: program_eligibility}\npeople: {eligible_when: {status: [active]}}\n")
	if len(both) != 1 || !strings.HasPrefix(both[0], "line 19: people.eligible_when: contradicts") {
		t.Errorf("with a column of its own: %v", both)
	}
}

// What YAML makes of a text is not what the file says.
func TestYAMLAsPeopleReadIt(t *testing.T) {
	t.Parallel()
	got := decode(t, "\ufeff"+strings.ReplaceAll(on("Acme Corp", `"No: 5"`)+`  - column: >-
      Cost
      Centre
    to: custom.cost_centre
    values: [no, on, 012, 1e3, 06:00, 2026-01-01, 1_000, .5, 0x1F, "null", '~']
    translate: {yes: no, 7: 012}
`, "\n", "\r\n"))
	if got.Name != "No: 5" {
		t.Errorf("name = %q", got.Name)
	}
	c := got.Mapping.Columns[3]
	if c.Title != "Cost Centre" {
		t.Errorf("a folded title = %q", c.Title)
	}
	if diff := cmp.Diff([]string{"no", "on", "012", "1e3", "06:00", "2026-01-01", "1_000", ".5", "0x1F", "null", "~"}, c.Values); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"yes": "no", "7": "012"}, c.Translate); diff != "" {
		t.Errorf("translate differs (-want +got):\n%s", diff)
	}
}

func TestRefusalsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		on("  zone:", "\tzone:"):                                        "line 8: not YAML: found character that cannot start any token; put quotes around a text that begins with @, ` or %, and indent with spaces",
		on("Acme Corp", "Acme: Corp"):                                   "line 3: not YAML: mapping values are not allowed in this context; put quotes around",
		on("Acme Corp", "@acme"):                                        "line 3: not YAML: found character that cannot start any token; put quotes around",
		least + "ignore: [\"Cost]\n":                                    "line 13: not YAML: found unexpected end of stream; a quote is not closed",
		on("Acme Corp", "A\x1bcme"):                                     "line 3: an invisible control character",
		on("Acme Corp", "!!binary QWNtZQ=="):                            "line 3: name: tags such as !!binary are not taken",
		on("Acme Corp", "|\n  Acme\n  Corp"):                            "line 3: name: must be one line",
		on("Acme Corp", "*acme"):                                        "line 3: not YAML: unknown anchor 'acme' referenced; put quotes around",
		least + "<<: {name: Other}\n":                                   "line 13: <<: merge keys are not taken",
		least + "? [a, b]\n: c\n":                                       "line 13: a key must be a word",
		least + "People: {missing: keep}\n":                             "line 13: People: is not a key of tenant files; did you mean people? here stand approval, contacts",
		least + "retentoin: {files: 30d}\n":                             "line 13: retentoin: is not a key of tenant files; did you mean retention?",
		least + "people: {missing-after: 1}\n":                          "line 13: people.missing-after: is not a key of tenant files; did you mean missing_after?",
		least + "holidays: []\n":                                        "line 13: holidays: is not a key of tenant files; here stand",
		least + "people: {missing: keep, missing: keep}\n":              "line 13: people.missing: is given twice",
		least + "people: {missing: null}\n":                             "line 13: people.missing: must be a text",
		least + "people: [missing]\n":                                   "line 13: people: must be a mapping",
		least + "ignore: Cost Centre\n":                                 "line 13: ignore: must be a list",
		least + "contacts:\n  -\n":                                      "line 14: contacts[0]: must be a mapping",
		least + "people: {protect: [a@acme.example, A@acme.example]}\n": "line 13: people.protect[1]: is listed twice",
		least + "contacts:\n  - {role: csm, email: a@acme.example}\n  - {role: program_owner, email: a@acme.example}\n  - {role: csm, email: A@acme.example}\n": "line 16: contacts[2]: this address is listed as csm already",
		on("zone:", "max_rows: 010\n  zone:"): "line 8: upload.max_rows: must be a whole number",
	} {
		found := problems(t, file)
		if len(found) != 1 || !strings.HasPrefix(found[0], want) {
			t.Errorf("got  %s\nwant %s…", strings.Join(found, "\n     "), want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		least, "a: &x [*x]\n", on("monthly", "{calendar: {months: [3], days: [15, last]}}"), on("monthly", "{calendar: {weekdays: [monday]}}"),
		least + "  - {column: City, to: city, values: [a], translate: {b: a}}\npeople: {eligible_when: {city: [a]}, protect: [a@acme.example]}\n",
		least + "contacts:\n  - {role: csm, email: a@acme.example}\n", "<<: {a: b}\n", "? [a]\n: b\n", "a: !!binary x\n", "a: \"", "\ufeffa: |\r\n b\r\n",
	} {
		f.Add([]byte(seed))
	}
	now := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tenantfile.Decode(data)
		if digest := tenantfile.Digest(data); len(digest) != 64 {
			t.Errorf("digest = %q", digest)
		}
		if err != nil {
			refused, ok := errors.AsType[*tenantfile.Error](err)
			if !ok || len(refused.Problems) == 0 {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if file.Validate() != nil {
			t.Error("a file was taken that is not valid")
		}
		next, before := file.Upload.NextDue(now), file.Upload.PreviousDue(now)
		if next.IsZero() || before.IsZero() || !next.After(now) || before.After(now) {
			t.Errorf("a roster is due at %s and then at %s", before, next)
		}
		if len(file.RulesDigest()) != 64 {
			t.Error("no digest of the rules")
		}
	})
}
