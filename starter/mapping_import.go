package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/mapping/workbook"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// importFlags are the flags of `mapping import`: where the draft goes, and what the workbook can't know.
type importFlags struct {
	out       string
	overwrite bool
	sheet     string
	contacts  []string
	known     tenantfile.Draft
}

// newMappingImportCommand is `rollcall mapping import`.
func newMappingImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import WORKBOOK",
		Short: "Draft a tenant's file from the customer's data-mapping workbook",
		Long: `Draft a tenant's file from the customer's data-mapping workbook, XLSX or CSV: column B the profile field, column C its unique values, column G public or private. The table is
found by what its cells say.

Every guess is a comment on its line. What the workbook does not say stands as ` + tenantfile.FillIn + `, which rollcall tenant apply refuses until somebody has filled it in; flags fill it in right away.
A workbook with cells that can't be read is not used: every one of them is told with its address, and the exit code is 64.`,
		Args: takes("WORKBOOK"),
		RunE: func(cmd *cobra.Command, args []string) error { return importMapping(cmd, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "write the tenant's file to `FILE` (default stdout)")
	flags.BoolVar(&f.overwrite, "overwrite", false, "replace the file at --out")
	flags.StringVar(&f.sheet, "sheet", "", "`NAME` of the sheet with the table (default the one that looks like it)")
	flags.StringVar(&f.known.Tenant, "tenant", "", "the tenant's `ID`")
	flags.StringVar(&f.known.Name, "name", "", "the organisation's `NAME`")
	flags.StringArrayVar(&f.contacts, "contact", nil, "a contact as `ROLE=EMAIL[=LOCALE]`, such as csm=emily@hub.example; may be repeated")
	flags.StringVar(&f.known.Cadence, "cadence", "", "`weekly`, monthly or quarterly")
	flags.StringVar(&f.known.DueDay, "due-day", "", "the `DAY` on which a roster is due")
	flags.StringVar(&f.known.DueTime, "due-time", "", "the local `TIME` at which it is due, such as 06:00")
	flags.StringVar(&f.known.Zone, "zone", "", "the customer's time `ZONE`, such as America/Toronto")
	flags.StringVar(&f.known.Missing, "missing", "", "what happens to people who are missing: `delete`, deactivate or keep")
	flags.StringVar(&f.known.Invite, "invite", "", "when new people are invited: `after_approval` or never")
	return cmd
}

func importMapping(cmd *cobra.Command, path string, f importFlags) error {
	contacts, err := contactsOf(f.contacts)
	if err != nil {
		return err
	}
	drafted, format, err := readWorkbook(path, f.sheet)
	if err != nil {
		return err
	}
	result := mappingImportOf(filepath.Base(path), format, drafted)
	if !drafted.Usable() {
		if wantsJSON(cmd) {
			if err := printJSON(cmd, result); err != nil {
				return err
			}
		}
		return unusable(path, drafted.Problems)
	}
	f.known.Source, f.known.Contacts, f.known.Mapping = sourceOf(path, drafted), contacts, drafted
	text, open := f.known.YAML()
	if err := checkDraft(text, open); err != nil {
		return err
	}
	if f.out != "" {
		if err := writeNew(f.out, "a tenant's file", path, text, f.overwrite); err != nil {
			return err
		}
	}
	result.Open, result.TenantFile = openOf(open), string(text)
	if err := tellDraft(cmd, f.out, result, text); err != nil {
		return err
	}
	tellDrafted(cmd, f.out, drafted, open)
	return nil
}

// readWorkbook reads the draft out of a workbook's file. Why the file can't be read is told like what is wrong with its cells.
func readWorkbook(path, sheet string) (draft.Draft, workbook.Format, error) {
	file, err := os.Open(path)
	if err != nil {
		return draft.Draft{}, "", unreadable(path, err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return draft.Draft{}, "", usage("%s is no file", path)
	}
	sheets, format, err := workbook.Read(file)
	if refused, ok := errors.AsType[*workbook.Error](err); ok {
		d := draft.Draft{}
		for _, reason := range refused.Reasons {
			d.Problems = append(d.Problems, draft.Problem{Level: draft.Error, Message: reason})
		}
		return d, format, nil
	}
	if err != nil {
		return draft.Draft{}, format, err
	}
	return draft.Of(sheets, sheet), format, nil
}

// sourceOf says what a draft was made of.
func sourceOf(path string, d draft.Draft) string {
	if d.Sheet == "" {
		return fmt.Sprintf("%q", filepath.Base(path))
	}
	return fmt.Sprintf("%q, sheet %q", filepath.Base(path), d.Sheet)
}

// contactsOf reads --contact.
func contactsOf(given []string) (contacts []tenant.Contact, err error) {
	for _, g := range given {
		parts := strings.Split(g, "=")
		if len(parts) < 2 || len(parts) > 3 {
			return nil, usage("--contact %q is not ROLE=EMAIL or ROLE=EMAIL=LOCALE", g)
		}
		c := tenant.Contact{Role: tenant.Role(parts[0]), Email: parts[1]}
		if len(parts) == 3 {
			c.Locale = parts[2]
		}
		contacts = append(contacts, c)
	}
	return contacts, nil
}

// unusable tells every problem of a workbook, and that it was not used.
func unusable(path string, problems []draft.Problem) error {
	var b strings.Builder
	for _, p := range problems {
		if p.Level == draft.Error {
			b.WriteString("\n  " + problemLine(p))
		}
	}
	return usage("%s can't be used:%s", path, b.String())
}

func problemLine(p draft.Problem) string {
	if p.Cell == "" {
		return planview.Visible(p.Message)
	}
	return planview.Visible(p.Cell + ": " + p.Message)
}

// checkDraft reads the draft as it will be read once it is filled in: what is wrong with it by then came from a flag.
func checkDraft(text []byte, open []tenantfile.Open) error {
	_, err := tenantfile.Decode(text)
	invalid, ok := errors.AsType[*tenantfile.Error](err)
	if !ok {
		return err
	}
	var b strings.Builder
	for _, p := range invalid.Problems {
		if !isOpen(p.Path, open) {
			b.WriteString("\n  " + planview.Visible(p.Path+": "+p.Message))
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return usage("the tenant's file would not be valid:%s", b.String())
}

// isOpen reports whether the setting at path, or one that it depends on, is still to be filled in.
func isOpen(path string, open []tenantfile.Open) bool {
	for _, o := range open {
		if o.Path == path || o.Path == "upload.cadence" && strings.HasPrefix(path, "upload.due") {
			return true
		}
	}
	return false
}

// tellDraft puts on stdout what was asked for.
func tellDraft(cmd *cobra.Command, out string, result mappingImportJSON, text []byte) error {
	switch {
	case wantsJSON(cmd):
		return printJSON(cmd, result)
	case out != "":
		return nil
	}
	_, err := cmd.OutOrStdout().Write(text)
	return err
}

// tellDrafted says on stderr what was read, what to look at and what is left to do.
func tellDrafted(cmd *cobra.Command, out string, d draft.Draft, open []tenantfile.Open) {
	prose := cmd.ErrOrStderr()
	for _, p := range d.Problems {
		warn(prose, "%s", problemLine(p))
	}
	where := "the file"
	if d.Sheet != "" {
		where = fmt.Sprintf("the sheet %q", d.Sheet)
	}
	header := "no header"
	if d.HeaderRow > 0 {
		header = fmt.Sprintf("its header in row %d", d.HeaderRow)
	}
	note(prose, "%s, read from %s, %s; %s, each a comment in the tenant's file", counted(len(d.Fields), "field"), planview.Visible(where), header, counted(len(d.Guesses), "guess"))
	for _, g := range d.Guesses {
		if g.Key == "" {
			note(prose, "guess: %s: %s", planview.Visible(g.Cell), planview.Visible(g.Message))
		}
	}
	if len(open) == 0 {
		return
	}
	note(prose, "%s to fill in before rollcall tenant apply takes the file:", counted(len(open), "place"))
	for _, o := range open {
		note(prose, "  line %d: %s: %s", o.Line, o.Path, o.What)
	}
	if out != "" {
		note(prose, "hint: rollcall mapping check %s tells what is still open", out)
	}
}

// counted is a number of things: "1 field", "22 fields", "2 guesses".
func counted(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		return planview.Number(n) + " " + what + "es"
	}
	return planview.Number(n) + " " + what + "s"
}
