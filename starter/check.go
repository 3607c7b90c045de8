package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/spf13/cobra"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A checkRequest is what was asked of `rollcall check`.
type checkRequest struct {
	file       string // "-" for stdin
	tenantFile string
	limit      int
	annotate   string // where the annotated copy goes; "" for nowhere
	locale     string
}

// newCheckCommand is `rollcall check`.
func newCheckCommand() *cobra.Command {
	var asked checkRequest
	cmd := &cobra.Command{
		Use:   "check FILE --tenant-file T",
		Short: "Check a roster before it is sent; offline",
		Long: `Check a roster before it is sent, exactly as it will be read after an upload. Nothing is sent anywhere. FILE may be - for stdin.

With --annotate a copy of FILE is written that says in front of each row what becomes of it, what is wrong and what to do. It is made to be opened
in a spreadsheet: correct what it names at its source, and upload a new export rather than the copy.

Exit code 0 where the file is accepted, perhaps with findings, and 3 where it would be refused.`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked.file = args[0]
			if err := asked.validate(cmd); err != nil {
				return err
			}
			return runCheck(cmd, asked)
		},
	}
	cmd.Flags().StringVar(&asked.tenantFile, "tenant-file", "", "the tenant's `FILE`")
	cmd.Flags().IntVar(&asked.limit, "limit", 1000, "list so `many` findings in JSON; 0 for all. All are counted")
	cmd.Flags().StringVar(&asked.annotate, "annotate", "", "write an annotated copy to `OUT.csv`, in place of what is there")
	cmd.Flags().StringVar(&asked.locale, "locale", roster.EnUS, "speak `LANGUAGE`: en-US or fr-CA")
	return addJSONFlag(cmd)
}

func (a checkRequest) validate(cmd *cobra.Command) error {
	if err := checkLimit(a.limit); err != nil {
		return err
	}
	switch {
	case a.tenantFile == "":
		return usage("--tenant-file is missing: it says what the file's columns mean")
	case a.locale != roster.EnUS && a.locale != roster.FrCA:
		return usage("--locale is en-US or fr-CA, and not %q", a.locale)
	case a.annotate == "" && cmd.Flags().Changed("annotate"):
		return usage("--annotate needs the name of a file to write")
	case a.annotate != "" && a.file == "-":
		return usage("--annotate reads the file twice, which stdin can't be")
	}
	return nil
}

func runCheck(cmd *cobra.Command, asked checkRequest) error {
	source, err := readTenantFile(asked.tenantFile)
	if err != nil {
		return err
	}
	agreed, err := tenantfile.Decode(source)
	if err != nil {
		return err
	}
	in, err := openChecked(cmd, asked.file)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := newAnnotatedCopy(asked, in)
	if err != nil {
		return err
	}
	defer out.discard()
	digest := receipt.NewDigest()
	checked, err := check(cmd, asked, agreed, in, out, digest)
	if err != nil {
		return err
	}
	if err := tellCheck(cmd, asked, checked, digest, out); err != nil {
		return err
	}
	if out != nil && out.why != "" {
		note(cmd.ErrOrStderr(), "%s", out.why)
	}
	if checked.Verdict == roster.RefusedByFile {
		return exitWith(exitRefused)
	}
	return nil
}

// check reads a roster as an import does, throws the roster away, and writes the annotated copy. While it does a bar shows how far it is.
func check(cmd *cobra.Command, asked checkRequest, agreed tenant.File, in *checkedFile, out *annotatedCopy, digest *receipt.Digest) (receipt.Check, error) {
	passes := 1
	if out != nil {
		passes = 2
	}
	in.progress = newCheckProgress(cmd.ErrOrStderr(), in.size*int64(passes), asked.locale)
	defer in.progress.end()
	o := intake.Options{
		Mapping: agreed.Mapping, FileName: in.name(), Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes,
		FindingsLimit: asked.limit, Lang: asked.locale,
		Each: func(f roster.Finding) {
			digest.Add(f)
			out.note(f)
		},
	}
	summary, sum, err := readChecked(cmd.Context(), in, o)
	if err != nil {
		return receipt.Check{}, err
	}
	if err := out.write(cmd.Context(), in, agreed, summary); err != nil {
		return receipt.Check{}, err
	}
	return receipt.NewCheck(in.told(), sum, summary, asked.limit), nil
}

// readChecked reads the file, and returns what that came to and the file's digest.
func readChecked(ctx context.Context, in *checkedFile, o intake.Options) (roster.Summary, string, error) {
	out, err := batch.NewRosterWriter(io.Discard, o.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return roster.Summary{}, "", err
	}
	defer out.Close() //nolint:errcheck // what it writes goes nowhere
	sum := sha256.New()
	summary, err := intake.Read(ctx, io.TeeReader(in, sum), o, out)
	if err != nil {
		return roster.Summary{}, "", err
	}
	// A file that is refused early is not read to its end, and its digest is of the whole.
	if _, err := io.Copy(sum, in); err != nil {
		return roster.Summary{}, "", unreadable(in.path, err)
	}
	return summary, hex.EncodeToString(sum.Sum(nil)), nil
}

func tellCheck(cmd *cobra.Command, asked checkRequest, checked receipt.Check, digest *receipt.Digest, out *annotatedCopy) error {
	if wantsJSON(cmd) {
		text, err := checked.JSON()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	words := checkWordsIn(asked.locale)
	text := checked.Text(asked.locale, digest)
	switch untold := digest.Untold(checked); {
	case out.written():
		text += "\n" + fmt.Sprintf(words.copied, asked.annotate) + "\n"
	case untold > 0:
		text += "\n" + words.untold + "\n"
	}
	_, err := io.WriteString(cmd.OutOrStdout(), text)
	return err
}
