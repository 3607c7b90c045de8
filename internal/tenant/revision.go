package tenant

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// A KeyChange is a setting that one version of a tenant's file has otherwise than another.
type KeyChange struct {
	Key  string // as in the file; a column is named by its field: fields.city.visibility
	Text string // what changes, in a few words for staff; without addresses of people
	// Exposes is set where every member will see what only admins saw.
	Exposes bool
}

// Changes returns what a tenant's new file says otherwise than the old one, in the order of the file; nil where both say the same.
func Changes(old, new File) []KeyChange {
	r := &revision{}
	r.word("name", old.Name, new.Name)
	r.contacts(old.Contacts, new.Contacts)
	r.upload(old.Upload, new.Upload)
	r.columns(old.Mapping.Columns, new.Mapping.Columns)
	r.set("ignore", old.Mapping.Ignore, new.Mapping.Ignore)
	r.people(old.People, new.People)
	r.word("approval.mode", old.Approval.Mode, new.Approval.Mode)
	r.word("retention.files", span(old.Retention.Files), span(new.Retention.Files))
	r.word("retention.deleted", span(old.Retention.Deleted), span(new.Retention.Deleted))
	return r.changes
}

type revision struct{ changes []KeyChange }

func (r *revision) add(key, format string, args ...any) {
	r.changes = append(r.changes, KeyChange{Key: key, Text: fmt.Sprintf(format, args...)})
}

// word compares two values that are told as they are.
func (r *revision) word(key string, old, new any) {
	before, after := fmt.Sprint(old), fmt.Sprint(new)
	if before == after {
		return
	}
	for _, s := range []*string{&before, &after} {
		if *s == "" {
			*s = "(none)"
		}
	}
	r.add(key, "%s → %s", before, after)
}

// span writes a time span as a tenant's file does.
func span(d time.Duration) string {
	switch {
	case d >= 2*day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}

// set compares two lists whose order matters little.
func (r *revision) set(key string, old, new []string) {
	var parts []string
	if added := without(new, old); len(added) > 0 {
		parts = append(parts, "added "+some(added))
	}
	if gone := without(old, new); len(gone) > 0 {
		parts = append(parts, "removed "+some(gone))
	}
	if len(parts) == 0 && !slices.Equal(old, new) {
		parts = append(parts, "another order")
	}
	if len(parts) > 0 {
		r.add(key, "%s", strings.Join(parts, "; "))
	}
}

// without returns what is in a and not in b.
func without(a, b []string) []string {
	var left []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			left = append(left, s)
		}
	}
	return left
}

// some lists the first of the texts, and how many there are more.
func some(texts []string) string {
	const most = 5
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
}

func (r *revision) contacts(old, new []Contact) {
	roles := func(all, others []Contact) (names []string) {
		for _, c := range all {
			if !slices.Contains(others, c) {
				names = append(names, string(c.Role))
			}
		}
		return names
	}
	var parts []string
	if added := roles(new, old); len(added) > 0 {
		parts = append(parts, "added "+some(added))
	}
	if gone := roles(old, new); len(gone) > 0 {
		parts = append(parts, "removed "+some(gone))
	}
	if len(parts) > 0 {
		r.add("contacts", "%s", strings.Join(parts, "; "))
	}
}

func (r *revision) upload(old, new Upload) {
	if a, b := old.Cadence, new.Cadence; a != b || old.DueSentence() != new.DueSentence() {
		r.add("upload.due", "%s, %s → %s, %s", a, old.DueSentence(), b, new.DueSentence())
	}
	r.word("upload.grace", span(old.Grace), span(new.Grace))
	r.word("upload.file", old.File, new.File)
	r.word("upload.delimiter", fmt.Sprintf("%q", old.Delimiter), fmt.Sprintf("%q", new.Delimiter))
	r.word("upload.max_rows", old.MaxRows, new.MaxRows)
	r.word("upload.max_bytes", old.MaxBytes, new.MaxBytes)
	r.word("upload.fail_on_bad_file", old.FailOnBadFile, new.FailOnBadFile)
}

func (r *revision) people(old, new People) {
	r.word("people.missing", old.Missing, new.Missing)
	r.word("people.missing_after", old.MissingAfter, new.MissingAfter)
	r.word("people.ineligible", old.Ineligible, new.Ineligible)
	if !reflect.DeepEqual(old.EligibleWhen, new.EligibleWhen) {
		r.add("people.eligible_when", "%s → %s", eligibleWords(old.EligibleWhen), eligibleWords(new.EligibleWhen))
	}
	r.word("people.invite", old.Invite, new.Invite)
	if added, gone := len(without(new.Protect, old.Protect)), len(without(old.Protect, new.Protect)); added+gone > 0 {
		r.add("people.protect", "%d added, %d removed", added, gone)
	}
}

func eligibleWords(rule map[roster.Field][]string) string {
	if rule == nil {
		return "everybody, unless a column says otherwise"
	}
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(rule)) {
		parts = append(parts, fmt.Sprintf("%s is %s", field, strings.Join(rule[field], " or ")))
	}
	return strings.Join(parts, ", and ")
}

func (r *revision) columns(old, new []mapping.Column) {
	before, after := byField(old), byField(new)
	for _, c := range new {
		if was, mapped := before[c.Field]; mapped {
			r.column("fields."+string(c.Field), was, c)
			continue
		}
		r.add("fields."+string(c.Field), "column %q is new, %s", c.Title, c.Visibility)
		r.expose(c)
	}
	var kept, still []roster.Field
	for _, c := range old {
		if _, mapped := after[c.Field]; mapped {
			kept = append(kept, c.Field)
		} else {
			r.add("fields."+string(c.Field), "column %q is no longer read; what members have of it stays", c.Title)
		}
	}
	for _, c := range new {
		if _, mapped := before[c.Field]; mapped {
			still = append(still, c.Field)
		}
	}
	if !slices.Equal(kept, still) {
		r.add("fields", "another order of columns")
	}
}

func byField(columns []mapping.Column) map[roster.Field]mapping.Column {
	fields := map[roster.Field]mapping.Column{}
	for _, c := range columns {
		fields[c.Field] = c
	}
	return fields
}

// expose marks the last change where c is public.
func (r *revision) expose(c mapping.Column) {
	if c.Visibility == roster.Public {
		last := &r.changes[len(r.changes)-1]
		last.Exposes = true
		last.Text += ": every member sees it"
	}
}

func (r *revision) column(key string, old, new mapping.Column) {
	r.word(key+".column", old.Title, new.Title)
	if old.Visibility != new.Visibility {
		r.word(key+".visibility", old.Visibility, new.Visibility)
		r.expose(new)
	}
	switch {
	case old.Values == nil && new.Values != nil:
		r.add(key+".values", "any value → a set of %d", len(new.Values))
	case old.Values != nil && new.Values == nil:
		r.add(key+".values", "a set of %d → any value", len(old.Values))
	default:
		r.set(key+".values", old.Values, new.Values)
	}
	r.set(key+".translate", pairs(old.Translate), pairs(new.Translate))
	r.word(key+".unknown", old.Unknown, new.Unknown)
	r.word(key+".blank", old.Blank, new.Blank)
}

func pairs(translate map[string]string) []string {
	var all []string
	for _, from := range slices.Sorted(maps.Keys(translate)) {
		all = append(all, from+" as "+translate[from])
	}
	return all
}
