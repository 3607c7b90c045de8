package registrar

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// Runs reaches workflows for the activities of a worker.
type Runs struct{ Temporal client.Client }

// Alive reports whether a run drives the import.
func (r Runs) Alive(ctx context.Context, imp ledger.Import) (bool, error) {
	runID, err := r.RunOf(ctx, imp)
	return runID != "", err
}

// RunOf returns the id of the run that drives the import: the one that its row names, or, after a reset, the one that the reset made of it. It is "" where none is running.
func (r Runs) RunOf(ctx context.Context, imp ledger.Import) (string, error) {
	for _, runID := range []string{imp.RunID, ""} {
		d, err := r.Temporal.DescribeWorkflowExecution(ctx, imp.WorkflowID, runID)
		if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("describe run: %w", err)
		}
		info := d.WorkflowExecutionInfo
		if info.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING && (runID != "" || importOf(info.SearchAttributes) == imp.ID.String()) {
			return info.Execution.RunId, nil
		}
	}
	return "", nil
}

// importOf is the import that a run says it drives.
func importOf(attributes *commonpb.SearchAttributes) string {
	var id string
	payload := attributes.GetIndexedFields()[contract.AttrImport]
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &id) != nil {
		return ""
	}
	return id
}

// Applying reports whether an apply of the tenant is running.
func (r Runs) Applying(ctx context.Context, id tenant.ID) (bool, error) {
	return r.running(ctx, contract.ApplyID(id))
}

// Inviting reports whether invitations of the tenant are being sent.
func (r Runs) Inviting(ctx context.Context, id tenant.ID) (bool, error) {
	return r.running(ctx, contract.InvitationsID(id))
}

func (r Runs) running(ctx context.Context, workflowID string) (bool, error) {
	d, err := r.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	return d.WorkflowExecutionInfo.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// SchedulePaused reports whether the tenant's schedule is paused, by whomever; a tenant without a schedule is not paused.
func (r Runs) SchedulePaused(ctx context.Context, id tenant.ID) (bool, error) {
	paused, _, err := schedulePaused(ctx, r.Temporal, id)
	return paused, err
}

// Supersede tells a waiting import that a newer one takes its place; where by is no import, that its file is to be planned anew. A run that has ended meanwhile needs no telling.
func (r Runs) Supersede(ctx context.Context, older ledger.Import, by tenant.ImportID) error {
	runID, err := r.RunOf(ctx, older)
	if err != nil || runID == "" {
		return err
	}
	err = r.Temporal.SignalWorkflow(ctx, older.WorkflowID, runID, contract.SignalSuperseded, contract.Superseded{By: by})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return nil
	}
	if err != nil {
		return fmt.Errorf("supersede %s: %w", older.ID, err)
	}
	return nil
}

// WakeInvitations starts the sending of a tenant's mail, or tells it to look again where it runs.
func (r Runs) WakeInvitations(ctx context.Context, id tenant.ID) error {
	_, err := r.Temporal.SignalWithStartWorkflow(ctx, contract.InvitationsID(id), contract.SignalDue, nil, client.StartWorkflowOptions{
		TaskQueue:             contract.QueueWorkflows,
		StaticSummary:         fmt.Sprintf("%s · mail", id),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(attrTenant.ValueSet(string(id))),
		Priority:              temporal.Priority{PriorityKey: 3, FairnessKey: string(id)},
	}, contract.Invitations, contract.InvitationsInput{Tenant: id})
	if err != nil {
		return fmt.Errorf("wake invitations of %s: %w", id, err)
	}
	return nil
}

// WatchUpload starts the look for a tenant's missing upload, unless one runs.
func (r Runs) WatchUpload(ctx context.Context, id tenant.ID) error {
	_, err := r.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       contract.LatenessID(id),
		TaskQueue:                contract.QueueWorkflows,
		StaticSummary:            fmt.Sprintf("%s · is an upload missing", id),
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    temporal.NewSearchAttributes(attrTenant.ValueSet(string(id))),
		Priority:                 temporal.Priority{PriorityKey: 3, FairnessKey: string(id)},
	}, contract.Lateness, contract.LatenessInput{Tenant: id})
	if err != nil {
		return fmt.Errorf("watch upload of %s: %w", id, err)
	}
	return nil
}

// SenderOf returns the identity of whoever sent the newest signal whose message is the one looked for, "" where history has none.
func (r Runs) SenderOf(ctx context.Context, workflowID, runID string, is func(contract.DecisionMessage) bool) (string, error) {
	sender := ""
	events := r.Temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return "", fmt.Errorf("read history: %w", err)
		}
		if s := event.GetWorkflowExecutionSignaledEventAttributes(); s.GetSignalName() == contract.SignalDecision && is(messageOf(s)) {
			sender = s.GetIdentity()
		}
	}
	return sender, nil
}

// messageOf reads the message of a signal; the empty one where it is none.
func messageOf(s *historypb.WorkflowExecutionSignaledEventAttributes) contract.DecisionMessage {
	var m contract.DecisionMessage
	if payloads := s.GetInput().GetPayloads(); len(payloads) == 0 || converter.GetDefaultDataConverter().FromPayload(payloads[0], &m) != nil {
		return contract.DecisionMessage{}
	}
	return m
}
