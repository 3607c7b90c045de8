package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/mapping/lint"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// newMappingCheckCommand is `rollcall mapping check`.
func newMappingCheckCommand() *cobra.Command {
	var sample string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a tenant's file, and a sample of the customer's file against it",
		Long: `Check a tenant's file: why it would be refused, and what a careful person asks about it. With --sample the customer's file is read as an upload is, and compared with what is
agreed: listed values that never occur, values that are not listed, dates with day and month swapped. Values of private fields are shown.

Exit code 0 where nothing is worse than a warning, 3 where the sample would be refused, 64 where the tenant's file is not valid.`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return checkMapping(cmd, args[0], sample) },
	}
	cmd.Flags().StringVar(&sample, "sample", "", "a `CSV` as the customer would upload it")
	return cmd
}

func checkMapping(cmd *cobra.Command, path, samplePath string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return unreadable(path, err)
	}
	agreed, err := tenantfile.Decode(source)
	invalid, ok := errors.AsType[*tenantfile.Error](err)
	if err != nil && !ok {
		return err
	}
	result := mappingChecked{file: path, columns: len(agreed.Mapping.Columns)}
	if invalid != nil {
		result.invalid = true
		for _, p := range invalid.Problems {
			result.findings = append(result.findings, invalidFinding(p))
		}
	} else {
		result.findings = lint.Mapping(agreed)
		if samplePath != "" {
			if result.sample, err = lintSample(cmd, samplePath, agreed); err != nil {
				return err
			}
			result.sampleFile = filepath.Base(samplePath)
		}
	}
	if wantsJSON(cmd) {
		err = printJSON(cmd, result.json())
	} else {
		_, err = cmd.OutOrStdout().Write([]byte(result.text()))
	}
	return errors.Join(err, exitWith(result.exit()))
}

// invalidFinding is a reason why a tenant's file is refused.
func invalidFinding(p tenantfile.Problem) lint.Finding {
	message := p.Message
	if p.Path != "" {
		message = p.Path + ": " + message
	}
	return lint.Finding{ID: lint.Invalid, Level: lint.Problem, Line: p.Line, Message: message}
}

// lintSample reads the sample.
func lintSample(cmd *cobra.Command, path string, agreed tenant.File) (*lint.Sample, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, usage("%s is a folder", path)
	}
	sample, err := lint.Against(cmd.Context(), file, filepath.Base(path), agreed)
	return &sample, err
}

// A mappingChecked is what `mapping check` found.
type mappingChecked struct {
	file       string
	invalid    bool
	columns    int
	findings   []lint.Finding // about the mapping alone
	sampleFile string
	sample     *lint.Sample // nil where there is none
}

func (m mappingChecked) exit() int {
	switch {
	case m.invalid:
		return exitUsage
	case m.sample != nil && m.sample.Summary.Verdict == roster.RefusedByFile:
		return exitRefused
	}
	return exitDone
}

// all returns every finding, those about the sample last.
func (m mappingChecked) all() []lint.Finding {
	all := append([]lint.Finding{}, m.findings...)
	if m.sample != nil {
		all = append(all, m.sample.Findings...)
	}
	return all
}

// text tells it to people: the mapping, the sample as a whole, and then each column of it about which there is something to say.
func (m mappingChecked) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", planview.Visible(filepath.Base(m.file)), m.headline())
	if len(m.findings) > 0 {
		b.WriteString("\nMapping\n")
		tellFindings(&b, m.findings, true)
	}
	if m.sample == nil {
		return b.String()
	}
	s := m.sample.Summary
	verdict := fmt.Sprintf("%s rows, %s accepted, %s set aside", planview.Number(s.Rows), planview.Number(s.Accepted), planview.Number(s.SetAside))
	if s.Verdict == roster.RefusedByFile {
		verdict = "would be refused"
	}
	fmt.Fprintf(&b, "\nSample %s: %s\n", planview.Visible(m.sampleFile), verdict)
	about := map[string][]lint.Finding{}
	for _, f := range m.sample.Findings {
		about[f.Column] = append(about[f.Column], f)
	}
	tellFindings(&b, about[""], false)
	for _, c := range m.sample.Columns {
		if len(about[c.Title]) > 0 {
			fmt.Fprintf(&b, "\n%s → %s: %s\n", planview.Visible(c.Title), c.Field, columnFacts(c))
			tellFindings(&b, about[c.Title], false)
		}
		delete(about, c.Title)
	}
	for _, f := range m.sample.Findings { // of columns that the sample lacks
		if f.Column != "" && about[f.Column] != nil {
			fmt.Fprintf(&b, "\n%s\n", planview.Visible(f.Column))
			tellFindings(&b, about[f.Column], false)
			delete(about, f.Column)
		}
	}
	return b.String()
}

// headline counts what was found.
func (m mappingChecked) headline() string {
	levels := map[lint.Level]int{}
	for _, f := range m.all() {
		levels[f.Level]++
	}
	var parts []string
	for _, l := range []lint.Level{lint.Problem, lint.Warning, lint.Note} {
		if levels[l] > 0 {
			parts = append(parts, counted(levels[l], string(l)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to look at"}
	}
	if m.invalid {
		return "not valid: " + strings.Join(parts, ", ")
	}
	return counted(m.columns, "column") + ": " + strings.Join(parts, ", ")
}

func columnFacts(c lint.Column) string {
	more := ""
	if c.More {
		more = "more than "
	}
	return fmt.Sprintf("%s, %s empty, %s%s", counted(c.Rows, "cell"), planview.Number(c.Empty), more, counted(c.Distinct, "value"))
}

// tellFindings writes findings as lines: what, and below it the values and what can be pasted.
func tellFindings(b *strings.Builder, findings []lint.Finding, named bool) {
	for _, f := range findings {
		where := ""
		switch {
		case f.Line > 0:
			where = fmt.Sprintf("line %d: ", f.Line)
		case named && f.Column != "":
			where = f.Column + ": "
		}
		fmt.Fprintf(b, "  %-7s  %s  %s\n", f.Level, f.ID, planview.Visible(where+f.Message))
		tellValues(b, f)
		if f.Paste != "" {
			fmt.Fprintf(b, "           paste: %s\n", planview.Visible(f.Paste))
		}
	}
}

// tellValues writes the values that were not expected, the most frequent first.
func tellValues(b *strings.Builder, f lint.Finding) {
	const most = 20
	if f.ID != lint.NotListed {
		return // the message names them
	}
	for i, v := range f.Values {
		if i == most {
			fmt.Fprintf(b, "           and %s\n", counted(len(f.Values)-most, "more value"))
			return
		}
		near := ""
		if v.Near != "" {
			near = fmt.Sprintf("  did they mean %q?", v.Near)
		}
		fmt.Fprintf(b, "           %7s  %s%s\n", planview.Number(v.Count), planview.Visible(fmt.Sprintf("%q", v.Text)), planview.Visible(near))
	}
}
