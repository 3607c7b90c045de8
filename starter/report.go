package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/report"
	"rollcall.internal/internal/report/workbook"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// newImportReportCommand is `rollcall import report`.
func newImportReportCommand() *cobra.Command {
	var asked reportRequest
	cmd := &cobra.Command{
		Use:   "report IMPORT --out FILE",
		Short: "Write the verification list: who would be created, updated, deleted, for the customer to verify",
		Long: `Write the verification list of an import: who would be created, updated (each field before and after), deactivated, reactivated, restored and deleted, and who was set
aside and why; for the customer to verify. The end of the file's name says how it is written:

  .xlsx  a workbook with a sheet for each kind, everything as text
  .csv   one flat table
  .html  one page to read and to print, with the first ` + planview.Number(report.PageLimit) + ` of each kind

Columns have the titles of the tenant's mapping. The values of private fields are in it, marked as private, since the customer can't verify what can't be read; --mask-private leaves
them out, but for names, addresses and unique IDs. It is written in the language of the tenant's program owner, unless --locale says otherwise. Any import that was compared with the
directory has a list, also a rehearsal. rollcall tenant setup TENANT verification --import IMPORT records the customer's answer.`,
		Args: takes("IMPORT"),
		RunE: func(cmd *cobra.Command, args []string) error { return writeReport(cmd, args[0], asked) },
	}
	flags := cmd.Flags()
	flags.StringVar(&asked.out, "out", "", "`FILE` to write: .xlsx, .csv or .html")
	flags.StringVar(&asked.locale, "locale", "", "`LANGUAGE` of the list, en-US or fr-CA (default the program owner's)")
	flags.BoolVar(&asked.mask, "mask-private", false, "leave out the values of private fields")
	return cmd
}

// reportRequest is what `import report` was asked for.
type reportRequest struct {
	out, locale string
	mask        bool
}

// reportFormats are the ends of names that say how a list is written.
func reportFormats() map[string]func(io.Writer, *report.Document) error {
	return map[string]func(io.Writer, *report.Document) error{
		"xlsx": workbook.Write,
		"csv":  report.WriteCSV,
		"html": func(w io.Writer, d *report.Document) error { return report.WriteHTML(w, d, report.PageLimit) },
	}
}

func writeReport(cmd *cobra.Command, arg string, asked reportRequest) error {
	id, err := tenant.ParseImportID(arg)
	if err != nil {
		return asUsage(err)
	}
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(asked.out), "."))
	write, known := reportFormats()[format]
	switch {
	case asked.out == "":
		return usage("--out is missing: it names the file to write").hint("rollcall import report %s --out %s.xlsx", id, id)
	case !known:
		return usage("%s has to end in .xlsx, .csv or .html, which says how the list is written", asked.out)
	case asked.locale != "" && !slices.Contains(roster.Locale.Choices(), asked.locale):
		return usage("%q is not a language of lists: use en-US or fr-CA", asked.locale)
	}
	file, err := newPlacedFile(placement{path: asked.out, flag: "--out", what: "a list"})
	if err != nil {
		return err
	}
	defer file.discard()
	return withImport(cmd, arg, connect, func(c *connections, id tenant.ImportID) error {
		return c.registrar.Report(cmd.Context(), id, asked.locale, asked.mask, func(d *report.Document) error {
			if err := file.write(func(w io.Writer) error { return write(w, d) }); err != nil {
				return err
			}
			return tellReport(cmd, d, asked, format)
		})
	})
}

// tellReport says what was written.
func tellReport(cmd *cobra.Command, d *report.Document, asked reportRequest, format string) error {
	totals := d.Import.Summary.Totals
	if format == "html" && slices.ContainsFunc(changeset.Ops(), func(op changeset.Op) bool { return totals.Of(op) > report.PageLimit }) {
		note(cmd.ErrOrStderr(), "the page shows the first %s of each kind; .xlsx and .csv have all", planview.Number(report.PageLimit))
	}
	if !d.Mask && d.Private() {
		note(cmd.ErrOrStderr(), "it holds private values, for the customer alone; --mask-private leaves them out")
	}
	if wantsJSON(cmd) {
		return printJSON(cmd, reportOf(d, asked.out, format))
	}
	printf(cmd, "%s holds the list of %s (%s). %s", planview.Visible(asked.out), d.Import.ID, d.Locale, planview.Closing(totals))
	return nil
}
