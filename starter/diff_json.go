package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// diffJSON is `diff`; see json.go for the rule of compatibility. Where a file is refused nothing was compared: all that is about changes is empty then.
type diffJSON struct {
	SchemaVersion int                  `json:"schema_version"`
	ChangeSet     changeset.Digest     `json:"changeset"`
	OldRows       int                  `json:"old_rows"`
	NewRows       int                  `json:"new_rows"`
	Totals        changeset.Totals     `json:"totals"` // rows of the new file that were set aside while it was read count as set aside
	Fields        map[roster.Field]int `json:"fields"`
	Checks        []checkJSON          `json:"checks"`
	Verdict       roster.Verdict       `json:"verdict"` // refused where one of the files is
	Old           receipt.Check        `json:"old"`     // what `check` says of each file
	New           receipt.Check        `json:"new"`
	Changes       []changeJSON         `json:"changes"` // cut at --limit
}

// printDifferences prints the document. The changes are its last key and are written one by one: there may be more of them than memory holds.
func printDifferences(cmd *cobra.Command, asked diffRequest, _ tenant.File, sides *diffSides, result *filediff.Result) error {
	head := diffJSON{
		SchemaVersion: schemaVersion, ChangeSet: result.Summary.Digest, OldRows: result.Old.Rows, NewRows: result.New.Rows, Totals: result.Summary.Totals,
		Fields: result.Summary.Fields, Checks: checksOf(result.Checks), Verdict: roster.Accepted, Changes: []changeJSON{},
		Old: receipt.NewCheck(sides.old.told(), result.Old.SHA256, result.Old.Summary, asked.limit),
		New: receipt.NewCheck(sides.new.told(), result.New.SHA256, result.New.Summary, asked.limit),
	}
	if result.Refused() {
		head.Verdict = roster.RefusedByFile
	}
	if head.Fields == nil {
		head.Fields = map[roster.Field]int{}
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	if err := streamJSON(cmd, out, head, asked.limit, result); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// streamJSON writes the document with its changes in place of the empty list that ends head.
func streamJSON(cmd *cobra.Command, out io.Writer, head diffJSON, limit int, result *filediff.Result) error {
	const end, indent = "[]\n}\n", "    "
	text, err := indentedJSON(head, "")
	if err != nil {
		return err
	}
	before, cut := bytes.CutSuffix(text, []byte(end))
	if !cut {
		return fmt.Errorf("print JSON: the document does not end in its changes")
	}
	_, _ = out.Write(before)
	separator, closing := "[\n"+indent, end
	for some, err := range firstChanges(result.Changes(), limit) {
		if err = cmp.Or(err, cmd.Context().Err()); err != nil {
			return err
		}
		for _, c := range changesOf(some) {
			text, err := indentedJSON(c, indent)
			if err != nil {
				return err
			}
			_, _ = io.WriteString(out, separator)
			_, _ = out.Write(bytes.TrimSuffix(text, []byte("\n")))
			separator, closing = ",\n"+indent, "\n  ]\n}\n"
		}
	}
	_, err = io.WriteString(out, closing)
	return err
}

// indentedJSON is v as printJSON writes it, its lines but the first behind prefix.
func indentedJSON(v any, prefix string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("print JSON: %w", err)
	}
	return text.Bytes(), nil
}
