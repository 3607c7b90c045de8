package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping/sample"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// newMappingSampleCommand is `rollcall mapping sample`.
func newMappingSampleCommand() *cobra.Command {
	var out string
	var rows int
	var overwrite bool
	cmd := &cobra.Command{
		Use:   "sample FILE",
		Short: "Write the guide's example file for a tenant: every mapped column, and people who do not exist",
		Long: `Write the guide's example file for a tenant, for the customer's IT to build its export after: every mapped column under its title, and a few people who do not exist. rollcall check
accepts it without a finding.`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rows < 0 || rows > sample.MaxRows {
				return usage("--rows is a number from 1 to %s", planview.Number(sample.MaxRows))
			}
			return writeExample(cmd, args[0], out, rows, overwrite)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "", "write to `FILE`, or into a folder under the name that the customer's file should have (default stdout)")
	flags.IntVar(&rows, "rows", 0, "so `many` people (default enough to show every value)")
	flags.BoolVar(&overwrite, "overwrite", false, "replace the file at --out")
	return cmd
}

// sampleWrittenJSON is `mapping sample --json`.
type sampleWrittenJSON struct {
	SchemaVersion int       `json:"schema_version"`
	Tenant        tenant.ID `json:"tenant"`
	File          string    `json:"file"` // "" where the example went to no file
	Name          string    `json:"name"` // that the customer's file should have
	Rows          int       `json:"rows"`
	Columns       int       `json:"columns"`
	Text          string    `json:"text"` // "" where it went to a file
}

func writeExample(cmd *cobra.Command, path, out string, rows int, overwrite bool) error {
	source, err := readTenantFile(path)
	if err != nil {
		return err
	}
	agreed, err := tenantfile.Decode(source)
	if err != nil {
		return err
	}
	switch {
	case rows == 0:
		rows = sample.Rows(agreed)
	case rows > agreed.Upload.MaxRows:
		return usage("--rows %d is more than the tenant's file may have (upload.max_rows: %d)", rows, agreed.Upload.MaxRows)
	}
	text, err := sample.Make(cmd.Context(), agreed, rows)
	if impossible, ok := errors.AsType[*sample.Error](err); ok {
		return usage("%w", impossible)
	}
	if err != nil {
		return err
	}
	result := sampleWrittenJSON{SchemaVersion: schemaVersion, Tenant: agreed.Tenant, Name: sample.Name(agreed), Rows: rows, Columns: len(agreed.Mapping.Columns)}
	if out != "" {
		return keepExample(cmd, path, out, text, overwrite, result)
	}
	result.Text = string(text)
	if wantsJSON(cmd) {
		return printJSON(cmd, result)
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}

// keepExample writes the example, made from a tenant's file, to a file, or into a folder.
func keepExample(cmd *cobra.Command, from, out string, text []byte, overwrite bool, result sampleWrittenJSON) error {
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		out = filepath.Join(out, result.Name)
	}
	if err := writeNew(out, "an example", from, text, overwrite); err != nil {
		return err
	}
	if _, ok := intake.NameDate(filepath.Base(out)); !ok {
		warn(cmd.ErrOrStderr(), "the name %q holds no date; the customer's file should be named like %q", planview.Visible(filepath.Base(out)), planview.Visible(result.Name))
	}
	result.File = out
	if wantsJSON(cmd) {
		return printJSON(cmd, result)
	}
	printf(cmd, "%s", planview.Visible(out))
	return nil
}
