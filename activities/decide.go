package activities

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
)

// rawText is how much of each text of a raw signal is kept.
const rawText = 1000

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
	return contract.Decided{Decision: d.Facts(a.RawSignals)}, nil
}

func (a *Activities) recordRaw(ctx context.Context, in contract.LoadDecisionInput) (ledger.Decision, error) {
	m := in.Message
	d := ledger.Decision{
		Import: in.Import, ID: decisionID(m), ChangeSet: changeset.Digest(storable(m.ChangeSet)), ConfirmDeletes: m.ConfirmDeletes,
		By: storable(m.By), Reason: storable(m.Reason), Origin: ledger.ByRawSignal, Effect: approval.Recorded, At: a.Clock.Now(),
	}
	if v := approval.Verdict(m.Verdict); v.Valid() {
		d.Verdict = v
	}
	for _, g := range m.Groups {
		d.Groups = append(d.Groups, changeset.Op(storable(g)))
	}
	if in.Signal {
		imp, err := a.Imports.Import(ctx, in.Import)
		if err != nil {
			return ledger.Decision{}, err
		}
		sender, err := a.Runs.SenderOf(ctx, imp.WorkflowID, imp.RunID, m.DecisionID)
		if err != nil {
			return ledger.Decision{}, err
		}
		d.SentBy = storable(sender)
	}
	return a.Decisions.RecordDecision(ctx, d)
}

// decisionID is the message's id; one that was sent without an id is known by its content, so that the same message is the same decision.
func decisionID(m contract.DecisionMessage) string {
	if id := storable(m.DecisionID); id != "" {
		return id
	}
	m.DecisionID = ""
	text, _ := json.Marshal(m) // strings and numbers: it can't fail
	return fmt.Sprintf("raw-%x", sha256.Sum256(text))[:20]
}

// storable is text as Postgres takes it, cut to a sane length: a raw signal can hold anything.
func storable(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if runes := []rune(s); len(runes) > rawText {
		s = string(slices.Clip(runes[:rawText]))
	}
	return strings.TrimSpace(s)
}

// RecordEffect records what became of a decision.
func (a *Activities) RecordEffect(ctx context.Context, in contract.EffectInput) (contract.ImportRef, error) {
	return contract.ImportRef{Import: in.Import}, a.Decisions.RecordEffect(ctx, in.Import, in.DecisionID, in.Effect)
}
