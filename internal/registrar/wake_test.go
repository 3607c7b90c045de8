package registrar_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

// A sleepingSender is a Temporal where the runs of one tenant's mail are as told, and which counts how often the sending is woken. Nothing else is asked of it.
type sleepingSender struct {
	client.Client
	running bool
	woken   int
}

func (s *sleepingSender) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	status := enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	if s.running && id == contract.InvitationsID("acme") {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status, Execution: &commonpb.WorkflowExecution{WorkflowId: id}},
	}, nil
}

func (s *sleepingSender) SignalWithStartWorkflow(context.Context, string, string, any, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	s.woken++
	return nil, nil
}

type otherTenants = registrar.Tenants

// A mailbox is a paused tenant, of which nothing is to be done but to send mail.
type mailbox struct {
	otherTenants
	registrar.Ledger
	mail, notice time.Time // when each is due
}

func (m *mailbox) Tenants(context.Context) ([]tenant.Record, error) {
	return []tenant.Record{{ID: "acme", State: tenant.Paused}}, nil
}

func (m *mailbox) LiveImports(context.Context, tenant.ID) ([]ledger.Import, error) { return nil, nil }

func (m *mailbox) UnansweredDecisions(context.Context, tenant.ID, time.Time) ([]ledger.Decision, error) {
	return nil, nil
}

func (m *mailbox) UploadsToWatch(context.Context, time.Time) ([]lateness.Look, error) {
	return nil, nil
}

func (m *mailbox) NextNoticeDue(context.Context, tenant.ID) (time.Time, error) { return m.notice, nil }

func (m *mailbox) NextMailDue(context.Context, tenant.ID) (time.Time, error) {
	if m.mail.IsZero() || !m.notice.IsZero() && m.notice.Before(m.mail) {
		return m.notice, nil
	}
	return m.mail, nil
}

// A run that sends mail may sleep for hours: it is told of notices that are due, once for the same ones. Mail to members is left to it.
func TestSleepingSenderIsToldOfNotices(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	long, longer := now.Add(-time.Minute), now.Add(-time.Hour)
	for _, c := range []struct {
		name         string
		running      bool
		mail, notice time.Time
		want         int // after three looks
	}{
		{"nothing is due", true, time.Time{}, time.Time{}, 0},
		{"a notice is, and a run sleeps", true, time.Time{}, long, 1},
		{"a notice is, mail has been longer, and a run sleeps", true, longer, long, 1},
		{"mail is, and a run has it", true, long, time.Time{}, 0},
		{"mail is, and none has it", false, long, time.Time{}, 3},
		{"a notice is about to be sent", true, time.Time{}, now.Add(-time.Second), 0},
		{"a notice is due later", true, time.Time{}, now.Add(time.Hour), 0},
	} {
		m, s := &mailbox{mail: c.mail, notice: c.notice}, &sleepingSender{running: c.running}
		r := &registrar.Registrar{Temporal: s, Tenants: m, Ledger: m, Clock: clock.Fixed(now), Log: slog.New(slog.DiscardHandler)}
		w := r.NewWaker(m, m, nil)
		for range 3 {
			if err := w.Wake(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s.woken != c.want {
			t.Errorf("%s: woken %d times, want %d", c.name, s.woken, c.want)
		}
		if c.notice.Equal(long) {
			m.notice = long.Add(30 * time.Second) // another one is due now
			if err := w.Wake(t.Context()); err != nil || s.woken != c.want+1 {
				t.Errorf("%s: woken %d times with another notice, %v", c.name, s.woken, err)
			}
		}
	}
}
