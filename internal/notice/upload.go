package notice

import (
	"time"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/tenant"
)

// A Telling makes the notices of a decision about lateness; told are those who heard that an upload which has arrived was missing.
type Telling func(told []Recipient) []Notice

// Missing is what is known of a tenant whose upload is missing, besides the rule's facts.
type Missing struct {
	Due            time.Time
	ToldAt         time.Time // when customer IT was told; zero where it is told now
	LastFile       string    // the last accepted file; "" where there is none
	LastReceivedAt time.Time
	RefusedFile    string // a file of this due time that was refused; "" where there is none
	RefusedAt      time.Time
	LastLogin      time.Time
	Away           lateness.Span // when our own server could not be reached; zero where that has no bearing
}

func (m Missing) facts(f tenant.File) Facts {
	return Facts{
		Told: len(CustomerIT(f.Contacts)), Zone: f.Upload.Zone, Due: m.Due, ToldAt: m.ToldAt, LastFile: m.LastFile, LastReceivedAt: m.LastReceivedAt,
		RefusedFile: m.RefusedFile, RefusedAt: m.RefusedAt, LastLogin: m.LastLogin, AwayFrom: m.Away.From, AwayTo: m.Away.To,
	}.storable()
}

// Late returns the notices to customer IT that the tenant's upload has not arrived.
func Late(f tenant.File, m Missing) []Notice {
	return toEach(CustomerIT(f.Contacts), Notice{Kind: invite.KindUploadLate, About: AboutDue(m.Due), Facts: m.facts(f)})
}

// StillLate returns the notices to the managers that it has not arrived still.
func StillLate(f tenant.File, m Missing) []Notice {
	return toEach(Managers(f.Contacts), Notice{Kind: invite.KindUploadStillLate, About: AboutDue(m.Due), Facts: m.facts(f)})
}

// Arrived returns the notices that the upload which was due has come after all, to those who were told that it was missing.
func Arrived(f tenant.File, told []Recipient, imp tenant.ImportID, due time.Time, file string, receivedAt time.Time) []Notice {
	return toEach(add(nil, told...), Notice{
		Kind: invite.KindUploadArrived, About: AboutDue(due), Import: imp,
		Facts: Facts{Zone: f.Upload.Zone, Due: due, File: file, ReceivedAt: receivedAt}.storable(),
	})
}

// AboutDue is what the notices about an upload that was due are about.
func AboutDue(due time.Time) string { return "due/" + due.UTC().Format(time.RFC3339) }
