package changeset

import "rollcall.internal/internal/roster"

// Totals counts a change set by operation. Its JSON is a part of the public contract.
type Totals struct {
	Create     int `json:"create"`
	Update     int `json:"update"`
	Delete     int `json:"delete"`
	Deactivate int `json:"deactivate"`
	Reactivate int `json:"reactivate"`
	Restore    int `json:"restore"`
	Unchanged  int `json:"unchanged"`
	SetAside   int `json:"set_aside"`
}

// Add counts one change.
func (t *Totals) Add(op Op) {
	if n := t.count(op); n != nil {
		*n++
	}
}

// Of returns the count of op.
func (t Totals) Of(op Op) int {
	if n := t.count(op); n != nil {
		return *n
	}
	return 0
}

func (t *Totals) count(op Op) *int {
	switch op {
	case Create:
		return &t.Create
	case Update:
		return &t.Update
	case Delete:
		return &t.Delete
	case Deactivate:
		return &t.Deactivate
	case Reactivate:
		return &t.Reactivate
	case Restore:
		return &t.Restore
	}
	return nil
}

// Changes returns the number of people for whom anything changes.
func (t Totals) Changes() int {
	return t.Create + t.Update + t.Delete + t.Deactivate + t.Reactivate + t.Restore
}

// A Summary is a change set without its changes: what travels in payloads and is weighed by the checks.
type Summary struct {
	Digest   Digest
	Totals   Totals
	Removals int // changes that come from absence; what a person types back where they are over their limit
	// RemovalOp is what happens to the people removed: Delete, or Deactivate where the tenant wants that.
	RemovalOp Op
	// Fields counts changed fields over the people who are updated in any way; Emptied those of them that lose their value.
	Fields, Emptied map[roster.Field]int
	// Conflicts counts rows set aside because of whom they would change, by reason.
	Conflicts map[Conflict]int
	// Members is the number of live members that the roster was compared with, Rows the number of rows that took part.
	Members, Rows int
	// Epoch is the directory's when it was compared.
	Epoch int64
}

// A Conflict is a reason why a good row is set aside: the person that it names is not surely the person whom the directory knows.
type Conflict string

// The conflicts.
const (
	// IdentitySwapped: one unique ID with another name and another address.
	IdentitySwapped Conflict = "identity-swapped"
	// AddressRecycled: one address with another unique ID and another name.
	AddressRecycled Conflict = "address-recycled"
	// AddressTaken: the new address belongs to another member who keeps it.
	AddressTaken Conflict = "address-taken"
	// AddressHeld: the address belongs to a deleted member who can still be restored.
	AddressHeld Conflict = "address-held"
	// MatchedTwice: two rows name the same member, one by unique ID and one by address.
	MatchedTwice Conflict = "matched-twice"
)
