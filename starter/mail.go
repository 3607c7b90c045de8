package main

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

// newMailCommand is `rollcall mail`.
func newMailCommand() *cobra.Command {
	return addEndpointsFlag(addJSONFlag(newGroup("mail", "Look at what members and contacts are sent, and send again what failed", newMailListCommand(), newMailResendCommand())))
}

func newMailListCommand() *cobra.Command {
	var of, state string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List mails, the newest first",
		Long:  "List mails, the newest first. States: waiting, sending, delivered, failed, unknown, cancelled.",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			filter := invite.Filter{State: invite.State(state), Limit: limit}
			if state != "" && !filter.State.Valid() {
				return usage("%q is not a state of a mail", state).hint("use waiting, sending, delivered, failed, unknown or cancelled")
			}
			if of != "" {
				return withTenant(cmd, of, connect, func(c *connections, id tenant.ID) error {
					if _, err := c.db.Tenant(cmd.Context(), id); err != nil {
						return err
					}
					return listMails(cmd, c, id, filter)
				})
			}
			c, err := connect(cmd)
			if err != nil {
				return err
			}
			defer c.close()
			return listMails(cmd, c, "", filter)
		},
	}
	cmd.Flags().StringVar(&of, "tenant", "", "only those of this `TENANT`")
	cmd.Flags().StringVar(&state, "state", "", "only mails in this `STATE`")
	addLimitFlag(cmd, &limit)
	return cmd
}

func listMails(cmd *cobra.Command, c *connections, id tenant.ID, filter invite.Filter) error {
	mails, total, err := c.db.ListMails(cmd.Context(), id, filter)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, mailListOf(mails, total))
	}
	toldOf(cmd, len(mails), total, "mails")
	if len(mails) == 0 {
		return nil
	}
	t := table{{"ID", "KIND", "TO", "STATE", "REPLY", "IMPORT", "AT"}}
	for _, m := range mails {
		t.add(m.ID, strings.ReplaceAll(string(m.Kind), "_", " "), m.To, string(m.State), m.Reply, m.Import.String(), shortTime(m.At))
	}
	return t.write(cmd.OutOrStdout())
}

func newMailResendCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "resend ID",
		Short: "Send a mail again that failed, or of which nobody knows whether it went",
		Long: `Send a mail again that failed, or of which nobody knows whether it went: whoever got the first one gets a second. It is due at once; mail to members within the tenant's hours and pace.

Nothing is sent to somebody who is no longer to be invited.`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			mail, err := uuid.Parse(args[0])
			if err != nil {
				return usage("%q is not the id of a mail", args[0]).hint("rollcall mail list tells the ids")
			}
			// Temporal is reached before anything is changed: a mail that waits and nobody sends would be worse than one that failed.
			c, err := connectAll(cmd)
			if err != nil {
				return err
			}
			defer c.close()
			return resendMail(cmd, c, mail.String())
		},
	}
}

func resendMail(cmd *cobra.Command, c *connections, mail string) error {
	of, err := letWaitAgain(cmd.Context(), c, mail)
	if err != nil {
		return absent(err, "mail with that id", "rollcall mail list tells those there are")
	}
	if err := (registrar.Runs{Temporal: c.temporal}).WakeInvitations(cmd.Context(), of); err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, mailResendJSON{SchemaVersion: schemaVersion, ID: mail, Tenant: of, State: invite.Waiting})
	}
	printf(cmd, "%s of %s waits to be sent again", mail, of)
	return nil
}

// letWaitAgain makes the mail wait, whichever tenant's it is, and returns whose it is.
func letWaitAgain(ctx context.Context, c *connections, mail string) (tenant.ID, error) {
	tenants, err := c.db.Tenants(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range tenants {
		if err := c.db.ResendMail(ctx, t.ID, mail, c.clock.Now()); !errors.Is(err, ledger.ErrNotFound) {
			return t.ID, err
		}
	}
	return "", ledger.ErrNotFound
}
