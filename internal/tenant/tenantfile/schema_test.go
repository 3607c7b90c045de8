package tenantfile_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
	"rollcall.internal/schema"
)

// compiled returns the JSON Schema of tenant files, and its document.
func compiled(t *testing.T) (*jsonschema.Schema, map[string]any) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Tenant))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("tenant.schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("tenant.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s, document.(map[string]any)
}

// instance returns a YAML document as an editor's schema validator sees it.
func instance(t *testing.T, text string) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return instanceOf(doc.Content[0])
}

func instanceOf(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = instanceOf(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, e := range n.Content {
			list = append(list, instanceOf(e))
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int":
		if v, err := strconv.Atoi(n.Value); err == nil {
			return v
		}
	case "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	}
	return n.Value
}

// The schema and the decoder agree about every file here, which is what keeps them in step: whoever changes what a file may say adds a line. What no schema can know (a zone
// that is none, a title listed twice, a translation to a value that is not listed) is not in it.
func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	t.Parallel()
	s, _ := compiled(t)
	with := func(old, new string) string {
		if !strings.Contains(least, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(least, old, new, 1)
	}
	upload := func(line string) string { return with("  zone:", "  "+line+"\n  zone:") }
	field := func(f string) string { return least + "  - {column: C, " + f + "}\n" }
	calendar := func(c string) string {
		return strings.NewReplacer("cadence: monthly", "cadence: {calendar: "+c+"}", "day: 1, ", "").Replace(least)
	}
	due := func(cadence, d string) string {
		return strings.NewReplacer("cadence: monthly", "cadence: "+cadence, `{day: 1, time: "06:00"}`, d).Replace(least)
	}
	good := map[string]string{
		"least": least, "version as a text": with("version: 1", `version: "1"`), "a number for a tenant": with("tenant: acme", "tenant: 42"), "a number for a name": with("name: Acme Corp", "name: 3"), "a truth for a name": with("name: Acme Corp", "name: true"),
		"contacts": least + "contacts: [{role: csm, email: a@b.example}, {role: technical_sftp, name: A B, email: a@b.example, locale: fr-CA}]\n", "no contacts": least + "contacts: []\n",
		"weekly": due("weekly", `{day: 7, time: "23:59"}`), "the last day": due("quarterly", "{day: last, time: 04:00}"), "the 31st": due("monthly", `{day: 31, time: "06:00"}`), "a day as a text": due("monthly", `{day: "5", time: "06:00"}`),
		"days": calendar("{days: [1, 15, last]}"), "months": calendar("{months: [1, 12], days: [31]}"), "weekdays": calendar("{months: [2], weekdays: [monday, friday]}"), "months as texts": calendar(`{months: ["3"], days: ["4"]}`),
		"grace in days": upload("grace: 28d"), "grace in hours": upload("grace: 1h30m"), "no grace": upload("grace: 0"), "file": upload(`file: "a {MM.DD.YYYY}.csv"`), "no file": upload(`file: ""`), "tab": upload(`delimiter: "\t"`), "bar": upload("delimiter: '|'"),
		"rows": upload("max_rows: 10000000"), "rows as a text": upload(`max_rows: "5"`), "bytes": upload("max_bytes: 4294967296"), "fail": upload("fail_on_bad_file: true"), "fail not": upload("fail_on_bad_file: false"),
		"text": field("to: city"), "a number for a title": strings.Replace(field("to: city"), "column: C", "column: 7", 1), "values": field("to: city, values: [a, 12, yes, true, 1.5]"), "unknown": field("to: city, values: [a], unknown: blank"), "kept": field("to: city, unknown: keep"), "held": field("to: city, values: [a], unknown: hold"), "blank": field("to: city, blank: reject_row"),
		"translate": field("to: city, translate: {a: b, 1: c}"), "no translation": field("to: unique_id, translate: {}"), "choice": field("to: status, translate: {A: active}"), "blank choice": field("to: people_manager_status, blank: clear"), "kept choice": field("to: locale, blank: keep"), "date": field("to: hire_start_date, format: MM/DD/YYYY, blank: clear"),
		"own": field("to: custom.a_1, values: [x]"), "diversity": field("to: diversity.gender, visibility: public"), "required": with("to: email", "to: email, blank: reject_row"), "id": field("to: unique_id, blank: keep"),
		"ignore": least + "ignore: [a, 7]\n", "ignore nothing": least + "ignore: []\n",
		"people": least + "people: {missing: keep, missing_after: 1, ineligible: keep, invite: never, protect: [a@b.example]}\n", "nothing of people": least + "people: {}\n", "eligible": field("to: city") + "people: {eligible_when: {city: [Paris]}}\n", "eligible own": field("to: custom.x") + "people: {eligible_when: {custom.x: [Paris, 12]}}\n",
		"approval": least + "approval: {mode: always}\n", "retention": least + "retention: {files: 1d, deleted: 30d}\n", "retention in hours": least + "retention: {files: 36h, deleted: 720h}\n",
	}
	bad := map[string]string{
		"a list": "- a\n", "no fields": strings.Split(least, "fields:")[0], "no version": with("version: 1\n", ""), "no upload": strings.Replace(least, least[strings.Index(least, "upload:"):strings.Index(least, "fields:")], "", 1),
		"version 2": with("version: 1", "version: 2"), "capitals": with("tenant: acme", "tenant: Acme"), "a hyphen at the end": with("tenant: acme", "tenant: acme-"), "an id too long": with("tenant: acme", "tenant: "+strings.Repeat("a", 51)), "no name": with("name: Acme Corp", "name:"), "blank name": with("name: Acme Corp", "name: ' '"),
		"name of two lines": with("name: Acme Corp", `name: "a\nb"`), "long name": with("name: Acme Corp", "name: "+strings.Repeat("a", 201)), "unknown key": least + "colour: red\n",
		"role": least + "contacts: [{role: boss, email: a@b.example}]\n", "no role": least + "contacts: [{email: a@b.example}]\n", "no address": least + "contacts: [{role: csm}]\n", "no such address": least + "contacts: [{role: csm, email: ab}]\n", "locale": least + "contacts: [{role: csm, email: a@b.example, locale: fr}]\n",
		"contact's key": least + "contacts: [{role: csm, email: a@b.example, phone: 1}]\n", "contacts of another shape": least + "contacts: {role: csm}\n",
		"remote": with("source: hosted", "source: remote"), "remote server": with("source: hosted", "source: {remote: {host: a}}"), "no source": with("  source: hosted\n", ""), "daily": with("monthly", "daily"), "no cadence": with("  cadence: monthly\n", ""), "calendar": due("calendar", `{time: "06:00"}`),
		"calendar of nothing": calendar("{}"), "of months": calendar("{months: [1]}"), "of both": calendar("{days: [1], weekdays: [monday]}"), "of no day": calendar("{days: []}"), "the 32nd": calendar("{days: [32]}"), "the 0th": calendar("{days: [0]}"), "a 13th month": calendar("{months: [13], days: [1]}"), "a day twice": calendar("{days: [1, 1]}"),
		"Monday": calendar("{weekdays: [Monday]}"), "calendar's key": calendar("{days: [1], years: [2026]}"), "cadence's key": due("{calendar: {days: [1]}, weekly: 1}", `{time: "06:00"}`), "calendar and a day": due("{calendar: {days: [1]}}", `{day: 1, time: "06:00"}`),
		"day 8": due("weekly", `{day: 8, time: "06:00"}`), "weekly on the last": due("weekly", `{day: last, time: "06:00"}`), "day 32": due("monthly", `{day: 32, time: "06:00"}`), "day 0": due("monthly", `{day: 0, time: "06:00"}`), "no day": due("monthly", `{time: "06:00"}`), "no time": due("monthly", `{day: 1}`), "a day of letters": due("monthly", `{day: first, time: "06:00"}`),
		"at three": due("monthly", `{day: 1, time: "03:59"}`), "at 24": due("monthly", `{day: 1, time: "24:00"}`), "of one digit": due("monthly", `{day: 1, time: "6:00"}`), "with seconds": due("monthly", `{day: 1, time: "06:00:00"}`), "due's key": due("monthly", `{day: 1, time: "06:00", zone: UTC}`),
		"zone of here": with("America/Toronto", "Local"), "no zone": with("  zone: America/Toronto\n", ""), "zone of words": with("America/Toronto", "Eastern Time"), "29 days of grace": upload("grace: 29d"), "grace of a number": upload("grace: 24"), "negative grace": upload("grace: -1h"), "file without a date": upload("file: a.csv"), "file of two dates": upload(`file: "{MM.DD.YYYY}{MM.DD.YYYY}"`),
		"file in a folder": upload(`file: "a/{MM.DD.YYYY}.csv"`), "delimiter": upload("delimiter: x"), "two delimiters": upload(`delimiter: ",,"`), "no rows": upload("max_rows: 0"), "too many rows": upload("max_rows: 10000001"), "rows of letters": upload("max_rows: many"), "half a row": upload("max_rows: 1.5"), "too many bytes": upload("max_bytes: 4294967297"), "yes": upload("fail_on_bad_file: 'yes'"), "true as a text": upload("fail_on_bad_file: 'true'"), "upload's key": upload("timezone: UTC"),
		"two fields": strings.Replace(least, "  - {column: Email Address, to: email}\n", "", 1), "no email": strings.Replace(least, "to: email", "to: city", 1), "email twice": field("to: email"), "city twice": field("to: city") + "  - {column: D, to: city}\n", "no title": strings.Replace(field("to: city"), "column: C, ", "", 1), "blank title": strings.Replace(field("to: city"), "column: C", "column: ' '", 1), "null title": strings.Replace(field("to: city"), "column: C", "column: ~", 1), "no field": strings.Replace(field("to: city"), ", to: city", "", 1),
		"unknown field": field("to: town"), "own of capitals": field("to: custom.A"), "own of nothing": field("to: custom."), "visibility": field("to: city, visibility: secret"), "field's key": field("to: city, colour: red"), "no values": field("to: city, values: []"), "a value twice": field("to: city, values: [a, a]"), "blank value": field("to: city, values: ['']"), "null value": field("to: city, values: [~]"),
		"values of a choice": field("to: status, values: [active]"), "values of a date": field("to: hire_start_date, values: [a]"), "values of an id": field("to: unique_id, values: [a]"), "values of a name": with("to: email", "to: email, values: [a]"), "translated id": field("to: unique_id, translate: {a: b}"), "translated date": field("to: hire_start_date, translate: {a: b}"), "translated name": with("to: email", "to: email, translate: {a: b}"),
		"translated outside": field("to: status, translate: {a: gone}"), "translated to nothing": field("to: city, translate: {a: ''}"), "translated to blanks": field("to: city, translate: {a: ' b'}"), "translated from blanks": field("to: city, translate: {' a': b}"), "translate as a list": field("to: city, translate: [a]"), "unknown word": field("to: city, values: [a], unknown: drop"), "unknown of none": field("to: city, unknown: hold"), "rejected of none": field("to: city, unknown: reject_row"), "unknown of a choice": field("to: status, unknown: keep"),
		"blank word": field("to: city, blank: drop"), "cleared status": field("to: status, blank: clear"), "cleared id": field("to: unique_id, blank: clear"), "kept name": with("to: email", "to: email, blank: keep"), "format": field("to: hire_start_date, format: DD/MM/YYYY"), "format of text": field("to: city, format: MM/DD/YYYY"),
		"ignore blank": least + "ignore: ['']\n", "ignore a word": least + "ignore: a\n", "missing": least + "people: {missing: drop}\n", "three absences": least + "people: {missing_after: 3}\n", "no absence": least + "people: {missing_after: 0}\n", "ineligible": least + "people: {ineligible: deactivate}\n", "start date": least + "people: {invite: on_start_date}\n", "protect": least + "people: {protect: [ceo]}\n", "people's key": least + "people: {protected: []}\n",
		"eligible by nothing": least + "people: {eligible_when: {}}\n", "by no value": field("to: city") + "people: {eligible_when: {city: []}}\n", "by a name": least + "people: {eligible_when: {first_name: [Ana]}}\n", "by a date": field("to: hire_start_date") + "people: {eligible_when: {hire_start_date: [a]}}\n", "and by a column": field("to: program_eligibility") + "  - {column: D, to: city}\npeople: {eligible_when: {city: [Paris]}}\n", "eligible twice": field("to: city") + "people: {eligible_when: {city: [a, a]}}\n",
		"limits": least + "approval: {limits: {deletes: 1}}\n", "within limits": least + "approval: {mode: within_limits}\n", "deleted too soon": least + "retention: {deleted: 29d}\n", "deleted for longer": least + "retention: {deleted: 60d}\n", "files for no time": least + "retention: {files: 0d}\n", "retention's key": least + "retention: {mails: 1d}\n",
	}
	for name, file := range good {
		if _, err := tenantfile.Decode([]byte(file)); err != nil {
			t.Errorf("%s: the decoder refuses it: %v", name, err)
		}
		if err := s.Validate(instance(t, file)); err != nil {
			t.Errorf("%s: the schema refuses it: %v", name, err)
		}
	}
	for name, file := range bad {
		if _, err := tenantfile.Decode([]byte(file)); err == nil {
			t.Errorf("%s: the decoder takes it", name)
		}
		if s.Validate(instance(t, file)) == nil {
			t.Errorf("%s: the schema takes it\n%s", name, file)
		}
	}
}

// Every key that the decoder knows is in the schema, and no other. The decoder says itself which keys it knows, when it is asked about one that it does not.
func TestSchemaHasTheDecodersKeys(t *testing.T) {
	t.Parallel()
	_, document := compiled(t)
	at := func(node map[string]any, path ...string) map[string]any {
		for _, p := range path {
			node = node[p].(map[string]any)
		}
		return node["properties"].(map[string]any)
	}
	root := at(document)
	calendar := root["upload"].(map[string]any)["properties"].(map[string]any)["cadence"].(map[string]any)["anyOf"].([]any)[1].(map[string]any)
	for path, test := range map[string]struct {
		file       string
		properties map[string]any
	}{
		"":                        {"zzzzzz: 1\n", root},
		"contacts[0]":             {"contacts: [{zzzzzz: 1}]\n", at(root, "contacts", "items")},
		"upload":                  {"upload: {zzzzzz: 1}\n", at(root, "upload")},
		"upload.due":              {"upload: {due: {zzzzzz: 1}}\n", at(root, "upload", "properties", "due")},
		"upload.cadence":          {"upload: {cadence: {zzzzzz: 1}}\n", at(calendar)},
		"upload.cadence.calendar": {"upload: {cadence: {calendar: {zzzzzz: 1}}}\n", at(calendar, "properties", "calendar")},
		"fields[0]":               {"fields: [{zzzzzz: 1}]\n", at(document, "$defs", "column")},
		"people":                  {"people: {zzzzzz: 1}\n", at(root, "people")},
		"approval":                {"approval: {zzzzzz: 1}\n", at(root, "approval")},
		"retention":               {"retention: {zzzzzz: 1}\n", at(root, "retention")},
	} {
		want := knownKeys(t, test.file, path)
		got := slices.Sorted(maps.Keys(test.properties))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("keys of %q differ (-decoder +schema):\n%s", path, diff)
		}
	}
}

// knownKeys asks the decoder which keys stand at path, and leaves those out that it refuses whatever they say.
func knownKeys(t *testing.T, file, path string) (known []string) {
	t.Helper()
	_, err := tenantfile.Decode([]byte(file))
	refused, ok := errors.AsType[*tenantfile.Error](err)
	if !ok {
		t.Fatal(err)
	}
	for _, p := range refused.Problems {
		_, list, told := strings.Cut(p.Message, "here stand ")
		if !told || p.Path != strings.TrimPrefix(path+".zzzzzz", ".") {
			continue
		}
		for key := range strings.SplitSeq(list, ", ") {
			if _, never := tenant.NotHonoured(strings.TrimPrefix(path+"."+key, "."), ""); !never {
				known = append(known, key)
			}
		}
	}
	if known == nil {
		t.Fatalf("the decoder does not say which keys it knows at %q: %v", path, refused)
	}
	return known
}

func TestExampleTenantsFollowTheSchema(t *testing.T) {
	t.Parallel()
	s, _ := compiled(t)
	files, err := filepath.Glob("../../../deploy/tenants/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(instance(t, string(text))); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if _, err := tenantfile.Decode(text); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
		if !strings.HasPrefix(string(text), "# yaml-language-server: $schema=../../schema/tenant.schema.json\n") {
			t.Errorf("%s does not name its schema to editors in its first line", filepath.Base(file))
		}
	}
}

// Every place of the schema says what it is for, since that is what an editor shows.
func TestSchemaDescribesEveryKey(t *testing.T) {
	t.Parallel()
	_, document := compiled(t)
	var walk func(path string, node any)
	walk = func(path string, node any) {
		m, ok := node.(map[string]any)
		if !ok {
			return
		}
		properties, _ := m["properties"].(map[string]any)
		for key, p := range properties {
			described, _ := p.(map[string]any)
			if text, _ := described["description"].(string); text == "" {
				t.Errorf("%s.%s has no description", path, key)
			}
			walk(path+"."+key, p)
		}
		if m["type"] == "object" && properties != nil && m["additionalProperties"] != false {
			t.Errorf("%s takes any key", path)
		}
		walk(path+"[]", m["items"])
		for _, way := range asList(m["anyOf"]) {
			walk(path, way)
		}
	}
	walk("", document)
	walk("column", document["$defs"].(map[string]any)["column"])
}

func asList(v any) []any { list, _ := v.([]any); return list }
