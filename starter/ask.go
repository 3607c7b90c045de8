package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
)

// asksPeople reports whether a person can be asked: the command reads from a terminal, and its data is not for a program.
func asksPeople(cmd *cobra.Command) bool {
	in, ok := cmd.InOrStdin().(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && !wantsJSON(cmd)
}

// askToDecide shows the plan and asks for whatever the decision lacks, last of all whether it is meant. It completes d.
func askToDecide(cmd *cobra.Command, c *connections, d *registrar.Decision) error {
	view, err := c.registrar.Import(cmd.Context(), d.Import)
	if err != nil {
		return err
	}
	if view.Phase != contract.AwaitingDecision {
		return fail(exitNotAllowed, "%s does not wait for a decision: it is %s", d.Import, planview.StandingOf(view.Import).Word)
	}
	if err := tellImport(cmd, c, view); err != nil {
		return err
	}
	d.ChangeSet = view.Summary.Digest
	return (&dialogue{ctx: cmd.Context(), in: bufio.NewReader(cmd.InOrStdin()), out: cmd.ErrOrStderr()}).complete(d, view.State())
}

// A dialogue asks a person, until ctx ends.
type dialogue struct {
	ctx context.Context
	in  *bufio.Reader
	out io.Writer
}

// complete asks for what the rules want of a decision on the plan that waits, and whether it is meant.
func (a *dialogue) complete(d *registrar.Decision, s approval.State) error {
	release := approval.Release{ChangeSet: d.ChangeSet, Verdict: d.Verdict, Groups: d.Groups}
	_, _ = fmt.Fprintln(a.out)
	if d.Reason == "" && (d.Verdict == approval.TurnDown || s.NeedsReason(release)) {
		reason, err := a.ask("why?")
		if err != nil {
			return err
		}
		d.Reason = reason
	}
	if d.ConfirmDeletes == nil && s.MustConfirm(release) {
		answer, err := a.ask("how many people would be removed?")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(strings.ReplaceAll(answer, ",", ""))
		if err != nil {
			return fail(exitNotAllowed, "that is not a number; nothing was decided")
		}
		d.ConfirmDeletes = &n
	}
	answer, err := a.ask(fmt.Sprintf("%s %s? [y/N]", planview.VerdictWord(d.Verdict), d.Import))
	if err != nil {
		return err
	}
	if answer != "y" && answer != "Y" && answer != "yes" {
		return fail(exitFailed, "nothing was decided")
	}
	return nil
}

// ask reads one line; the end of input is an empty one. Ctrl-C ends the asking: a read from a terminal can't be ended, so it is left behind.
func (a *dialogue) ask(question string) (string, error) {
	_, _ = fmt.Fprintf(a.out, "%s ", question)
	type answer struct {
		line string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		line, err := a.in.ReadString('\n')
		answered <- answer{line, err}
	}()
	select {
	case <-a.ctx.Done():
		_, _ = fmt.Fprintln(a.out)
		return "", a.ctx.Err()
	case got := <-answered:
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			return "", fmt.Errorf("read answer: %w", got.err)
		}
		return strings.TrimSpace(got.line), nil
	}
}
