package main

import (
	"io"

	"github.com/spf13/cobra"

	"rollcall.internal/schema"
)

// newMappingCommand is `rollcall mapping`.
func newMappingCommand() *cobra.Command {
	group := newGroup("mapping", "Set the columns of a customer's file up: from its workbook to a tenant's file; offline",
		newMappingImportCommand(), newMappingCheckCommand(), newMappingSampleCommand(), newMappingSchemaCommand())
	return addJSONFlag(group)
}

// newMappingSchemaCommand is `rollcall mapping schema`.
func newMappingSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of tenant files, for editors",
		Long: `Print the JSON Schema of tenant files. An editor with yaml-language-server checks and completes a file by it as it is typed, where the file's first line is

  # yaml-language-server: $schema=PATH

with the path of the schema, from the file.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(schema.Tenant)
			return err
		},
	}
}

// writeNew writes a file that is not there yet, or replaces it where that was asked for: what is in a tenant's file by now may be somebody's work. The file that it was made
// from is never replaced.
func writeNew(path, what, from string, text []byte, overwrite bool) error {
	f, err := newPlacedFile(placement{path: path, flag: "--out", what: what, inputs: inputsAt(from), keepOld: !overwrite})
	if err != nil {
		return err
	}
	defer f.discard()
	return f.write(func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}
