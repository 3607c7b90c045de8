package workflows

import (
	"errors"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
)

// decisionsShown is how many of the last decisions the query answers with; the ledger has all.
const decisionsShown = 100

// A question is an update that waits for its answer.
type question struct {
	message contract.DecisionMessage
	answer  workflow.Settable
}

// listen registers the handlers. State is set up before, because an update can arrive with the first task.
func (i *importRun) listen(ctx workflow.Context) error {
	i.asked = workflow.NewNamedBufferedChannel(ctx, "decide", 64)
	i.inbox = workflow.GetSignalChannelWithOptions(ctx, contract.SignalDecision, workflow.SignalChannelOptions{
		Description: "Approve or turn down the change set that this import waits with. The payload names its digest.",
	})
	i.newer = workflow.GetSignalChannelWithOptions(ctx, contract.SignalSuperseded, workflow.SignalChannelOptions{
		Description: "Sent by a newer import whose file was accepted.",
	})
	err := workflow.SetQueryHandlerWithOptions(ctx, contract.QueryStatus, func() (contract.Status, error) { return i.status, nil },
		workflow.QueryHandlerOptions{Description: "Where the import stands, in counts and digests."})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, contract.UpdateDecide, i.decide,
		workflow.UpdateHandlerOptions{Validator: validate, Description: "The same as the signal decision, answered with what became of it."})
}

// validate turns away an update that can be no decision, before it stands in history.
func validate(_ workflow.Context, m contract.DecisionMessage) error {
	if err := m.Check(); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), contract.ErrInvalid, nil)
	}
	return nil
}

// decide handles the update: it hands the message to the run's one loop and waits for the answer. Once the run no longer waits for decisions it answers at once.
func (i *importRun) decide(ctx workflow.Context, m contract.DecisionMessage) (contract.DecisionAnswer, error) {
	if i.plan.Closed {
		a, _, err := i.reduce(detached(ctx), m, false)
		return a, err
	}
	answered, answer := workflow.NewFuture(ctx)
	i.asked.Send(ctx, &question{message: m, answer: answer})
	var a contract.DecisionAnswer
	err := answered.Get(ctx, &a)
	return a, err
}

// awaitDecision blocks until a decision is taken, the deadline passes, a newer file takes this one's place, or the run is cancelled. It returns the id
// of the approval that was taken, or an outcome that ends the run.
func (i *importRun) awaitDecision(ctx workflow.Context) (id string, outcome contract.Outcome, err error) {
	if err := i.enter(ctx, contract.AwaitingDecision); err != nil {
		return "", "", err
	}
	expiry, stop := timer(ctx, i.wait, "decision expires "+i.status.Deadline.Format("2006-01-02 15:04 MST"))
	defer stop()

	var taken approval.Decision
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) { err = ctx.Err() })
	sel.AddReceive(i.newer, func(c workflow.ReceiveChannel, _ bool) {
		var raw converter.RawValue
		c.Receive(ctx, &raw)
		var s contract.Superseded
		if converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &s) == nil {
			outcome, i.again = contract.SupersededByNewer, s.By.N == 0
		}
	})
	sel.AddFuture(expiry, func(f workflow.Future) {
		if f.Get(ctx, nil) == nil {
			outcome = contract.Expired
		}
	})
	sel.AddReceive(i.inbox, func(c workflow.ReceiveChannel, _ bool) {
		var raw converter.RawValue
		c.Receive(ctx, &raw)
		_, taken, err = i.reduce(ctx, messageOf(raw), true)
	})
	sel.AddReceive(i.asked, func(c workflow.ReceiveChannel, _ bool) {
		var q *question
		c.Receive(ctx, &q)
		taken, err = i.answer(ctx, q)
	})
	for err == nil && outcome == "" && taken.ID == "" {
		sel.Select(ctx)
	}
	i.plan.Closed = true
	switch {
	case err != nil || outcome != "":
		return "", outcome, err
	case taken.Verdict == approval.TurnDown:
		return "", contract.TurnedDown, nil
	}
	return taken.ID, "", nil
}

// messageOf reads a signal's payload. One that can't be read becomes an empty message, which is not valid and is answered so: the SDK would drop it without a word and wait for
// the next signal, deaf to everything else meanwhile.
func messageOf(raw converter.RawValue) contract.DecisionMessage {
	var m contract.DecisionMessage
	if err := converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &m); err != nil {
		return contract.DecisionMessage{}
	}
	return m
}

// answer reduces the message of an update and answers it.
func (i *importRun) answer(ctx workflow.Context, q *question) (approval.Decision, error) {
	a, taken, err := i.reduce(ctx, q.message, false)
	q.answer.Set(a, err)
	return taken, err
}

// reduce loads a decision's authoritative form, applies the rules, and records what became of it. It returns the decision where it was taken and the
// zero decision otherwise. What can't be loaded, because it can't be stored, is not valid and ends no run.
func (i *importRun) reduce(ctx workflow.Context, m contract.DecisionMessage, signal bool) (a contract.DecisionAnswer, taken approval.Decision, err error) {
	m = m.Clipped()
	loaded, err := run(ctx, i.pace, contract.LoadDecision, contract.LoadDecisionInput{Import: i.status.Import, Message: m, Signal: signal})
	effect := approval.NotValid
	switch invalid, ok := errors.AsType[*temporal.ApplicationError](err); {
	case ok && invalid.Type() == contract.ErrInvalid:
		loaded.Decision.ID, err = m.DecisionID, nil
	case err != nil:
		return a, approval.Decision{}, err
	case loaded.Effect == approval.Recorded || loaded.Effect == approval.Taken: // taken: by this run before it was reset
		i.plan, effect = i.plan.Reduce(loaded.Decision)
		if effect != approval.Duplicate {
			_, err = run(ctx, i.pace, contract.RecordEffect, contract.EffectInput{Import: i.status.Import, DecisionID: loaded.Decision.ID, Effect: effect})
		}
	default: // a row that was refused stays refused, whoever names it
		effect = loaded.Effect
	}
	a = contract.DecisionAnswer{Import: i.status.Import, DecisionID: loaded.Decision.ID, Effect: effect, Message: effect.Sentence()}
	i.status.Decisions = append(i.status.Decisions, a)
	if over := len(i.status.Decisions) - decisionsShown; over > 0 {
		i.status.Decisions = i.status.Decisions[over:]
	}
	if effect == approval.Taken && err == nil {
		taken = loaded.Decision
	}
	return a, taken, err
}

// answerTheRest answers every decision that is still queued when the run ends (each is late by then, or a duplicate), and waits until no
// update is left without its answer.
func (i *importRun) answerTheRest(ctx workflow.Context) error {
	i.plan.Closed = true
	for {
		var raw converter.RawValue
		var q *question
		switch {
		case i.inbox.ReceiveAsync(&raw):
			if _, _, err := i.reduce(ctx, messageOf(raw), true); err != nil {
				return err
			}
		case i.asked.ReceiveAsync(&q):
			if _, err := i.answer(ctx, q); err != nil {
				return err
			}
		case workflow.AllHandlersFinished(ctx):
			return nil
		default:
			if err := workflow.Await(ctx, func() bool { return i.asked.Len() > 0 || i.inbox.Len() > 0 || workflow.AllHandlersFinished(ctx) }); err != nil {
				return err
			}
		}
	}
}
