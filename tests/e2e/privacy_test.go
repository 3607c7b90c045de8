package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant"
)

func tenantID(id string) tenant.ID { return tenant.ID(id) }

// personal are texts that only people's data holds: a domain that every address of every roster ends in, and a word that stands in each cell of the people below.
func personal() []string { return []string{"acme.example", "zyxcanary"} }

// fileWord stands in the name of their file, which Temporal is not told either.
const fileWord = "zyxfilename"

// tellTenantsApart plants people whose every cell would be known again, in rows that are taken and rows that are not, and looks that another tenant sees nothing of them.
func tellTenantsApart(t *testing.T, s *stack) {
	c := newCustomer(t, s, "canary", 30)
	columns := rostergen.Columns()
	row := func(email, id, status, date string) string {
		cells := make([]string, len(columns))
		for i, column := range columns {
			switch column.Title {
			case "Email Address":
				cells[i] = email
			case "Unique ID":
				cells[i] = id
			case "Program Eligibility":
				cells[i] = "Eligible"
			case "Status":
				cells[i] = status
			case "Hire Start Date", "Most Recent Role Start Date":
				cells[i] = date
			case "Business Unit":
				cells[i] = "Finance"
			case "Locale":
				cells[i] = "en-US"
			case "People Manager Status", "High Potential Status":
				cells[i] = "No"
			default:
				cells[i] = "Zyxcanary " + column.Title
			}
		}
		return strings.Join(cells, ",") + "\r\n"
	}
	roster := c.export() +
		row("zyxcanary.one@canary.example", "ZYXCANARY-1", "Active", "01/02/2020") +
		row("zyxcanary.two at canary.example", "ZYXCANARY-2", "Active", "01/02/2020") + // no address
		row("zyxcanary.three@canary.example", "ZYXCANARY-3", "Zyxcanary", "the zyxcanary of May") + // no status, no date
		row("zyxcanary.four@canary.example", "ZYXCANARY-1", "Active", "01/02/2020") // an ID twice
	name := fileWord + " " + c.name()
	c.write("upload.csv", roster)
	if r := s.run(t, "scp", "-F", c.path("ssh_config"), c.path("upload.csv"), c.id+"@rollcall:"+name); r.code != 0 {
		t.Fatalf("scp ended with %d: %s%s", r.code, r.stdout, r.stderr)
	}
	imp := c.await(name)
	c.expect(imp, contract.AwaitingDecision, "")
	if imp.SetAside == 0 {
		t.Errorf("none of the broken rows was set aside: %+v", imp)
	}
	c.approve(imp)

	// Another tenant's key opens nothing of this one, and its server shows nothing of it.
	other := newTenant(t, s, "neighbour", 5)
	r := s.run(t, "sftp", "-F", other.path("ssh_config"), "-b", other.write("batch", "ls\n"), "canary@rollcall")
	if r.code == 0 {
		t.Errorf("a key of another tenant was let in: %s", r.stdout)
	}
	for _, folder := range []string{"/", "/reports"} {
		listed := other.trySFTP(fmt.Sprintf("ls -1 %s\n", folder))
		if listed.code != 0 || strings.Contains(listed.stdout, fileWord) {
			t.Errorf("the neighbour's %s lists (exit %d): %s%s", folder, listed.code, listed.stdout, listed.stderr)
		}
	}
	if r := other.trySFTP(fmt.Sprintf("get %q\n", "/reports/"+name+".result.txt")); r.code == 0 {
		t.Error("the neighbour fetched another's receipt")
	}
}

// checkTemporalHoldsNothingPersonal reads all that Temporal has stored, as bytes and as histories.
func (s *stack) checkTemporalHoldsNothingPersonal(t *testing.T) {
	words := append(personal(), fileWord)
	var stored []byte
	files, err := filepath.Glob(filepath.Join(s.dir, "temporal.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, raw...)
	}
	// What must be there shows that the bytes can be read at all: the digest of a plan, in a payload.
	canary := &customer{t: t, s: s, id: "canary"}
	if digest := canary.show("canary-1").ChangeSet; digest == "" || !bytes.Contains(stored, []byte(digest)) {
		t.Errorf("Temporal's database does not hold the digest %q, so nothing can be said about what else it holds", digest)
	}
	checkHolds(t, "Temporal's database", stored, words)

	histories := 0
	for _, line := range strings.Split(strings.TrimSpace(s.temporalCLI(t, "workflow", "list", "--limit", "1000", "--output", "jsonl")), "\n") {
		var run struct {
			Execution struct{ WorkflowID, RunID string }
		}
		if err := json.Unmarshal([]byte(line), &run); err != nil {
			t.Fatalf("%v:\n%s", err, line)
		}
		var history any
		shown := s.temporalCLI(t, "workflow", "show", "--workflow-id", run.Execution.WorkflowID, "--run-id", run.Execution.RunID, "--output", "json")
		if err := json.Unmarshal([]byte(shown), &history); err != nil {
			t.Fatal(err)
		}
		checkHolds(t, "the history of "+run.Execution.WorkflowID, texts(history), words)
		histories++
	}
	if histories < 20 {
		t.Errorf("only %d histories were looked at", histories)
	}
}

// texts are all texts of a JSON document, payloads decoded.
func texts(v any) (all []byte) {
	switch v := v.(type) {
	case string:
		all = append(append(all, v...), '\n')
		if raw, err := base64.StdEncoding.DecodeString(v); err == nil {
			all = append(append(all, raw...), '\n')
		}
	case []any:
		for _, item := range v {
			all = append(all, texts(item)...)
		}
	case map[string]any:
		for key, item := range v {
			all = append(append(append(all, key...), '\n'), texts(item)...)
		}
	}
	return all
}

// checkLogsHoldNothingPersonal reads what every part has logged and what the stack has said.
func (s *stack) checkLogsHoldNothingPersonal(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join(s.dir, "logs", "*"))
	if err != nil || len(logs) < 4 {
		t.Fatalf("logs are %v, %v: want one of each part", logs, err)
	}
	for _, log := range logs {
		raw, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		checkHolds(t, "the log "+filepath.Base(log), raw, personal())
	}
	checkHolds(t, "the stack's own output", []byte(s.output()), personal())
}

// checkHolds looks for words, in any case.
func checkHolds(t *testing.T, what string, content []byte, words []string) {
	t.Helper()
	lower := bytes.ToLower(content)
	for _, word := range words {
		if at := bytes.Index(lower, []byte(word)); at >= 0 {
			t.Errorf("%s holds %q: %q", what, word, content[max(0, at-150):min(len(content), at+150)])
		}
	}
}

// count is how many runs a query finds.
func (s *stack) count(t *testing.T, query string) (n int) {
	t.Helper()
	var counted struct{ Count string }
	printed := s.temporalCLI(t, "workflow", "count", "--query", query, "--output", "json")
	if err := json.Unmarshal([]byte(printed), &counted); err != nil {
		t.Fatalf("%v:\n%s", err, printed)
	}
	_, _ = fmt.Sscanf(counted.Count, "%d", &n)
	return n
}
