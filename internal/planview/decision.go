package planview

import (
	"fmt"
	"strings"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
)

// VerdictWord is a verdict in words: "approve", "approve without removals", "turn down".
func VerdictWord(v approval.Verdict) string { return strings.ReplaceAll(string(v), "_", " ") }

// DecisionLine tells a decision in one line: what, by whom, why, and what became of it.
func DecisionLine(d ledger.Decision) string {
	text := VerdictWord(d.Verdict)
	if text == "" {
		text = "a decision without a verdict"
	}
	if len(d.Groups) > 0 {
		text += " (" + groups(d.Groups) + " only)"
	}
	text += ", by " + orUnknown(d.By)
	if d.Origin == ledger.ByRawSignal {
		text += fmt.Sprintf(" as the signal claims, sent by %s", orUnknown(d.SentBy))
	}
	if d.Reason != "" {
		text += `: "` + Visible(d.Reason) + `"`
	}
	return text + "; " + became(d.Effect)
}

func groups(ops []changeset.Op) string {
	words := make([]string, len(ops))
	for i, op := range ops {
		words[i] = Visible(string(op))
	}
	return strings.Join(words, ", ")
}

func orUnknown(s string) string {
	if s == "" {
		return "an unknown person"
	}
	return Visible(s)
}

func became(e approval.Effect) string {
	switch e {
	case approval.Taken:
		return "taken"
	case approval.Recorded:
		return "recorded, not seen by the run yet"
	}
	return "no effect: " + e.Sentence()
}

func (p *page) decisions() {
	if len(p.Decisions) == 0 {
		return
	}
	p.section("Decisions")
	for _, d := range p.Decisions {
		p.line("  %s  %s", p.local(d.At), DecisionLine(d))
	}
}

// commands gives the exact commands by which the plan is decided. The number of removals stands in the plan and not in the command: typed back, it shows that the plan was read.
func (p *page) commands() {
	if !p.waits() {
		return
	}
	state := p.State()
	p.section("To decide")
	if state.Worst() != approval.Stop {
		p.command("approve", p.approval(approval.Approve))
		if p.Summary.Removals > 0 {
			p.command("approve", " --without-removals"+p.approval(approval.ApproveWithoutRemovals))
		}
	}
	p.command("turn-down", ` --reason "WHY"`)
	if state.Worst() != approval.Stop && state.MustConfirm(approval.Release{Verdict: approval.Approve}) {
		p.line("  N is the number of removals that the plan above tells.")
	}
}

func (p *page) command(verb, options string) {
	p.line("  rollcall import %-9s %s --changeset %s%s", verb, p.ID, p.Summary.Digest.Short(), options)
}

// approval returns the options that an approval can't do without.
func (p *page) approval(v approval.Verdict) string {
	release := approval.Release{ChangeSet: p.Summary.Digest, Verdict: v}
	options := ""
	if p.State().NeedsReason(release) {
		options += ` --reason "WHY"`
	}
	if p.State().MustConfirm(release) {
		options += " --confirm-deletes N"
	}
	return options
}
