package notice

import (
	"time"

	"rollcall.internal/internal/roster"
)

// Facts are what a notice is made of. They are a stored form: fields are added with a zero value that means what was before, and are never renamed or retyped. They hold nothing of a
// member.
type Facts struct {
	// Told is how many contacts of the customer were told of the same.
	Told int `json:"told,omitempty"`
	// Zone is the tenant's, in which times are written.
	Zone string `json:"zone,omitempty"`

	// File is the file that the notice is about, as the customer named it, and ReceivedAt when it was received.
	File       string    `json:"file,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`

	// Findings are the first of those that refuse the file; Problems counts all of them.
	Findings []Finding `json:"findings,omitempty"`
	Problems int       `json:"problems,omitempty"`
	// Expected are the agreed columns, Missing those of them that the file lacks, and Foreign the columns that it has and that are not agreed. Where no column is
	// missing they are empty.
	Expected []string `json:"expected,omitempty"`
	Missing  []string `json:"missing,omitempty"`
	Foreign  []string `json:"foreign,omitempty"`

	// Due is when the upload was due, and ToldAt when customer IT was told that it is missing.
	Due    time.Time `json:"due,omitzero"`
	ToldAt time.Time `json:"told_at,omitzero"`
	// The last file that was accepted; zero where none was.
	LastFile       string    `json:"last_file,omitempty"`
	LastReceivedAt time.Time `json:"last_received_at,omitzero"`
	// The last file that was refused, where that came for this due time; zero otherwise.
	RefusedFile string    `json:"refused_file,omitempty"`
	RefusedAt   time.Time `json:"refused_at,omitzero"`
	// LastLogin is when one of the tenant's keys was used last; zero where none was.
	LastLogin time.Time `json:"last_login,omitzero"`
	// AwayFrom and AwayTo are when our own server could not be reached; zero where that has no bearing.
	AwayFrom time.Time `json:"away_from,omitzero"`
	AwayTo   time.Time `json:"away_to,omitzero"`
}

// A Finding is a finding as it is stored with a notice: without a value that only admins may see, and without words of any language.
type Finding struct {
	Code    roster.Code `json:"code"`
	Row     int         `json:"row,omitempty"`
	Column  string      `json:"column,omitempty"`
	Value   string      `json:"value,omitempty"`
	Variant string      `json:"variant,omitempty"`
	Words   []string    `json:"words,omitempty"`
}

func (f Finding) domain() roster.Finding {
	return roster.Finding{Code: f.Code, Level: roster.Refused, Row: f.Row, Column: f.Column, Value: f.Value, Variant: f.Variant, Words: f.Words}
}
