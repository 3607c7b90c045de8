package main

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

func newTenantApplyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Store a tenant's file and bring its schedule in line",
		Long: `Store a tenant's file and bring its schedule in line with it. The file is read strictly: a key that is unknown, or that is not honoured, is refused with its line, and
nothing is stored. Applying the same file again changes nothing. A pause of the schedule stays.

A tenant's first file is current at once. A later one is tried on the last roster that was accepted, and where it makes of it anything else than the file of now, shows members a field
that only admins saw, or ends a plan that waits for a decision, a person is asked first: on a terminal, or by --yes.`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return applyTenant(cmd, args[0]) },
	}
	cmd.Flags().Bool("yes", false, "answer yes to every question")
	return cmd
}

func applyTenant(cmd *cobra.Command, path string) error {
	source, err := readTenantFile(path)
	if err != nil {
		return err
	}
	c, err := connectAll(cmd)
	if err != nil {
		return err
	}
	defer c.close()
	rev, err := c.registrar.Revise(cmd.Context(), source, func(last ledger.Import) {
		if isTerminal(cmd.ErrOrStderr()) {
			note(cmd.ErrOrStderr(), "comparing with the last file, that of %s …", last.ID)
		}
	})
	if err != nil {
		return err
	}
	if text := revisionText(rev); text != "" {
		note(cmd.ErrOrStderr(), "%s", text)
	}
	if err := agreeToRevision(cmd, rev); err != nil {
		return err
	}
	applied, err := c.registrar.ApplyTenant(cmd.Context(), rev)
	if err != nil {
		return err
	}
	return tellApplied(cmd, c, rev, applied)
}

// agreeToRevision asks whether the revision is meant, where that must be asked; an error says that nothing is stored.
func agreeToRevision(cmd *cobra.Command, rev registrar.Revision) error {
	yes, err := cmd.Flags().GetBool("yes")
	if err != nil || yes || !rev.Asks() {
		return err
	}
	if asksPeople(cmd) {
		asking := dialogue{ctx: cmd.Context(), in: bufio.NewReader(cmd.InOrStdin()), out: cmd.ErrOrStderr()}
		answer, err := asking.ask(fmt.Sprintf("make this version %d of %s? [y/N]", rev.Version+1, rev.File.Tenant))
		if err != nil {
			return err
		}
		if answer != "y" && answer != "Y" && answer != "yes" {
			return fail(exitFailed, "nothing was stored")
		}
		return nil
	}
	if wantsJSON(cmd) {
		if err := printJSON(cmd, tenantAppliedJSON{SchemaVersion: schemaVersion, Tenant: rev.File.Tenant, Version: rev.Version, Schedule: registrar.ScheduleUnchanged, Changes: revisionOf(rev)}); err != nil {
			return err
		}
	}
	return usage("nothing was stored: %s", whyAsked(rev)).hint("add --yes where that is meant")
}

func tellApplied(cmd *cobra.Command, c *connections, rev registrar.Revision, applied registrar.AppliedTenant) error {
	view, err := c.registrar.Tenant(cmd.Context(), applied.Tenant)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		err = printJSON(cmd, tenantAppliedJSON{
			SchemaVersion: schemaVersion, Tenant: applied.Tenant, Version: applied.Version, Stored: applied.Stored, Schedule: applied.Schedule, Paused: view.Paused, Changes: revisionOf(rev),
		})
	} else {
		printf(cmd, "%s", appliedSentence(applied))
	}
	if view.Paused {
		warn(cmd.ErrOrStderr(), "the schedule of %s is paused%s; nothing starts until that ends", view.ID, pausedBy(view))
	}
	warnUnheard(cmd, view.File)
	if view.State == tenant.SettingUp {
		note(cmd.ErrOrStderr(), "hint: %s is being set up, and its imports are only rehearsed; rollcall tenant activate %s ends that", view.ID, view.ID)
	}
	return err
}

func appliedSentence(a registrar.AppliedTenant) string {
	already := "already"
	if a.Stored {
		already = "from now on"
	}
	return fmt.Sprintf("%s is at version %d %s; schedule %s", a.Tenant, a.Version, already, a.Schedule)
}

// warnUnheard warns where nobody would hear of a file that is refused.
func warnUnheard(cmd *cobra.Command, f tenant.File) {
	if len(notice.CustomerIT(f.Contacts)) == 0 {
		warn(cmd.ErrOrStderr(), "nobody at %s would hear of a refused file: add a contact with the role technical_sftp or technical_hris", f.Tenant)
	}
	if len(notice.Managers(f.Contacts)) == 0 {
		warn(cmd.ErrOrStderr(), "none of us would hear of a refused file of %s: add a contact with the role csm", f.Tenant)
	}
}
