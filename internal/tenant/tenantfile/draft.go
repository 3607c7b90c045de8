package tenantfile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// FillIn stands in a draft for what somebody has to decide. [Decode] refuses it wherever a draft has it, so that a draft which nobody has read is never applied.
const FillIn = "FILL-IN"

// A Draft is a tenant's file to be, made of a customer's workbook. What the workbook can't know is given here, or left empty for a person to fill in.
type Draft struct {
	Source   string // what it was made of, for the comment at its head
	Tenant   string
	Name     string
	Contacts []tenant.Contact
	Cadence  string
	DueDay   string
	DueTime  string
	Zone     string
	Missing  string // people.missing
	Invite   string // people.invite
	Mapping  draft.Draft
}

// An Open is a place of a draft that has to be filled in.
type Open struct {
	Line int
	Path string
	What string // what to write
}

// YAML returns the draft as a tenant's file in the order of the contract, with a comment on each line that holds a guess, and the places that are still open. Filled in, it is
// a file that [Decode] takes and whose mapping is the drafted one.
func (d Draft) YAML() (text []byte, open []Open) {
	w := &draftWriter{line: 1}
	w.comment("Drafted by rollcall mapping import from %s.", d.Source)
	w.comment("%s, and ~ with the words \"fill in\" behind it, stand for what the workbook does not say: the file is refused until somebody has filled them in.", FillIn)
	w.comment("A line with \"guess\" behind it holds something that the workbook does not say plainly: agree to it, or change it.")
	for _, g := range d.Mapping.Guesses {
		if g.Key == "" {
			w.comment("guess: %s", g.Message)
		}
	}
	w.put("version: 1\n")
	w.decided("tenant", "tenant: %s", scalar(d.Tenant), "lower-case letters, digits and hyphens; it is the SFTP user name too")
	w.named("name", "name: %s", d.Name, "the organisation's name, as members read it in an invitation")
	w.contacts(d.Contacts)
	w.upload(d)
	w.fields(d.Mapping)
	w.put("\npeople:\n")
	w.decided("people.missing", "  missing: %s", scalar(d.Missing), "what happens to people who are no longer in the file: delete, deactivate or keep")
	w.decided("people.invite", "  invite: %s", scalar(d.Invite), "when new people are invited: after_approval or never")
	return []byte(w.b.String()), w.open
}

// A draftWriter writes lines and knows at which it is.
type draftWriter struct {
	b    strings.Builder
	line int
	open []Open
}

func (w *draftWriter) put(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.line += strings.Count(text, "\n")
	w.b.WriteString(text)
}

func (w *draftWriter) comment(format string, args ...any) {
	w.put("# %s\n", remark(fmt.Sprintf(format, args...)))
}

// remark is a text as a comment has it: one line of printable characters.
func remark(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || !printable(r) }), " ")
}

// fillIn notes that the line being written is open, and returns its comment.
func (w *draftWriter) fillIn(path, what string) string {
	w.open = append(w.open, Open{Line: w.line, Path: path, What: what})
	return "  # fill in: " + what
}

// decided writes a line whose value, where it is not known, is the placeholder.
func (w *draftWriter) decided(path, format, value, what string) {
	if value != `""` {
		w.put(format+"\n", value)
		return
	}
	comment := w.fillIn(path, what)
	w.put(format+"%s\n", FillIn, comment)
}

// named writes a line whose value may be any text, so that no text can stand for one that is missing.
func (w *draftWriter) named(path, format, value, what string) {
	if value != "" {
		w.put(format+"\n", scalar(value))
		return
	}
	comment := w.fillIn(path, what)
	w.put(format+"%s\n", "~", comment)
}

// contactRoles are the contacts that a tenant can't do without: who is told of a file that is refused, and who decides.
var contactRoles = []struct {
	role tenant.Role
	what string
}{
	{tenant.ProgramOwner, "the address of the customer's program owner, or take the line out"},
	{tenant.TechnicalSFTP, "the address of whoever uploads; it hears of a file that is refused, or late"},
	{tenant.CSM, "the address of the customer success manager"},
}

func (w *draftWriter) contacts(given []tenant.Contact) {
	w.put("\ncontacts:\n")
	for _, c := range given {
		line := "  - {role: " + scalar(string(c.Role))
		if c.Name != "" {
			line += ", name: " + scalar(c.Name)
		}
		line += ", email: " + scalar(c.Email)
		if c.Locale != "" {
			line += ", locale: " + scalar(c.Locale)
		}
		w.put("%s}\n", line)
	}
	n := len(given)
	for _, r := range contactRoles {
		if slices.ContainsFunc(given, func(c tenant.Contact) bool { return c.Role == r.role }) {
			continue
		}
		comment := w.fillIn(fmt.Sprintf("contacts[%d].email", n), r.what)
		w.put("  - {role: %s, email: %s}%s\n", r.role, FillIn, comment)
		n++
	}
}

func (w *draftWriter) upload(d Draft) {
	w.put("\nupload:\n  source: hosted\n")
	w.decided("upload.cadence", "  cadence: %s", scalar(d.Cadence), "weekly, monthly, quarterly, or a calendar")
	w.put("  due:\n")
	w.decided("upload.due.day", "    day: %s", plainNumber(d.DueDay), "the day of the month, or of the week where 1 is Monday")
	w.decided("upload.due.time", "    time: %s", scalar(d.DueTime), `the local time, such as "06:00"; not from 00:00 to 03:59`)
	w.decided("upload.zone", "  zone: %s", scalar(d.Zone), "the customer's time zone, such as America/Toronto")
	if d.Name == "" || strings.ContainsAny(d.Name, `/\`) {
		return
	}
	w.put("  file: %s  # guess: the guide's form of the name\n", scalar("10KC Membership File - "+d.Name+" - All Active Personnel - "+tenant.NamePattern+".csv"))
}

// plainNumber writes a day as a number, which is how people write it.
func plainNumber(s string) string {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return s
	}
	return scalar(s)
}

func (w *draftWriter) fields(d draft.Draft) {
	w.put("\nfields:\n")
	n := 0
	for _, f := range d.Missing {
		comment := w.fillIn(fmt.Sprintf("fields[%d].column", n), "the title of the customer's column; no row of the workbook is about it")
		w.put("  - {column: ~, to: %s, visibility: %s}%s\n", f, visibilityOfMissing(f), comment)
		n++
	}
	for _, f := range d.Fields {
		w.field(f, d.Guesses)
	}
}

// visibilityOfMissing is the guide's: names are public.
func visibilityOfMissing(f roster.Field) roster.Visibility {
	if f == roster.FirstName || f == roster.LastName {
		return roster.Public
	}
	return roster.Private
}

// field writes a column, on one line where nothing is listed.
func (w *draftWriter) field(f draft.Field, guesses []draft.Guess) {
	about := func(keys ...string) string { return guessed(f, guesses, keys) }
	format := ""
	if f.Field.Kind() == roster.Date {
		format = ", format: MM/DD/YYYY"
	}
	if len(f.Values) == 0 && len(f.Translate) == 0 {
		all := about("column", "to", "visibility", "values", "translate")
		w.put("  - {column: %s, to: %s%s, visibility: %s}%s\n", scalar(f.Title), f.Field, format, f.Visibility, all)
		return
	}
	w.put("  - column: %s%s\n", scalar(f.Title), about("column"))
	w.put("    to: %s%s\n", f.Field, about("to"))
	w.put("    visibility: %s%s\n", f.Visibility, about("visibility"))
	if len(f.Values) > 0 {
		w.put("    values:%s\n", about("values"))
		for _, v := range f.Values {
			w.put("      - %s\n", scalar(v))
		}
	}
	w.translate(f, guesses)
	if len(f.Values) > 0 {
		w.put("    unknown: %s\n", cmp.Or(f.Unknown, "hold"))
	}
}

// mostGuesses is how many guesses a line tells; a list may hold as many as it has values.
const mostGuesses = 3

// guessed is the comment about what was guessed of the keys of a field, "" for nothing.
func guessed(f draft.Field, guesses []draft.Guess, keys []string) string {
	var said []string
	more := 0
	for _, g := range guesses {
		switch {
		case g.Field != f.Field || !slices.Contains(keys, g.Key) || slices.Contains(said, g.Message):
		case len(said) == mostGuesses:
			more++
		default:
			said = append(said, g.Message)
		}
	}
	if more > 0 {
		said = append(said, fmt.Sprintf("and %d more of the kind", more))
	}
	if len(said) == 0 {
		return ""
	}
	return "  # guess: " + remark(strings.Join(said, "; "))
}

// translate writes what the HRIS says for each standard value, each with its own guess.
func (w *draftWriter) translate(f draft.Field, guesses []draft.Guess) {
	if len(f.Translate) == 0 {
		return
	}
	w.put("    translate:\n")
	for _, from := range slices.Sorted(maps.Keys(f.Translate)) {
		guess := ""
		for _, g := range guesses {
			if g.Field == f.Field && g.Key == "translate" && g.Value == from {
				guess = "  # guess: " + remark(g.Message)
			}
		}
		w.put("      %s: %s%s\n", key(from), scalar(f.Translate[from]), guess)
	}
}
