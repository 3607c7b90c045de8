package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

func newImportWatchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "watch IMPORT",
		Short: "Follow an import until it ends",
		Long: `Follow an import until it ends: a line for each state that it comes to, and a bar while it is applied. An import that needs a decision is followed until it has one.
With --json each line is a document as import show prints it. Ctrl-C ends the watching, not the import.`,
		Args: takes("IMPORT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withImport(cmd, args[0], connect, func(c *connections, id tenant.ImportID) error {
				show := newFollower(cmd)
				show.stream = wantsJSON(cmd)
				_, err := c.registrar.Follow(cmd.Context(), id, false, show.seen)
				show.done()
				return err
			})
		},
	}
}

// follow tells how an import goes on until it is closed, or until it waits for a decision and stopWaiting is set. As JSON only the end is told.
func follow(cmd *cobra.Command, c *connections, id tenant.ImportID, stopWaiting bool) (registrar.ImportView, error) {
	show := newFollower(cmd)
	view, err := c.registrar.Follow(cmd.Context(), id, stopWaiting, show.seen)
	show.done()
	if err == nil && wantsJSON(cmd) {
		err = printJSON(cmd, importShowOf(view, nil))
	}
	return view, err
}

// A follower tells an import's way: as JSON documents, as lines, or on a terminal as lines and a bar.
type follower struct {
	out    io.Writer
	json   bool
	stream bool // with json: one document a line for each state; otherwise nothing
	lively bool // out is a terminal
	// decided leaves out that a decision is needed: one was just made.
	decided bool
	bar     *progressbar.ProgressBar
	last    string
}

func newFollower(cmd *cobra.Command) *follower {
	out := cmd.OutOrStdout()
	return &follower{out: out, json: wantsJSON(cmd), lively: isTerminal(out)}
}

// seen tells one state.
func (f *follower) seen(v registrar.ImportView) {
	switch {
	case f.json && f.stream:
		_ = printJSONLine(f.out, importShowOf(v, nil)) // a reader that is gone is noticed when the last is written
	case f.json || f.decided && v.Phase == contract.AwaitingDecision:
	case f.lively && v.Phase == contract.Applying && v.Apply != nil:
		f.advance(v)
	default:
		f.line(v)
	}
}

// advance moves the bar.
func (f *follower) advance(v registrar.ImportView) {
	if f.bar == nil {
		f.bar = progressbar.NewOptions(v.Apply.Planned, progressbar.OptionSetWriter(f.out), progressbar.OptionSetDescription(v.ID.String()+"  applying"),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish())
	}
	_ = f.bar.Set(v.Apply.Applied + v.Apply.SetAside) // a terminal that can't be written to shows no bar
}

// done takes the bar away.
func (f *follower) done() {
	if f.bar != nil {
		_ = f.bar.Clear()
		f.bar = nil
	}
}

// line tells a state in a line.
func (f *follower) line(v registrar.ImportView) {
	f.done()
	f.tell(stateLine(v))
}

// tell writes a line, unless it is the one just written.
func (f *follower) tell(line string) {
	if line != f.last {
		_, _ = fmt.Fprintln(f.out, line)
		f.last = line
	}
}

// stateLine tells where an import stands in one line.
func stateLine(v registrar.ImportView) string {
	s := planview.StandingOf(v.Import)
	line := v.ID.String() + "  " + s.Word
	switch {
	case v.Phase == contract.Applying && v.Apply != nil:
		line += fmt.Sprintf(", %s of %s", planview.Number(v.Apply.Applied+v.Apply.SetAside), planview.Number(v.Apply.Planned))
	case v.Phase == contract.AwaitingDecision:
		line += fmt.Sprintf(": %s (rollcall import show %s)", planview.Brief(v.Summary.Totals), v.ID)
	case v.Phase == contract.Closed:
		line += ". " + s.Why
	}
	return line
}
