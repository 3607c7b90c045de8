package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

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

// writeNew writes a file that is not there yet, or replaces it where that was asked for. What is in a tenant's file by now may be somebody's work.
func writeNew(path string, text []byte, overwrite bool) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if overwrite {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already", path).hint("--overwrite replaces it")
	}
	if err != nil {
		return unwritable(path, err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// unwritable says that a file can't be written, and why.
func unwritable(path string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return usage("can't write %s: %w", path, err)
}
