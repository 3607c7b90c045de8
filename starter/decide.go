package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

// decideOptions are the flags of approve and turn-down.
type decideOptions struct {
	verdict   approval.Verdict
	changeset string
	by        string
	reason    string
	without   bool
	groups    []string
	confirm   int
	wait      bool
}

func newApproveCommand() *cobra.Command {
	o := decideOptions{verdict: approval.Approve}
	cmd := &cobra.Command{
		Use:   "approve IMPORT",
		Short: "Let an import's changes be applied",
		Long: `Let an import's changes be applied: exactly those of the change set that you name, as import show tells it. Without --changeset the plan is shown and you are asked, on a
terminal only.

It ends as soon as the decision is recorded; --wait follows the import to its end. A reason is needed where a check holds, and the number of removals where they are over their
limit. Exit code 5: the decision is not allowed as things stand, and nothing was changed.`,
		Args: takes("IMPORT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.without {
				o.verdict = approval.ApproveWithoutRemovals
			}
			return runDecide(cmd, args[0], o)
		},
	}
	addDecideFlags(cmd, &o)
	cmd.Flags().BoolVar(&o.without, "without-removals", false, "leave out people who are only not in the file")
	cmd.Flags().StringSliceVar(&o.groups, "groups", nil, "only these `operations`: create, update, deactivate, reactivate, restore, delete")
	cmd.Flags().IntVar(&o.confirm, "confirm-deletes", 0, "the `number` of removals, as the plan tells it")
	return cmd
}

func newTurnDownCommand() *cobra.Command {
	o := decideOptions{verdict: approval.TurnDown}
	cmd := &cobra.Command{
		Use:   "turn-down IMPORT",
		Short: "End an import without changing anything",
		Long:  "End an import without changing anything. It needs a reason. Without --changeset the plan is shown and you are asked, on a terminal only.",
		Args:  takes("IMPORT"),
		RunE:  func(cmd *cobra.Command, args []string) error { return runDecide(cmd, args[0], o) },
	}
	addDecideFlags(cmd, &o)
	return cmd
}

func addDecideFlags(cmd *cobra.Command, o *decideOptions) {
	flags := cmd.Flags()
	flags.StringVar(&o.changeset, "changeset", "", "`DIGEST` of the change set that you looked at, or its first 12 digits")
	flags.StringVar(&o.reason, "reason", "", "why")
	flags.StringVar(&o.by, "by", "", "`NAME` of the person who decides; in a development stack only (default your own name on this machine)")
	flags.BoolVar(&o.wait, "wait", false, "follow the import to its end")
}

// givenEmpty refuses flags that are there and say nothing, as a script's unset variable leaves them: taken as left out, an empty --groups would approve everything.
func (o decideOptions) givenEmpty(cmd *cobra.Command) error {
	for _, flag := range []struct {
		name  string
		empty bool
	}{
		{"changeset", strings.TrimSpace(o.changeset) == ""}, {"by", strings.TrimSpace(o.by) == ""}, {"groups", len(o.groups) == 0},
	} {
		if flag.empty && cmd.Flags().Changed(flag.name) {
			return usage("--%s is empty", flag.name).hint("give it a value, or leave it out")
		}
	}
	return nil
}

// decision is what the flags ask for.
func (o decideOptions) decision(cmd *cobra.Command, id tenant.ImportID) (registrar.Decision, error) {
	if err := o.givenEmpty(cmd); err != nil {
		return registrar.Decision{}, err
	}
	d := registrar.Decision{Import: id, ChangeSet: changeset.Digest(o.changeset), Verdict: o.verdict, By: orMe(o.by), Reason: o.reason}
	for _, g := range o.groups {
		op, err := changeset.ParseOp(g)
		if err != nil {
			return d, asUsage(err)
		}
		d.Groups = append(d.Groups, op)
	}
	if cmd.Flags().Changed("confirm-deletes") {
		d.ConfirmDeletes = &o.confirm
	}
	if o.changeset == "" && !asksPeople(cmd) {
		return d, usage("--changeset is missing: a decision names the change set that was looked at").hint("rollcall import show %s tells it", id)
	}
	return d, nil
}

func runDecide(cmd *cobra.Command, arg string, o decideOptions) error {
	id, err := tenant.ParseImportID(arg)
	if err != nil {
		return asUsage(err)
	}
	d, err := o.decision(cmd, id)
	if err != nil {
		return err
	}
	return withImport(cmd, arg, connectAll, func(c *connections, id tenant.ImportID) error {
		if o.by != "" && !c.dev {
			return usage("--by is for development stacks: here the person is the one who is logged in on this machine")
		}
		if d.ChangeSet == "" {
			if err := askToDecide(cmd, c, &d); err != nil {
				return err
			}
		}
		row, err := c.registrar.Decide(cmd.Context(), d)
		if refused, ok := errors.AsType[*registrar.RefusedDecision](err); ok {
			return tellRefused(cmd, c, row, refused.Effect)
		}
		if err != nil {
			return err
		}
		if o.wait {
			return awaitDecision(cmd, c, row)
		}
		return tellDecided(cmd, c, row)
	})
}

// tellDecided tells that a decision is recorded, or what became of it since.
func tellDecided(cmd *cobra.Command, c *connections, row ledger.Decision) error {
	if !wantsJSON(cmd) {
		printf(cmd, "%s", recordedLine(row))
		return nil
	}
	view, err := c.registrar.Import(cmd.Context(), row.Import)
	if err != nil {
		return err
	}
	return printJSON(cmd, decidedJSON{
		SchemaVersion: schemaVersion, Import: view.ID, Phase: view.Phase, Outcome: view.Outcome, Decision: decisionOf(row), Message: row.Effect.Sentence(),
	})
}

func recordedLine(row ledger.Decision) string {
	return fmt.Sprintf("%s  %s is recorded as decision %s", row.Import, planview.VerdictWord(row.Verdict), row.ID)
}

// tellRefused tells that a decision has no effect, and what would help.
func tellRefused(cmd *cobra.Command, c *connections, row ledger.Decision, effect approval.Effect) error {
	row.Effect = effect
	if wantsJSON(cmd) {
		if err := tellDecided(cmd, c, row); err != nil {
			return err
		}
	}
	f := fail(exitNotAllowed, "%s: %s", row.Import, effect.Sentence())
	switch effect {
	case approval.ReasonMissing:
		return f.hint("add --reason")
	case approval.NotConfirmed:
		// The number is not told here: typed back, it shows that the plan was read.
		return f.hint("add --confirm-deletes N; rollcall import show %s tells how many people would be removed", row.Import)
	case approval.Stale, approval.Late:
		return f.hint("rollcall import show %s tells how it stands now", row.Import)
	case approval.NotAllowed:
		return f.hint("rollcall import show %s tells what stops it; it can be turned down", row.Import)
	}
	return f
}

// awaitDecision follows an import until what was decided has come to its end.
func awaitDecision(cmd *cobra.Command, c *connections, row ledger.Decision) error {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	show := newFollower(cmd)
	show.decided = true
	if !show.json {
		show.tell(recordedLine(row))
	}
	waiting := afterPatience(cmd, "no worker has seen the decision yet; it is recorded, and waits for one")
	var last registrar.ImportView
	_, err := c.registrar.Follow(ctx, row.Import, false, func(v registrar.ImportView) {
		last, row = v, current(v, row)
		if row.Effect != approval.Recorded {
			waiting()
		}
		show.seen(v)
		if undone(v, row) {
			stop()
		}
	})
	waiting()
	show.done()
	if err != nil && (cmd.Context().Err() != nil || !errors.Is(err, context.Canceled)) {
		return err
	}
	return tellEnd(cmd, c, last, row)
}

// current returns the decision's row as an import shows it now.
func current(v registrar.ImportView, row ledger.Decision) ledger.Decision {
	for _, d := range v.Decisions {
		if d.ID == row.ID {
			return d
		}
	}
	return row
}

// undone reports whether nothing more can come of a decision although the import goes on: it had no effect, or the import was planned anew under another digest.
func undone(v registrar.ImportView, row ledger.Decision) bool {
	switch row.Effect {
	case approval.Recorded:
		return false
	case approval.Taken:
		return v.Phase == contract.AwaitingDecision && v.Summary.Digest != row.ChangeSet
	}
	return true
}

// tellEnd ends the command with what came of a decision.
func tellEnd(cmd *cobra.Command, c *connections, v registrar.ImportView, row ledger.Decision) error {
	if row.Effect == approval.Recorded {
		row.Effect = approval.Late // the import has ended without it
	}
	if row.Effect != approval.Taken {
		return tellRefused(cmd, c, row, row.Effect)
	}
	if wantsJSON(cmd) {
		if err := tellDecided(cmd, c, row); err != nil {
			return err
		}
	}
	if v.Phase != contract.Closed {
		return fail(exitNotAllowed, "%s was planned anew, because people of the plan had changed since; nothing was changed, and it needs another decision", v.ID).
			hint("rollcall import show %s", v.ID)
	}
	wanted := contract.Applied
	if row.Verdict == approval.TurnDown {
		wanted = contract.TurnedDown
	}
	if v.Outcome == wanted {
		return nil
	}
	ended := planview.StandingOf(v.Import)
	return fail(exitFailed, "%s ended %s: %s", v.ID, ended.Word, lower(ended.Why))
}

// lower is a sentence as a part of another: its first letter small, its full stop left out.
func lower(sentence string) string {
	if sentence == "" {
		return ""
	}
	return strings.ToLower(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".")
}
