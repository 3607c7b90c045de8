package tenantfile_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

const least = `version: 1
tenant: acme
name: Acme Corp
upload:
  source: hosted
  cadence: monthly
  due: {day: 1, time: "06:00"}
  zone: America/Toronto
fields:
  - {column: First Name, to: first_name}
  - {column: Last Name, to: last_name}
  - {column: Email Address, to: email}
`

func TestDecodeFillsInDefaults(t *testing.T) {
	t.Parallel()
	got, err := tenantfile.Decode([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	column := func(title string, f roster.Field) mapping.Column {
		return mapping.Column{Title: title, Field: f, Visibility: roster.Private, Unknown: mapping.UnknownHold, Blank: mapping.BlankRejectRow}
	}
	want := tenant.File{
		Tenant: "acme", Name: "Acme Corp",
		Upload: tenant.Upload{
			Source: tenant.Hosted, Cadence: tenant.Monthly, Due: tenant.Due{Day: 1, Hour: 6}, Zone: "America/Toronto",
			Grace: 24 * time.Hour, Delimiter: ',', MaxRows: 10_000_000, MaxBytes: 4 << 30, FailOnBadFile: true,
		},
		Mapping: mapping.Mapping{Columns: []mapping.Column{
			column("First Name", roster.FirstName), column("Last Name", roster.LastName), column("Email Address", roster.Email),
		}},
		People: tenant.People{
			Missing: tenant.MissingDelete, MissingAfter: 1, Ineligible: tenant.MissingKeep, Invite: tenant.InviteAfterApproval,
		},
		Approval:  tenant.Approval{Mode: tenant.ApproveAlways},
		Retention: tenant.Retention{Files: 720 * time.Hour, Deleted: 720 * time.Hour},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded file differs (-want +got):\n%s", diff)
	}
}

func TestDecodeReadsEverySetting(t *testing.T) {
	t.Parallel()
	got := decode(t, least+`  - column: Business Unit
    to: business_unit
    visibility: public
    values: [Finance, Legal, 012, yes]
    translate: {"Fin.": Finance}
    unknown: reject_row
    blank: keep
  - {column: Hire Start Date, to: hire_start_date, format: MM/DD/YYYY}
  - {column: Status, to: status}
contacts:
  - {role: csm, email: emily@hub.example, locale: fr-CA}
ignore: [Cost Centre]
people: {missing: deactivate, invite: never, protect: [CEO@acme.example]}
retention: {files: 45d, deleted: 30d}
`)
	want := mapping.Column{
		Title: "Business Unit", Field: roster.BusinessUnit, Visibility: roster.Public, Values: []string{"Finance", "Legal", "012", "yes"},
		Translate: map[string]string{"Fin.": "Finance"}, Unknown: mapping.UnknownRejectRow, Blank: mapping.BlankKeep,
	}
	if diff := cmp.Diff(want, got.Mapping.Columns[3]); diff != "" {
		t.Errorf("column differs (-want +got):\n%s", diff)
	}
	if got, want := got.Mapping.Columns[5].Blank, mapping.BlankKeep; got != want {
		t.Errorf("an empty status does %q, want %q", got, want)
	}
	if diff := cmp.Diff([]tenant.Contact{{Role: tenant.CSM, Email: "emily@hub.example", Locale: "fr-CA"}}, got.Contacts); diff != "" {
		t.Errorf("contacts differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ceo@acme.example"}, got.People.Protect); diff != "" {
		t.Errorf("protected people differ (-want +got):\n%s", diff)
	}
	if got.Retention.Files != 45*24*time.Hour || got.Retention.Deleted != 30*24*time.Hour {
		t.Errorf("retention = %+v", got.Retention)
	}
}

func TestExampleTenantIsValid(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../deploy/tenants/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(decode(t, string(data)).Mapping.Columns), 22; got != want {
		t.Errorf("the example maps %d columns, want %d", got, want)
	}
}

func TestDecodeTakesNothingButUTF8(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"Latin-1":            strings.Replace(least, "Acme Corp", "Soci\xe9t\xe9", 1),
		"UTF-16":             "\xff\xfev\x00e\x00r\x00",
		"UTF-16 with no BOM": "v\x00e\x00r\x00",
		"a NUL":              strings.Replace(least, "Acme Corp", "Acme\x00Corp", 1),
	} {
		_, err := tenantfile.Decode([]byte(file))
		refused, ok := errors.AsType[*tenantfile.Error](err)
		if !ok || refused.Error() != "the file is not UTF-8; save it as UTF-8" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tenantfile.Decode([]byte(strings.Replace(least, "Acme Corp", "Société", 1))); err != nil {
		t.Errorf("UTF-8: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string { return strings.Replace(least, old, new, 1) }
	tests := map[string]struct {
		file string
		want []string // "line: path" of each problem, in order
	}{
		"empty":              {"", []string{"0: "}},
		"only a comment":     {"# nothing\n", []string{"0: "}},
		"not YAML":           {"a: [", []string{"1: "}},
		"a list":             {"- a\n", []string{"1: "}},
		"two documents":      {least + "---\na: 1\n", []string{"13: "}},
		"unknown key":        {least + "colour: red\n", []string{"13: colour"}},
		"unknown inner key":  {with("zone:", "timezone: x\n  zone:"), []string{"8: upload.timezone"}},
		"key twice":          {least + "name: Other\n", []string{"13: name"}},
		"version of old":     {with("version: 1", "version: 2"), []string{"1: version"}},
		"bad id":             {with("tenant: acme", "tenant: Acme"), []string{"2: tenant"}},
		"null name":          {with("name: Acme Corp", "name:"), []string{"3: name"}},
		"anchor":             {with("name: Acme Corp", "name: &a Acme"), []string{"3: name"}},
		"no upload":          {strings.Replace(least, least[strings.Index(least, "upload:"):strings.Index(least, "fields:")], "", 1), []string{"1: upload"}},
		"due before four":    {with("06:00", "03:59"), []string{"7: upload.due.time"}},
		"due of one digit":   {with("06:00", "6:00"), []string{"7: upload.due.time"}},
		"due on the 32nd":    {with("day: 1", "day: 32"), []string{"7: upload.due.day"}},
		"weekly on day 8":    {strings.NewReplacer("monthly", "weekly", "day: 1", "day: 8").Replace(least), []string{"7: upload.due.day"}},
		"unknown zone":       {with("America/Toronto", "America/Toront"), []string{"8: upload.zone"}},
		"zone of here":       {with("America/Toronto", "Local"), []string{"8: upload.zone"}},
		"pattern with none":  {with("zone:", "file: a.csv\n  zone:"), []string{"8: upload.file"}},
		"odd delimiter":      {with("zone:", "delimiter: x\n  zone:"), []string{"8: upload.delimiter"}},
		"too many rows":      {with("zone:", "max_rows: 10000001\n  zone:"), []string{"8: upload.max_rows"}},
		"yes is not true":    {with("zone:", "fail_on_bad_file: yes\n  zone:"), []string{"8: upload.fail_on_bad_file"}},
		"true as a text":     {with("zone:", "fail_on_bad_file: 'true'\n  zone:"), []string{"8: upload.fail_on_bad_file"}},
		"no e-mail column":   {strings.Replace(least, "  - {column: Email Address, to: email}\n", "", 1), []string{"9: fields"}},
		"title twice":        {least + "  - {column: ' first  name', to: city}\n", []string{"13: fields[3].column"}},
		"field twice":        {least + "  - {column: Mail, to: email}\n", []string{"13: fields[3].to"}},
		"unknown field":      {least + "  - {column: Mail, to: mail}\n", []string{"13: fields[3].to"}},
		"mapped and ignored": {least + "ignore: [LAST NAME]\n", []string{"13: ignore[0]"}},
		"values on a choice": {least + "  - {column: Status, to: status, values: [active]}\n", []string{"13: fields[3].values"}},
		"values on an id":    {least + "  - {column: ID, to: unique_id, values: [a]}\n", []string{"13: fields[3].values"}},
		"value twice":        {least + "  - {column: City, to: city, values: [a, a]}\n", []string{"13: fields[3].values[1]"}},
		"target outside":     {least + "  - {column: City, to: city, values: [a], translate: {b: c}}\n", []string{"13: fields[3].translate.b"}},
		"choice target":      {least + "  - {column: Status, to: status, translate: {LEAVE: away}}\n", []string{"13: fields[3].translate.LEAVE"}},
		"unknown of none":    {least + "  - {column: City, to: city, unknown: hold}\n", []string{"13: fields[3].unknown"}},
		"clearing a status":  {least + "  - {column: Status, to: status, blank: clear}\n", []string{"13: fields[3].blank"}},
		"keeping a name":     {with("to: first_name", "to: first_name, blank: keep"), []string{"10: fields[0].blank"}},
		"format of text":     {least + "  - {column: City, to: city, format: MM/DD/YYYY}\n", []string{"13: fields[3].format"}},
		"European dates":     {least + "  - {column: H, to: hire_start_date, format: DD/MM/YYYY}\n", []string{"13: fields[3].format"}},
		"deleted too soon":   {least + "retention: {deleted: 29d}\n", []string{"13: retention.deleted"}},
		"deleted for longer": {least + "retention: {deleted: 60d}\n", []string{"13: retention.deleted"}},
		"no such address":    {least + "people: {protect: [ceo]}\n", []string{"13: people.protect[0]"}},
		"remote source":      {with("source: hosted", "source: remote"), []string{"5: upload.source"}},
		"remote server":      {with("source: hosted", "source: {host: a}"), []string{"5: upload.source"}},
		"remote, as a key":   {with("source: hosted", "source: {remote: {host: a}}"), []string{"5: upload.source"}},
		"limits":             {least + "approval: {mode: always, limits: {deletes: 1}}\n", []string{"13: approval.limits"}},
		"within limits":      {least + "approval: {mode: within_limits}\n", []string{"13: approval.mode"}},
		"three absences":     {least + "people: {missing_after: 3}\n", []string{"13: people.missing_after"}},
		"ineligible":         {least + "people: {ineligible: deactivate}\n", []string{"13: people.ineligible"}},
		"on the start date":  {least + "people: {invite: on_start_date}\n", []string{"13: people.invite"}},
		"all at once": {
			strings.NewReplacer("06:00", "01:00", "America/Toronto", "Nowhere").Replace(least) + "people: {missing: drop, wrong: 1}\n",
			[]string{"7: upload.due.time", "8: upload.zone", "13: people.wrong", "13: people.missing"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tenantfile.Decode([]byte(test.file))
			var refused *tenantfile.Error
			if !errors.As(err, &refused) {
				t.Fatalf("Decode = %v, want an *Error", err)
			}
			var got []string
			for _, p := range refused.Problems {
				if p.Message == "" {
					t.Errorf("problem of %s without a message", p.Path)
				}
				got = append(got, strings.TrimSpace(strings.Split(p.String(), ":")[0])+"|"+p.Path)
			}
			want := make([]string, len(test.want))
			for i, w := range test.want {
				line, path, _ := strings.Cut(w, ": ")
				want[i] = position(line, path, refused.Problems, i)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

// position is the start of the line that a problem is printed as.
func position(line, path string, problems []tenantfile.Problem, i int) string {
	switch {
	case line != "0":
		return "line " + line + "|" + path
	case path != "":
		return path + "|" + path
	case i < len(problems):
		return strings.TrimSpace(strings.Split(problems[i].Message, ":")[0]) + "|"
	}
	return "|"
}

func TestDigestIsOfWhatTheFileSays(t *testing.T) {
	t.Parallel()
	digest := tenantfile.Digest([]byte(least))
	same := "# a comment\n" + strings.NewReplacer("tenant: acme\nname: Acme Corp", "name: 'Acme Corp'\n\ntenant:   acme", `day: 1, time: "06:00"`, `time: "06:00", day: 1`).Replace(least)
	if got := tenantfile.Digest([]byte(same)); got != digest {
		t.Errorf("digest of the same file, tidied = %s, want %s", got, digest)
	}
	for _, change := range [][2]string{{"Acme Corp", "Acme Co"}, {"day: 1", "day: 2"}, {"First Name, to: first_name", "Last Name, to: first_name"}} {
		other := strings.Replace(least, change[0], change[1], 1)
		if got := tenantfile.Digest([]byte(other)); got == digest {
			t.Errorf("digest after %q became %q is unchanged", change[0], change[1])
		}
	}
	swapped := strings.Replace(least, "  - {column: First Name, to: first_name}\n  - {column: Last Name, to: last_name}\n", "  - {column: Last Name, to: last_name}\n  - {column: First Name, to: first_name}\n", 1)
	if got := tenantfile.Digest([]byte(swapped)); got == digest {
		t.Error("digest leaves out the order of columns")
	}
}

func decode(t *testing.T, file string) tenant.File {
	t.Helper()
	got, err := tenantfile.Decode([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
