package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant"
)

// Lateness looks once whether a tenant's upload is missing, and tells whom it concerns. It waits for nothing: when to look again stands in Postgres, beside what else moves that time, and
// the waker starts it then.
func (w Workflows) Lateness(ctx workflow.Context, in contract.LatenessInput) (contract.LatenessResult, error) {
	result, err := run(ctx, w.Pace, contract.WatchUpload, in)
	if err == nil {
		workflow.SetCurrentDetails(ctx, latenessDetails(in.Tenant, result))
	}
	return result, err
}

// latenessDetails says what came of a look.
func latenessDetails(id tenant.ID, r contract.LatenessResult) string {
	told := "nothing to tell"
	switch {
	case r.Arrived:
		told = "arrived; whoever was told that it is late is told so"
	case r.StillLate:
		told = "still late; the customer success manager is told"
	case r.Late:
		told = "late; customer IT is told"
	}
	due, next := "none", "when something happens"
	if !r.Due.IsZero() {
		due = r.Due.Format("2006-01-02 15:04 MST")
	}
	if !r.Next.IsZero() {
		next = r.Next.Format("2006-01-02 15:04 MST")
	}
	return fmt.Sprintf("### %s · upload\n\n| due | told | looked at again |\n|---|---|---|\n| %s | %s | %s |\n", id, due, told, next)
}
