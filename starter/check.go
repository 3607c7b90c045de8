package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/spf13/cobra"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// newCheckCommand is `rollcall check`.
func newCheckCommand() *cobra.Command {
	var tenantFile string
	var limit int
	cmd := &cobra.Command{
		Use:   "check FILE --tenant-file T",
		Short: "Check a roster before it is sent; offline",
		Long: `Check a roster before it is sent, exactly as it will be read after an upload. Nothing is sent anywhere.

Exit code 0 where the file is accepted, perhaps with findings, and 3 where it would be refused.`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLimit(limit); err != nil {
				return err
			}
			if tenantFile == "" {
				return usage("--tenant-file is missing: it says what the file's columns mean")
			}
			return runCheck(cmd, args[0], tenantFile, limit)
		},
	}
	cmd.Flags().StringVar(&tenantFile, "tenant-file", "", "the tenant's `FILE`")
	cmd.Flags().IntVar(&limit, "limit", 1000, "list so `many` findings; 0 for all. All are counted")
	return addJSONFlag(cmd)
}

func runCheck(cmd *cobra.Command, path, tenantPath string, limit int) error {
	source, err := readTenantFile(tenantPath)
	if err != nil {
		return err
	}
	agreed, err := tenantfile.Decode(source)
	if err != nil {
		return err
	}
	checked, err := checkFile(cmd.Context(), path, agreed, limit)
	if err != nil {
		return err
	}
	if err := tellCheck(cmd, checked); err != nil {
		return err
	}
	if checked.Verdict == roster.RefusedByFile {
		return exitWith(exitRefused)
	}
	return nil
}

// checkFile reads a roster as an import does, and throws the roster away.
func checkFile(ctx context.Context, path string, agreed tenant.File, limit int) (receipt.Check, error) {
	f, err := os.Open(path)
	if err != nil {
		return receipt.Check{}, unreadable(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return receipt.Check{}, usage("%s is a folder", path)
	}
	out, err := batch.NewRosterWriter(io.Discard, agreed.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return receipt.Check{}, err
	}
	defer out.Close() //nolint:errcheck // what it writes goes nowhere
	digest := sha256.New()
	name := filepath.Base(path)
	summary, err := intake.Read(ctx, io.TeeReader(f, digest), intake.Options{
		Mapping: agreed.Mapping, FileName: name, Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes, FindingsLimit: limit,
	}, out)
	if err != nil {
		return receipt.Check{}, err
	}
	// A file that is refused early is not read to its end, and its digest is of the whole.
	if _, err := io.Copy(digest, f); err != nil {
		return receipt.Check{}, unreadable(path, err)
	}
	return receipt.NewCheck(name, hex.EncodeToString(digest.Sum(nil)), summary, limit), nil
}

func tellCheck(cmd *cobra.Command, checked receipt.Check) error {
	if wantsJSON(cmd) {
		text, err := checked.JSON()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	for line := range strings.Lines(checked.Text(roster.EnUS)) {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), planview.Visible(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}
