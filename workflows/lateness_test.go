package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/contract"
)

// A look is one activity; its result is the workflow's, and nothing is waited for.
func TestLatenessLooksOnce(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
	for _, want := range []contract.LatenessResult{
		{}, {Due: due, Next: due.AddDate(0, 1, 0)}, {Due: due, Late: true, Next: due.AddDate(0, 0, 2)}, {Due: due, Late: true, StillLate: true}, {Due: due, Arrived: true},
	} {
		s := newScript(t)
		s.watched = want
		s.ExecuteWorkflow(contract.Lateness, contract.LatenessInput{Tenant: "acme"})
		var got contract.LatenessResult
		if err := s.GetWorkflowError(); err != nil || !s.IsWorkflowCompleted() {
			t.Fatal(err)
		}
		if err := s.GetWorkflowResult(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || s.called(contract.WatchUpload.Name) != 1 || s.elapsed() != 0 {
			t.Errorf("after %d looks and %v (-want +got):\n%s", s.called(contract.WatchUpload.Name), s.elapsed(), diff)
		}
	}
}
