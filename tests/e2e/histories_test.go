package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"rollcall.internal/internal/contract"
	"rollcall.internal/workflows"
)

var record = flag.Bool("record", false, "keep the histories of the stories' runs in workflows/testdata/histories")

// replay fetches the history of a run as `temporal workflow show` has it and replays it with the workflows as they are; with -record it is kept under the name.
func (s *stack) replay(t *testing.T, name, workflowID, runID string) {
	t.Helper()
	args := []string{"workflow", "show", "--workflow-id", workflowID, "--output", "json"}
	if runID != "" {
		args = append(args, "--run-id", runID)
	}
	raw := []byte(s.temporalCLI(t, args...))
	history, err := client.HistoryFromJSON(bytes.NewReader(raw), client.HistoryJSONOptions{})
	if err != nil {
		t.Fatalf("read history of %s: %v", workflowID, err)
	}
	replayer := worker.NewWorkflowReplayer()
	workflows.Workflows{Pace: contract.Development}.Register(replayer)
	if err := replayer.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), history); err != nil {
		t.Errorf("replay %s: %v", workflowID, err)
	}
	if *record {
		keep(t, name, raw)
	}
}

// applies are the ids of the runs of Apply that an import has started, in their order.
func (c *customer) applies(imp imported) (runs []string) {
	c.t.Helper()
	var history struct {
		Events []struct {
			Started struct {
				Execution struct {
					RunID string `json:"runId"`
				} `json:"workflowExecution"`
			} `json:"childWorkflowExecutionStartedEventAttributes"`
		} `json:"events"`
	}
	printed := c.s.temporalCLI(c.t, "workflow", "show", "--workflow-id", imp.WorkflowID, "--run-id", c.runID(imp), "--output", "json")
	if err := json.Unmarshal([]byte(printed), &history); err != nil {
		c.t.Fatal(err)
	}
	for _, e := range history.Events {
		if id := e.Started.Execution.RunID; id != "" {
			runs = append(runs, id)
		}
	}
	if len(runs) == 0 {
		c.t.Fatalf("%s has applied nothing", imp.Import)
	}
	return runs
}

// keep writes a history where the replay tests find it, without the names of the machine that it was recorded on.
func keep(t *testing.T, name string, raw []byte) {
	t.Helper()
	var history any
	if err := json.Unmarshal(raw, &history); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(anonymous(history), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "workflows", "testdata", "histories")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// anonymous blanks what names a machine: identities of clients and workers, and the queues that belong to one process.
func anonymous(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = anonymous(v[i])
		}
	case map[string]any:
		for key := range v {
			switch {
			case key == "identity":
				v[key] = "recorded"
			case key == "taskQueue" && isSticky(v[key]):
				v[key].(map[string]any)["name"] = "recorded"
			default:
				v[key] = anonymous(v[key])
			}
		}
	}
	return v
}

func isSticky(queue any) bool {
	q, ok := queue.(map[string]any)
	return ok && q["kind"] == "TASK_QUEUE_KIND_STICKY"
}
