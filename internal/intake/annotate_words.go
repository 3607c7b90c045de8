package intake

import (
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// The titles of the columns in front of an annotated copy, in every language.
const (
	resultTitle = "rollcall_result"
	errorTitle  = "rollcall_error"
	fixTitle    = "rollcall_fix"
)

// results are the words for what became of a row, in one language.
type results struct {
	lang                                   string
	accepted, noted, value, aside, skipped string
	refuses, notApplied, fileRefused       string
}

func resultWords(lang string) *results {
	if lang == roster.FrCA {
		return &results{
			lang: lang, accepted: "acceptée", noted: "acceptée, voir la remarque", value: "valeur mise de côté", aside: "rangée mise de côté", skipped: "ignorée",
			refuses: "fait refuser le fichier", notApplied: "non appliquée", fileRefused: "fichier refusé",
		}
	}
	return &results{
		lang: lang, accepted: "accepted", noted: "accepted, see the note", value: "value set aside", aside: "row set aside", skipped: "skipped",
		refuses: "refuses the file", notApplied: "not applied", fileRefused: "file refused",
	}
}

// row returns the three cells in front of a row.
func (w *results) row(findings []roster.Finding, refused bool) [3]string {
	problems, remedies := w.sentences(findings)
	return [3]string{w.result(findings, refused), problems, remedies}
}

// copyTitles are the three cells in front of the header, the same whatever is said below.
func copyTitles() [3]string { return [3]string{resultTitle, errorTitle, fixTitle} }

// firstRow is row for the first row below the header, which also tells what refuses the file as a whole: titles have no room for it.
func (w *results) firstRow(file, findings []roster.Finding, refused bool) [3]string {
	cells := w.row(slices.Concat(file, findings), refused)
	if len(file) > 0 && !slices.ContainsFunc(findings, refuses) {
		cells[0] = w.fileRefused
	}
	return cells
}

func refuses(f roster.Finding) bool { return f.Level == roster.Refused }

// result says what becomes of a row: what the gravest of its findings does. Of a refused file nothing is applied, whatever a row is like.
func (w *results) result(findings []roster.Finding, refused bool) string {
	levels, skipped := map[roster.Level]bool{}, false
	for _, f := range findings {
		levels[f.Level] = true
		skipped = skipped || f.Code == roster.RowBlank || f.Code == roster.RowDuplicate
	}
	switch {
	case levels[roster.Refused]:
		return w.refuses
	case refused:
		return w.notApplied
	case levels[roster.RowAside]:
		return w.aside
	case skipped:
		return w.skipped
	case levels[roster.ValueAside]:
		return w.value
	case levels[roster.Note]:
		return w.noted
	}
	return w.accepted
}

// sentences returns what is wrong and what to do, one sentence or more; several are numbered, so that they can be told to belong together.
func (w *results) sentences(findings []roster.Finding) (problems, remedies string) {
	if len(findings) == 1 {
		return shorten(wording.Problem(w.lang, findings[0])), shorten(wording.Remedy(w.lang, findings[0]))
	}
	var says, do strings.Builder
	for i, f := range findings {
		number(&says, i, wording.Problem(w.lang, f))
		number(&do, i, wording.Remedy(w.lang, f))
	}
	return shorten(says.String()), shorten(do.String())
}

func number(b *strings.Builder, i int, sentence string) {
	if sentence == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	fmt.Fprintf(b, "(%d) %s", i+1, sentence)
}
