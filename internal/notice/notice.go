// Package notice is the domain of mails to a tenant's contacts: which there are, who of them hears what, and what a mail says in each language.
//
// # The kinds
//
//	file_refused       a file changes nothing     customer IT, at once; a copy to the CSM      once for the same bytes under the same rules
//	upload_late        a due file is missing      customer IT, after its grace                 once a due time
//	upload_still_late  it is missing still        the CSM, after a second grace                once a due time
//	upload_arrived     it has come after all      whoever was told that it was missing         once a due time
//
// Customer IT is the technical contacts; where a tenant has none, its project managers, and where it has none of those its program owners. A person who stands there
// twice gets one mail. Where nobody stands there, nothing is sent, and the CSM's mail says that nobody at the customer was told.
//
// # Not like mail to members
//
// A notice is about a file and never about a person in it. It goes at once, at any hour, at no pace, and in every state of a tenant: also one that is being set up needs to
// hear that its file was refused. And where nobody knows whether it has gone it is sent again by itself, with the same Message-ID: an alarm that comes twice is better than
// one that does not come. That is done [ResendUnsure] times; from then on a person decides, as with an invitation.
//
// # What is stored
//
// A row holds the contact as the tenant's file had it, and [Facts]: codes, counts, dates, names of files and columns. Values of fields that are not public are taken out
// before ([receipt.Hide]), and what can't be seen is written as a code, so that whatever a file holds can be stored. The words are made of them when the mail is sent, by [Compose], so equal rows give equal mails, in whatever language the row asks for.
package notice

import (
	"time"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/tenant"
)

// ResendUnsure is how many tries of a notice may end without anybody knowing whether it went, before a person decides whether it is sent again.
const ResendUnsure = 3

// A Recipient is whom a notice is for; personal data of a contact.
type Recipient struct {
	Role   tenant.Role
	Name   string // "" where it is not known
	Email  string
	Locale string // en-US or fr-CA
}

// A Notice is a mail to one contact that has not been stored yet.
type Notice struct {
	Kind invite.Kind
	// About is what it is about: an address gets one notice a kind and About.
	About  string
	To     Recipient
	Import tenant.ImportID // the import that caused it; zero where none did
	Facts  Facts
}

// A Claimed notice is in sending, and only the claim's owner may send it.
type Claimed struct {
	ID     string // the row's UUID; the Message-ID is made of it
	Kind   invite.Kind
	Owner  string
	To     Recipient
	Import tenant.ImportID // zero where no import caused it
	Tries  int             // including this one
	Unsure int             // of those before this one, how many ended without anybody knowing whether the notice went
	Facts  Facts
}

// Settle returns what is to be recorded of a try that ended at now. It is [invite.Settle], but that a notice whose fate is unknown waits to be sent again.
func Settle(n Claimed, try invite.Attempt, now time.Time) invite.Settlement {
	s := invite.Settle(invite.Claimed{ID: n.ID, Owner: n.Owner, Tries: n.Tries}, try, now)
	if s.State != invite.Unknown {
		return s
	}
	s.Unsure = true
	if pause, ok := invite.Pause(n.Tries); ok && n.Unsure+1 < ResendUnsure {
		s.State, s.Due = invite.Waiting, now.Add(pause)
	}
	return s
}
