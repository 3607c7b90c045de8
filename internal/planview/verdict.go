package planview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
)

// Tripped returns the checks that have something to say, in the order in which they were weighed: the most serious first.
func Tripped(checks []approval.Check) []approval.Check {
	return slices.DeleteFunc(slices.Clone(checks), func(c approval.Check) bool { return c.Level == approval.OK })
}

// Verdict says in one sentence how unusual a plan is and what approving it asks for.
func Verdict(s approval.State) string {
	release := approval.Release{ChangeSet: s.ChangeSet, Verdict: approval.Approve}
	holds := 0
	for _, c := range s.Checks {
		if c.Level.Holds() {
			holds++
		}
	}
	switch {
	case s.Worst() == approval.Stop:
		return "Stopped: this plan can only be turned down."
	case s.Worst() == approval.HoldTwo:
		return fmt.Sprintf("Held by %s: two people must approve it, each with a reason.", plural(holds, "check", "checks"))
	case s.MustConfirm(release):
		return fmt.Sprintf("Held by %s: approving it needs a reason, and the number of removals typed back.", plural(holds, "check", "checks"))
	case s.NeedsReason(release):
		return fmt.Sprintf("Held by %s: approving it needs a reason.", plural(holds, "check", "checks"))
	}
	return "Nothing unusual."
}

func (p *page) verdict() {
	if !p.compared() || p.Outcome == contract.NoChange {
		return
	}
	tripped := Tripped(p.Checks)
	switch {
	case p.waits():
		p.line("")
		p.line("%s", p.style.level(p.State().Worst(), Verdict(p.State())))
	case len(tripped) > 0:
		p.section("What was unusual")
	}
	p.checks(tripped)
}

// checks tells checks, each with its level and its cause.
func (p *page) checks(tripped []approval.Check) {
	for _, c := range tripped {
		p.line("  %s  %s", p.style.level(c.Level, fmt.Sprintf("%-4s", levelWord(c.Level))), Visible(c.Message))
		if c.Cause != "" {
			p.line("        %s", Visible(c.Cause))
		}
	}
}

func levelWord(l approval.Level) string {
	if l == approval.HoldTwo {
		return "two"
	}
	return string(l)
}

// mostFindings is how many findings a page tells of a refused file.
const mostFindings = 10

// refusal tells why a file was refused.
func (p *page) refusal() {
	if p.Outcome != contract.Refused || len(p.Findings.Findings) == 0 {
		return
	}
	p.section("Why the file is refused")
	refusing := slices.DeleteFunc(slices.Clone(p.Findings.Findings), func(f roster.Finding) bool { return f.Level != roster.Refused })
	for n, f := range refusing {
		if n == mostFindings {
			p.line("  and %s more, in the receipt", Number(len(refusing)-n))
			break
		}
		p.line("  %s: %s", p.style.level(approval.Stop, string(f.Code)), Visible(f.Message))
	}
}

// inFile counts what was found in the file; each is told in its receipt.
func (p *page) inFile() {
	if len(p.Findings.Totals) > 0 {
		p.section("Found in the file")
		p.line("  %s", codes(p.Findings.Totals))
	}
}

// codes counts findings by code, the most frequent first.
func codes(totals map[roster.Code]int) string {
	ordered := slices.SortedFunc(maps.Keys(totals), func(a, b roster.Code) int {
		return cmp.Or(totals[b]-totals[a], strings.Compare(string(a), string(b)))
	})
	parts := make([]string, len(ordered))
	for i, code := range ordered {
		parts[i] = fmt.Sprintf("%s %s", code, Number(totals[code]))
	}
	return strings.Join(parts, ", ")
}
