package planview

import (
	"fmt"
	"strings"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
)

// Page tells an import to a CSM, in the order that the package comment gives. It ends in a line end.
func Page(i Import, s Style) string {
	p := &page{Import: i, style: s}
	p.heading()
	p.verdict()
	p.refusal()
	p.plan()
	p.columns()
	p.inFile()
	p.provenance()
	p.decisions()
	p.progress()
	p.commands()
	return p.text.String()
}

// page is a page being written.
type page struct {
	Import
	style Style
	text  strings.Builder
}

// line writes a line, without the blanks that an empty last column leaves.
func (p *page) line(format string, args ...any) {
	p.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// section begins a part of the page.
func (p *page) section(title string) {
	p.line("")
	p.line("%s", p.style.bold(title))
}

func (p *page) heading() {
	st := StandingOf(p.Import.Import)
	text := fmt.Sprintf("Import %s: %s", p.ID, st.Word)
	if st.Next != "" {
		text += " (next: " + st.Next + ")"
	}
	p.line("%s", p.style.bold(text))
	if st.Why != "" {
		p.line("%s", st.Why)
	}
	if p.waits() {
		p.line("If nobody decides by %s, it expires and changes nothing.", p.local(p.Deadline))
	}
}

// waits reports whether a person is to decide.
func (p *page) waits() bool { return p.Phase == contract.AwaitingDecision }

// compared reports whether there is a plan to tell of.
func (p *page) compared() bool { return p.Summary.Digest != "" }

func (p *page) plan() {
	if !p.compared() {
		return
	}
	if p.Summary.Members == 0 {
		p.section("The plan, for a directory that is empty")
	} else {
		p.section(fmt.Sprintf("The plan, for a directory of %s", plural(p.Summary.Members, "person", "people")))
	}
	p.counts()
}

// counts tells how many people are touched and how, each with its share.
func (p *page) counts() {
	t := p.Summary.Totals
	for _, op := range changeset.Ops() {
		if n := t.Of(op); n > 0 {
			symbol := p.style.op(op, Symbol(op))
			p.line("  %s %9s  %-11s %8s   %s", symbol, Number(n), op, Share(n, p.Summary.Members), p.style.faint(meaning(op)))
		}
	}
	p.count(t.Unchanged, "no change")
	p.count(t.SetAside, "set aside")
	if n := p.Summary.Removals; n > 0 {
		p.line("    %9s  removals, of people who are not in the file", Number(n))
	}
	p.line("%s", Closing(t))
}

func (p *page) count(n int, what string) {
	if n > 0 {
		p.line("    %9s  %-11s %8s", Number(n), what, Share(n, p.Summary.Members))
	}
}

func (p *page) provenance() {
	p.section("Where it comes from")
	if p.File == "" {
		p.line("  No file was waiting.")
	} else {
		p.line("  file        %s", Visible(p.File))
		p.line("  received    %s%s", p.local(p.ReceivedAt), p.rows())
	}
	p.line("  mapping     version %d of the tenant's file", p.TenantVersion)
	if p.compared() {
		p.line("  change set  %s", p.Summary.Digest)
	}
	if !p.ClosedAt.IsZero() {
		p.line("  closed      %s", p.local(p.ClosedAt))
	}
}

func (p *page) rows() string {
	if p.Rows == 0 {
		return ""
	}
	text := ", " + plural(p.Rows, "row", "rows")
	if p.SetAside > 0 {
		text += fmt.Sprintf(", %s of them set aside", Number(p.SetAside))
	}
	return text
}

func (p *page) progress() {
	if p.Apply == nil {
		return
	}
	p.section("Applied")
	p.line("  %s of %s in %s", Number(p.Apply.Applied), plural(p.Apply.Planned, "change", "changes"), plural(p.Apply.Chunks, "transaction", "transactions"))
	if n := p.Apply.SetAside; n > 0 {
		p.line("  %s left as they are, because somebody else changed them after the plan was made", plural(n, "person", "people"))
	}
}
