package planview

import (
	"fmt"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
)

// Files is all that a page tells about two files of a tenant that were compared with each other, without a directory and without an import.
type Files struct {
	Old, New FileRead
	Summary  changeset.Summary // of what changes from the old file to the new one
	Checks   []approval.Check
	Mapping  mapping.Mapping // under which both were read
}

// A FileRead is a file and what reading it found.
type FileRead struct {
	Name string
	roster.Summary
}

// FilesPage tells what would change from one file to the next, in the order of [Page]: what is unusual, how many people are touched and how, which columns, then what it comes from. It
// ends in a line end.
func FilesPage(f Files, s Style) string {
	p := &page{Import: Import{Import: ledger.Import{Summary: f.Summary, Checks: f.Checks}, Mapping: f.Mapping}, style: s}
	p.line("%s", p.style.bold(f.heading()))
	if tripped := Tripped(f.Checks); len(tripped) > 0 {
		p.section("What is unusual")
		p.checks(tripped)
	}
	p.section("What would change, for the " + plural(f.Summary.Members, "person", "people") + " of the old file")
	p.counts()
	p.columns()
	p.section("Where it comes from")
	p.fileRead("old", f.Old)
	p.fileRead("new", f.New)
	p.line("  change set  %s", f.Summary.Digest)
	return p.text.String()
}

func (f Files) heading() string {
	switch n := f.Summary.Totals.Changes(); {
	case n == 0:
		return "Nothing changes from the old file to the new one."
	case n == 1:
		return "1 person changes from the old file to the new one."
	default:
		return fmt.Sprintf("%s people change from the old file to the new one.", Number(n))
	}
}

// fileRead tells a file, with its rows and what was found in it.
func (p *page) fileRead(which string, f FileRead) {
	text := plural(f.Rows, "row", "rows")
	if f.SetAside > 0 {
		text += fmt.Sprintf(", %s of them set aside", Number(f.SetAside))
	}
	p.line("  %-10s  %s, %s", which, Visible(f.Name), text)
	if len(f.Totals) > 0 {
		p.line("  %-10s  found in it: %s", "", codes(f.Totals))
	}
}
