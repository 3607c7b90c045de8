package devstack

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killStrays ends the server processes of a postmaster that was killed. Most notice by themselves, but one that
// computes does not look up until it is done, and no new postmaster starts before. They are known by their
// working folder, which is the cluster's, and their name.
func killStrays(data string) {
	folders, _ := filepath.Glob("/proc/[0-9]*") // its only error is a malformed pattern
	for _, folder := range folders {
		cwd, err := os.Readlink(filepath.Join(folder, "cwd"))
		if err != nil || cwd != data {
			continue
		}
		name, err := os.ReadFile(filepath.Join(folder, "comm"))
		if err != nil || strings.TrimSpace(string(name)) != "postgres" {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(folder)); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
