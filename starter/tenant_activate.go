package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

func newTenantActivateCommand() *cobra.Command {
	var by, reason string
	var skip bool
	cmd := &cobra.Command{
		Use:   "activate ID",
		Short: "Let a tenant's imports be applied from now on",
		Long: `Let a tenant's imports be applied from now on. Nothing is applied by that: until now its imports were rehearsed, and the next upload is the first that can be approved.

It asks for all steps of setting up, and for a verification under the rules of now. --skip-setup is for a tenant known from elsewhere; its reason is kept.`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason != "" && !skip {
				return usage("--reason goes with --skip-setup")
			}
			return changeTenant(cmd, args[0], connectAll, func(ctx context.Context, c *connections, id tenant.ID) error {
				return activate(ctx, cmd, c, id, orMe(by), skip, reason)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&skip, "skip-setup", false, "activate although steps of setting up are open")
	flags.StringVar(&reason, "reason", "", "why the steps are skipped")
	addByFlag(cmd, &by)
	return cmd
}

func activate(ctx context.Context, cmd *cobra.Command, c *connections, id tenant.ID, by string, skip bool, reason string) error {
	activated, err := c.registrar.Activate(ctx, id, by, skip, reason)
	if open, ok := errors.AsType[*registrar.SetupOpen](err); ok {
		return setupOpen(open)
	}
	if err != nil || !activated {
		return err
	}
	rehearsed, err := c.registrar.Rehearsed(ctx, id)
	if err != nil {
		return err
	}
	note(cmd.ErrOrStderr(), "nothing was changed by that: the next upload of %s is the first that can be approved", id)
	if rehearsed {
		note(cmd.ErrOrStderr(), "the file that was rehearsed is planned when it is uploaded again")
	}
	return nil
}

// setupOpen names each step that is missing, as the guide calls it, with who acts on it and the command that records it.
func setupOpen(open *registrar.SetupOpen) error {
	var lines strings.Builder
	for _, step := range open.Steps {
		fmt.Fprintf(&lines, "\n  %s (%s): %s", step.Title, step.Owner, stepProblem(open.Tenant, step))
	}
	return fail(exitNotAllowed, "%w: these steps of setting up %s are open:%s", registrar.ErrNotAllowed, open.Tenant, lines.String()).
		hint("--skip-setup with --reason is for a tenant known from elsewhere")
}

func stepProblem(id tenant.ID, s registrar.OpenStep) string {
	record := fmt.Sprintf("rollcall tenant setup %s %s --by NAME", id, s.Step)
	if s.Step == tenant.StepVerification {
		record += " --import IMPORT"
	}
	switch {
	case s.Problem == registrar.AnsweredWrong && s.Answer.Import.N > 0:
		return fmt.Sprintf("%s said of %s that something is wrong (%s); once that is put right: %s",
			planview.Visible(s.Answer.By), s.Answer.Import, planview.Visible(s.Answer.Comment), record)
	case s.Problem == registrar.AnsweredWrong:
		return fmt.Sprintf("%s said that something is wrong (%s); once that is put right: %s", planview.Visible(s.Answer.By), planview.Visible(s.Answer.Comment), record)
	case s.Problem == registrar.RulesChanged:
		return fmt.Sprintf("the tenant's file has other rules than when %s was verified; upload a file, let the customer verify its list anew, then: %s", s.Answer.Import, record)
	}
	return record
}
