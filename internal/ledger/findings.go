package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/roster"
)

// findings is the stored form of what reading a file found. Artifacts of earlier releases are read, so fields are only added.
type findings struct {
	Summary roster.Summary `json:"summary"`
}

// artifacts is where the findings are stored.
type artifacts interface {
	Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error)
}

// EncodeFindings returns what reading a file found as it is stored.
func EncodeFindings(s roster.Summary) (io.Reader, error) {
	stored, err := json.Marshal(findings{Summary: s})
	if err != nil {
		return nil, fmt.Errorf("encode findings: %w", err)
	}
	return bytes.NewReader(stored), nil
}

// Findings reads from the store what reading the import's file found; the zero summary where it was not read.
func (i Import) Findings(ctx context.Context, store artifacts) (roster.Summary, error) {
	if i.Artifacts.Findings.IsZero() {
		return roster.Summary{}, nil
	}
	r, err := store.Open(ctx, i.Artifacts.Findings)
	if err != nil {
		return roster.Summary{}, err
	}
	defer r.Close()
	var stored findings
	if err := json.NewDecoder(r).Decode(&stored); err != nil {
		return roster.Summary{}, fmt.Errorf("decode findings of %s: %w", i.ID, err)
	}
	return stored.Summary, nil
}
