package registrar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// Runs reaches workflows for the activities of a worker.
type Runs struct{ Temporal client.Client }

// Closed reports whether a run is over, however it ended, or unknown to Temporal.
func (r Runs) Closed(ctx context.Context, workflowID, runID string) (bool, error) {
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe run: %w", err)
	}
	return d.WorkflowExecutionInfo.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// Supersede tells a waiting import that a newer one takes its place. A run that has ended meanwhile needs no telling.
func (r Runs) Supersede(ctx context.Context, older ledger.Import, by tenant.ImportID) error {
	err := r.Temporal.SignalWorkflow(ctx, older.WorkflowID, older.RunID, contract.SignalSuperseded, contract.Superseded{By: by})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return nil
	}
	if err != nil {
		return fmt.Errorf("supersede %s: %w", older.ID, err)
	}
	return nil
}

// WakeInvitations starts the sending of a tenant's invitations, or tells it to look again where it runs.
func (r Runs) WakeInvitations(ctx context.Context, id tenant.ID) error {
	_, err := r.Temporal.SignalWithStartWorkflow(ctx, contract.InvitationsID(id), contract.SignalDue, nil, client.StartWorkflowOptions{
		TaskQueue:             contract.QueueWorkflows,
		StaticSummary:         fmt.Sprintf("%s · invitations", id),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, contract.Invitations, contract.InvitationsInput{Tenant: id})
	if err != nil {
		return fmt.Errorf("wake invitations of %s: %w", id, err)
	}
	return nil
}

// SenderOf returns the identity of whoever sent the newest signal that carries the decision, "" where history has none.
func (r Runs) SenderOf(ctx context.Context, workflowID, runID, decisionID string) (string, error) {
	sender := ""
	events := r.Temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return "", fmt.Errorf("read history: %w", err)
		}
		if s := event.GetWorkflowExecutionSignaledEventAttributes(); carries(s, decisionID) {
			sender = s.GetIdentity()
		}
	}
	return sender, nil
}

// carries reports whether a signal is the decision.
func carries(s *historypb.WorkflowExecutionSignaledEventAttributes, decisionID string) bool {
	if s.GetSignalName() != contract.SignalDecision || len(s.GetInput().GetPayloads()) == 0 {
		return false
	}
	var m contract.DecisionMessage
	return json.Unmarshal(s.GetInput().GetPayloads()[0].GetData(), &m) == nil && m.DecisionID == decisionID
}
