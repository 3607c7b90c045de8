package receipt

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"rollcall.internal/internal/roster"
)

const (
	shownRows  = 8  // row numbers that a group of findings shows
	labelWidth = 16 // characters before what a line says
)

// Text returns the check for people, in the locale's language: the verdict first, then the counts, then the findings by code. The findings' own sentences are in
// the language that the file was read in.
func (c Check) Text(locale string) string {
	t := newText(locale)
	t.verdict(c)
	t.b.WriteByte('\n')
	t.line(t.words.file, c.File)
	t.line("sha256", c.SHA256)
	t.counts(c)
	t.findings(c)
	return t.b.String()
}

// Text returns the receipt for people, in the language that it was made in.
func (r Receipt) Text() string {
	t := newText(r.locale)
	t.verdict(r.Check)
	if r.Next != "" && r.Verdict != roster.RefusedByFile { // a refusal's verdict says already what comes next
		fmt.Fprintf(&t.b, "%s\n", r.Next)
	}
	t.b.WriteByte('\n')
	t.line(t.words.file, r.File)
	t.line("import", r.Import)
	t.line(t.words.received, r.ReceivedAt)
	t.line(t.words.outcome, r.Outcome)
	t.line("sha256", r.SHA256)
	t.counts(r.Check)
	t.findings(r.Check)
	return t.b.String()
}

// A text is a text being written.
type text struct {
	b       strings.Builder
	words   words
	printer *message.Printer // writes numbers as the language does
}

func newText(locale string) *text {
	if locale == roster.FrCA {
		return &text{words: french, printer: message.NewPrinter(language.CanadianFrench)}
	}
	return &text{words: english, printer: message.NewPrinter(language.AmericanEnglish)}
}

func (t *text) number(n int) string { return t.printer.Sprintf("%d", n) }

func (t *text) verdict(c Check) {
	sentence := t.words.accepted
	switch {
	case c.Verdict == roster.RefusedByFile:
		sentence = t.words.refused
	case len(c.Totals) == 0:
		sentence = t.words.clean
	}
	fmt.Fprintf(&t.b, "%s\n", sentence)
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
	t.line(t.words.rows, t.number(c.Rows))
	if c.Verdict == roster.RefusedByFile {
		return
	}
	t.line(t.words.taken, t.number(c.Accepted))
	t.count(t.words.setAside, c.SetAside)
	t.count(t.words.protected, c.Protected)
	t.count(t.words.unreadable, c.Unreadable)
}

// findings writes them by code, in the order in which the codes come first.
func (t *text) findings(c Check) {
	if len(c.Findings) == 0 {
		return
	}
	fmt.Fprintf(&t.b, "\n%s\n", t.words.heading)
	groups := map[roster.Code][]Finding{}
	var codes []roster.Code
	for _, f := range c.Findings {
		if groups[f.Code] == nil {
			codes = append(codes, f.Code)
		}
		groups[f.Code] = append(groups[f.Code], f)
	}
	for _, code := range codes {
		t.group(c.Totals[code], groups[code])
	}
	all := 0
	for _, n := range c.Totals {
		all += n
	}
	if all > len(c.Findings) {
		fmt.Fprintf(&t.b, "\n"+t.words.more+"\n", t.number(len(c.Findings)), t.number(all))
	}
}

// group writes the findings of one code: how many, what they do, where, and the first one's sentence. What refuses the file is told in full.
func (t *text) group(total int, findings []Finding) {
	first := findings[0]
	fmt.Fprintf(&t.b, "\n%6s  %s (%s)%s\n", t.number(total), first.Code, t.words.levels[first.Level], t.rows(total, findings))
	for i, f := range findings {
		if i == 0 || f.Level == roster.Refused {
			fmt.Fprintf(&t.b, "        %s\n", f.Message)
		}
	}
}

// rows lists the first rows of a group, "" where it is about the whole file or the header.
func (t *text) rows(total int, findings []Finding) string {
	var rows []string
	for _, f := range findings {
		if row := fmt.Sprint(f.Row); f.Row > 1 && !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	switch {
	case len(rows) == 0:
		return ""
	case len(rows) == 1 && total == 1:
		return ", " + fmt.Sprintf(t.words.row, rows[0])
	}
	list := strings.Join(rows[:min(shownRows, len(rows))], ", ")
	if len(rows) > shownRows || total > len(findings) {
		list += ", …"
	}
	return ", " + fmt.Sprintf(t.words.rowList, list)
}
