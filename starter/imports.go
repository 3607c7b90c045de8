package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

// newImportCommand is `rollcall import`.
func newImportCommand() *cobra.Command {
	group := newGroup("import", "Look at imports and decide about them",
		newImportStartCommand(), newImportListCommand(), newImportShowCommand(), newImportWatchCommand(), newImportReportCommand(), newApproveCommand(), newTurnDownCommand())
	return addEndpointsFlag(addJSONFlag(group))
}

// withImport connects and does something with the import that an argument names.
func withImport(cmd *cobra.Command, arg string, connect func(*cobra.Command) (*connections, error), do func(*connections, tenant.ImportID) error) error {
	id, err := tenant.ParseImportID(arg)
	if err != nil {
		return asUsage(err)
	}
	c, err := connect(cmd)
	if err != nil {
		return err
	}
	defer c.close()
	return absent(do(c, id), "import "+id.String(), fmt.Sprintf("rollcall import list --tenant %s tells those there are", id.Tenant))
}

func newImportStartCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "start TENANT",
		Short: "Start an import now, as a settled upload would",
		Long: `Start an import now, as a settled upload would. It takes the newest upload that nobody has taken; where there is none, it says so and ends.

With --wait it follows the import until it ends or needs a decision: exit code 0 where it ended well (applied, no changes, nothing new, rehearsed), 3 where the file was refused,
4 where a decision is needed, 1 otherwise.`,
		Args: takes("TENANT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withTenant(cmd, args[0], connectAll, func(c *connections, id tenant.ID) error { return startImport(cmd, c, id, wait) })
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "follow it until it ends or needs a decision")
	return cmd
}

// startPatience is how long a worker may take to take a run up before the person is told that none did.
const startPatience = 5 * time.Second

func startImport(cmd *cobra.Command, c *connections, id tenant.ID, wait bool) error {
	patience := startPatience
	if wait {
		patience = 24 * time.Hour
		defer afterPatience(cmd, "no worker has taken the import up yet; waiting for one")()
	}
	imp, found, err := c.registrar.StartImport(cmd.Context(), id, patience)
	if err != nil {
		return err
	}
	if !found {
		note(cmd.ErrOrStderr(), "an import of %s is started, and no worker has taken it up yet", id)
		note(cmd.ErrOrStderr(), "hint: rollcall doctor says whether a worker runs")
		if wantsJSON(cmd) {
			unnumbered := importShowOf(registrar.ImportView{}, nil)
			unnumbered.Tenant = id
			return printJSON(cmd, unnumbered)
		}
		return nil
	}
	if wait {
		return followStarted(cmd, c, imp.ID)
	}
	if wantsJSON(cmd) {
		view, err := c.registrar.Import(cmd.Context(), imp.ID)
		if err != nil {
			return err
		}
		return printJSON(cmd, importShowOf(view, nil))
	}
	printf(cmd, "%s", imp.ID)
	return nil
}

// afterPatience tells something where the caller takes longer than usual; the caller calls what it returns when it is done.
func afterPatience(cmd *cobra.Command, sentence string) (done func()) {
	timer := time.AfterFunc(startPatience, func() {
		note(cmd.ErrOrStderr(), "%s", sentence)
		note(cmd.ErrOrStderr(), "hint: rollcall doctor says whether a worker runs")
	})
	return func() { timer.Stop() }
}

// followStarted follows an import until it ends or needs a decision, and ends the command with the code that says which.
func followStarted(cmd *cobra.Command, c *connections, id tenant.ImportID) error {
	view, err := follow(cmd, c, id, true)
	if err != nil {
		return err
	}
	return exitWith(codeOfImport(view.Import))
}

// codeOfImport is the exit code that tells how an import ended, or that it waits.
func codeOfImport(i ledger.Import) int {
	if i.Phase != contract.Closed {
		return exitHeld
	}
	switch i.Outcome {
	case contract.Applied, contract.NoChange, contract.NothingNew, contract.Rehearsed:
		return exitDone
	case contract.Refused:
		return exitRefused
	}
	return exitFailed
}

func newImportListCommand() *cobra.Command {
	var of string
	var all bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List imports, the newest first",
		Args:  takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			list := func(c *connections, id tenant.ID) error { return listImports(cmd, c, id, all, limit) }
			if of != "" {
				return withTenant(cmd, of, connect, list)
			}
			c, err := connect(cmd)
			if err != nil {
				return err
			}
			defer c.close()
			return list(c, "")
		},
	}
	cmd.Flags().StringVar(&of, "tenant", "", "only those of this `TENANT`")
	cmd.Flags().BoolVar(&all, "all", false, "also those that found nothing new")
	addLimitFlag(cmd, &limit)
	return cmd
}

func listImports(cmd *cobra.Command, c *connections, id tenant.ID, all bool, limit int) error {
	imports, total, err := c.registrar.Imports(cmd.Context(), id, all, limit)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		list := importListJSON{SchemaVersion: schemaVersion, Total: total, Imports: []importJSON{}}
		for _, i := range imports {
			list.Imports = append(list.Imports, importOf(i))
		}
		return printJSON(cmd, list)
	}
	toldOf(cmd, len(imports), total, "imports")
	if len(imports) == 0 {
		return nil
	}
	t := table{{"IMPORT", "STANDS", "NEXT", "STARTED", "ROWS", "CHANGES", "FILE"}}
	for _, i := range imports {
		s := planview.StandingOf(i)
		t.add(i.ID.String(), s.Word, s.Next, shortTime(i.StartedAt), orBlank(i.Rows), planned(i), i.File)
	}
	return t.write(cmd.OutOrStdout())
}

func orBlank(n int) string {
	if n == 0 {
		return ""
	}
	return planview.Number(n)
}

// planned is what an import would change, in symbols; "" where it was not compared.
func planned(i ledger.Import) string {
	if i.Summary.Digest == "" {
		return ""
	}
	return planview.Brief(i.Summary.Totals)
}

func newImportShowCommand() *cobra.Command {
	var changes bool
	var limit int
	cmd := &cobra.Command{
		Use:   "show IMPORT",
		Short: "Show what an import would change, and what is unusual about it",
		Long: `Show what an import would change, what is unusual about it, and the commands by which it is decided.

With --changes every person is listed as well, up to --limit:  + create  ~ update  < deactivate  > reactivate  ^ restore  - delete`,
		Args: takes("IMPORT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			if cmd.Flags().Changed("limit") && !changes {
				return usage("--limit goes with --changes")
			}
			return withImport(cmd, args[0], connect, func(c *connections, id tenant.ImportID) error {
				return showImport(cmd, c, id, shown{changes: changes, limit: limit})
			})
		},
	}
	cmd.Flags().BoolVar(&changes, "changes", false, "list every person who would change")
	addLimitFlag(cmd, &limit)
	return cmd
}

// shown is what `import show` is to tell beside the page.
type shown struct {
	changes bool
	limit   int
}

func showImport(cmd *cobra.Command, c *connections, id tenant.ImportID, s shown) error {
	ctx := cmd.Context()
	view, err := c.registrar.Import(ctx, id)
	if err != nil {
		return err
	}
	if !wantsJSON(cmd) {
		if err := tellImport(cmd, c, view); err != nil || !s.changes {
			return err
		}
		return tellChanges(cmd, c, view.Import, s.limit)
	}
	if !s.changes {
		return printJSON(cmd, importShowOf(view, nil))
	}
	changes, _, err := c.registrar.Changes(ctx, view.Import, 0, s.limit)
	if err != nil {
		return err
	}
	return printJSON(cmd, importShowOf(view, changes))
}

// tellImport writes the page about an import.
func tellImport(cmd *cobra.Command, c *connections, view registrar.ImportView) error {
	page, err := pageOf(cmd.Context(), c, view)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprint(cmd.OutOrStdout(), planview.Page(page, styleFor(cmd.OutOrStdout()))); err != nil || view.Phase != contract.Closed {
		return err
	}
	mails, err := c.db.MailCounts(cmd.Context(), view.ID.Tenant, view.ID.N)
	if line := invitationsLine(view.ID.Tenant, mails); line != "" {
		printf(cmd, "\n%s", line)
	}
	return err
}

// invitationsLine tells in one line how an import's invitations went; "" where all went well, or still may. What is unknown is never sent again by itself.
func invitationsLine(id tenant.ID, mails map[invite.State]int) string {
	unknown, failed := mails[invite.Unknown], mails[invite.Failed]
	if unknown+failed == 0 {
		return ""
	}
	parts := []string{planview.Number(mails[invite.Delivered]) + " delivered"}
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("%s unknown (rollcall mail list --tenant %s --state unknown)", planview.Number(unknown), id))
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%s failed (rollcall mail list --tenant %s --state failed)", planview.Number(failed), id))
	}
	return "Invitations: " + strings.Join(parts, ", ")
}

// pageOf gathers what a page tells. Findings lie in the artifacts, which not every machine has: without them the page is told without them.
func pageOf(ctx context.Context, c *connections, view registrar.ImportView) (planview.Import, error) {
	file, err := c.registrar.TenantFile(ctx, view.ID.Tenant, view.TenantVersion)
	if err != nil {
		return planview.Import{}, err
	}
	findings, err := c.registrar.Findings(ctx, view.Import)
	if err != nil {
		findings.Totals = nil
	}
	return planview.Import{
		Import: view.Import, Decisions: view.Decisions, Apply: view.Apply, Findings: findings, Mapping: file.Mapping, Zone: file.Upload.Location(),
	}, nil
}

// tellChanges lists the people who would change.
func tellChanges(cmd *cobra.Command, c *connections, imp ledger.Import, limit int) error {
	ctx := cmd.Context()
	changes, total, err := c.registrar.Changes(ctx, imp, 0, limit)
	if err != nil || total == 0 {
		return err
	}
	file, err := c.registrar.TenantFile(ctx, imp.ID.Tenant, imp.TenantVersion)
	if err != nil {
		return err
	}
	var members []string
	for _, change := range changes {
		if change.Member != "" {
			members = append(members, change.Member)
		}
	}
	names, err := c.db.MemberNames(ctx, imp.ID.Tenant, members)
	if err != nil {
		return err
	}
	printf(cmd, "")
	style := styleFor(cmd.OutOrStdout())
	for _, change := range changes {
		printf(cmd, "%s", planview.LineOf(change, names[change.Member], file.Mapping).Text(style))
	}
	if len(changes) < total {
		note(cmd.ErrOrStderr(), "%s of %s changes; --limit 0 tells all", planview.Number(len(changes)), planview.Number(total))
	}
	return nil
}
