package main

import (
	"errors"
	"net"
	"os"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/tenant"
)

// newKeyCommand is `rollcall key`.
func newKeyCommand() *cobra.Command {
	group := newGroup("key", "Manage the public keys that open a tenant's SFTP inbox", newKeyAddCommand(), newKeyListCommand(), newKeyRemoveCommand())
	return addEndpointsFlag(addJSONFlag(group))
}

func newKeyAddCommand() *cobra.Command {
	var label string
	cmd := &cobra.Command{
		Use:   "add TENANT FILE.pub",
		Short: "Let a public key open a tenant's inbox",
		Long:  "Let a public key open a tenant's inbox from now on. The file is a line as ssh-keygen writes it (id_ed25519.pub). Adding a key twice changes nothing.",
		Args:  takes("TENANT", "FILE.pub"),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := readKey(args[1], label)
			if err != nil {
				return err
			}
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error { return addKey(cmd, c, id, key) })
		},
	}
	cmd.Flags().StringVar(&label, "label", "", "what people call the key (default its comment)")
	return cmd
}

func readKey(path, label string) (inbox.Key, error) {
	line, err := os.ReadFile(path)
	if err != nil {
		return inbox.Key{}, unreadable(path, err)
	}
	key, err := sftpd.ParseKey(line)
	if err != nil {
		return inbox.Key{}, usage("%s: %w", path, err).hint("give the public half, which ssh-keygen names with .pub at the end")
	}
	if label != "" {
		key.Label = label
	}
	return key, nil
}

func addKey(cmd *cobra.Command, c *connections, id tenant.ID, key inbox.Key) error {
	key.AddedAt = c.clock.Now()
	err := c.db.AddKey(cmd.Context(), id, key)
	already := errors.Is(err, inbox.ErrKeyExists)
	if err != nil && !already {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, keyListOf(id, []inbox.Key{key}))
	}
	if already {
		printf(cmd, "%s opens the inbox of %s already", key.Fingerprint, id)
		return nil
	}
	printf(cmd, "%s opens the inbox of %s", key.Fingerprint, id)
	if host, port, err := net.SplitHostPort(c.sftp); err == nil {
		note(cmd.ErrOrStderr(), "its holder logs in by: sftp -P %s %s@%s", port, id, host)
	}
	return nil
}

func newKeyListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list TENANT",
		Short: "List a tenant's keys",
		Args:  takes("TENANT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error { return listKeys(cmd, c.db, id) })
		},
	}
}

func listKeys(cmd *cobra.Command, db *postgres.DB, id tenant.ID) error {
	if _, err := db.Tenant(cmd.Context(), id); err != nil {
		return err
	}
	keys, err := db.ListKeys(cmd.Context(), id)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, keyListOf(id, keys))
	}
	toldOf(cmd, len(keys), len(keys), "keys")
	if len(keys) == 0 {
		return nil
	}
	t := table{{"FINGERPRINT", "TYPE", "LABEL", "ADDED", "LAST USED"}}
	for _, k := range keys {
		t.add(k.Fingerprint, k.Algorithm, k.Label, shortTime(k.AddedAt), orNever(shortTime(k.LastUsedAt)))
	}
	return t.write(cmd.OutOrStdout())
}

func orNever(s string) string {
	if s == "" {
		return "never"
	}
	return s
}

func newKeyRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "remove TENANT FINGERPRINT",
		Short: "Take a tenant's inbox from a key, for logins from now on",
		Args:  takes("TENANT", "FINGERPRINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error {
				if _, err := c.db.Tenant(cmd.Context(), id); err != nil {
					return err
				}
				if err := c.db.RemoveKey(cmd.Context(), id, args[1]); err != nil {
					return absent(err, "key "+args[1]+" of "+string(id), "rollcall key list "+string(id)+" tells those there are")
				}
				if wantsJSON(cmd) {
					keys, err := c.db.ListKeys(cmd.Context(), id)
					if err != nil {
						return err
					}
					return printJSON(cmd, keyListOf(id, keys))
				}
				printf(cmd, "%s no longer opens the inbox of %s", args[1], id)
				return nil
			})
		},
	}
}
