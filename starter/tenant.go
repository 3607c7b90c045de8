package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// newTenantCommand is `rollcall tenant`.
func newTenantCommand() *cobra.Command {
	group := newGroup("tenant", "Set customers up: what was agreed with whom",
		newTenantApplyCommand(), newTenantListCommand(), newTenantShowCommand(), newTenantSetupCommand(), newTenantActivateCommand(),
		newTenantPauseCommand(), newTenantResumeCommand())
	return addEndpointsFlag(addJSONFlag(group))
}

// readTenantFile reads a file and validates it; an error tells every problem with its line.
func readTenantFile(path string) ([]byte, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	_, err = tenantfile.Decode(source)
	if invalid, ok := errors.AsType[*tenantfile.Error](err); ok {
		lines := make([]string, len(invalid.Problems))
		for i, p := range invalid.Problems {
			lines[i] = "\n  " + planview.Visible(p.String())
		}
		return nil, usage("%s is not a valid tenant file:%s", path, strings.Join(lines, ""))
	}
	return source, err
}

// unreadable says that a file can't be read, and why.
func unreadable(path string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return usage("can't read %s: %w", path, err)
}

// pausedBy says who paused a schedule.
func pausedBy(v registrar.TenantView) string {
	switch {
	case v.PausedByRollcall():
		return " by rollcall tenant pause"
	case v.Note != "":
		return fmt.Sprintf(" in Temporal (%q)", planview.Visible(v.Note))
	}
	return " in Temporal"
}

func newTenantListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all tenants",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := connect(cmd)
			if err != nil {
				return err
			}
			defer c.close()
			views, err := c.registrar.StoredTenants(cmd.Context())
			if err != nil {
				return err
			}
			now := c.clock.Now()
			list := tenantListJSON{SchemaVersion: schemaVersion, Total: len(views), Tenants: []tenantJSON{}}
			for _, v := range views {
				list.Tenants = append(list.Tenants, tenantOf(v, now))
			}
			warnUnreadable(cmd, views)
			if wantsJSON(cmd) {
				return printJSON(cmd, list)
			}
			return tellTenants(cmd, views, c.clock.Now())
		},
	}
}

func tellTenants(cmd *cobra.Command, views []registrar.TenantView, now time.Time) error {
	toldOf(cmd, len(views), len(views), "tenants")
	if len(views) == 0 {
		return nil
	}
	t := table{{"TENANT", "NAME", "STATE", "VERSION", "IMPORTS", "NEXT DUE"}}
	for _, v := range views {
		if v.Unreadable != nil {
			t.add(string(v.ID), "", stateWord(v.State), strconv.Itoa(v.Version), strconv.Itoa(v.Imports), "unknown: its file can't be read")
			continue
		}
		t.add(string(v.ID), v.File.Name, stateWord(v.State), strconv.Itoa(v.Version), strconv.Itoa(v.Imports), nextDue(v, now))
	}
	return t.write(cmd.OutOrStdout())
}

// warnUnreadable warns of each tenant whose file this release does not understand.
func warnUnreadable(cmd *cobra.Command, views []registrar.TenantView) {
	for _, v := range views {
		if v.Unreadable != nil {
			why := strings.ReplaceAll(v.Unreadable.Error(), "\n", "; ")
			warn(cmd.ErrOrStderr(), "version %d of the file of %s can't be read by this release: %s", v.Version, v.ID, planview.Visible(why))
		}
	}
}

// stateWord is a tenant's state in words.
func stateWord(s tenant.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// nextDue is when the next roster is due, in the tenant's zone.
func nextDue(v registrar.TenantView, now time.Time) string {
	return v.File.Upload.NextDue(now).In(v.File.Upload.Location()).Format("2006-01-02 15:04 MST")
}

func newTenantShowCommand() *cobra.Command {
	var file bool
	var version int
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show what was agreed with a tenant, and where it stands",
		Long: `Show what was agreed with a tenant, where it stands, and the six steps of setting it up: whose each is, what there is to see of it, and what is next.

With --file it prints the tenant's file as it was applied, to edit and apply again; --version names an earlier one.`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("version") && !file:
				return usage("--version goes with --file")
			case version < 0:
				return usage("versions are counted from 1")
			}
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error {
				if file {
					return showTenantFile(cmd, c, id, version)
				}
				return showTenant(cmd, c, id)
			})
		},
	}
	cmd.Flags().BoolVar(&file, "file", false, "print the tenant's file as it was applied")
	cmd.Flags().IntVar(&version, "version", 0, "of the file: version `N`; 0 for the current one")
	return cmd
}

// showTenantFile prints a version of the tenant's file as it was applied.
func showTenantFile(cmd *cobra.Command, c *connections, id tenant.ID, version int) error {
	if _, err := c.db.Tenant(cmd.Context(), id); err != nil {
		return err
	}
	stored, err := c.db.TenantFile(cmd.Context(), id, version)
	if err != nil {
		return absent(err, fmt.Sprintf("version %d of the file of %s", version, id), fmt.Sprintf("rollcall tenant show %s tells the current version", id))
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, tenantFileJSON{SchemaVersion: schemaVersion, Tenant: id, Version: stored.Version, AppliedAt: timeJSON(stored.AppliedAt), Source: string(stored.Source)})
	}
	_, err = cmd.OutOrStdout().Write(stored.Source)
	return err
}

// withTenant connects and does something with the tenant that an argument names.
func withTenant(cmd *cobra.Command, arg string, connect func(*cobra.Command) (*connections, error), do func(*connections, tenant.ID) error) error {
	id, err := tenant.ParseID(arg)
	if err != nil {
		return asUsage(err)
	}
	c, err := connect(cmd)
	if err != nil {
		return err
	}
	defer c.close()
	return absent(do(c, id), "tenant "+string(id), "rollcall tenant list tells those there are")
}

// showTenant tells a tenant. What only Temporal knows is told as unknown while Temporal is down.
func showTenant(cmd *cobra.Command, c *connections, id tenant.ID) error {
	ctx := cmd.Context()
	view, err := c.registrar.StoredTenant(ctx, id)
	if err != nil {
		return err
	}
	known := true
	if err := c.needTemporal(ctx); err == nil {
		view, err = c.registrar.Tenant(ctx, id)
		if err != nil {
			return err
		}
	} else {
		known = false
		warn(cmd.ErrOrStderr(), "%s", err)
	}
	warnUnheard(cmd, view.File)
	if wantsJSON(cmd) {
		return printJSON(cmd, tenantShowOf(view, c.clock.Now(), known))
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), tenantPage(view, c.clock.Now(), known))
	return err
}
