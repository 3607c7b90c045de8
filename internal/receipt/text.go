package receipt

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

const (
	shownRows   = 8  // row numbers that a line shows
	shownValues = 6  // values that a line shows
	shownGroups = 12 // groups that a code shows
	labelWidth  = 22 // characters before what a line says
)

// Text returns the check for people, in the locale's language: the verdict, the counts, and what the digest has of the findings.
func (c Check) Text(locale string, d *Digest) string {
	t := newText(locale, Preflight)
	t.verdict(c, d)
	t.b.WriteByte('\n')
	t.line(t.words.file, planview.Visible(c.File))
	t.counts(c)
	t.line("sha256", c.SHA256)
	t.findings(c, d)
	return t.b.String()
}

// Text returns the receipt for people, in the language that it was made in.
func (r Receipt) Text() string {
	t := newText(r.locale, r.Kind)
	t.verdict(r.Check, r.digest)
	if r.Next != "" && r.Verdict != roster.RefusedByFile { // a refusal's verdict says already what comes next
		fmt.Fprintf(&t.b, "%s\n", r.Next)
	}
	t.b.WriteByte('\n')
	t.line(t.words.file, planview.Visible(r.File))
	t.line(t.words.importID, r.Import)
	t.line(t.words.received, r.ReceivedAt)
	t.line(t.words.outcome, r.Outcome)
	t.counts(r.Check)
	t.line("sha256", r.SHA256)
	t.findings(r.Check, r.digest)
	if all := total(r.Totals); all > len(r.Findings) {
		fmt.Fprintf(&t.b, "\n"+t.words.more+"\n", t.number(len(r.Findings)), t.number(all))
	}
	return t.b.String()
}

// A text is a text being written.
type text struct {
	b       strings.Builder
	words   words
	tense   tense
	printer *message.Printer // writes numbers as the language does
}

func newText(locale string, kind Kind) *text {
	t := &text{words: english(), printer: message.NewPrinter(language.AmericanEnglish)}
	if locale == roster.FrCA {
		t = &text{words: french(), printer: message.NewPrinter(language.CanadianFrench)}
	}
	t.tense = t.words.done
	if kind == Preflight {
		t.tense = t.words.would
	}
	return t
}

func (t *text) number(n int) string { return t.printer.Sprintf("%d", n) }

// verdict says in a sentence or two what the verdict means for the sender.
func (t *text) verdict(c Check, d *Digest) {
	sections := d.sections()
	values := slices.ContainsFunc(sections, func(s section) bool { return s.level == roster.ValueAside })
	switch {
	case c.Verdict == "":
		t.b.WriteString(t.words.unread)
	case c.Verdict == roster.RefusedByFile:
		t.b.WriteString(t.tense.refused)
	case c.SetAside == 1:
		fmt.Fprintf(&t.b, t.tense.row, t.number(c.Rows))
	case c.SetAside > 1:
		fmt.Fprintf(&t.b, t.tense.rows, t.number(c.SetAside), t.number(c.Rows))
	case values:
		t.b.WriteString(t.tense.values)
	case len(c.Totals) > 0:
		t.b.WriteString(t.tense.notes)
	default:
		t.b.WriteString(t.tense.clean)
	}
	if c.Unreadable > 0 {
		t.b.WriteString(" " + t.tense.unreadable)
	}
	t.b.WriteByte('\n')
}

// line writes a label and what it says; nothing where there is nothing to say.
func (t *text) line(label, says string) {
	if says != "" {
		fmt.Fprintf(&t.b, "%-*s%s\n", labelWidth, label, says)
	}
}

// count is line for a number of which 0 is not worth a line.
func (t *text) count(label string, n int) {
	if n > 0 {
		t.line(label, t.number(n))
	}
}

func (t *text) counts(c Check) {
	if c.Verdict == "" {
		return
	}
	t.line(t.words.rowCount, t.number(c.Rows))
	if c.Verdict == roster.RefusedByFile {
		return
	}
	t.line(t.words.accepted, t.number(c.Accepted))
	if c.SetAside > 0 {
		t.line(t.words.setAside, t.number(c.SetAside)+" · "+t.asideRows(c))
	}
	t.count(t.words.protected, c.Protected)
	t.count(t.words.unreadable, c.Unreadable)
}

// asideRows lists the first rows set aside, and whoever stands in them as far as it may be told.
func (t *text) asideRows(c Check) string {
	var rows []string
	last := 0
	for _, a := range c.AsideRows {
		if a.Row == last || len(rows) == shownRows {
			continue
		}
		last = a.Row
		row := strconv.Itoa(a.Row)
		if who := cmp.Or(legible(a.Email), legible(a.UniqueID)); who != "" {
			row += " (" + planview.Visible(who) + ")"
		}
		rows = append(rows, row)
	}
	return t.list(rows, c.SetAside)
}

// legible returns what is not masked.
func legible(s string) string {
	if s == maskEnglish || s == maskFrench {
		return ""
	}
	return s
}

// list names rows, of which there are count.
func (t *text) list(rows []string, count int) string {
	switch {
	case len(rows) == 0:
		return ""
	case len(rows) == 1 && count == 1:
		return fmt.Sprintf(t.words.row, rows[0])
	case len(rows) < count:
		rows = append(rows, "…")
	}
	return fmt.Sprintf(t.words.rows, strings.Join(rows, ", "))
}

// findings writes what refuses the file, in full, and then the rest by level and code.
func (t *text) findings(c Check, d *Digest) {
	for i, f := range d.refused {
		if i == 0 || d.refused[i-1].Code != f.Code {
			fmt.Fprintf(&t.b, "\n%6s  %s (%s)\n", t.number(c.Totals[f.Code]), f.Code, t.words.refuses)
		}
		t.indented(wording.Sentence(t.words.locale, f))
	}
	gathered, headings := d.gathered(), t.tense.levels
	if c.Verdict == roster.RefusedByFile {
		headings = t.words.levels
	}
	for _, s := range d.sections() {
		fmt.Fprintf(&t.b, "\n%s\n", headings[s.level])
		for _, code := range s.codes {
			if code.count == gathered[code.code] { // of one level alone, so that all of the code's are of it
				code.count = max(code.count, c.Totals[code.code])
			}
			t.code(code)
		}
	}
	t.counted(c, gathered)
}

// counted names the codes of which none was gathered.
func (t *text) counted(c Check, gathered map[roster.Code]int) {
	var rest []string
	for _, code := range roster.Codes() {
		if n := c.Totals[code]; n > 0 && gathered[code] == 0 {
			rest = append(rest, fmt.Sprintf("%s (%s)", code, t.number(n)))
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(&t.b, "\n"+t.words.counted+"\n", strings.Join(rest, ", "))
	}
}

// code writes the findings of one code: how many, and for each group where, what it is and what to do.
func (t *text) code(c codeGroups) {
	fmt.Fprintf(&t.b, "\n%6s  %s\n", t.number(c.count), c.code)
	for i, g := range c.groups {
		if i == shownGroups {
			t.indented(fmt.Sprintf(t.words.kinds, t.number(len(c.groups)-shownGroups)))
			break
		}
		where := t.where(g, len(c.groups) > 1)
		if g.count == 1 && g.code != roster.ValueNotAllowed || where == "" { // the sentence says where
			t.indented(t.says(g))
			continue
		}
		t.indented(where)
		t.indented("  " + t.says(g))
	}
}

func (t *text) indented(line string) {
	if line != "" {
		fmt.Fprintf(&t.b, "        %s\n", line)
	}
}

// where says in which column, with which values and in which rows the findings of a group are, and how many they are where there are others of its code.
func (t *text) where(g *group, counted bool) string {
	var parts []string
	what := planview.Visible(g.column)
	if counted {
		what = strings.TrimSpace(fmt.Sprintf("%s (%s)", what, t.number(g.count)))
	}
	if values := t.values(g); what != "" && values != "" {
		what += t.words.colon + values
	} else {
		what += values
	}
	if what != "" {
		parts = append(parts, what)
	}
	rows := make([]string, len(g.rows))
	for i, row := range g.rows {
		rows[i] = strconv.Itoa(row)
	}
	if list := t.list(rows, g.count); list != "" {
		parts = append(parts, list)
	}
	return strings.Join(parts, " · ")
}

// values lists a group's values, the most frequent first, each with the value that was probably meant and how often it is there.
func (t *text) values(g *group) string {
	var list []string
	rest := g.others
	for i, v := range g.mostly() {
		if i >= shownValues {
			rest += g.values[v]
			continue
		}
		said := t.quoted(v.text)
		if v.near != "" {
			said += " → " + t.quoted(v.near)
		}
		if g.code != roster.ColumnUnmapped { // a title stands there once
			said += fmt.Sprintf(" (%s)", t.number(g.values[v]))
		}
		list = append(list, said)
	}
	if rest > 0 {
		list = append(list, fmt.Sprintf("… (%s)", t.number(rest)))
	}
	return strings.Join(list, ", ")
}

func (t *text) quoted(s string) string { return fmt.Sprintf(t.words.quotes, planview.Visible(s)) }

// says returns what is wrong with the first of a group and what to do, or the latter alone where the values say the former.
func (t *text) says(g *group) string {
	remedy := wording.Remedy(t.words.locale, g.first)
	if g.code == roster.ValueNotAllowed && g.variant == "" && remedy != "" {
		return remedy
	}
	return wording.Sentence(t.words.locale, g.first)
}

// total counts all findings.
func total(totals map[roster.Code]int) (n int) {
	for _, count := range totals {
		n += count
	}
	return n
}
