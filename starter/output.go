package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/planview"
)

// addJSONFlag lets a command, and those below it, answer in JSON.
func addJSONFlag(cmd *cobra.Command) *cobra.Command {
	cmd.PersistentFlags().Bool("json", false, "print JSON")
	return cmd
}

// wantsJSON reports whether --json was given.
func wantsJSON(cmd *cobra.Command) bool {
	wants, err := cmd.Flags().GetBool("json")
	return err == nil && wants
}

// printJSON writes one document, indented for people who look at it.
func printJSON(cmd *cobra.Command, document any) error {
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// printJSONLine writes a document in one line, for a stream of them.
func printJSONLine(out io.Writer, document any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// printf writes a line for people.
func printf(cmd *cobra.Command, format string, args ...any) {
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
}

// styleFor is how text is set on out: with colours on a terminal, unless NO_COLOR (no-color.org) or TERM asks for none.
func styleFor(out io.Writer) planview.Style {
	return planview.Style{Colour: isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// A table is rows of cells, the first row its heading, told in columns that are as wide as they need to be.
type table [][]string

// add appends a row; what it holds of other people's text is made visible here.
func (t *table) add(cells ...string) {
	for i, c := range cells {
		cells[i] = planview.Visible(c)
	}
	*t = append(*t, cells)
}

// write tells the table; columns of which no row says anything are left out.
func (t table) write(out io.Writer) error {
	var text strings.Builder
	widths := t.widths()
	for _, row := range t {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] > 0 {
				line.WriteString(cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// widths returns the width of each column, 0 for those that are empty below their heading.
func (t table) widths() []int {
	widths := make([]int, len(t[0]))
	for i := range widths {
		said := slices.ContainsFunc(t[1:], func(row []string) bool { return row[i] != "" })
		for _, row := range t {
			if said {
				widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
			}
		}
	}
	return widths
}

// toldOf says on stderr that a list is longer than what was told of it, or empty.
func toldOf(cmd *cobra.Command, told, total int, what string) {
	switch {
	case total == 0:
		note(cmd.ErrOrStderr(), "no %s", what)
	case told < total:
		note(cmd.ErrOrStderr(), "%s of %s %s; --limit 0 tells all", planview.Number(told), planview.Number(total), what)
	}
}

// addLimitFlag adds --limit to a command that lists.
func addLimitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", 100, "the newest or first so `many`; 0 for all")
}

// checkLimit refuses a limit that means nothing.
func checkLimit(limit int) error {
	if limit < 0 {
		return usage("--limit is a number, and 0 stands for all")
	}
	return nil
}

// shortTime is a time in a table, to the minute and in UTC; "" for none.
func shortTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}
