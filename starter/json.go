package main

import (
	"time"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// The JSON of commands is written in structs of its own, whatever the domain does to its types.
//
// Compatibility: other programs read it. Within a schema_version keys are added, and none is renamed, retyped or left out; every key is always there, "", 0, [] or null where nothing
// is known. Times are RFC 3339 in UTC, "" where there is none.

// schemaVersion is raised when a key changes its name or meaning.
const schemaVersion = 1

// timeJSON is a time as JSON tells it.
func timeJSON(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// listed is items, never null.
func listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// importJSON is an import in a list.
type importJSON struct {
	Import         tenant.ImportID  `json:"import"`
	Tenant         tenant.ID        `json:"tenant"`
	WorkflowID     string           `json:"workflow_id"`
	Phase          contract.Phase   `json:"phase"`
	Outcome        contract.Outcome `json:"outcome"`
	File           string           `json:"file"`
	SHA256         string           `json:"sha256"`
	MappingVersion int              `json:"mapping_version"`
	ChangeSet      changeset.Digest `json:"changeset"`
	Totals         changeset.Totals `json:"totals"`
	SetAside       int              `json:"set_aside"` // rows of the file
	Deadline       string           `json:"deadline"`
}

func importOf(i ledger.Import) importJSON {
	return importJSON{
		Import: i.ID, Tenant: i.ID.Tenant, WorkflowID: i.WorkflowID, Phase: i.Phase, Outcome: i.Outcome, File: i.File, SHA256: i.SHA256,
		MappingVersion: i.TenantVersion, ChangeSet: i.Summary.Digest, Totals: i.Summary.Totals, SetAside: i.SetAside, Deadline: timeJSON(i.Deadline),
	}
}

// importListJSON is `import list`.
type importListJSON struct {
	SchemaVersion int          `json:"schema_version"`
	Total         int          `json:"total"` // of all that match
	Imports       []importJSON `json:"imports"`
}

// importShowJSON is `import show`, `import start`, and each line of `import watch`.
type importShowJSON struct {
	SchemaVersion int `json:"schema_version"`
	importJSON
	Checks       []checkJSON       `json:"checks"`
	Decisions    []decisionJSON    `json:"decisions"`
	Changes      []changeJSON      `json:"changes"`      // with --changes, cut at --limit
	Verification *verificationJSON `json:"verification"` // the customer's newest answer; null where there is none
}

func importShowOf(v registrar.ImportView, changes []changeset.Change) importShowJSON {
	return importShowJSON{
		SchemaVersion: schemaVersion, importJSON: importOf(v.Import), Checks: checksOf(v.Checks), Decisions: decisionsOf(v.Decisions), Changes: changesOf(changes),
		Verification: verificationOf(v.Verification),
	}
}

// checkJSON is a check.
type checkJSON struct {
	ID      approval.CheckID `json:"id"`
	Level   approval.Level   `json:"level"`
	Value   int              `json:"value"`
	Limit   int              `json:"limit"`
	Origin  string           `json:"origin"`
	Message string           `json:"message"`
	Cause   string           `json:"cause"`
}

func checksOf(checks []approval.Check) []checkJSON {
	all := make([]checkJSON, len(checks))
	for i, c := range checks {
		all[i] = checkJSON(c)
	}
	return all
}

// decisionJSON is a decision.
type decisionJSON struct {
	DecisionID string           `json:"decision_id"`
	Verdict    approval.Verdict `json:"verdict"`
	Groups     []changeset.Op   `json:"groups"`
	By         string           `json:"by"`
	At         string           `json:"at"`
	Reason     string           `json:"reason"`
	ChangeSet  changeset.Digest `json:"changeset"`
	Effect     approval.Effect  `json:"effect"`
}

func decisionOf(d ledger.Decision) decisionJSON {
	return decisionJSON{
		DecisionID: d.ID, Verdict: d.Verdict, Groups: listed(d.Groups), By: d.By, At: timeJSON(d.At), Reason: d.Reason, ChangeSet: d.ChangeSet, Effect: d.Effect,
	}
}

func decisionsOf(decisions []ledger.Decision) []decisionJSON {
	all := make([]decisionJSON, len(decisions))
	for i, d := range decisions {
		all[i] = decisionOf(d)
	}
	return all
}

// decidedJSON is `import approve` and `import turn-down`.
type decidedJSON struct {
	SchemaVersion int              `json:"schema_version"`
	Import        tenant.ImportID  `json:"import"`
	Phase         contract.Phase   `json:"phase"`
	Outcome       contract.Outcome `json:"outcome"`
	Decision      decisionJSON     `json:"decision"`
	Message       string           `json:"message"` // what became of the decision, in a sentence
}

// changeJSON is what happens to one person. Its key is the unique ID, or the address where there is none.
type changeJSON struct {
	Op     changeset.Op               `json:"op"`
	Key    string                     `json:"key"`
	Email  string                     `json:"email"`
	Fields map[roster.Field][2]string `json:"fields"` // before and after
}

func changesOf(changes []changeset.Change) []changeJSON {
	all := make([]changeJSON, len(changes))
	for i, c := range changes {
		key := c.UniqueID
		if key == "" {
			key = roster.FoldEmail(c.Email)
		}
		fields := make(map[roster.Field][2]string, len(c.Fields))
		for _, f := range c.Fields {
			fields[f.Field] = [2]string{f.Before, f.After}
		}
		all[i] = changeJSON{Op: c.Op, Key: key, Email: c.Email, Fields: fields}
	}
	return all
}
