// Package changeset is what an import would change: the operations on people, their order, their counts and their digest.
//
// A change set is computed by comparing a roster with the directory (package diff), is stored as one immutable file (package batch), is shown to
// a person, and is applied exactly as shown. Three properties carry that:
//
//   - It is a pure function of the file, the mapping and the directory: the same three give the same bytes and so the same digest.
//   - Its [Digest] covers the file's own digest, the mapping version and every change with the version of the member that it was planned on. A decision names the
//     digest, so that it can release nothing but what was looked at.
//   - It names changes and not members to be made: a person who is to be created has no id yet, the apply gives one.
//
// # Order
//
// Changes are ordered by the stage that they belong to ([Op.Stage]): updates and changes of state first, creations next, removals last, so that an apply
// that is stopped half-way has added rather than taken away. Within a stage address changes come first, then order is by folded address.
package changeset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/roster"
)

// An Op is what happens to one person. A change of state outranks an update: whoever goes on leave and has a new title is one
// deactivate with fields.
type Op string

// The operations.
const (
	Create     Op = "create"
	Update     Op = "update"
	Deactivate Op = "deactivate"
	Reactivate Op = "reactivate"
	Restore    Op = "restore"
	Delete     Op = "delete"
)

// Ops returns all operations in the order in which they are counted and shown.
func Ops() []Op { return []Op{Create, Update, Deactivate, Reactivate, Restore, Delete} }

// ParseOp returns s as an Op.
func ParseOp(s string) (Op, error) {
	if slices.Contains(Ops(), Op(s)) {
		return Op(s), nil
	}
	return "", fmt.Errorf("%q is not an operation: use create, update, deactivate, reactivate, restore or delete", s)
}

// A Stage is a part of an apply. Stages run one after the other.
type Stage string

// The stages, in their order.
const (
	StageUpdates   Stage = "updates"
	StageCreations Stage = "creations"
	StageRemovals  Stage = "removals"
)

// Stages returns the stages in the order in which they run.
func Stages() []Stage { return []Stage{StageUpdates, StageCreations, StageRemovals} }

// A Change is what happens to one person. It holds personal data.
type Change struct {
	Op Op
	// Removal is set where the change comes from the person's absence from the file, whatever the operation.
	Removal bool
	// Member is the member's id, "" for a creation; Version is the version of the member's row that the change was planned on.
	Member  string
	Version int64
	// Row is the row of the file that asks for the change; 0 for a removal.
	Row int
	// UniqueID and Email tell people who is meant: as they will be, or for a removal as they were.
	UniqueID, Email string
	// Fields are the changed fields in the mapping's order; for a creation all that have a value.
	Fields []FieldChange
}

// A FieldChange is a field before and after. Before is "" for a person who is created.
type FieldChange struct {
	Field         roster.Field
	Before, After string
}

// Field returns the change of field; ok is false where it does not change.
func (c Change) Field(field roster.Field) (fc FieldChange, ok bool) {
	for _, fc := range c.Fields {
		if fc.Field == field {
			return fc, true
		}
	}
	return FieldChange{}, false
}

// Stage says when the change is applied. A removal goes last whether it deletes or, by the tenant's choice, deactivates.
func (c Change) Stage() Stage {
	switch {
	case c.Removal || c.Op == Delete:
		return StageRemovals
	case c.Op == Create:
		return StageCreations
	}
	return StageUpdates
}

// Sort puts changes into the order that this package's comment gives. It is total: no
// two changes are about one person, and where a roster says the same of a person twice, its rows decide.
func Sort(changes []Change) {
	stage := func(c Change) int { return slices.Index(Stages(), c.Stage()) }
	slices.SortFunc(changes, func(a, b Change) int {
		if d := stage(a) - stage(b); d != 0 {
			return d
		}
		if a.MovesAddress() != b.MovesAddress() {
			if a.MovesAddress() {
				return -1
			}
			return 1
		}
		if d := strings.Compare(roster.FoldEmail(a.Email), roster.FoldEmail(b.Email)); d != 0 {
			return d
		}
		return cmp.Or(strings.Compare(a.Member, b.Member), cmp.Compare(a.Row, b.Row))
	})
}

// MovesAddress reports whether an existing person's address changes. Such changes depend on each other (one frees the address that another takes), so an
// apply keeps them together.
func (c Change) MovesAddress() bool {
	if c.Op == Create {
		return false
	}
	_, moves := c.Field(roster.Email)
	return moves
}
