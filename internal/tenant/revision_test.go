package tenant

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

func revisable() File {
	return File{
		Tenant: "acme", Name: "Acme", Contacts: []Contact{{Role: CSM, Name: "Emily", Email: "emily@hub.example", Locale: roster.EnUS}},
		Upload: Upload{Source: Hosted, Cadence: Monthly, Due: Due{Day: 1, Hour: 6}, Zone: "UTC", Grace: day, Delimiter: ',', MaxRows: 10, MaxBytes: 20, FailOnBadFile: true},
		Mapping: mapping.Mapping{
			Columns: []mapping.Column{
				{Title: "Town", Field: roster.City, Visibility: roster.Private, Values: []string{"Bern"}, Translate: map[string]string{"B": "Bern"}, Unknown: mapping.UnknownHold, Blank: mapping.BlankClear},
			},
			Ignore: []string{"Cost"},
		},
		People: People{
			Missing: MissingDelete, MissingAfter: 1, Ineligible: MissingKeep, EligibleWhen: map[roster.Field][]string{roster.City: {"Bern"}}, Invite: InviteNever, Protect: []string{"a@acme.example"},
		},
		Approval: Approval{Mode: ApproveAlways}, Retention: Retention{Files: 30 * day, Deleted: 30 * day},
	}
}

// Whatever of a file changes is told: a setting that is added one day can't be forgotten here.
func TestChangesTellEverySetting(t *testing.T) {
	t.Parallel()
	if got := Changes(revisable(), revisable()); got != nil {
		t.Errorf("changes of the same file: %v", got)
	}
	told := 0
	var each func(path string, at func(*File) reflect.Value)
	each = func(path string, at func(*File) reflect.Value) {
		example := revisable()
		v := at(&example)
		switch {
		case path == ".Tenant" || path == ".Upload.Source" || path == ".Upload.Calendar":
			return // another tenant is no revision; there is one source; the calendar is told below
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				each(path+"."+v.Type().Field(i).Name, func(f *File) reflect.Value { return at(f).Field(i) })
			}
			return
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			each(path+"[0]", func(f *File) reflect.Value { return at(f).Index(0) })
		}
		changed := revisable()
		other(at(&changed))
		told++
		if Changes(revisable(), changed) == nil || Changes(changed, revisable()) == nil {
			t.Errorf("a change of %s is not told", path)
		}
	}
	each("", func(f *File) reflect.Value { return reflect.ValueOf(f).Elem() })
	if told < 25 {
		t.Errorf("only %d settings were changed", told)
	}
}

// other gives v another value.
func other(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	default:
		v.SetZero()
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*File)
		want   []string
	}{
		{"the last day of a quarter", func(f *File) {
			f.Upload.Cadence, f.Upload.Due.Day, f.Upload.Calendar = OnCalendar, 0, Calendar{Months: []time.Month{3, 6}, Days: []int{15, LastDay}}
		}, []string{"upload.due: monthly, on day 1 of every month, at 06:00 in UTC → calendar, on day 15 and the last day of March and June, at 06:00 in UTC"}},
		{"days of the week", func(f *File) { f.Upload.Cadence, f.Upload.Due.Day = Weekly, 7 }, []string{"upload.due: monthly, on day 1 of every month, at 06:00 in UTC → weekly, on Sundays, at 06:00 in UTC"}},
		{"made public", func(f *File) { f.Mapping.Columns[0].Visibility = roster.Public }, []string{"fields.city.visibility: private → public: every member sees it (exposes)"}},
		{"a public column", func(f *File) {
			f.Mapping.Columns = append(f.Mapping.Columns, mapping.Column{Title: "Land", Field: roster.Country, Visibility: roster.Public})
		}, []string{`fields.country: column "Land" is new, public: every member sees it (exposes)`}},
		{"another column for another field", func(f *File) { f.Mapping.Columns[0].Field = roster.Country }, []string{
			`fields.country: column "Town" is new, private`, `fields.city: column "Town" is no longer read; what members have of it stays`,
		}},
		{"values", func(f *File) { f.Mapping.Columns[0].Values = []string{"Rome", "Oslo"} }, []string{"fields.city.values: added Rome, Oslo; removed Bern"}},
		{"any value", func(f *File) { f.Mapping.Columns[0].Values = nil }, []string{"fields.city.values: a set of 1 → any value"}},
		{"a translation", func(f *File) { f.Mapping.Columns[0].Translate = map[string]string{"B": "Rome"} }, []string{"fields.city.translate: added B as Rome; removed B as Bern"}},
		{"contacts", func(f *File) { f.Contacts = []Contact{{Role: TechnicalSFTP, Email: "it@acme.example"}} }, []string{"contacts: added technical_sftp; removed csm"}},
		{"everybody eligible", func(f *File) { f.People.EligibleWhen = nil }, []string{"people.eligible_when: city is Bern → everybody, unless a column says otherwise"}},
		{"protected", func(f *File) { f.People.Protect = nil }, []string{"people.protect: 0 added, 1 removed"}},
		{"grace and pattern", func(f *File) { f.Upload.Grace, f.Upload.File = 2*day, "a {MM.DD.YYYY}.csv" }, []string{"upload.grace: 24h → 2d", "upload.file: (none) → a {MM.DD.YYYY}.csv"}},
	} {
		f := revisable()
		test.change(&f)
		var got []string
		for _, c := range Changes(revisable(), f) {
			line := fmt.Sprintf("%s: %s", c.Key, c.Text)
			if c.Exposes {
				line += " (exposes)"
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
