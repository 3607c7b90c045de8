package workflows_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/contract"
)

func (s *script) runInvitations(t *testing.T) error {
	t.Helper()
	s.ExecuteWorkflow(contract.Invitations, contract.InvitationsInput{Tenant: "acme"})
	if !s.IsWorkflowCompleted() {
		t.Fatal("the sending did not end")
	}
	return s.GetWorkflowError()
}

func TestInvitationsEndWhenNoneWaits(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.sent = []contract.InvitationProgress{{Delivered: 3, Retrying: 2, NextIn: 10 * time.Minute}, {Delivered: 1, Failed: 1, NextIn: -1}}
	if err := s.runInvitations(t); err != nil {
		t.Fatal(err)
	}
	var got contract.InvitationProgress
	if err := s.GetWorkflowResult(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contract.InvitationProgress{Delivered: 4, Failed: 1}, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if got, want := s.elapsed(), 10*time.Minute; got != want {
		t.Errorf("it took %v, want %v", got, want)
	}
}

// A signal ends the wait early, and one that comes while mails are sent is not lost.
func TestSignalDueIsNeverLost(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.sent = []contract.InvitationProgress{{NextIn: time.Hour}, {NextIn: -1}, {NextIn: -1}}
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(contract.SignalDue, nil) }, 5*time.Minute)
	sending := 0
	s.before[contract.SendInvitations.Name] = func() {
		if sending++; sending == 2 {
			s.SignalWorkflow(contract.SignalDue, nil)
		}
	}
	if err := s.runInvitations(t); err != nil {
		t.Fatal(err)
	}
	if got := s.called(contract.SendInvitations.Name); got != 3 {
		t.Errorf("mails were sent %d times, want 3: the first, the one woken, and the one for the signal that came meanwhile", got)
	}
	if got, want := s.elapsed(), 5*time.Minute; got != want {
		t.Errorf("it took %v, want %v", got, want)
	}
}

func TestInvitationsContinueAsNew(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	s.sent = []contract.InvitationProgress{{NextIn: time.Hour}}
	s.SetContinueAsNewSuggested(true)
	if err := s.runInvitations(t); !workflow.IsContinueAsNewError(err) {
		t.Errorf("got %v, want it continued as new", err)
	}
}
