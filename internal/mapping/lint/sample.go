package lint

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/roster/wording"
	"rollcall.internal/internal/tenant"
)

// Against reads a sample of the customer's file under the mapping of f, as an import reads it, and returns what is to be looked at. The name is the sample's; "" leaves it out
// of account. An error means that the sample could not be read at all; what is wrong with it is among the findings.
func Against(ctx context.Context, src io.Reader, name string, f tenant.File) (Sample, error) {
	room := maxRoom
	s := &sampler{linter: linter{file: f}, first: map[roster.Code]roster.Finding{}}
	for _, c := range f.Mapping.Columns {
		s.counters = append(s.counters, newCounter(c, &room))
	}
	out, err := batch.NewRosterWriter(io.Discard, f.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return Sample{}, err
	}
	defer out.Close() //nolint:errcheck // what it writes goes nowhere
	const listed = 1000
	summary, err := intake.Read(ctx, src, intake.Options{
		Mapping: f.Mapping, FileName: name, Delimiter: f.Upload.Delimiter, MaxRows: f.Upload.MaxRows, MaxBytes: f.Upload.MaxBytes, FindingsLimit: listed,
		Cells: s.cells, Each: s.each,
	}, out)
	if err != nil {
		return Sample{}, err
	}
	return s.result(summary), nil
}

// A sampler collects what reading a sample shows.
type sampler struct {
	linter
	counters []*counter
	first    map[roster.Code]roster.Finding
	missing  []roster.Field // mapped columns that the sample lacks
	unmapped []string       // titles
	refused  []roster.Finding
}

func (s *sampler) cells(_ int, texts []string) {
	for i, text := range texts {
		s.counters[i].add(text)
	}
}

// each takes every finding. Of those that refuse the file there are few, since each is told once or once a column.
func (s *sampler) each(f roster.Finding) {
	if _, ok := s.first[f.Code]; !ok {
		s.first[f.Code] = f
	}
	switch {
	case f.Code == roster.ColumnUnmapped && f.Column != "":
		s.unmapped = append(s.unmapped, f.Column)
	case f.Code == roster.ColumnMissing:
		s.missing = append(s.missing, f.Field)
	}
	if f.Level == roster.Refused {
		s.refused = append(s.refused, f)
	}
}

// enough is how many rows a sample needs for what is not in it to say something.
const enough = 20

func (s *sampler) result(summary roster.Summary) Sample {
	for _, f := range s.refused {
		s.add(ID(f.Code), Problem, f.Column, "%s", wording.Sentence(roster.EnUS, f))
	}
	if summary.Verdict == roster.Accepted && summary.Rows < enough {
		s.add(SampleSmall, Note, "", "the sample has %s: that a value is not in it says little", counted(summary.Rows, "row"))
	}
	for _, title := range s.unmapped {
		s.columnUnmapped(title)
	}
	for _, code := range roster.Codes() {
		s.rows(code, summary.Totals[code])
	}
	result := Sample{Summary: summary}
	for _, n := range s.counters {
		if s.lacks(n.column.Field) {
			continue
		}
		s.columnOf(n)
		result.Columns = append(result.Columns, Column{Title: n.column.Title, Field: n.column.Field, Rows: n.rows, Empty: n.empty, Distinct: len(n.seen), More: n.unkept > 0})
	}
	result.Findings = sorted(s.findings, titles(s.file.Mapping))
	return result
}

func (s *sampler) lacks(f roster.Field) bool {
	for _, m := range s.missing {
		if m == f {
			return true
		}
	}
	return false
}

// columnUnmapped guesses what a column is that nobody mapped.
func (s *sampler) columnUnmapped(title string) {
	f, known := draft.FieldOf(title)
	if c, taken := s.file.Mapping.Column(f); known && taken {
		s.add(ColumnGuess, Warning, "", "the column %q is neither mapped nor ignored; it looks like %s, which is %q already", title, f, c.Title)
		return
	}
	if !known {
		finding := s.add(ColumnGuess, Warning, "", "the column %q is neither mapped nor ignored: map it, or put it under ignore", title)
		finding.Paste = fmt.Sprintf("ignore: [%q]", title)
		return
	}
	finding := s.add(ColumnGuess, Warning, "", "the column %q is neither mapped nor ignored; it looks like %s", title, f)
	finding.Paste = fmt.Sprintf("- {column: %q, to: %s}", title, f)
}

// rows tells how often the reader found something in rows, with the first case. What is told by column is left out.
func (s *sampler) rows(code roster.Code, n int) {
	f := s.first[code]
	switch {
	case n == 0 || f.Level == roster.Refused || code == roster.ColumnUnmapped || code == roster.ValueNotAllowed:
		return
	}
	level := Warning
	if f.Level == roster.Note {
		level = Note
	}
	message := wording.Sentence(roster.EnUS, f)
	if n > 1 {
		message = fmt.Sprintf("%d times; the first: %s", n, message)
	}
	s.add(ID(code), level, s.title(f.Column), "%s", message)
}

// title is a column's title where the mapping has it.
func (s *sampler) title(column string) string {
	for _, c := range s.file.Mapping.Columns {
		if mapping.NormalTitle(c.Title) == mapping.NormalTitle(column) {
			return c.Title
		}
	}
	return ""
}
