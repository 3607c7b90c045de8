package report

import (
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// Invited reports whether a change, when it is applied, has somebody invited by e-mail who never was. It follows the directory: whoever is pending once they are moved,
// and is active and eligible, is invited where the tenant's policy says so.
func Invited(c changeset.Change, known directory.Known, policy tenant.InvitePolicy) bool {
	status, eligibility := known.Status, known.Eligibility
	if c.Op == changeset.Create {
		status, eligibility = roster.StatusActive, roster.Eligible
	}
	if f, ok := c.Field(roster.Status); ok {
		status = f.After
	}
	if f, ok := c.Field(roster.ProgramEligibility); ok {
		eligibility = f.After
	}
	state := known.State
	switch c.Op {
	case changeset.Create:
		state = directory.Pending
	case changeset.Reactivate:
		state, status = known.Before, roster.StatusActive
	case changeset.Restore:
		state = known.Before
	case changeset.Deactivate, changeset.Delete:
		return false
	}
	return state == directory.Pending && directory.Invitable(status, eligibility, policy)
}
