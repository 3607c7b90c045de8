package workflows

import (
	"go.temporal.io/sdk/converter"
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
		workflow.UpdateHandlerOptions{Description: "The same as the signal decision, answered with what became of it."})
}

// decide handles the update: it hands the message to the run's one loop and waits for the answer.
func (i *importRun) decide(ctx workflow.Context, m contract.DecisionMessage) (contract.DecisionAnswer, error) {
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
	note := func(d approval.Decision, decideErr error) {
		if decideErr != nil {
			err = decideErr
		}
		taken = d
	}
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) { err = ctx.Err() })
	sel.AddReceive(i.inbox, func(c workflow.ReceiveChannel, _ bool) {
		var raw converter.RawValue
		c.Receive(ctx, &raw)
		note(i.reduce(ctx, messageOf(raw), true, nil))
	})
	sel.AddReceive(i.asked, func(c workflow.ReceiveChannel, _ bool) {
		var q *question
		c.Receive(ctx, &q)
		note(i.reduce(ctx, q.message, false, q.answer))
	})
	sel.AddReceive(i.newer, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		outcome = contract.SupersededByNewer
	})
	sel.AddFuture(expiry, func(f workflow.Future) {
		if f.Get(ctx, nil) == nil {
			outcome = contract.Expired
		}
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

// reduce loads a decision's authoritative form, applies the rules, records and answers what became of it. It returns the decision where it was taken and the
// zero decision otherwise.
func (i *importRun) reduce(ctx workflow.Context, m contract.DecisionMessage, signal bool, answer workflow.Settable) (approval.Decision, error) {
	effect := approval.NotValid
	loaded, err := run(ctx, i.pace, contract.LoadDecision, contract.LoadDecisionInput{Import: i.status.Import, Message: m.Clipped(), Signal: signal})
	if err == nil {
		i.plan, effect = i.plan.Reduce(loaded.Decision)
		if effect != approval.Duplicate {
			_, err = run(ctx, i.pace, contract.RecordEffect, contract.EffectInput{Import: i.status.Import, DecisionID: loaded.Decision.ID, Effect: effect})
		}
	}
	a := contract.DecisionAnswer{Import: i.status.Import, DecisionID: loaded.Decision.ID, Effect: effect, Message: effect.Sentence()}
	i.status.Decisions = append(i.status.Decisions, a)
	if over := len(i.status.Decisions) - decisionsShown; over > 0 {
		i.status.Decisions = i.status.Decisions[over:]
	}
	if answer != nil {
		answer.Set(a, err)
	}
	if err != nil || effect != approval.Taken {
		return approval.Decision{}, err
	}
	return loaded.Decision, nil
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
			if _, err := i.reduce(ctx, messageOf(raw), true, nil); err != nil {
				return err
			}
		case i.asked.ReceiveAsync(&q):
			if _, err := i.reduce(ctx, q.message, false, q.answer); err != nil {
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
