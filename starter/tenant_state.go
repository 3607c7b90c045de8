package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

func newTenantSetupCommand() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use:   "setup ID STEP --by NAME",
		Short: "Record that a step of setting up is done",
		Long:  "Record that somebody vouches for a step of setting up: frequency, mapping, sample, review or verification.",
		Args:  takes("ID", "STEP"),
		RunE: func(cmd *cobra.Command, args []string) error {
			step, err := tenant.ParseSetupStep(args[1])
			if err != nil {
				return asUsage(err)
			}
			if by == "" {
				return usage("a step needs the name of the person who vouches for it").hint("add --by NAME")
			}
			return changeTenant(cmd, args[0], connect, func(ctx context.Context, c *connections, id tenant.ID) error {
				if err := c.registrar.RecordStep(ctx, id, step, by); err != nil || wantsJSON(cmd) {
					return err
				}
				printf(cmd, "%s is recorded for %s", step, id)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "`NAME` of the person who vouches for it")
	return cmd
}

func newTenantActivateCommand() *cobra.Command {
	var by, reason string
	var skip bool
	cmd := &cobra.Command{
		Use:   "activate ID",
		Short: "Let a tenant's imports be applied from now on",
		Long: `Let a tenant's imports be applied from now on. Nothing is applied by that: until now its imports were rehearsed, and the next upload is the first that can be approved.

It asks for all steps of setting up. --skip-setup is for a tenant known from elsewhere; its reason is kept.`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason != "" && !skip {
				return usage("--reason goes with --skip-setup")
			}
			return changeTenant(cmd, args[0], connectAll, func(ctx context.Context, c *connections, id tenant.ID) error {
				return c.registrar.Activate(ctx, id, orMe(by), skip, reason)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&skip, "skip-setup", false, "activate although steps of setting up are open")
	flags.StringVar(&reason, "reason", "", "why the steps are skipped")
	addByFlag(cmd, &by)
	return cmd
}

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
