package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A diffRequest is what was asked of `rollcall diff`.
type diffRequest struct {
	old, new     string // "-" for stdin, for one of them
	tenantFile   string
	limit        int
	out          string // where all changes go; "" for nowhere
	detailedExit bool
	memory       int // MiB
}

// newDiffCommand is `rollcall diff`.
func newDiffCommand() *cobra.Command {
	var asked diffRequest
	cmd := &cobra.Command{
		Use:   "diff OLD NEW --tenant-file T",
		Short: "Show what would change from one roster to the next; offline",
		Long: `Show what would change from one roster to the next: what an import of NEW would plan if OLD had just been applied, whole, to a directory that was empty. Both are read exactly as after
an upload. Nothing is sent anywhere. One of the two may be - for stdin.

Every person who would change is listed, up to --limit:  + create  ~ update  < deactivate  > reactivate  - delete

With --out all changes are written to a file; the end of its name says how:

  .csv    a line for each changed field: op, row (of NEW), unique_id, email, field, before, after. It is made to be opened in a spreadsheet
  .arrow  an Arrow file, laid out as the change set of an import

Exit code 0, whatever its checks say; 2 with --detailed-exitcode where anybody would change; 3 where one of the files would be refused.`,
		Args: takes("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked.old, asked.new = args[0], args[1]
			if err := asked.validate(cmd); err != nil {
				return err
			}
			return runDiff(cmd, asked)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&asked.tenantFile, "tenant-file", "", "the tenant's `FILE`")
	flags.IntVar(&asked.limit, "limit", 1000, "list so `many` changes; 0 for all. All are counted")
	flags.StringVar(&asked.out, "out", "", "write all changes to `FILE`.csv or .arrow, in place of what is there")
	flags.BoolVar(&asked.detailedExit, "detailed-exitcode", false, "end with exit code 2 where anybody would change")
	flags.IntVar(&asked.memory, "memory", 192, "compare in so many `MiB`; what needs more goes through temporary files")
	return addJSONFlag(cmd)
}

// mostMemory keeps the bytes of --memory well inside 64 bits.
const mostMemory = 1 << 30 // MiB

func (a diffRequest) validate(cmd *cobra.Command) error {
	if err := checkLimit(a.limit); err != nil {
		return err
	}
	_, known := diffFormats()[a.format()]
	switch {
	case a.tenantFile == "":
		return usage("--tenant-file is missing: it says what the files' columns mean")
	case a.old == "-" && a.new == "-":
		return usage("only one of the two files can be stdin")
	case a.out == "" && cmd.Flags().Changed("out"):
		return usage("--out needs the name of a file to write")
	case a.out != "" && !known:
		return usage("%s has to end in .csv or .arrow, which says how the changes are written", a.out)
	case a.memory < 1 || a.memory > mostMemory:
		return usage("--memory is a number of MiB, at least 1")
	}
	return nil
}

// format is the end of the name of the file that is asked for, without its dot.
func (a diffRequest) format() string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(a.out), "."))
}

// diffSides are the two files that are compared, and their findings, which are told of a file that is refused.
type diffSides struct {
	old, new             *checkedFile
	oldDigest, newDigest *receipt.Digest
}

func runDiff(cmd *cobra.Command, asked diffRequest) error {
	source, err := readTenantFile(asked.tenantFile)
	if err != nil {
		return err
	}
	agreed, err := tenantfile.Decode(source)
	if err != nil {
		return err
	}
	sides := &diffSides{oldDigest: receipt.NewDigest(), newDigest: receipt.NewDigest()}
	if sides.old, err = openChecked(cmd, asked.old); err != nil {
		return err
	}
	defer sides.old.Close()
	if sides.new, err = openChecked(cmd, asked.new); err != nil {
		return err
	}
	defer sides.new.Close()
	out, err := newChangesFile(asked)
	if err != nil {
		return err
	}
	defer out.discard()
	result, err := compareFiles(cmd, asked, agreed, sides)
	if err != nil {
		return err
	}
	defer result.Close() //nolint:errcheck // nothing of it is kept
	return tellDiff(cmd, asked, agreed, sides, result, out)
}

// compareFiles reads and compares the two files. While they are read a bar shows how far it is. Where one of them is another in the end than when it was opened, what came of it is not told: it may be that of half a file.
func compareFiles(cmd *cobra.Command, asked diffRequest, agreed tenant.File, sides *diffSides) (*filediff.Result, error) {
	progress := newCheckProgress(cmd.ErrOrStderr(), sides.old.size+sides.new.size, roster.EnUS)
	defer progress.end()
	sides.old.progress, sides.new.progress = progress, progress
	result, err := filediff.Compare(cmd.Context(), filediff.Options{
		Old:    sides.old.again(filediff.Source{In: promptly(cmd.Context(), sides.old), Name: sides.old.name(), Each: fresh(&sides.oldDigest)}),
		New:    sides.new.again(filediff.Source{In: promptly(cmd.Context(), sides.new), Name: sides.new.name(), Each: fresh(&sides.newDigest)}),
		Tenant: agreed, FindingsLimit: asked.limit, OldDigest: wantsJSON(cmd), Memory: int64(asked.memory) << 20,
	})
	if err != nil {
		return nil, err
	}
	if err := sides.changed(); err != nil {
		return nil, errors.Join(err, result.Close())
	}
	return result, nil
}

// changed is an error that names the file of the two that is not what it was when it was opened.
func (s *diffSides) changed() error {
	switch {
	case s.old.changed():
		return fmt.Errorf("the old file was %w", filediff.ErrChanged)
	case s.new.changed():
		return fmt.Errorf("the new file was %w", filediff.ErrChanged)
	}
	return nil
}

// tellDiff writes what came of it, and ends the command with the code that says so.
func tellDiff(cmd *cobra.Command, asked diffRequest, agreed tenant.File, sides *diffSides, result *filediff.Result, out *changesFile) error {
	if err := out.write(cmd.Context(), result); err != nil {
		return err
	}
	tell := tellDifferences
	switch {
	case wantsJSON(cmd):
		tell = printDifferences
	case result.Refused():
		tell = tellRefusedFiles
	}
	if err := tell(cmd, asked, agreed, sides, result); err != nil {
		return err
	}
	switch {
	case result.Refused():
		return exitWith(exitRefused)
	case asked.detailedExit && result.Summary.Totals.Changes() > 0:
		return exitWith(exitChanges)
	}
	return nil
}
