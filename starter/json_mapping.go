package main

import (
	"rollcall.internal/internal/mapping/draft"
	"rollcall.internal/internal/mapping/workbook"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant/tenantfile"
)

// mappingImportJSON is `mapping import`.
type mappingImportJSON struct {
	SchemaVersion int                `json:"schema_version"`
	Workbook      string             `json:"workbook"`
	Format        workbook.Format    `json:"format"` // xlsx or csv
	Sheet         string             `json:"sheet"`  // "" for a file without sheets
	HeaderRow     int                `json:"header_row"`
	Usable        bool               `json:"usable"`
	Fields        []mappingFieldJSON `json:"fields"`
	Missing       []roster.Field     `json:"missing"` // required, and in no row
	Problems      []mappingCellJSON  `json:"problems"`
	Guesses       []mappingGuessJSON `json:"guesses"`
	Open          []mappingOpenJSON  `json:"open"`        // places of the tenant's file to fill in
	TenantFile    string             `json:"tenant_file"` // YAML; "" where the workbook can't be used
}

// mappingFieldJSON is a row of the table.
type mappingFieldJSON struct {
	Cell       string            `json:"cell"`
	Column     string            `json:"column"`
	To         roster.Field      `json:"to"`
	Visibility roster.Visibility `json:"visibility"`
	Values     []string          `json:"values"`
	Translate  map[string]string `json:"translate"`
}

// mappingCellJSON is a problem of a workbook.
type mappingCellJSON struct {
	Cell    string      `json:"cell"`
	Level   draft.Level `json:"level"`
	Message string      `json:"message"`
}

// mappingGuessJSON is a guess.
type mappingGuessJSON struct {
	Cell    string       `json:"cell"`
	Field   roster.Field `json:"field"`
	Key     string       `json:"key"`
	Message string       `json:"message"`
}

// mappingOpenJSON is a place to fill in.
type mappingOpenJSON struct {
	Line int    `json:"line"`
	Path string `json:"path"`
	What string `json:"what"`
}

func mappingImportOf(name string, format workbook.Format, d draft.Draft) mappingImportJSON {
	j := mappingImportJSON{
		SchemaVersion: schemaVersion, Workbook: name, Format: format, Sheet: d.Sheet, HeaderRow: d.HeaderRow, Usable: d.Usable(), Missing: listed(d.Missing),
		Fields: []mappingFieldJSON{}, Problems: []mappingCellJSON{}, Guesses: []mappingGuessJSON{}, Open: []mappingOpenJSON{},
	}
	for _, f := range d.Fields {
		translate := f.Translate
		if translate == nil {
			translate = map[string]string{}
		}
		j.Fields = append(j.Fields, mappingFieldJSON{Cell: f.Cell, Column: f.Title, To: f.Field, Visibility: f.Visibility, Values: listed(f.Values), Translate: translate})
	}
	for _, p := range d.Problems {
		j.Problems = append(j.Problems, mappingCellJSON(p))
	}
	for _, g := range d.Guesses {
		j.Guesses = append(j.Guesses, mappingGuessJSON{Cell: g.Cell, Field: g.Field, Key: g.Key, Message: g.Message})
	}
	return j
}

func openOf(open []tenantfile.Open) []mappingOpenJSON {
	all := make([]mappingOpenJSON, len(open))
	for i, o := range open {
		all[i] = mappingOpenJSON(o)
	}
	return all
}
