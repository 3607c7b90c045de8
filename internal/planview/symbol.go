package planview

import (
	"fmt"
	"strings"

	"rollcall.internal/internal/changeset"
)

// Symbol returns the one character by which a line or a count says what happens to a person; see the package comment.
func Symbol(op changeset.Op) string {
	switch op {
	case changeset.Create:
		return "+"
	case changeset.Update:
		return "~"
	case changeset.Deactivate:
		return "<"
	case changeset.Reactivate:
		return ">"
	case changeset.Restore:
		return "^"
	case changeset.Delete:
		return "-"
	}
	return "?"
}

// meaning says in a few words what an operation does to people.
func meaning(op changeset.Op) string {
	switch op {
	case changeset.Create:
		return "new, each who is eligible is invited by e-mail"
	case changeset.Update:
		return "changed in at least one column"
	case changeset.Deactivate:
		return "hidden while on leave"
	case changeset.Reactivate:
		return "shown again"
	case changeset.Restore:
		return "were deleted, and are in the file again"
	case changeset.Delete:
		return "not in the file; can be restored for 30 days or more"
	}
	return ""
}

// Brief returns the counts of a change set in one short run of symbols and numbers, such as "+60 ~250 -40"; "no changes" where there are none.
func Brief(t changeset.Totals) string {
	var parts []string
	for _, op := range changeset.Ops() {
		if n := t.Of(op); n > 0 {
			parts = append(parts, Symbol(op)+Number(n))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, " ")
}

// Closing returns the one line that ends a plan: "Plan: 60 to create, 250 to update, 40 to delete." Creations, updates and deletions are told even where there are none.
func Closing(t changeset.Totals) string {
	var parts []string
	for _, op := range changeset.Ops() {
		always := op == changeset.Create || op == changeset.Update || op == changeset.Delete
		if n := t.Of(op); n > 0 || always {
			parts = append(parts, fmt.Sprintf("%s to %s", Number(n), op))
		}
	}
	return "Plan: " + strings.Join(parts, ", ") + "."
}
