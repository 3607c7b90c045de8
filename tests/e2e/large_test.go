package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/rostergen"
)

// large is how many people a roster has that a worker is busy with for a moment.
const large = 200_000

// tellLargeRoster: the worker is killed while it reads a large roster, and again while it compares it; what was begun is begun anew and comes out whole. A run that ops cancel while it reads
// stops at once. None of it leaves temporary files behind.
func tellLargeRoster(t *testing.T, s *stack) {
	c := newCustomer(t, s, "large", large)
	name := c.upload(c.export())
	for _, phase := range []contract.Phase{contract.Reading, contract.Comparing} {
		c.freeze(name, phase)
		killed := s.kill(t, "worker")
		s.awaitRevived(t, "worker", killed)
	}
	imp := c.await(name)
	c.expect(imp, contract.AwaitingDecision, "")
	if imp.Totals.Create != large || imp.Totals.Changes() != large {
		t.Errorf("%d of %d people are new after two kills", imp.Totals.Create, large)
	}

	c.company.Next(rostergen.Delta{Joiners: 3})
	name = c.upload(c.export())
	thaw := c.freeze(name, contract.Reading)
	second := c.awaitPhase(name, contract.Reading)
	s.temporalCLI(t, "workflow", "cancel", "--workflow-id", second.WorkflowID, "--run-id", c.runID(second))
	thaw()
	began := time.Now()
	second = c.awaitClosed(second)
	c.expect(second, contract.Closed, contract.Stopped)
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("a run that was cancelled while it read took %v to stop", took)
	}
	c.expect(c.show(imp.Import), contract.AwaitingDecision, "")
	s.must(t, "import", "turn-down", imp.Import, "--changeset", imp.ChangeSet, "--by", emily, "--reason", "was only to be seen")
	c.expect(c.awaitClosed(imp), contract.Closed, contract.TurnedDown)
	if left := temporaryFiles(t); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// freeze stops the worker where it stands once the import of a file has come to a phase, until thaw is called.
func (c *customer) freeze(file string, phase contract.Phase) (thaw func()) {
	c.t.Helper()
	pid := 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		found := 0
		c.rows(func(tx pgx.Tx) error {
			return tx.QueryRow(c.t.Context(), `SELECT count(*) FROM import WHERE file = $1 AND phase = $2`, file, phase).Scan(&found)
		})
		if found > 0 {
			pid = c.s.pid("worker")
			break
		}
	}
	if pid == 0 || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		c.t.Fatalf("%s could not be held in phase %s", file, phase)
	}
	thaw = func() { _ = syscall.Kill(pid, syscall.SIGCONT) }
	c.t.Cleanup(thaw)
	return thaw
}

// temporaryFiles are the files that reading and comparing may have left.
func temporaryFiles(t *testing.T) (left []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(os.TempDir(), "rollcall-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !strings.HasSuffix(path, ".sock") {
			left = append(left, fmt.Sprintf("%s (%d bytes)", filepath.Base(path), info.Size()))
		}
	}
	return left
}
