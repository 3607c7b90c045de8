package lateness

import (
	"time"

	"rollcall.internal/internal/tenant"
)

// Known is what a store knows of a tenant at the time that it is asked, for one period.
type Known struct {
	State                    tenant.State
	ActivatedAt, ActiveSince time.Time // zero where they are not known
	// AgreedThen is the source of the tenant's file as it stood at the period's due time; nil where there was none.
	AgreedThen []byte
	// Accepted is the newest file that was accepted, and Refused the newest of the period that was refused.
	Accepted, Refused Arrival
	Pending           bool
	Last              Round
	Up                []Span
	LastLogin         time.Time // of any of the tenant's keys; zero where there was none
	Unsent            bool      // mail to the tenant's contacts waits to be sent
}

// A Look is a tenant whose upload is to be looked at, and since when.
type Look struct {
	Tenant tenant.ID
	At     time.Time
}

// An Arrival is a file that came; zero where there is none.
type Arrival struct {
	Import     tenant.ImportID
	File       string // as the customer named it
	ReceivedAt time.Time
}
