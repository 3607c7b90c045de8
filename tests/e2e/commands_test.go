package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A result is what a command came to.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a program to its end. Only a program that could not be started fails the test.
func (s *stack) run(t *testing.T, program string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = s.root
	cmd.Env = append(plainEnv(), s.mark, s.clock(), "ROLLCALL_ENDPOINTS="+filepath.Join(s.dir, "endpoints.json"),
		"TEMPORAL_ADDRESS="+s.endpoints.Temporal, "TEMPORAL_NAMESPACE="+s.endpoints.Namespace)
	var out, prose bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &prose
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("run %s: %v", filepath.Base(program), err)
	}
	return result{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: prose.String()}
}

// rollcall runs a command of rollcall.
func (s *stack) rollcall(t *testing.T, args ...string) result {
	t.Helper()
	return s.run(t, filepath.Join(s.bin, "rollcall"), args...)
}

// must runs a command of rollcall that has to succeed, and returns its stdout.
func (s *stack) must(t *testing.T, args ...string) string {
	t.Helper()
	r := s.rollcall(t, args...)
	if r.code != 0 {
		t.Fatalf("rollcall %s ended with %d:\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// json runs a command of rollcall with --json and decodes what it prints.
func (s *stack) json(t *testing.T, into any, args ...string) {
	t.Helper()
	printed := s.must(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(printed), into); err != nil {
		t.Fatalf("rollcall %s --json: %v:\n%s", strings.Join(args, " "), err, printed)
	}
}

// refuse runs a command of rollcall that has to end with the code, and to say something that holds the text.
func (s *stack) refuse(t *testing.T, code int, saying string, args ...string) result {
	t.Helper()
	r := s.rollcall(t, args...)
	if r.code != code || !strings.Contains(strings.ToLower(r.stderr), saying) {
		t.Errorf("rollcall %s ended with %d and said %q, want %d and %q", strings.Join(args, " "), r.code, r.stderr, code, saying)
	}
	return r
}

// temporalCLI runs a command of the Temporal CLI that has to succeed, and returns its stdout.
func (s *stack) temporalCLI(t *testing.T, args ...string) string {
	t.Helper()
	r := s.run(t, s.temporal, args...)
	if r.code != 0 {
		t.Fatalf("temporal %s ended with %d:\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}
