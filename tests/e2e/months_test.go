package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// tellTwoMonths is the main job, row by row: a first roster of 5,000, and the next month's, approved by a signal of the Temporal CLI.
func tellTwoMonths(t *testing.T, s *stack) {
	c := newCustomer(t, s, "months", 5000)

	first := c.deliver(c.export())
	c.expect(first, contract.AwaitingDecision, "")
	if want := (changeset.Totals{Create: 5000}); first.Totals != want || first.Tenant != "months" || first.Import != "months-1" || first.MappingVersion != 1 || !first.holds("first-import") {
		t.Errorf("the first import is %+v, want %+v and a hold for being the first", first, want)
	}
	if got := c.directory(); len(got) != 0 {
		t.Errorf("%d members before anybody decided", len(got))
	}
	first = c.approve(first)
	c.check()
	c.checkReceipt(first, "accepted", "import")
	s.replay(t, "applied", first.WorkflowID, c.runID(first))
	s.replay(t, "apply", contract.ApplyID("months"), "")
	s.replay(t, "invitations", contract.InvitationsID("months"), "")
	c.checkShown(first)

	month := c.company.Next(rostergen.Delta{Joiners: 60, Leavers: 40, Changed: 250, OnLeave: 15, BackFromLeave: 5, NewAddress: 3})
	second := c.deliver(c.export())
	c.expect(second, contract.AwaitingDecision, "")
	want := changeset.Totals{
		Create: len(month.Joiners), Delete: len(month.Leavers), Update: len(month.Changed) + len(month.NewAddress), Deactivate: len(month.OnLeave),
		Reactivate: len(month.BackFromLeave),
	}
	want.Unchanged = 5000 - want.Changes() + want.Create
	if diff := cmp.Diff(want, second.Totals); diff != "" {
		t.Errorf("totals of the second month (-want +got):\n%s", diff)
	}
	c.checkChanges(second, month)
	s.signal(t, second, map[string]any{"decision_id": "by-signal", "changeset": second.ChangeSet, "verdict": "approve", "by": emily, "reason": "as announced"})
	second = c.awaitClosed(second)
	c.expect(second, contract.Closed, contract.Applied)
	c.check()
	if got, want := c.deleted(), ids(month.Leavers); !slices.Equal(got, want) {
		t.Errorf("deleted are %v, want %v", got, want)
	}
	if diff := cmp.Diff([]string{"approve taken"}, effects(second)); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}

// ids are the unique IDs of people, in order.
func ids(people []rostergen.Person) []string {
	var all []string
	for _, p := range people {
		all = append(all, p.Value(roster.UniqueID))
	}
	slices.Sort(all)
	return all
}

// signal sends a decision to a run by the Temporal CLI, as any other system would.
func (s *stack) signal(t *testing.T, imp imported, decision map[string]any) {
	t.Helper()
	text, err := json.Marshal(decision)
	if err != nil {
		t.Fatal(err)
	}
	s.temporalCLI(t, "workflow", "signal", "--workflow-id", imp.WorkflowID, "--name", contract.SignalDecision, "--input", string(text))
}

// A change is a line of `import show --changes --json`.
type change struct {
	Op     string                     `json:"op"`
	Key    string                     `json:"key"`
	Email  string                     `json:"email"`
	Fields map[roster.Field][2]string `json:"fields"`
}

// changes is what an import would change, by unique ID.
func (c *customer) changes(imp imported) map[string]change {
	c.t.Helper()
	var shown struct {
		Changes []change `json:"changes"`
	}
	c.s.json(c.t, &shown, "import", "show", imp.Import, "--changes", "--limit", "0")
	all := map[string]change{}
	for _, ch := range shown.Changes {
		if _, twice := all[ch.Key]; twice {
			c.t.Errorf("%s stands in the plan twice", ch.Key)
		}
		all[ch.Key] = ch
	}
	return all
}

// checkChanges holds what is shown of a plan to what happened in the company.
func (c *customer) checkChanges(imp imported, month rostergen.Month) {
	c.t.Helper()
	want := map[string]change{}
	add := func(op string, before, after *rostergen.Person) {
		ch := change{Op: op, Fields: map[roster.Field][2]string{}}
		who := after
		if who == nil {
			who = before
		}
		ch.Key, ch.Email = who.Value(roster.UniqueID), who.Value(roster.Email)
		for _, column := range rostergen.Columns() {
			var was, is string
			if before != nil {
				was = before.Value(column.Field)
			}
			if after != nil {
				is = after.Value(column.Field)
			}
			if was != is && after != nil {
				ch.Fields[column.Field] = [2]string{was, is}
			}
		}
		want[ch.Key] = ch
	}
	for _, p := range month.Joiners {
		add("create", nil, &p)
	}
	for _, p := range month.Leavers {
		add("delete", &p, nil)
	}
	for op, moves := range map[string][]rostergen.Move{"update": slices.Concat(month.Changed, month.NewAddress), "deactivate": month.OnLeave, "reactivate": month.BackFromLeave} {
		for _, m := range moves {
			add(op, &m.Before, &m.After)
		}
	}
	if diff := cmp.Diff(want, c.changes(imp)); diff != "" {
		c.t.Errorf("changes (-want +got):\n%.3000s", diff)
	}
}

// A receipt is what /reports/NAME.result.json holds.
type receipt struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Rows     int    `json:"rows"`
	Accepted int    `json:"accepted"`
	Verdict  string `json:"verdict"`
	Findings []struct {
		Code    string `json:"code"`
		Level   string `json:"level"`
		Column  string `json:"column"`
		Message string `json:"message"`
	} `json:"findings"`
	Totals map[string]int `json:"totals"`
	Kind   string         `json:"kind"`
	Import string         `json:"import"`
	Next   string         `json:"next"`
}

// checkReceipt fetches an import's receipts by sftp and returns the one for machines.
func (c *customer) checkReceipt(imp imported, verdict, kind string) receipt {
	c.t.Helper()
	raw := c.fetch("/reports/" + imp.File + ".result.json")
	var r receipt
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		c.t.Fatalf("receipt: %v:\n%s", err, raw)
	}
	if r.Verdict != verdict || r.Kind != kind || r.Import != imp.Import || r.SHA256 != imp.SHA256 || r.File != imp.File || r.Next == "" {
		c.t.Errorf("the receipt of %s says %+v, want %s of kind %s", imp.Import, r, verdict, kind)
	}
	var keys map[string]any
	_ = json.Unmarshal([]byte(raw), &keys)
	promised := []string{"accepted", "file", "findings", "import", "kind", "next", "protected", "received_at", "rows", "schema_version", "set_aside", "sha256", "totals", "verdict"}
	c.checkKeys("the receipt", promised, keys)
	if text := c.fetch("/reports/" + imp.File + ".result.txt"); !strings.Contains(text, imp.File) {
		c.t.Errorf("the receipt for people does not name the file:\n%s", text)
	}
	return r
}

// checkKeys looks that every promised key is there.
func (c *customer) checkKeys(what string, promised []string, document map[string]any) {
	c.t.Helper()
	for _, key := range promised {
		if _, ok := document[key]; !ok {
			c.t.Errorf("%s has no key %q, only %v", what, key, slices.Sorted(maps.Keys(document)))
		}
	}
}

// checkShown holds the JSON of lists and of `show` to what is promised of it.
func (c *customer) checkShown(imp imported) {
	c.t.Helper()
	inList := []string{"import", "tenant", "workflow_id", "phase", "outcome", "file", "sha256", "mapping_version", "changeset", "totals", "set_aside", "deadline"}
	var shown map[string]any
	c.s.json(c.t, &shown, "import", "show", imp.Import)
	c.checkKeys("import show", append(inList, "schema_version", "checks", "decisions"), shown)
	var list struct {
		SchemaVersion int `json:"schema_version"`
		Total         int
		Imports       []map[string]any
	}
	c.s.json(c.t, &list, "import", "list", "--tenant", c.id)
	if list.SchemaVersion != 1 || list.Total != 1 || len(list.Imports) != 1 {
		c.t.Fatalf("import list says %+v, want one import", list)
	}
	c.checkKeys("import list", inList, list.Imports[0])

	var members struct {
		Total   int
		Members []struct {
			ID, State, Email string
			UniqueID         string `json:"unique_id"`
		}
	}
	head := c.company.People()[0]
	c.s.json(c.t, &members, "member", "search", c.id, head.Value(roster.Email))
	if members.Total != 1 || len(members.Members) != 1 || members.Members[0].UniqueID != head.Value(roster.UniqueID) || members.Members[0].State != "invited" {
		c.t.Errorf("member search by an address found %+v, want the one who has it, invited", members)
	}
	c.s.json(c.t, &members, "member", "search", c.id, "--limit", "7")
	if members.Total != 5000 || len(members.Members) != 7 {
		c.t.Errorf("member search found %d and told %d, want 5000 and 7", members.Total, len(members.Members))
	}
	var mails struct {
		Total int
		Mails []map[string]any
	}
	c.s.json(c.t, &mails, "mail", "list", "--tenant", c.id, "--state", "delivered", "--limit", "1")
	if mails.Total != len(c.invited) || len(mails.Mails) != 1 || fmt.Sprint(mails.Mails[0]["import"]) != imp.Import {
		c.t.Errorf("mail list says %+v, want %d delivered by %s", mails, len(c.invited), imp.Import)
	}
}
