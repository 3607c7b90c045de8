// Package approval holds the rules of releasing a change set: what is unusual about it, who must look, and what a decision does.
//
// It is pure. A workflow, a command and a web page all decide through the same two functions: [Weigh] says what is unusual about a change set, and
// [State.Reduce] says what a decision does to a plan that waits. Neither knows where a decision came from.
//
// # What a decision can do
//
// A decision names the digest of the change set that its maker looked at, and so it can release nothing else: after a reset of the workflow, after a
// replay of old signals or beside a newer plan it is stale and has no effect. The first decision that is taken ends the wait; at most one ever is.
//
// What was released is a [Release]: a pure function of the change set's digest, the verdict and the chosen groups, with a digest of its
// own, that the apply is told and records.
package approval

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/changeset"
)

// A Verdict is what a person decides about a change set.
type Verdict string

// The verdicts.
const (
	Approve                Verdict = "approve"
	ApproveWithoutRemovals Verdict = "approve_without_removals"
	TurnDown               Verdict = "turn_down"
)

// Valid reports whether v is one of the verdicts.
func (v Verdict) Valid() bool {
	return v == Approve || v == ApproveWithoutRemovals || v == TurnDown
}

// A Decision is what the rules need to know of a decision: no names and no free text, which stay in the decision's row.
type Decision struct {
	ID        string           `json:"id"` // chosen by the sender; the same id is the same decision
	ChangeSet changeset.Digest `json:"changeset"`
	Verdict   Verdict          `json:"verdict"`
	// Groups limits an approval to these operations; empty means all.
	Groups []changeset.Op `json:"groups"`
	// ConfirmDeletes is the number of removals as typed by the person; nil where none was typed.
	ConfirmDeletes *int `json:"confirm_deletes"`
	HasReason      bool `json:"has_reason"`
	// Anonymous says that the decision does not tell who made it.
	Anonymous bool `json:"anonymous"`
	// Allowed says that the sender may decide about this tenant.
	Allowed bool `json:"allowed"`
}

// An Effect is what became of a decision.
type Effect string

const (
	// Recorded: written down and not yet seen by the run; Rollcall acts next.
	Recorded Effect = "pending"
	// Taken: it decided.
	Taken Effect = "taken"
	// Duplicate: the same decision came before; it has no second effect.
	Duplicate Effect = "duplicate"
	// Stale: it names another change set than the one that waits. The sender looks again.
	Stale Effect = "stale"
	// Late: the plan was decided, or no longer waits.
	Late Effect = "late"
	// NotConfirmed: removals are over their limit, and their number was missing or another one.
	NotConfirmed Effect = "not_confirmed"
	// ReasonMissing: a check holds, or the plan is turned down, and no reason was given.
	ReasonMissing Effect = "reason_missing"
	// NotAllowed: the sender may not decide this, or nobody may because a check stops the plan.
	NotAllowed Effect = "not_allowed"
	// NotValid: the decision can't be understood: no id, nobody's name, no known verdict, an unknown group.
	NotValid Effect = "not_valid"
)

// Sentence says to the sender what became of the decision.
func (e Effect) Sentence() string {
	switch e {
	case Recorded:
		return "the decision is recorded"
	case Taken:
		return "the decision is taken"
	case Duplicate:
		return "this decision was received before; it has no second effect"
	case Stale:
		return "the decision names another change set than the one that waits; nothing was changed"
	case Late:
		return "the import no longer waits for a decision; nothing was changed"
	case NotConfirmed:
		return "removals are over their limit, so their number must be confirmed, and the number given is missing or different; nothing was changed"
	case ReasonMissing:
		return "a reason is needed to turn an import down, or to approve one that a check holds; nothing was changed"
	case NotAllowed:
		return "this decision is not allowed; nothing was changed"
	case NotValid:
		return "the decision can't be understood: it needs an id, by whom it is made, a verdict (approve, approve_without_removals or turn_down) and known groups; nothing was changed"
	}
	return string(e)
}

// A State is a plan that waits for a decision.
type State struct {
	ChangeSet changeset.Digest
	// Removals is how many people the change set removes, and RemovalOp what happens to them: delete, or deactivate where the tenant wants that.
	Removals  int
	RemovalOp changeset.Op
	Checks    []Check
	// Seen are the ids of decisions that had an effect of their own; Closed is set once the plan no longer waits.
	Seen   []string
	Closed bool
}

// Reduce returns the state after d, and what became of d. It is deterministic, changes s in no way, and takes at most one decision in the
// life of a state.
func (s State) Reduce(d Decision) (State, Effect) {
	effect := s.effect(d)
	if effect != Duplicate && d.ID != "" {
		s.Seen = append(slices.Clone(s.Seen), d.ID)
	}
	s.Closed = s.Closed || effect == Taken
	return s, effect
}

// effect applies the rules in the order in which a sender wants to hear of them.
func (s State) effect(d Decision) Effect {
	switch {
	case d.ID != "" && slices.Contains(s.Seen, d.ID):
		return Duplicate
	case d.ID == "" || d.Anonymous || !d.Verdict.Valid() || !validGroups(d.Groups):
		return NotValid
	case d.ChangeSet != s.ChangeSet:
		return Stale
	case s.Closed:
		return Late
	case !d.Allowed:
		return NotAllowed
	case d.Verdict == TurnDown:
		return taken(d.HasReason, ReasonMissing)
	}
	release := Release{ChangeSet: d.ChangeSet, Verdict: d.Verdict, Groups: d.Groups}
	switch binding := s.binding(release); {
	case worst(binding) == Stop:
		return NotAllowed
	case worst(binding).Holds() && !d.HasReason:
		return ReasonMissing
	case s.MustConfirm(release) && (d.ConfirmDeletes == nil || *d.ConfirmDeletes != s.Removals):
		return NotConfirmed
	}
	return Taken
}

func taken(ok bool, otherwise Effect) Effect {
	if ok {
		return Taken
	}
	return otherwise
}

func validGroups(groups []changeset.Op) bool {
	for _, g := range groups {
		if !slices.Contains(changeset.Ops(), g) {
			return false
		}
	}
	return true
}

// binding returns the checks that bind a release: those about removals only where it removes anybody.
func (s State) binding(r Release) []Check {
	return slices.DeleteFunc(slices.Clone(s.Checks), func(c Check) bool { return c.ID.AboutRemovals() && !s.removes(r) })
}

// NeedsReason reports whether releasing r needs a reason.
func (s State) NeedsReason(r Release) bool { return worst(s.binding(r)).Holds() }

// MustConfirm reports whether the number of removals has to be typed back for r.
func (s State) MustConfirm(r Release) bool {
	return s.removes(r) && slices.ContainsFunc(s.Checks, func(c Check) bool { return c.ID.CountsRemovals() && c.Level.Holds() })
}

// removes reports whether r may remove people who are missing from the file.
func (s State) removes(r Release) bool {
	return r.Verdict == Approve && (len(r.Groups) == 0 || slices.Contains(r.Groups, s.RemovalOp))
}

// A Release is what a taken approval lets an apply do.
type Release struct {
	ChangeSet changeset.Digest `json:"changeset"`
	Verdict   Verdict          `json:"verdict"`
	Groups    []changeset.Op   `json:"groups"`
}

// Includes reports whether the release lets c be applied.
func (r Release) Includes(c changeset.Change) bool {
	switch {
	case r.Verdict == TurnDown:
		return false
	case r.Verdict == ApproveWithoutRemovals && c.Removal:
		return false
	}
	return len(r.Groups) == 0 || slices.Contains(r.Groups, c.Op)
}

// Digest names the release: "sha256:" and the hash of its change set, verdict and groups (sorted: their order says nothing).
func (r Release) Digest() string {
	groups := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		groups[i] = string(g)
	}
	slices.Sort(groups)
	text := strings.Join([]string{"rollcall release 1", string(r.ChangeSet), string(r.Verdict), strings.Join(slices.Compact(groups), ",")}, "\n")
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text)))
}
