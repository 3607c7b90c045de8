package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemo runs the first command of the README to its end: it checks its own story, so its exit code says much. Nothing of it is left.
func TestDemo(t *testing.T) {
	s := &stack{root: t.TempDir()}
	s.bin, s.mark = filepath.Join(s.root, "bin"), "E2E_STACK="+s.root
	s.build(t)
	cmd := exec.Command(filepath.Join(s.bin, "rollcall"), "demo")
	// What the demo makes in the folder for temporary files is found there, if it is left.
	temporary := filepath.Join(s.root, "tmp")
	if err := os.Mkdir(temporary, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.root, 0o755); err != nil { // the database's user has to pass
		t.Fatal(err)
	}
	cmd.Env = append(plainEnv(), s.mark, "TMPDIR="+temporary)
	cmd.Stdout, cmd.Stderr = writer(s.write), writer(s.write)
	if err := startTied(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("rollcall demo: %v\n%s", err, s.output())
	}
	told := s.output()
	for _, want := range []string{"5,000", "file-no-rows", "reports/", "temporal workflow signal", "http://127.0.0.1:"} {
		if !strings.Contains(told, want) {
			t.Errorf("the demo does not tell of %q:\n%s", want, told)
		}
	}
	s.dir = s.root
	s.checkNoProcessLeft(t)
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo has left %v, %v", left, err)
	}
}
