package main

import (
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/tenant"
)

// newMailCommand is `rollcall mail`.
func newMailCommand() *cobra.Command {
	return addEndpointsFlag(addJSONFlag(newGroup("mail", "Look at what members are sent", newMailListCommand())))
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
