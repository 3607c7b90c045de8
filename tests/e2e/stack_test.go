package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rollcall.internal/internal/config"
	"rollcall.internal/internal/devstack"
)

// chunk is how many changes a transaction takes on this stack: few, so that an apply can be killed in its middle.
const chunk = 100

// A stack is what `rollcall dev` runs, seen from outside.
type stack struct {
	root      string // where everything of the tests is
	dir       string // the stack's own folder
	bin       string // the programs
	temporal  string // the Temporal CLI
	endpoints config.Endpoints
	db        *pgxpool.Pool
	mark      string        // stands in the environment of every process of the stack
	offset    time.Duration // by how much business time is moved

	later []func(t *testing.T) // what faults want to look at when time has passed

	mu   sync.Mutex
	dev  *exec.Cmd // nil while it is stopped
	said bytes.Buffer
}

// startStack builds the programs, starts the stack, and sees to its end.
func startStack(t *testing.T) *stack {
	t.Helper()
	root, err := os.MkdirTemp("", "rollcall-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	s := &stack{root: root, dir: filepath.Join(root, "stack"), bin: filepath.Join(root, "bin"), mark: "E2E_STACK=" + root}
	t.Cleanup(func() { s.end(t) })
	if s.temporal, err = devstack.TemporalCLI(t.Context(), os.Stderr); err != nil {
		t.Fatal(err)
	}
	s.build(t)
	s.start(t)
	return s
}

// build builds the programs into a folder of the tests'. The worker is started through a script, so that a test can keep it down.
func (s *stack) build(t *testing.T) {
	t.Helper()
	for name, source := range map[string]string{"rollcall": "../../starter", "worker-itself": "../../worker"} {
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(s.bin, name), source).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	script := "#!/bin/sh\nhere=$(dirname \"$0\")\n[ -e \"$here/worker.down\" ] && exit 1\nexec \"$here/worker-itself\"\n"
	if err := os.WriteFile(filepath.Join(s.bin, "rollcall-worker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

// start starts `rollcall dev` and returns once it says where everything answers.
func (s *stack) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, "rollcall"), "dev", "--dir", s.dir)
	cmd.Env = append(plainEnv(), s.mark, s.clock(), "ROLLCALL_APPLY_CHUNK="+strconv.Itoa(chunk), "ROLLCALL_DECISION_TIME=1s")
	cmd.Stdout, cmd.Stderr = writer(s.write), writer(s.write)
	started := time.Now()
	if err := startTied(cmd); err != nil {
		t.Fatal(err)
	}
	s.dev = cmd
	path := filepath.Join(s.dir, "endpoints.json")
	eventually(t, 2*time.Minute, "the stack answers", func() bool {
		var err error
		s.endpoints, err = config.LoadEndpoints(path)
		if err != nil && syscall.Kill(cmd.Process.Pid, 0) != nil {
			t.Fatalf("rollcall dev ended:\n%s", s.output())
		}
		return err == nil
	})
	t.Logf("the stack was up after %.1f s", time.Since(started).Seconds())
	var err error
	if s.db, err = pgxpool.New(t.Context(), s.endpoints.Postgres); err != nil {
		t.Fatal(err)
	}
}

// clock tells a process of the stack what time it is.
func (s *stack) clock() string { return "ROLLCALL_CLOCK_OFFSET=" + s.offset.String() }

// stop presses Ctrl-C and returns once `rollcall dev` has ended well.
func (s *stack) stop(t *testing.T) {
	t.Helper()
	s.db.Close()
	cmd := s.dev
	s.dev = nil
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("rollcall dev ended with %v after Ctrl-C:\n%s", err, s.output())
		}
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		t.Errorf("rollcall dev did not end within a minute of Ctrl-C:\n%s", s.output())
	}
}

// end stops what runs, sees that no process is left, and removes the folder, unless something failed and a person may want to look.
func (s *stack) end(t *testing.T) {
	if s.dev != nil {
		s.stop(t)
	}
	s.checkNoProcessLeft(t)
	if t.Failed() {
		t.Logf("what the stack said:\n%s", s.output())
		t.Logf("the stack's folder stays: %s", s.root)
		return
	}
	if err := devstack.Remove(s.dir); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(s.root); err != nil {
		t.Error(err)
	}
}

// checkNoProcessLeft looks for processes that were started by the stack: by the mark in their environment, or by its folder in their command line or as where they
// work. PostgreSQL's have neither environment nor folder of ours as root, so the cluster's place is looked for too.
func (s *stack) checkNoProcessLeft(t *testing.T) {
	t.Helper()
	traces := []string{s.mark, s.dir}
	var record struct{ Cluster string }
	if raw, err := os.ReadFile(filepath.Join(s.dir, "postgres.json")); err == nil && json.Unmarshal(raw, &record) == nil && record.Cluster != "" {
		traces = append(traces, record.Cluster)
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("processes can't be listed: %v", err)
	}
	for _, folder := range folders {
		if filepath.Base(folder) == strconv.Itoa(os.Getpid()) {
			continue
		}
		environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		cwd, _ := os.Readlink(filepath.Join(folder, "cwd"))
		for _, trace := range traces {
			if strings.Contains(string(environment)+"\n"+string(command)+"\n"+cwd, trace) {
				t.Errorf("process %s was left: %s", filepath.Base(folder), strings.ReplaceAll(string(command), "\x00", " "))
				break
			}
		}
	}
}

// pid is the process id of a part of the stack.
func (s *stack) pid(part string) int {
	raw, err := os.ReadFile(filepath.Join(s.dir, "run", part+".pid"))
	if err != nil {
		return 0
	}
	var record struct{ PID int }
	if json.Unmarshal(raw, &record) != nil {
		return 0
	}
	return record.PID
}

// kill kills a part as kill -9 does, and returns its process id.
func (s *stack) kill(t *testing.T, part string) int {
	t.Helper()
	pid := s.pid(part)
	if pid == 0 {
		t.Fatalf("%s does not run", part)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %s: %v", part, err)
	}
	return pid
}

// awaitRevived waits until a part that was killed answers again.
func (s *stack) awaitRevived(t *testing.T, part string, killed int) {
	t.Helper()
	eventually(t, 30*time.Second, part+" is started again", func() bool {
		pid := s.pid(part)
		return pid != 0 && pid != killed && strings.Contains(s.output(), part+" stopped (")
	})
}

func (s *stack) write(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said.Write(p)
}

// output is what `rollcall dev` has printed so far.
func (s *stack) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

var _ io.Writer = writer(nil)

// plainEnv is the environment of this process without what tells Rollcall, Temporal or PostgreSQL's clients of another stack.
func plainEnv() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "ROLLCALL_") || strings.HasPrefix(name, "TEMPORAL_") || strings.HasPrefix(name, "PG") || name == "DATABASE_URL" {
			continue
		}
		env = append(env, entry)
	}
	return env
}

// eventually polls until the condition holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", within, what)
}

// stopAndStartAgain stops the stack by Ctrl-C, looks that nothing is left, starts it on the same folder and finds everything as it was.
func (s *stack) stopAndStartAgain(t *testing.T) {
	before := s.everything(t)
	ports := s.endpoints
	s.stop(t)
	s.checkNoProcessLeft(t)
	if _, err := os.Stat(filepath.Join(s.dir, "endpoints.json")); err == nil {
		t.Error("endpoints.json stands there while nothing answers")
	}
	s.start(t)
	if s.endpoints != ports {
		t.Errorf("the stack answers at %+v, before at %+v", s.endpoints, ports)
	}
	if after := s.everything(t); after != before || !strings.Contains(after, `"total"`) {
		t.Errorf("after a stop and a start the lists are\n%s\nand were\n%s", after, before)
	}
	c := newCustomer(t, s, "after-restart", 20)
	imp := c.deliver(c.export())
	c.approve(imp)
	c.check()
}

// everything is what lists say of the whole stack.
func (s *stack) everything(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, args := range [][]string{{"tenant", "list"}, {"import", "list", "--all", "--limit", "0"}} {
		fmt.Fprintln(&all, s.must(t, append(args, "--json")...))
	}
	return all.String()
}
