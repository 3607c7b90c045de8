package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

func newTenantPauseCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "pause ID",
		Short: "Stop a tenant's imports and mails; uploads are still taken and answered",
		Args:  takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeTenant(cmd, args[0], connectAll, func(ctx context.Context, c *connections, id tenant.ID) error {
				return c.registrar.Pause(ctx, id, orMe(by))
			})
		},
	}
	addByFlag(cmd, &by)
	return cmd
}

func newTenantResumeCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "resume ID",
		Short: "End a pause; the newest upload that came meanwhile is planned",
		Args:  takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeTenant(cmd, args[0], connectAll, func(ctx context.Context, c *connections, id tenant.ID) error {
				return c.registrar.Resume(ctx, id, orMe(by))
			})
		},
	}
	addByFlag(cmd, &by)
	return cmd
}

func addByFlag(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "by", "", "`NAME` of the person who does it (default your own name on this machine)")
}

// orMe is the name given, or else that of the person at this machine.
func orMe(by string) string {
	if by != "" {
		return by
	}
	return userName()
}

// changeTenant does something to a tenant and tells where it then stands.
func changeTenant(cmd *cobra.Command, arg string, connect func(*cobra.Command) (*connections, error), do func(context.Context, *connections, tenant.ID) error) error {
	return withTenant(cmd, arg, connect, func(c *connections, id tenant.ID) error {
		if err := do(cmd.Context(), c, id); err != nil {
			return err
		}
		view, err := c.registrar.StoredTenant(cmd.Context(), id)
		if err != nil {
			return err
		}
		known := c.temporal != nil
		if known {
			if view, err = c.registrar.Tenant(cmd.Context(), id); err != nil {
				return err
			}
		}
		if wantsJSON(cmd) {
			return printJSON(cmd, tenantShowOf(view, c.clock.Now(), known))
		}
		printf(cmd, "%s", standingOfTenant(view))
		if view.Paused && view.State != tenant.Paused {
			warn(cmd.ErrOrStderr(), "the schedule of %s is paused%s; nothing starts until that ends", id, pausedBy(view))
		}
		return nil
	})
}

// standingOfTenant says in a sentence where a tenant stands.
func standingOfTenant(v registrar.TenantView) string {
	text := fmt.Sprintf("%s is %s", v.ID, stateWord(v.State))
	if v.State != tenant.SettingUp {
		return text
	}
	missing := v.Missing()
	if len(missing) == 0 {
		return text + "; every step is done, and rollcall tenant activate " + string(v.ID) + " is next"
	}
	words := make([]string, len(missing))
	for i, step := range missing {
		words[i] = string(step)
	}
	return text + "; open: " + strings.Join(words, ", ")
}
