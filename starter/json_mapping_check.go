package main

import (
	"path/filepath"

	"rollcall.internal/internal/mapping/lint"
	"rollcall.internal/internal/roster"
)

// mappingCheckJSON is `mapping check`.
type mappingCheckJSON struct {
	SchemaVersion int                  `json:"schema_version"`
	File          string               `json:"file"`
	Valid         bool                 `json:"valid"`
	Sample        *mappingSampleJSON   `json:"sample"` // null without --sample
	Findings      []mappingFindingJSON `json:"findings"`
	Totals        map[lint.Level]int   `json:"totals"`
}

// mappingSampleJSON is what reading the sample came to.
type mappingSampleJSON struct {
	File     string              `json:"file"`
	Rows     int                 `json:"rows"`
	Accepted int                 `json:"accepted"`
	SetAside int                 `json:"set_aside"`
	Verdict  roster.Verdict      `json:"verdict"`
	Columns  []mappingColumnJSON `json:"columns"`
}

// mappingColumnJSON is a column of the sample.
type mappingColumnJSON struct {
	Column   string       `json:"column"`
	Field    roster.Field `json:"field"`
	Rows     int          `json:"rows"`
	Empty    int          `json:"empty"`
	Distinct int          `json:"distinct"`
	More     bool         `json:"more"` // there are more different values than were counted
}

// mappingFindingJSON is a finding.
type mappingFindingJSON struct {
	ID      lint.ID            `json:"id"`
	Level   lint.Level         `json:"level"`
	Line    int                `json:"line"` // of the tenant's file; 0: of no one line
	Column  string             `json:"column"`
	Message string             `json:"message"`
	Values  []mappingValueJSON `json:"values"`
	Paste   string             `json:"paste"`
}

// mappingValueJSON is a value that a finding is about.
type mappingValueJSON struct {
	Value string `json:"value"`
	Count int    `json:"count"`
	Near  string `json:"near"`
}

func (m mappingChecked) json() mappingCheckJSON {
	j := mappingCheckJSON{
		SchemaVersion: schemaVersion, File: filepath.Base(m.file), Valid: !m.invalid, Findings: []mappingFindingJSON{},
		Totals: map[lint.Level]int{lint.Problem: 0, lint.Warning: 0, lint.Note: 0},
	}
	for _, f := range m.all() {
		j.Totals[f.Level]++
		finding := mappingFindingJSON{ID: f.ID, Level: f.Level, Line: f.Line, Column: f.Column, Message: f.Message, Values: []mappingValueJSON{}, Paste: f.Paste}
		for _, v := range f.Values {
			finding.Values = append(finding.Values, mappingValueJSON{Value: v.Text, Count: v.Count, Near: v.Near})
		}
		j.Findings = append(j.Findings, finding)
	}
	if m.sample == nil {
		return j
	}
	s := m.sample.Summary
	j.Sample = &mappingSampleJSON{File: m.sampleFile, Rows: s.Rows, Accepted: s.Accepted, SetAside: s.SetAside, Verdict: s.Verdict, Columns: []mappingColumnJSON{}}
	for _, c := range m.sample.Columns {
		j.Sample.Columns = append(j.Sample.Columns, mappingColumnJSON{Column: c.Title, Field: c.Field, Rows: c.Rows, Empty: c.Empty, Distinct: c.Distinct, More: c.More})
	}
	return j
}
