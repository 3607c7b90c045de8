package report

import (
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// An Aside is a row, or a value of a row, that was set aside while the file was read: it changes nothing, and whoever stands in it is not removed.
type Aside struct {
	Row             int
	WholeRow        bool   // otherwise the one value
	Column          Column // its Title is "" where no one column is concerned
	Value           string
	UniqueID, Email string // by what the person can be known, as far as that could be read
	Code            roster.Code
	Sentence        string // what is wrong, and what to do
}

// Asides returns what was set aside, in the order of rows, and how many findings of any kind the file has that are not kept and so can't be listed.
func (d *Document) Asides() (asides []Aside, unlisted int) {
	told := d.told()
	for i, f := range d.Findings.Findings {
		if f.Level == roster.RowAside || f.Level == roster.ValueAside {
			asides = append(asides, d.aside(f, told[i]))
		}
	}
	for _, n := range d.Findings.Totals {
		unlisted += n
	}
	return asides, max(0, unlisted-len(d.Findings.Findings))
}

// told returns the findings with their values and sentences as they may be told. What may not be is for package receipt to say, which hides the same from who reads receipts;
// only what a person is known by is told here and not there.
func (d *Document) told() []receipt.Finding {
	told := make([]receipt.Finding, len(d.Findings.Findings))
	if d.Mask {
		copy(told, receipt.New(receipt.Upload{Locale: d.Locale}, d.Findings, d.File.Mapping, 0).Findings)
	}
	for i, f := range d.Findings.Findings {
		if d.Mask && !identifies(f.Field) {
			continue
		}
		told[i].Value, told[i].Message = f.Value, wording.Sentence(d.Locale, f)
		if told[i].Message == "" {
			told[i].Message = f.Message // of a code that this program does not know
		}
	}
	return told
}

func (d *Document) aside(f roster.Finding, told receipt.Finding) Aside {
	column := Column{Title: f.Column}
	if f.Field != "" {
		column = d.column(f.Field)
	}
	who := d.Identities[f.Row]
	return Aside{
		Row: f.Row, WholeRow: f.Level == roster.RowAside, Column: column, Value: told.Value, UniqueID: who.UniqueID, Email: who.Email, Code: f.Code, Sentence: told.Message,
	}
}
