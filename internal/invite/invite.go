// Package invite is the domain of invitations and of sending mail at all: the states of a mail, what one try to send it may come to, when it is tried again,
// how fast and at what hours mail to members may go, and what an invitation says. What is sent to a tenant's contacts is package notice's.
//
// # The promise
//
// A person is invited at most once a membership, and no invitation is lost in silence. SMTP can't promise both by itself: when
// the last dot of a message was sent and no reply came, nobody knows whether the server took it. So every mail is a row of a ledger that
// says, before the server can hear of the message, that it is being sent, and afterwards what came of it:
//
//	          claim              250
//	waiting ────────► sending ────────► delivered
//	   │  ▲              │
//	   │  │ no reply     ├── 5xx, or 24 hours of tries ──► failed ──┐
//	   │  │ before the   │                                          │ a person
//	   │  │ dot, or 4xx  └── the dot without a reply, or ► unknown ─┤ resends
//	   │  └──────────────┘   a sender that died                     │
//	   │  ▲                                                         │
//	   │  └─────────────────────────────────────────────────────────┘
//	   └── no longer to be invited ──► cancelled ── member is back ──► waiting
//
// What is unknown is never sent again by itself: a person looks at it and decides. [State] says who acts next in each state.
//
// # The parts
//
// [Attempt] is what a connection saw of one try, and [Attempt.Outcome] what that means. [Settle] turns it into the row's next state.
// [Policy] is pace and quiet hours. [Invitation] is the wording. This package sends nothing and stores nothing: package mail speaks SMTP,
// package postgres keeps the rows, and package courier brings them together.
package invite

import (
	"errors"
	"slices"
)

// ErrNotResendable says that a mail can't be sent again as things stand: it is not failed or unknown, or its member is no longer to be
// invited.
var ErrNotResendable = errors.New("mail can't be sent again")

// A Kind says what a mail is.
type Kind string

// The kinds.
const (
	// KindInvitation asks a member to create an account. It is the only kind that members get.
	KindInvitation Kind = "invitation"
	// The others go to a tenant's contacts; package notice says to which of them, and what they say.
	KindFileRefused     Kind = "file_refused"
	KindUploadLate      Kind = "upload_late"
	KindUploadStillLate Kind = "upload_still_late"
	KindUploadArrived   Kind = "upload_arrived"
)

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return k == KindInvitation || k.Notice() }

// Notice reports whether mails of the kind go to contacts.
func (k Kind) Notice() bool {
	switch k {
	case KindFileRefused, KindUploadLate, KindUploadStillLate, KindUploadArrived:
		return true
	}
	return false
}

// A State is where a mail stands.
type State string

const (
	// Waiting: to be sent once it is due. A courier acts next.
	Waiting State = "waiting"
	// Sending: a courier has it, and the server may hear of it at any moment. That courier acts next; if it doesn't within
	// the [Lease], the row is swept and becomes unknown.
	Sending State = "sending"
	// Delivered: the server took it. Nobody acts; the server answers for it from here on.
	Delivered State = "delivered"
	// Failed: the server refused it for good, or a day of tries came to nothing. A person acts next, and may have it sent again.
	Failed State = "failed"
	// Unknown: it may or may not have gone. A person acts next, and may have it sent again; nothing else does.
	Unknown State = "unknown"
	// Cancelled: its member was no longer to be invited before it was sent. Nobody acts, but for the apply that brings the member back: a mail that surely never
	// went then waits again.
	Cancelled State = "cancelled"
)

// States returns all states, in the order in which people are shown them.
func States() []State {
	return []State{Waiting, Sending, Delivered, Failed, Unknown, Cancelled}
}

// Valid reports whether s is one of the states above.
func (s State) Valid() bool { return slices.Contains(States(), s) }

// MayBecome reports whether a mail in state s may go to state next.
func (s State) MayBecome(next State) bool {
	switch s {
	case Waiting:
		return next == Sending || next == Cancelled
	case Sending:
		return next == Delivered || next == Failed || next == Unknown || next == Waiting
	case Unknown:
		// Delivered and failed are the late word of the very courier that sent it; waiting is a person's act.
		return next == Delivered || next == Failed || next == Waiting
	case Failed, Cancelled:
		return next == Waiting
	}
	return false
}
