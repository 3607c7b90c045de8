package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

func newTenantSetupCommand() *cobra.Command {
	var asked setupRequest
	cmd := &cobra.Command{
		Use:   "setup ID STEP --by NAME",
		Short: "Record that a step of setting up is done",
		Long: `Record that somebody vouches for a step of setting up: frequency, mapping, sample, review or verification.

A verification is the customer's answer to the list that rollcall import report writes, and --by is who answered. --import says which import's list it was; it may be left out
where only one can be meant. --answer wrong opens the step again, and --comment says what is wrong. Every answer is kept.`,
		Args: takes("ID", "STEP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			step, err := tenant.ParseSetupStep(args[1])
			if err != nil {
				return asUsage(err)
			}
			return recordSetup(cmd, args[0], step, asked)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&asked.by, "by", "", "`NAME` of the person who vouches for it, or who answered")
	flags.StringVar(&asked.imp, "import", "", "verification: the `IMPORT` whose list was looked at (default the only one that can be meant)")
	flags.StringVar(&asked.answer, "answer", string(ledger.AnswerRight), "verification: what the customer says of the list, `right|wrong`")
	flags.StringVar(&asked.comment, "comment", "", "verification: the customer's `TEXT`")
	return cmd
}

// setupRequest is what `tenant setup` was asked for.
type setupRequest struct{ by, imp, answer, comment string }

func recordSetup(cmd *cobra.Command, arg string, step tenant.SetupStep, asked setupRequest) error {
	if asked.by == "" {
		return usage("a step needs the name of the person who vouches for it").hint("add --by NAME")
	}
	if step == tenant.StepVerification {
		return recordVerification(cmd, arg, asked)
	}
	for _, flag := range []string{"import", "answer", "comment"} {
		if cmd.Flags().Changed(flag) {
			return usage("--%s goes with the step verification", flag)
		}
	}
	return changeTenant(cmd, arg, connect, func(ctx context.Context, c *connections, id tenant.ID) error {
		if err := c.registrar.RecordStep(ctx, id, step, asked.by); err != nil {
			return err
		}
		if err := warnWithoutSample(ctx, cmd, c, id, step); err != nil || wantsJSON(cmd) {
			return err
		}
		printf(cmd, "%s is recorded for %s", step, id)
		return nil
	})
}

// warnWithoutSample warns where a step was vouched for of which there is nothing to see.
func warnWithoutSample(ctx context.Context, cmd *cobra.Command, c *connections, id tenant.ID, step tenant.SetupStep) error {
	if step != tenant.StepSample && step != tenant.StepReview {
		return nil
	}
	rehearsed, err := c.registrar.Rehearsed(ctx, id)
	if err != nil || rehearsed {
		return err
	}
	if step == tenant.StepSample {
		warn(cmd.ErrOrStderr(), "no sample file of %s was accepted yet", id)
		return nil
	}
	warn(cmd.ErrOrStderr(), "no sample file of %s was accepted yet, so there is nothing that could have been reviewed", id)
	return nil
}

// recordVerification records a customer's answer.
func recordVerification(cmd *cobra.Command, arg string, asked setupRequest) error {
	v := ledger.Verification{By: asked.by, Comment: strings.TrimSpace(asked.comment)}
	var err error
	if v.Answer, err = ledger.ParseAnswer(asked.answer); err != nil {
		return asUsage(err)
	}
	if v.Answer == ledger.AnswerWrong && v.Comment == "" {
		return usage("an answer that something is wrong needs a comment").hint("add --comment TEXT, with what the customer says is wrong")
	}
	if asked.imp != "" {
		if v.Import, err = tenant.ParseImportID(asked.imp); err != nil {
			return asUsage(err)
		}
		if string(v.Import.Tenant) != arg {
			return usage("%s is not an import of %s", v.Import, arg)
		}
	}
	return changeTenant(cmd, arg, connect, func(ctx context.Context, c *connections, id tenant.ID) error {
		asking := v
		asking.Tenant = id
		recorded, imp, err := c.registrar.RecordVerification(ctx, asking)
		if v.Import.N > 0 {
			err = absent(err, "import "+v.Import.String(), "rollcall import list --tenant "+string(id)+" tells those there are")
		}
		if err != nil {
			return err
		}
		if v.Import.N == 0 && recorded.Import.N > 0 {
			note(cmd.ErrOrStderr(), "recorded for the list of %s; --import names another", recorded.Import)
		}
		return tellVerification(ctx, cmd, c, recorded, imp)
	})
}

// tellVerification tells what was recorded, and warns where it is worth less than it seems.
func tellVerification(ctx context.Context, cmd *cobra.Command, c *connections, v ledger.Verification, imp ledger.Import) error {
	list := "the list of " + v.Import.String()
	if v.Import.N == 0 {
		list = "what was agreed"
		warn(cmd.ErrOrStderr(), "nothing was rehearsed for %s yet, so there is no list that could have been verified; the answer is kept without an import", v.Tenant)
	} else {
		file, err := c.registrar.TenantFile(ctx, v.Tenant, 0)
		if err != nil {
			return err
		}
		if imp.MappingDigest != file.RulesDigest() {
			warn(cmd.ErrOrStderr(), "%s was read under other rules than those of now, so activating %s will ask for another verification", v.Import, v.Tenant)
		}
	}
	if wantsJSON(cmd) {
		return nil
	}
	if v.Answer == ledger.AnswerWrong {
		printf(cmd, "verification is open again for %s: something is wrong with %s", v.Tenant, list)
		return nil
	}
	printf(cmd, "verification is recorded for %s: %s is right", v.Tenant, list)
	return nil
}
