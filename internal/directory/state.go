// Package directory is the member directory's domain: who a member is, the states of a member, and which change of state is allowed.
//
// # States
//
// Underneath, a person is pending (in the directory, not invited), invited or active. Two things hide that without forgetting it: deactivation (on
// leave) and deletion (gone from the file, restorable for a while). Reactivating or restoring shows again what was underneath, so that nobody is invited a
// second time.
//
//	            invite           accept
//	pending ───────────► invited ───────────► active
//	   │                    │                    │
//	   └────────────────────┴────────────────────┘
//	      │ deactivate ▲ reactivate      │ delete ▲ restore
//	      ▼            │                 ▼        │
//	      deactivated ─────── delete ──────► deleted
//
// The database holds the same rules as constraints; the apply moves members in bulk by SQL that follows [Next], and a test compares the two.
package directory

import (
	"fmt"
	"time"

	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A State is where a member stands.
type State string

const (
	// Pending: in the directory, not invited: not eligible, or the start date is to come. Rollcall acts next.
	Pending State = "pending"
	// Invited: an invitation is due or was sent. The person acts next.
	Invited State = "invited"
	// Active: the person has an account.
	Active State = "active"
	// Deactivated: on leave. In no search, not messageable, no mail of any kind.
	Deactivated State = "deactivated"
	// Deleted: gone from every view; a CSM can restore the person until a date.
	Deleted State = "deleted"
)

// States returns all states in the order in which people are counted.
func States() []State { return []State{Pending, Invited, Active, Deactivated, Deleted} }

// ParseState returns s as a State.
func ParseState(s string) (State, error) {
	for _, state := range States() {
		if string(state) == s {
			return state, nil
		}
	}
	return "", fmt.Errorf("%q is not a state of a member: use pending, invited, active, deactivated or deleted", s)
}

// RestorableFor is how long a deleted person can be restored where the tenant's file says nothing longer.
const RestorableFor = 30 * 24 * time.Hour

// An Event is something that moves a member from one state to another.
type Event string

// The events.
const (
	Invite     Event = "invite"
	Accept     Event = "accept"
	Deactivate Event = "deactivate"
	Reactivate Event = "reactivate"
	Delete     Event = "delete"
	Restore    Event = "restore"
)

// A Standing is a member's state and, while it is hidden, what is underneath.
type Standing struct {
	State  State
	Before State // pending, invited or active while State is deactivated or deleted; "" otherwise
}

// Next returns the standing after the event, or an error where the event is not allowed. A restored person whose status is inactive is
// deactivated.
func Next(s Standing, e Event, inactive bool) (Standing, error) {
	underneath := s.State
	if s.Before != "" {
		underneath = s.Before
	}
	visible := s.State == Pending || s.State == Invited || s.State == Active
	switch {
	case e == Invite && s.State == Pending:
		return Standing{State: Invited}, nil
	case e == Accept && s.State == Invited:
		return Standing{State: Active}, nil
	case e == Deactivate && visible:
		return Standing{State: Deactivated, Before: underneath}, nil
	case e == Reactivate && s.State == Deactivated:
		return Standing{State: underneath}, nil
	case e == Delete && s.State != Deleted:
		return Standing{State: Deleted, Before: underneath}, nil
	case e == Restore && s.State == Deleted && inactive:
		return Standing{State: Deactivated, Before: underneath}, nil
	case e == Restore && s.State == Deleted:
		return Standing{State: underneath}, nil
	}
	return Standing{}, fmt.Errorf("%s a member who is %s: not allowed", e, s.State)
}

// Invitable reports whether a person who was never invited is invited now: only active and eligible people are, and only where the tenant's policy
// says so.
func Invitable(status, eligibility string, policy tenant.InvitePolicy) bool {
	return status == roster.StatusActive && eligibility == roster.Eligible && policy == tenant.InviteAfterApproval
}
