// Package receipt is what a customer is told about a file: as JSON for programs and as text for people.
//
// Two shapes share their fields. [Check] is the answer of a pre-flight at the sender's own desk and shows values as the file has them. [Receipt] is what lies in
// /reports for whoever may read there: it says besides what became of the upload, and leaves out the values of fields that are not public.
//
// Both are wire forms. Their JSON is a public contract: keys may be added and are never renamed, and every key is always there.
//
// # The text
//
// The verdict comes first, in a sentence that says what it means for the sender; then what happens next and whose turn it is; then the counts; then what was found. JSON
// lists findings one by one, and of those the first. A text puts them together ([Digest]): people correct an export, not cells, so they want to
// know that a column is wrong in nine rows and how, and not the same sentence nine times. What refuses the file stands first and in full.
package receipt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
)

// SchemaVersion is the version of both shapes.
const SchemaVersion = 1

// A Finding is one finding as it is told.
type Finding struct {
	Code    roster.Code  `json:"code"`
	Level   roster.Level `json:"level"`
	Row     int          `json:"row"` // 0: the whole file
	Column  string       `json:"column"`
	Value   string       `json:"value"`
	Message string       `json:"message"`
}

// An AsideRow says whom a row that was set aside protects from removal.
type AsideRow struct {
	Row      int    `json:"row"`
	UniqueID string `json:"unique_id"` // "" where it can't be read
	Email    string `json:"email"`     // "" where it can't be read
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
	// AsideRows are the first of the rows set aside, as many as there may be findings. A row in which several people were found stands there several times.
	AsideRows []AsideRow `json:"set_aside_rows"`
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
	digest *Digest
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

// NewCheck returns the check of a file, with at most limit findings and rows set aside; 0 for all that the summary has.
func NewCheck(file, sha256 string, s roster.Summary, limit int) Check {
	c := Check{
		SchemaVersion: SchemaVersion, File: file, SHA256: sha256, Rows: s.Rows, Accepted: s.Accepted, SetAside: s.SetAside,
		Verdict: s.Verdict, Findings: []Finding{}, Totals: map[roster.Code]int{}, Protected: s.Protected, Unreadable: s.Unreadable, AsideRows: []AsideRow{},
	}
	for code, n := range s.Totals {
		c.Totals[code] = n
	}
	for _, f := range first(s.Findings, limit) {
		c.Findings = append(c.Findings, Finding{Code: f.Code, Level: f.Level, Row: f.Row, Column: f.Column, Value: f.Value, Message: f.Message})
	}
	for _, a := range first(s.Aside, limit) {
		c.AsideRows = append(c.AsideRows, AsideRow{Row: a.Row, UniqueID: a.UniqueID, Email: a.Email})
	}
	return c
}

// New returns the receipt of an upload that was read under m, in the locale's language, with at most limit findings (0: all) and without private values.
func New(u Upload, s roster.Summary, m mapping.Mapping, limit int) Receipt {
	hide, digest := newMask(m, s, u.Locale), NewDigest()
	told := make([]roster.Finding, 0, len(s.Findings))
	for _, f := range s.Findings {
		f = hide.finding(f)
		digest.Add(f)
		told = append(told, f)
	}
	s.Findings = first(told, limit)
	for i, f := range s.Findings {
		s.Findings[i].Message = wording.Sentence(u.Locale, f)
	}
	s.Aside = hide.asideRows(first(s.Aside, limit))
	return Receipt{
		Check: NewCheck(u.File, u.SHA256, s, 0), Kind: u.Kind, Import: u.Import, ReceivedAt: u.ReceivedAt.UTC().Format(time.RFC3339),
		Next: u.Next, Outcome: u.Outcome, locale: u.Locale, digest: digest,
	}
}

// first returns the first of a list; 0: all.
func first[T any](list []T, limit int) []T {
	if limit <= 0 || limit > len(list) {
		return list
	}
	return list[:limit]
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
