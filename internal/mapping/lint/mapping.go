package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Mapping returns what is to be looked at in a tenant's file that is valid.
func Mapping(f tenant.File) []Finding {
	l := &linter{file: f}
	l.people()
	l.upload()
	for _, c := range f.Mapping.Columns {
		l.column(c)
	}
	for _, title := range f.Mapping.Ignore {
		l.ignored(title)
	}
	return sorted(l.findings, titles(f.Mapping))
}

func titles(m mapping.Mapping) []string {
	all := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		all[i] = c.Title
	}
	return all
}

type linter struct {
	file     tenant.File
	findings []Finding
}

func (l *linter) add(id ID, level Level, column, format string, args ...any) *Finding {
	l.findings = append(l.findings, Finding{ID: id, Level: level, Column: column, Message: fmt.Sprintf(format, args...)})
	return &l.findings[len(l.findings)-1]
}

func (l *linter) mapped(f roster.Field) bool {
	_, ok := l.file.Mapping.Column(f)
	return ok
}

// people are the rules about members that a mapping leaves to chance.
func (l *linter) people() {
	if !l.mapped(roster.UniqueID) {
		l.add(NoUniqueID, Warning, "", "no column is mapped to unique_id: whoever gets another address is deleted and created anew, without their history. Ask for an ID that stays")
	}
	if !l.mapped(roster.Status) {
		l.add(NoStatus, Warning, "", "no column is mapped to status: everybody in the file counts as active, people on leave too")
	}
	if !l.mapped(roster.ProgramEligibility) && l.file.People.EligibleWhen == nil {
		l.add(NoEligibility, Note, "", "no column is mapped to program_eligibility and people.eligible_when is not set: everybody in the file is eligible, and is invited")
	}
}

func (l *linter) upload() {
	u := l.file.Upload
	if u.Delimiter != ',' {
		l.add(Delimiter, Note, "", "columns are parted by %q and not by the guide's comma: tell whoever exports the file", string(u.Delimiter))
	}
	if u.File != "" {
		name := strings.ReplaceAll(u.File, tenant.NamePattern, "01.13.2023")
		if date, ok := intake.NameDate(name); !ok || !date.Equal(time.Date(2023, 1, 13, 0, 0, 0, 0, time.UTC)) {
			l.add(FilePattern, Warning, "", "upload.file: the date can't be read from names like %q: no digit may touch it, and no other date may stand in the name", name)
		}
	}
	technical := func(c tenant.Contact) bool { return c.Role == tenant.TechnicalSFTP || c.Role == tenant.TechnicalHRIS }
	if !slices.ContainsFunc(l.file.Contacts, technical) {
		l.add(NoTechnical, Warning, "", "no contact is technical_sftp or technical_hris: nobody at the customer's is told of a file that is refused")
	}
}

func (l *linter) column(c mapping.Column) {
	l.visibility(c)
	if f, ok := draft.FieldOf(c.Title); ok && l.confused(c, f) {
		l.add(FieldMismatch, Warning, c.Title, "the title says %s, and the column is mapped to %s", f, c.Field)
	}
	l.values(c)
	l.translations(c)
}

// confused reports whether a title that says f is mapped to another of the guide's fields. A field of the tenant's own may be called what it likes.
func (l *linter) confused(c mapping.Column, f roster.Field) bool {
	own := func(f roster.Field) bool { return strings.Contains(string(f), ".") }
	return f != c.Field && !own(f) && !own(c.Field)
}

func (l *linter) visibility(c mapping.Column) {
	if c.Visibility != roster.Public {
		return
	}
	switch {
	case c.Field.Diversity():
		l.add(DiversityPublic, Warning, c.Title, "%s is public: every member sees it. It should be private unless the customer has confirmed it in writing", c.Field)
	case c.Field.Identifying():
		l.add(IdentityPublic, Warning, c.Title, "%s is public: every member sees it. It should be private", c.Field)
	case c.Field == roster.HighPotentialStatus || c.Field == roster.RoleReasonChangeCode || c.Field == roster.Status || c.Field == roster.ProgramEligibility:
		l.add(SensitivePublic, Warning, c.Title, "%s is public: every member sees it. HR departments keep it to themselves", c.Field)
	}
}

func (l *linter) values(c mapping.Column) {
	if c.Values == nil {
		return
	}
	if len(c.Values) == 1 {
		l.add(SingleListed, Note, c.Title, "one value is listed: %q", c.Values[0])
	}
	if c.Unknown == mapping.UnknownKeep {
		l.add(UnknownKept, Note, c.Title, "values outside the list are kept (unknown: keep), so the list holds nothing back")
	}
	for _, alike := range variants(c.Values) {
		l.add(ValuesAlike, Warning, c.Title, "the listed values %s differ in case, accents or punctuation alone: are they one?", quotedList(alike))
	}
}

func (l *linter) translations(c mapping.Column) {
	for _, from := range slices.Sorted(maps.Keys(c.Translate)) {
		to := c.Translate[from]
		next, chained := c.Translate[to]
		switch {
		case from == to:
			l.add(TranslateNothing, Note, c.Title, "%q is translated to itself: the line can go", from)
		case slices.Contains(c.Allowed(), from):
			l.add(TranslateListed, Warning, c.Title, "%q is one of the column's values and is translated to %q: no cell ever keeps it", from, to)
		case chained && next != to:
			l.add(TranslateChain, Warning, c.Title, "%q is translated to %q, which is translated to %q: values are translated once, so it stays %q", from, to, next, to)
		}
	}
}

func (l *linter) ignored(title string) {
	f, ok := draft.FieldOf(title)
	if !ok || l.mapped(f) || strings.Contains(string(f), ".") {
		return
	}
	l.add(IgnoredKnown, Note, "", "the column %q is ignored and looks like %s, which is not mapped", title, f)
}

// variants returns the groups of values that are the same but for case, accents and punctuation.
func variants(values []string) (groups [][]string) {
	byWord := map[string][]string{}
	var order []string
	for _, v := range values {
		w := draft.Words(v)
		if w == "" {
			continue
		}
		if byWord[w] == nil {
			order = append(order, w)
		}
		byWord[w] = append(byWord[w], v)
	}
	for _, w := range order {
		if len(byWord[w]) > 1 {
			groups = append(groups, byWord[w])
		}
	}
	return groups
}

// quotedList is the first of the values for a sentence.
func quotedList(values []string) string {
	const most = 8
	var all []string
	for i, v := range values {
		if i == most {
			all = append(all, fmt.Sprintf("and %d more", len(values)-most))
			break
		}
		all = append(all, fmt.Sprintf("%q", v))
	}
	return strings.Join(all, ", ")
}
