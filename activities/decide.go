package activities

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
)

// LoadDecision returns the authoritative form of a decision: its row, where a command wrote one before it sent the message. A message without a row is recorded first, as its
// text claims and with the identity of Temporal's event; from then on the row stands.
func (a *Activities) LoadDecision(ctx context.Context, in contract.LoadDecisionInput) (contract.Decided, error) {
	d, err := a.Decisions.Decision(ctx, in.Import, decisionID(in.Message))
	if errors.Is(err, ledger.ErrNotFound) {
		d, err = a.recordRaw(ctx, in)
	}
	if err != nil {
		return contract.Decided{}, err
	}
	return contract.Decided{Decision: d.Facts(a.RawSignals), Effect: d.Effect}, nil
}

func (a *Activities) recordRaw(ctx context.Context, in contract.LoadDecisionInput) (ledger.Decision, error) {
	m := in.Message
	d := ledger.Decision{
		Import: in.Import, ID: decisionID(m), ChangeSet: changeset.Digest(m.ChangeSet), ConfirmDeletes: m.ConfirmDeletes,
		By: m.By, Reason: m.Reason, Origin: ledger.ByRawSignal, Effect: approval.Recorded, At: a.Clock.Now(),
	}
	if v := approval.Verdict(m.Verdict); v.Valid() {
		d.Verdict = v
	}
	for _, g := range m.Groups {
		d.Groups = append(d.Groups, changeset.Op(g))
	}
	if in.Signal {
		imp, err := a.Imports.Import(ctx, in.Import)
		if err != nil {
			return ledger.Decision{}, err
		}
		sender, err := a.Runs.SenderOf(ctx, imp.WorkflowID, imp.RunID, func(other contract.DecisionMessage) bool { return decisionID(other.Clipped()) == d.ID })
		if err != nil {
			return ledger.Decision{}, err
		}
		d.SentBy = sender
	}
	return a.Decisions.RecordDecision(ctx, d)
}

// decisionID is the message's id; one that was sent without an id is known by its content, so that the same message is the same decision.
func decisionID(m contract.DecisionMessage) string {
	if m.DecisionID != "" {
		return m.DecisionID
	}
	text, _ := json.Marshal(m) // strings and numbers: it can't fail
	return fmt.Sprintf("raw-%x", sha256.Sum256(text))[:20]
}

// RecordEffect records what became of a decision.
func (a *Activities) RecordEffect(ctx context.Context, in contract.EffectInput) (contract.ImportRef, error) {
	return contract.ImportRef{Import: in.Import}, a.Decisions.RecordEffect(ctx, in.Import, in.DecisionID, in.Effect)
}
