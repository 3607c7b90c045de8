package registrar

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// A Decision is what a person asks for about an import.
type Decision struct {
	Import         tenant.ImportID
	ChangeSet      changeset.Digest // the whole digest, or its first twelve hexadecimal digits or more, with or without "sha256:"
	Verdict        approval.Verdict
	Groups         []changeset.Op
	ConfirmDeletes *int
	By             string
	Reason         string
}

// A RefusedDecision says why a decision has no effect. It was recorded, where there was an import to record it with.
type RefusedDecision struct{ Effect approval.Effect }

// Error implements error.
func (e *RefusedDecision) Error() string { return e.Effect.Sentence() }

// Unwrap makes a refused decision an [ErrNotAllowed].
func (e *RefusedDecision) Unwrap() error { return ErrNotAllowed }

// Decide records a decision and sends it to the run. It returns as soon as the decision is recorded and sent, also while no worker runs; what became of it stands in the
// decision's row once the run has seen it. A decision that the rules refuse as things stand is recorded with that effect, is not sent, and comes back as *[RefusedDecision].
func (r *Registrar) Decide(ctx context.Context, d Decision) (ledger.Decision, error) {
	imp, err := r.Ledger.Import(ctx, d.Import)
	if err != nil {
		return ledger.Decision{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("make decision id: %w", err)
	}
	row := ledger.Decision{
		Import: d.Import, ID: id.String(), ChangeSet: whole(d.ChangeSet, imp.Summary.Digest), Verdict: d.Verdict, Groups: d.Groups, ConfirmDeletes: d.ConfirmDeletes,
		By: d.By, Reason: strings.TrimSpace(d.Reason), Origin: ledger.ByPerson, At: r.Clock.Now(),
	}
	// The run reduces the decision again, by the same rules and with all that it has seen; here it is only told early what can't count.
	if _, row.Effect = imp.State().Reduce(row.Facts(true)); row.Effect == approval.Taken {
		row.Effect = approval.Recorded
	}
	if row, err = r.Ledger.RecordDecision(ctx, row); err != nil {
		return ledger.Decision{}, err
	}
	if row.Effect != approval.Recorded {
		return row, &RefusedDecision{Effect: row.Effect}
	}
	return row, r.send(ctx, imp, row)
}

// send tells the run of a recorded decision: its id alone, since everything else stands in the row. The event's identity is the person's.
func (r *Registrar) send(ctx context.Context, imp ledger.Import, row ledger.Decision) error {
	as, err := client.NewClientFromExistingWithContext(ctx, r.Temporal, client.Options{Namespace: r.Namespace, Identity: "rollcall:" + row.By, Logger: r.Log})
	if err != nil {
		return fmt.Errorf("send decision on %s: %w", imp.ID, err)
	}
	defer as.Close()
	runID, err := Runs{Temporal: r.Temporal}.RunOf(ctx, imp)
	if err == nil && runID != "" {
		err = as.SignalWorkflow(ctx, imp.WorkflowID, runID, contract.SignalDecision, contract.DecisionMessage{DecisionID: row.ID})
	}
	if _, closed := errors.AsType[*serviceerror.NotFound](err); closed || err == nil && runID == "" {
		return &RefusedDecision{Effect: approval.Late}
	}
	if err != nil {
		return fmt.Errorf("send decision on %s: %w", imp.ID, err)
	}
	return nil
}

// whole completes a shortened digest where it can only mean the plan that waits.
func whole(given, waiting changeset.Digest) changeset.Digest {
	hex := strings.TrimPrefix(string(given), "sha256:")
	if len(hex) >= 12 && strings.HasPrefix(strings.TrimPrefix(string(waiting), "sha256:"), hex) {
		return waiting
	}
	return given
}

func isNotFound(err error) bool { return errors.Is(err, ledger.ErrNotFound) }
