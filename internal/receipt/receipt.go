// Package receipt is what a customer is told about a file: as JSON for programs and as text for people.
//
// Two shapes share their fields. [Check] is the answer of a pre-flight at the sender's own desk and shows values as the file has them. [Receipt] is what lies in
// /reports for whoever may read there: it says besides what became of the upload, and leaves out the values of fields that are not public.
//
// Both are wire forms. Their JSON is a public contract: keys may be added and are never renamed, and every key is always there.
package receipt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// SchemaVersion is the version of both shapes.
const SchemaVersion = 1

// Masked stands for a value that only admins may see.
const Masked = "•••• (private)"

// A Finding is one finding as it is told.
type Finding struct {
	Code    roster.Code  `json:"code"`
	Level   roster.Level `json:"level"`
	Row     int          `json:"row"` // 0: the whole file
	Column  string       `json:"column"`
	Value   string       `json:"value"`
	Message string       `json:"message"`
}

// A Check is what reading a file came to.
type Check struct {
	SchemaVersion int                 `json:"schema_version"`
	File          string              `json:"file"`
	SHA256        string              `json:"sha256"`
	Rows          int                 `json:"rows"`
	Accepted      int                 `json:"accepted"`
	SetAside      int                 `json:"set_aside"`
	Verdict       roster.Verdict      `json:"verdict"`
	Findings      []Finding           `json:"findings"` // the first of them
	Totals        map[roster.Code]int `json:"totals"`   // all of them
	Protected     int                 `json:"protected"`
	// Unreadable counts rows in which nobody could be read; removals wait for a person then.
	Unreadable int `json:"unreadable"`
}

// A Kind says what a receipt is about.
type Kind string

// The kinds.
const (
	Import    Kind = "import" // an upload to the inbox
	Preflight Kind = "check"  // an upload to /check, which changes nothing
)

// A Receipt is a Check and what became of the upload.
type Receipt struct {
	Check
	Kind       Kind   `json:"kind"`
	Import     string `json:"import"`      // such as acme-3; "" for a pre-flight
	ReceivedAt string `json:"received_at"` // RFC 3339, UTC
	Next       string `json:"next"`        // what happens next, a sentence
	Outcome    string `json:"outcome"`     // as in import show; "" while the import goes on

	locale string
}

// An Upload is what a receipt is written for.
type Upload struct {
	Kind       Kind
	Import     string
	File       string
	SHA256     string
	ReceivedAt time.Time
	Outcome    string
	Next       string
	Locale     string // the reader's: en-US or fr-CA
}

// NewCheck returns the check of a file, with at most limit findings; 0 for all that the summary has.
func NewCheck(file, sha256 string, s roster.Summary, limit int) Check {
	c := Check{
		SchemaVersion: SchemaVersion, File: file, SHA256: sha256, Rows: s.Rows, Accepted: s.Accepted, SetAside: s.SetAside,
		Verdict: s.Verdict, Findings: []Finding{}, Totals: map[roster.Code]int{}, Protected: s.Protected, Unreadable: s.Unreadable,
	}
	for code, n := range s.Totals {
		c.Totals[code] = n
	}
	for i, f := range s.Findings {
		if limit > 0 && i == limit {
			break
		}
		c.Findings = append(c.Findings, Finding{Code: f.Code, Level: f.Level, Row: f.Row, Column: f.Column, Value: f.Value, Message: f.Message})
	}
	return c
}

// New returns the receipt of an upload that was read under m, in the locale's language, with at most limit findings (0: all) and without private values.
func New(u Upload, s roster.Summary, m mapping.Mapping, limit int) Receipt {
	if limit <= 0 || limit > len(s.Findings) {
		limit = len(s.Findings)
	}
	s.Findings = slices.Clone(s.Findings[:limit])
	for i, f := range s.Findings {
		s.Findings[i] = masked(f, m)
		s.Findings[i].Message = wording.Sentence(u.Locale, s.Findings[i])
	}
	return Receipt{
		Check: NewCheck(u.File, u.SHA256, s, 0), Kind: u.Kind, Import: u.Import, ReceivedAt: u.ReceivedAt.UTC().Format(time.RFC3339),
		Next: u.Next, Outcome: u.Outcome, locale: u.Locale,
	}
}

// masked returns the finding without the value of a field that is not public. A variant that tells what was meant gives way to the plain sentence, since what was
// meant is the value again.
func masked(f roster.Finding, m mapping.Mapping) roster.Finding {
	if f.Field == "" || f.Value == "" {
		return f
	}
	if c, ok := m.Column(f.Field); ok && c.Visibility == roster.Public {
		return f
	}
	f.Value = Masked
	if slices.Contains(f.Words, "near") || slices.Contains(f.Words, "date") {
		f.Variant = ""
	}
	return f
}

// JSON returns the check as a document that ends in a line end.
func (c Check) JSON() ([]byte, error) { return document(c) }

// JSON returns the receipt as a document that ends in a line end.
func (r Receipt) JSON() ([]byte, error) { return document(r) }

// document leaves <, > and & as they are: receipts are read by people too, and no browser.
func document(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode receipt: %w", err)
	}
	return b.Bytes(), nil
}
