// Package sample writes the guide's example file for a tenant: every mapped column, and a few people who do not exist.
//
// The customer's IT builds its export after it, so it must be right in every cell. That is not left to this package's own idea of what is right: what it has written it reads by package
// intake, as an upload is read, and where anything at all is found it writes the file anew without the value that was found fault with. So the file of any tenant is accepted
// without a finding, whatever its set of values holds, or there is no such file and [Make] says why.
//
// The same tenant file gives the same example.
package sample

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// The number of people in an example.
const (
	FewRows  = 12     // where nobody asks for another number, and no set of values needs more
	ManyRows = 50     // so that the longer sets are shown
	MaxRows  = 10_000 // the most that can be asked for
)

// Date is the date in an example's name, MM.DD.YYYY: the guide's.
const Date = "01.13.2023"

// An Error is why no file of a tenant would be accepted without a finding.
type Error struct{ Findings []roster.Finding }

// Error tells the first of the findings.
func (e *Error) Error() string {
	return fmt.Sprintf("no example can be made that would be accepted without a finding: %s", e.Findings[0].Message)
}

// Rows returns how many people an example of f has where nobody says: enough for each value of its sets to stand in it, within reason.
func Rows(f tenant.File) int {
	rows := FewRows
	for _, c := range f.Mapping.Columns {
		rows = max(rows, len(c.Values))
	}
	return min(rows, ManyRows, f.Upload.MaxRows)
}

// Name returns the name of an example by the tenant's own pattern, or by the guide's.
func Name(f tenant.File) string {
	pattern := f.Upload.File
	if pattern == "" {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:*?"<>|`, r) {
				return '-'
			}
			return r
		}, f.Name)
		pattern = "10KC Membership File - " + name + " - All Active Personnel - " + tenant.NamePattern + ".csv"
	}
	return strings.ReplaceAll(pattern, tenant.NamePattern, Date)
}

// rounds is how often a file is written anew. Each leaves at least one value out, and most files need one round.
const rounds = 1000

// Make returns an example file of rows people, at least one. An *Error says why there can be none.
func Make(ctx context.Context, f tenant.File, rows int) ([]byte, error) {
	m := &maker{file: f, avoid: map[roster.Field]map[string]bool{}}
	for range rounds {
		text, err := m.write(max(rows, 1))
		if err != nil {
			return nil, err
		}
		findings, err := read(ctx, text, f)
		if err != nil || len(findings) == 0 {
			return text, err
		}
		if !m.learn(findings) {
			return nil, &Error{Findings: findings}
		}
	}
	return nil, fmt.Errorf("make sample: still not accepted after %d rounds", rounds)
}

// read returns what an import would find.
func read(ctx context.Context, text []byte, f tenant.File) ([]roster.Finding, error) {
	out, err := batch.NewRosterWriter(io.Discard, f.Mapping.Fields(), memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer out.Close() //nolint:errcheck // what it writes goes nowhere
	summary, err := intake.Read(ctx, bytes.NewReader(text), intake.Options{
		Mapping: f.Mapping, Delimiter: f.Upload.Delimiter, MaxRows: f.Upload.MaxRows, MaxBytes: f.Upload.MaxBytes, FindingsLimit: 1000,
	}, out)
	return summary.Findings, err
}

// A maker writes files, and learns which values to leave out.
type maker struct {
	file    tenant.File
	avoid   map[roster.Field]map[string]bool // by the first characters of the value, as findings have it
	oneLine bool                             // values of several lines are left out
}

// learn takes note of what was found fault with; false: nothing new, so that writing anew would be in vain.
func (m *maker) learn(findings []roster.Finding) (learnt bool) {
	for _, f := range findings {
		switch {
		case f.Field != "" && f.Value != "" && !m.avoid[f.Field][f.Value]:
			if m.avoid[f.Field] == nil {
				m.avoid[f.Field] = map[string]bool{}
			}
			m.avoid[f.Field][f.Value] = true
			learnt = true
		case f.Code == roster.RowQuoting && !m.oneLine:
			m.oneLine, learnt = true, true
		}
	}
	return learnt
}

// avoids reports whether a value was found fault with.
func (m *maker) avoids(field roster.Field, value string) bool {
	const shown = 80 // characters of a value in a finding, whose line ends are all alike
	value = strings.ReplaceAll(value, "\r\n", "\n")
	if runes := []rune(value); len(runes) > shown {
		value = string(runes[:shown])
	}
	return m.avoid[field][value] || m.oneLine && strings.ContainsAny(value, "\r\n")
}

func (m *maker) write(rows int) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = m.file.Upload.Delimiter
	columns := m.file.Mapping.Columns
	record := make([]string, len(columns))
	for i, c := range columns {
		record[i] = c.Title
	}
	err := w.Write(record)
	values := make([][]string, len(columns))
	for i, c := range columns {
		values[i] = m.values(c)
	}
	for row := 0; row < rows && err == nil; row++ {
		p := personOf(row)
		for i, c := range columns {
			record[i] = cell(c, values[i], p)
		}
		err = w.Write(record)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, fmt.Errorf("write sample: %w", err)
	}
	return b.Bytes(), err
}

// values returns what the cells of a column may say; empty where each is the person's own.
func (m *maker) values(c mapping.Column) (values []string) {
	candidates := c.Allowed()
	if candidates == nil {
		candidates = slices.Concat(m.file.People.EligibleWhen[c.Field], examples(c))
	}
	for _, v := range candidates {
		if !m.avoids(c.Field, v) {
			values = append(values, v)
		}
	}
	return values
}
