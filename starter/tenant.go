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

func newTenantApplyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Store a tenant's file and bring its schedule in line",
		Long: `Store a tenant's file and bring its schedule in line with it. The file is read strictly: a key that is unknown, or that is not honoured, is refused with its line, and
nothing is stored. Applying the same file again changes nothing. A pause of the schedule stays.`,
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
	applied, err := c.registrar.ApplyTenant(cmd.Context(), source)
	if err != nil {
		return err
	}
	view, err := c.registrar.Tenant(cmd.Context(), applied.Tenant)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		err = printJSON(cmd, tenantAppliedJSON{
			SchemaVersion: schemaVersion, Tenant: applied.Tenant, Version: applied.Version, Stored: applied.Stored, Schedule: applied.Schedule, Paused: view.Paused,
		})
	} else {
		printf(cmd, "%s", appliedSentence(applied))
	}
	if view.Paused {
		warn(cmd.ErrOrStderr(), "the schedule of %s is paused%s; nothing starts until that ends", view.ID, pausedBy(view))
	}
	if view.State == tenant.SettingUp {
		note(cmd.ErrOrStderr(), "hint: %s is being set up, and its imports are only rehearsed; rollcall tenant activate %s ends that", view.ID, view.ID)
	}
	return err
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

func appliedSentence(a registrar.AppliedTenant) string {
	already := "already"
	if a.Stored {
		already = "from now on"
	}
	return fmt.Sprintf("%s is at version %d %s; schedule %s", a.Tenant, a.Version, already, a.Schedule)
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
		t.add(string(v.ID), v.File.Name, stateWord(v.State), strconv.Itoa(v.Version), strconv.Itoa(v.Imports), nextDue(v, now))
	}
	return t.write(cmd.OutOrStdout())
}

// stateWord is a tenant's state in words.
func stateWord(s tenant.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// nextDue is when the next roster is due, in the tenant's zone.
func nextDue(v registrar.TenantView, now time.Time) string {
	return v.File.Upload.NextDue(now).In(v.File.Upload.Location()).Format("2006-01-02 15:04 MST")
}

func newTenantShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show what was agreed with a tenant, and where it stands",
		Args:  takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], connect, func(c *connections, id tenant.ID) error { return showTenant(cmd, c, id) })
		},
	}
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
	if wantsJSON(cmd) {
		return printJSON(cmd, tenantShowOf(view, c.clock.Now(), known))
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), tenantPage(view, c.clock.Now(), known))
	return err
}
