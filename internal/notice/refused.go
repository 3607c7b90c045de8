package notice

import (
	"time"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A mail is read on a telephone: it tells the first findings and columns, and the receipt the rest.
const (
	toldFindings = 5
	toldColumns  = 40
)

// A Refusal is a file that was refused.
type Refusal struct {
	Import     tenant.ImportID
	File       string // as the customer named it
	SHA256     string
	Rules      string // the digest of the rules that it was read under
	ReceivedAt time.Time
}

// FileRefused returns the notices of a refused file: to customer IT, and a copy to the managers. now is what is agreed with the tenant at present, whose contacts they go to; m is the mapping
// that the file was read under.
func FileRefused(r Refusal, now tenant.File, m mapping.Mapping, s roster.Summary) []Notice {
	customer := CustomerIT(now.Contacts)
	facts := map[string]Facts{}
	for _, locale := range roster.Locale.Choices() { // what is hidden is marked in the reader's language
		f := Facts{Told: len(customer), Zone: now.Upload.Zone, File: r.File, ReceivedAt: r.ReceivedAt}
		f.tell(receipt.Hide(s, m, locale), s.Totals, m)
		facts[locale] = f.storable()
	}
	all := toEach(add(customer, Managers(now.Contacts)...), Notice{
		Kind: invite.KindFileRefused, About: "rejected/" + r.SHA256 + "/" + r.Rules, Import: r.Import,
	})
	for i := range all {
		all[i].Facts = facts[all[i].To.Locale]
	}
	return all
}

// tell takes over what the findings say against the file.
func (f *Facts) tell(findings []roster.Finding, totals map[roster.Code]int, m mapping.Mapping) {
	counted := map[roster.Code]bool{}
	for _, found := range findings {
		if found.Level != roster.Refused {
			continue
		}
		if !counted[found.Code] {
			counted[found.Code] = true
			f.Problems += max(1, totals[found.Code])
		}
		if len(f.Findings) < toldFindings {
			f.Findings = append(f.Findings, Finding{
				Code: found.Code, Row: found.Row, Column: found.Column, Value: found.Value, Variant: found.Variant, Words: found.Words,
			})
		}
	}
	f.compareColumns(findings, totals[roster.ColumnMissing] >= len(m.Columns), m)
}

// compareColumns lists what was expected and what was found, where a column is missing. Where all are, there may be no header at all, and what stands in its place is
// somebody's.
func (f *Facts) compareColumns(findings []roster.Finding, headless bool, m mapping.Mapping) {
	for _, found := range findings {
		switch {
		case found.Code == roster.ColumnMissing && len(f.Missing) < toldColumns:
			f.Missing = append(f.Missing, found.Column)
		case found.Code == roster.ColumnUnmapped && found.Column != "" && len(f.Foreign) < toldColumns:
			f.Foreign = append(f.Foreign, found.Column)
		}
	}
	if len(f.Missing) == 0 || headless {
		f.Foreign = nil
	}
	if len(f.Missing) == 0 {
		return
	}
	for _, c := range m.Columns[:min(len(m.Columns), toldColumns)] {
		f.Expected = append(f.Expected, c.Title)
	}
}

// toEach returns the notice for each of the recipients.
func toEach(recipients []Recipient, n Notice) []Notice {
	all := make([]Notice, len(recipients))
	for i, r := range recipients {
		n.To = r
		all[i] = n
	}
	return all
}
