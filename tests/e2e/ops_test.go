package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rollcall.internal/internal/contract"
)

// tellOps is what ops see in Temporal, of a run that waits and of one that is closed: enough to understand it without another tool.
func tellOps(t *testing.T, s *stack) {
	c := newCustomer(t, s, "ops", 40)
	imp := c.deliver(c.export())
	query := func(more string) string {
		return fmt.Sprintf("%s = %q AND %s = %q AND %s", contract.AttrTenant, c.id, contract.AttrImport, imp.Import, more)
	}
	// Visibility follows a run by moments.
	eventually(t, patience, "the run is found by where it stands", func() bool {
		return s.count(t, query(fmt.Sprintf(`%s = "awaiting_decision" AND %s = "first-import" AND %s = 40 AND %s = 40 AND %s = %q AND %s > "2020-01-01T00:00:00Z"`, contract.AttrPhase,
			contract.AttrFlags, contract.AttrRows, contract.AttrChanges, contract.AttrChangeSet, imp.ChangeSet, contract.AttrDeadline))) == 1
	})
	details := s.temporalCLI(t, "workflow", "metadata", "--workflow-id", imp.WorkflowID, "--output", "json")
	for _, want := range []string{imp.Import, "| create | 40 |", imp.ChangeSet, "first-import", "rollcall import show " + imp.Import} {
		if !strings.Contains(details, want) {
			t.Errorf("the current details do not say %q:\n%s", want, details)
		}
	}
	c.approve(imp)
	c.awaitRunOver(imp)
	eventually(t, patience, "the run is found by its outcome", func() bool {
		return s.count(t, query(fmt.Sprintf(`%s = "closed" AND %s = "applied" AND ExecutionStatus = "Completed"`, contract.AttrPhase, contract.AttrOutcome))) == 1
	})
	described := s.temporalCLI(t, "workflow", "describe", "--workflow-id", imp.WorkflowID, "--output", "json")
	if !strings.Contains(described, "summary") || !strings.Contains(decoded(t, described), "ops-1 · applied · 40 changes") {
		t.Errorf("the memo of a closed run does not sum it up:\n%s", described)
	}
	history := decoded(t, s.temporalCLI(t, "workflow", "show", "--workflow-id", imp.WorkflowID, "--output", "json"))
	for _, want := range []string{contract.ReadRoster.Summary, contract.Compare.Summary, "decision expires", "ops-1 · apply 40 changes"} {
		if !strings.Contains(history, want) {
			t.Errorf("no event is summed up as %q", want)
		}
	}
}

// decoded is a JSON document as text, with its payloads as what they say.
func decoded(t *testing.T, document string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		t.Fatal(err)
	}
	return string(texts(v))
}
