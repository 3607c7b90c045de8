package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/rostergen"
)

// crowd is how many people are created by an apply that is to be killed in its middle: fifty chunks.
const crowd = 50 * chunk

// beginApply approves a first roster of a crowd and returns once some of its chunks are applied, and not all.
func beginApply(t *testing.T, s *stack, id string) (*customer, imported) {
	t.Helper()
	c := newCustomer(t, s, id, crowd)
	imp := c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	c.awaitChunks(imp, 5)
	return c, imp
}

// mustBeMidway looks that the kill came while the apply was under way: otherwise the test would show nothing.
func (c *customer) mustBeMidway(imp imported) {
	c.t.Helper()
	if done := c.awaitChunks(imp, 1); done >= crowd/chunk {
		c.t.Fatalf("all %d chunks were applied before the kill", done)
	}
}

func tellWorkerKilled(t *testing.T, s *stack) {
	c, imp := beginApply(t, s, "workerkilled")
	killed := s.kill(t, "worker")
	c.mustBeMidway(imp)
	s.awaitRevived(t, "worker", killed)
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
	s.replay(t, "applied-killed", imp.WorkflowID, c.runID(imp))
	s.replay(t, "apply-killed", contract.ApplyID(tenantID(c.id)), "")

	// And once more while invitations go out: of a mail that may or may not have gone nobody gets a second one.
	c.company.Next(rostergen.Delta{Joiners: 2000})
	imp = c.deliver(c.export())
	before := s.letterCount(t)
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	eventually(t, patience, "some invitations are out", func() bool { return s.letterCount(t) > before+50 })
	killed = s.kill(t, "worker")
	if s.letterCount(t) >= before+1800 {
		t.Fatal("all invitations were out before the kill")
	}
	s.awaitRevived(t, "worker", killed)
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.invite()
	c.checkDirectory(c.expected())
	c.checkMailsBut(4) // as many as are under way at once
}

func tellPostgresKilled(t *testing.T, s *stack) {
	c, imp := beginApply(t, s, "postgreskilled")
	killed := s.kill(t, "postgres")
	s.awaitRevived(t, "postgres", killed)
	c.mustBeMidway(imp)
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
}

// tellTemporalKilled: a run that waits for a person goes on waiting when its server comes back, and hears of the decision.
func tellTemporalKilled(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "temporalkilled", 40, rostergen.Delta{Joiners: 2, Changed: 2})
	killed := s.kill(t, "temporal")
	s.awaitRevived(t, "temporal", killed)
	c.expect(c.show(imp.Import), contract.AwaitingDecision, "")
	c.approve(imp)
	c.check()
}

// tellWorkerDown: what people ask is recorded while no worker runs, and done when one is back.
func tellWorkerDown(t *testing.T, s *stack) {
	c, imp := waiting(t, s, "workerdown", 60, rostergen.Delta{Joiners: 3, Changed: 5, Leavers: 1})
	up := s.keepWorkerDown(t)
	started := time.Now()
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("an approval took %v while no worker ran", took)
	}
	imp = c.show(imp.Import)
	c.expect(imp, contract.AwaitingDecision, "")
	if diff := cmp.Diff([]string{"approve pending"}, effects(imp)); diff != "" {
		t.Errorf("decisions while no worker runs (-want +got):\n%s", diff)
	}
	up()
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()

	// A person who starts an import of a file that is refused is told so by the exit code. The worker is down meanwhile, so that it does not start one by itself.
	up = s.keepWorkerDown(t)
	name := c.upload(header(c.export()))
	c.awaitSettled(name)
	ended := make(chan result, 1)
	go func() { ended <- s.rollcall(t, "import", "start", c.id, "--wait") }()
	eventually(t, patience, "the run is started", func() bool {
		return s.count(t, fmt.Sprintf("RollcallTenant = %q AND ExecutionStatus = 'Running'", c.id)) == 1
	})
	up()
	if r := <-ended; r.code != 3 {
		t.Errorf("import start --wait of a refused file ended with %d, want 3:\n%s%s", r.code, r.stdout, r.stderr)
	}
	c.expect(c.await(name), contract.Closed, contract.Refused)
}

// keepWorkerDown kills the worker and keeps it from starting until up is called.
func (s *stack) keepWorkerDown(t *testing.T) (up func()) {
	t.Helper()
	flag := filepath.Join(s.bin, "worker.down")
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	up = func() {
		if err := os.Remove(flag); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
	t.Cleanup(up)
	s.kill(t, "worker")
	eventually(t, patience, "no worker runs", func() bool { return s.pid("worker") == 0 || !alive(s.pid("worker")) })
	return up
}

func alive(pid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}
