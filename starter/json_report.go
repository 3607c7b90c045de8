package main

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/tenant"
)

// The rule of compatibility is in json.go.

// reportJSON is `import report`.
type reportJSON struct {
	SchemaVersion int              `json:"schema_version"`
	Import        tenant.ImportID  `json:"import"`
	Out           string           `json:"out"`
	Format        string           `json:"format"` // xlsx, csv or html
	Locale        string           `json:"locale"`
	Masked        bool             `json:"masked"` // the values of private fields are left out
	Totals        changeset.Totals `json:"totals"`
	ChangeSet     changeset.Digest `json:"changeset"`
	Invitations   int              `json:"invitations"` // how many people would be invited, or were
}

func reportOf(d *report.Document, out, format string) reportJSON {
	return reportJSON{
		SchemaVersion: schemaVersion, Import: d.Import.ID, Out: out, Format: format, Locale: d.Locale, Masked: d.Mask, Totals: d.Import.Summary.Totals,
		ChangeSet: d.Import.Summary.Digest, Invitations: d.Invitations,
	}
}

// verificationJSON is a customer's answer about an import.
type verificationJSON struct {
	Answer  ledger.Answer `json:"answer"`
	By      string        `json:"by"`
	At      string        `json:"at"`
	Comment string        `json:"comment"`
}

// verificationOf is the answer, null where there is none.
func verificationOf(v *ledger.Verification) *verificationJSON {
	if v == nil {
		return nil
	}
	return &verificationJSON{Answer: v.Answer, By: v.By, At: timeJSON(v.At), Comment: v.Comment}
}
