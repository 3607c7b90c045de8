package main

import (
	"bufio"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// tellRefusedFiles tells of each file that is refused what `check` would, and of the other one nothing.
func tellRefusedFiles(cmd *cobra.Command, asked diffRequest, _ tenant.File, sides *diffSides, result *filediff.Result) error {
	told := false
	for _, side := range []struct {
		file    *checkedFile
		reading filediff.Reading
		digest  *receipt.Digest
	}{{sides.old, result.Old, sides.oldDigest}, {sides.new, result.New, sides.newDigest}} {
		if !side.reading.Refused() {
			continue
		}
		text := receipt.NewCheck(side.file.told(), side.reading.SHA256, side.reading.Summary, asked.limit).Text(roster.EnUS, side.digest)
		if told {
			text = "\n" + text
		}
		told = true
		if _, err := io.WriteString(cmd.OutOrStdout(), text); err != nil {
			return err
		}
	}
	note(cmd.ErrOrStderr(), "nothing was compared, because %s", refusedWhich(result))
	return nil
}

func refusedWhich(result *filediff.Result) string {
	switch {
	case result.Old.Refused() && result.New.Refused():
		return "both files are refused"
	case result.Old.Refused():
		return "OLD is refused"
	}
	return "NEW is refused"
}

// tellDifferences tells what would change in counts, and then the first people.
func tellDifferences(cmd *cobra.Command, asked diffRequest, agreed tenant.File, sides *diffSides, result *filediff.Result) error {
	style := styleFor(cmd.OutOrStdout())
	out := bufio.NewWriter(cmd.OutOrStdout())
	_, _ = out.WriteString(planview.FilesPage(planview.Files{
		Old: planview.FileRead{Name: sides.old.told(), Summary: result.Old.Summary}, New: planview.FileRead{Name: sides.new.told(), Summary: result.New.Summary},
		Summary: result.Summary, Checks: result.Checks, Mapping: agreed.Mapping,
	}, style))
	separator := "\n"
	for some, err := range firstChanges(result.Changes(), asked.limit) {
		if err != nil {
			return err
		}
		names, err := result.Names(cmd.Context(), some)
		if err != nil {
			return err
		}
		for _, c := range some {
			_, _ = out.WriteString(separator + planview.LineOf(c, names[c.Member], agreed.Mapping).Text(style) + "\n")
			separator = ""
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	tellRest(cmd, asked, result)
	return nil
}

// tellRest says on stderr what stdout leaves out: changes over the limit, and what was found in the files.
func tellRest(cmd *cobra.Command, asked diffRequest, result *filediff.Result) {
	if total := result.Summary.Totals.Changes(); asked.limit > 0 && asked.limit < total {
		note(cmd.ErrOrStderr(), "%s of %s changes; --limit 0 tells all", planview.Number(asked.limit), planview.Number(total))
	}
	for _, side := range []struct {
		path    string
		reading filediff.Reading
	}{{asked.old, result.Old}, {asked.new, result.New}} {
		if len(side.reading.Totals) > 0 && side.path != "-" {
			note(cmd.ErrOrStderr(), "hint: rollcall check %q --tenant-file %q tells what was found in it", side.path, asked.tenantFile)
		}
	}
}

// togetherChanges is how many changes are told at a time, since finding their people's names costs a look through the whole old roster each time.
const togetherChanges = 20_000

// firstChanges yields the first changes, at most limit of them or all where that is 0, some at a time. The loop ends at the first error.
func firstChanges(changes iter.Seq2[changeset.Change, error], limit int) iter.Seq2[[]changeset.Change, error] {
	return func(yield func([]changeset.Change, error) bool) {
		var some []changeset.Change
		told := 0
		for c, err := range changes {
			if err != nil {
				yield(nil, err)
				return
			}
			some = append(some, c)
			if told++; told == limit {
				break
			}
			if len(some) == togetherChanges {
				if !yield(some, nil) {
					return
				}
				some = some[:0]
			}
		}
		if len(some) > 0 {
			yield(some, nil)
		}
	}
}
