package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
)

// imported is the JSON of `import show`, as far as tests read it.
type imported struct {
	Import         string           `json:"import"`
	Tenant         string           `json:"tenant"`
	WorkflowID     string           `json:"workflow_id"`
	Phase          contract.Phase   `json:"phase"`
	Outcome        contract.Outcome `json:"outcome"`
	File           string           `json:"file"`
	SHA256         string           `json:"sha256"`
	MappingVersion int              `json:"mapping_version"`
	ChangeSet      string           `json:"changeset"`
	Totals         changeset.Totals `json:"totals"`
	SetAside       int              `json:"set_aside"`
	Checks         []struct {
		ID    string `json:"id"`
		Level string `json:"level"`
		Value int    `json:"value"`
	} `json:"checks"`
	Deadline  string `json:"deadline"`
	Decisions []struct {
		DecisionID string `json:"decision_id"`
		Verdict    string `json:"verdict"`
		By         string `json:"by"`
		Reason     string `json:"reason"`
		ChangeSet  string `json:"changeset"`
		Effect     string `json:"effect"`
	} `json:"decisions"`
}

// holds reports whether a check of that id holds.
func (i imported) holds(id string) bool {
	for _, c := range i.Checks {
		if c.ID == id && c.Level == "hold" {
			return true
		}
	}
	return false
}

// patience is how long an import may take to where it waits or ends, on a machine that is busy with others.
const patience = 2 * time.Minute

// await waits until the import of a file waits for a decision or is closed, and shows it.
func (c *customer) await(file string) imported {
	c.t.Helper()
	return c.awaitPhase(file, contract.AwaitingDecision, contract.Closed)
}

// awaitPhase waits until the import of a file is in one of the phases.
func (c *customer) awaitPhase(file string, phases ...contract.Phase) imported {
	c.t.Helper()
	n := 0
	eventually(c.t, patience, fmt.Sprintf("the import of %s is in %v", file, phases), func() bool {
		n = 0
		c.rows(func(tx pgx.Tx) error {
			return tx.QueryRow(c.t.Context(), `SELECT COALESCE(max(n), 0) FROM import WHERE file = $1 AND phase = ANY($2)`, file, phases).Scan(&n)
		})
		return n > 0
	})
	return c.show(fmt.Sprintf("%s-%d", c.id, n))
}

// show is `rollcall import show`.
func (c *customer) show(id string) imported {
	c.t.Helper()
	var imp imported
	c.s.json(c.t, &imp, "import", "show", id)
	return imp
}

// awaitClosed waits until an import is closed.
func (c *customer) awaitClosed(imp imported) imported {
	c.t.Helper()
	eventually(c.t, patience, imp.Import+" is closed", func() bool { return c.phase(imp) == contract.Closed })
	return c.show(imp.Import)
}

// phase is where an import stands, by its row.
func (c *customer) phase(imp imported) (phase contract.Phase) {
	c.t.Helper()
	c.rows(func(tx pgx.Tx) error {
		return tx.QueryRow(c.t.Context(), `SELECT phase FROM import WHERE n = $1`, number(imp.Import)).Scan(&phase)
	})
	return phase
}

// runID is the id of an import's run.
func (c *customer) runID(imp imported) (id string) {
	c.t.Helper()
	c.rows(func(tx pgx.Tx) error {
		return tx.QueryRow(c.t.Context(), `SELECT run_id FROM import WHERE n = $1`, number(imp.Import)).Scan(&id)
	})
	return id
}

// number is the number in an import's name.
func number(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndex(id, "-")+1:])
	return n
}

// rows reads tables as the tenant. A database that is away for a moment is waited for.
func (c *customer) rows(read func(pgx.Tx) error) {
	c.t.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = c.tryRows(read); err == nil {
			return
		}
	}
	c.t.Fatalf("read tables: %v", err)
}

func (c *customer) tryRows(read func(pgx.Tx) error) error {
	return pgx.BeginFunc(c.t.Context(), c.s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(c.t.Context(), `SELECT set_config('app.tenant_id', $1, true)`, c.id); err != nil {
			return err
		}
		return read(tx)
	})
}

// approve approves an import and waits until it was applied.
func (c *customer) approve(imp imported) imported {
	c.t.Helper()
	c.s.must(c.t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at", "--confirm-deletes", fmt.Sprint(imp.Totals.Delete), "--wait")
	closed := c.show(imp.Import)
	c.expect(closed, contract.Closed, contract.Applied)
	return closed
}

// expect checks where an import stands.
func (c *customer) expect(imp imported, phase contract.Phase, outcome contract.Outcome) {
	c.t.Helper()
	if imp.Phase != phase || imp.Outcome != outcome {
		c.t.Fatalf("%s is %s %q, want %s %q", imp.Import, imp.Phase, imp.Outcome, phase, outcome)
	}
}

// effects are what became of an import's decisions, in the order in which they were made.
func effects(imp imported) (all []string) {
	for _, d := range imp.Decisions {
		all = append(all, d.Verdict+" "+d.Effect)
	}
	return all
}
