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

// beginApply approves a first roster and returns while it is applied, held between two chunks.
func beginApply(t *testing.T, s *stack, id string, people int) (c *customer, imp imported, release func()) {
	t.Helper()
	c = newCustomer(t, s, id, people)
	imp = c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	return c, imp, c.holdAt(imp, 5)
}

// tellWorkerKilled: the worker is killed inside a chunk of an apply of 5,000, and another does the rest.
func tellWorkerKilled(t *testing.T, s *stack) {
	c, imp, release := beginApply(t, s, "workerkilled", 5000)
	killed := s.kill(t, "worker")
	release()
	s.awaitRevived(t, "worker", killed)
	imp = c.awaitClosed(imp)
	c.expect(imp, contract.Closed, contract.Applied)
	c.check()
	s.replay(t, "applied-killed", imp.WorkflowID, c.runID(imp))
	s.replay(t, "apply-killed", contract.ApplyID(tenantID(c.id)), "")
}

// tellSenderKilled: the worker is killed while invitations go out. Of a mail that may or may not have gone nobody gets a second one.
func tellSenderKilled(t *testing.T, s *stack) {
	c := newCustomer(t, s, "senderkilled", 2000)
	imp := c.deliver(c.export())
	before := s.letterCount(t)
	s.must(t, "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "looked at")
	eventually(t, patience, "some invitations are out", func() bool { return s.letterCount(t) > before+50 })
	killed := s.kill(t, "worker")
	if s.letterCount(t) >= before+1800 {
		t.Fatal("all invitations were out before the kill")
	}
	s.awaitRevived(t, "worker", killed)
	// It takes a minute until it is sure that nobody is sending those any more.
	s.later = append(s.later, func(t *testing.T) {
		c.t = t
		imp = c.awaitClosed(imp)
		c.expect(imp, contract.Closed, contract.Applied)
		c.invite()
		c.checkDirectory(c.expected())
		c.checkMailsBut(4) // as many as are under way at once
	})
}

func tellPostgresKilled(t *testing.T, s *stack) {
	c, imp, release := beginApply(t, s, "postgreskilled", 2000)
	killed := s.kill(t, "postgres")
	release()
	s.awaitRevived(t, "postgres", killed)
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
	name := c.uploadBad(header(c.export()))
	c.awaitSettled(name)
	ended := make(chan result, 1)
	go func() { ended <- s.rollcall(t, "import", "start", c.id, "--wait") }()
	eventually(t, patience, "the run is started", func() bool {
		return s.count(t, fmt.Sprintf("RollcallTenant = %q AND WorkflowType = 'Import' AND ExecutionStatus = 'Running'", c.id)) == 1
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
