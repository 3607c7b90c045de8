package directory

import (
	"time"

	"rollcall.internal/internal/roster"
)

// A Source says who brought a member in. A file removes only people that a roster brought.
type Source string

// The sources.
const (
	FromRoster Source = "roster"
	FromSelf   Source = "self"  // registered themselves
	FromStaff  Source = "staff" // added by a CSM
)

// A Member is a person of the directory, as a diff reads it and as staff see it. It is personal data.
type Member struct {
	ID           string // UUIDv7, given when the person is created
	Version      int64  // moves with every change
	State        State
	Before       State // see Standing
	Source       Source
	DeletedUntil time.Time // the zero time unless deleted
	// Values holds the value of every field that has one, by field, in stored form (package roster). Email, first and last name, locale,
	// status and eligibility are always there.
	Values map[roster.Field]string
}

// Value returns the member's value of field, "" where there is none.
func (m Member) Value(field roster.Field) string { return m.Values[field] }

// Restorable reports whether m is deleted and can be restored at the instant now.
func (m Member) Restorable(now time.Time) bool {
	return m.State == Deleted && now.Before(m.DeletedUntil)
}
