//go:build !linux

package e2e

import "os/exec"

// startTied starts a process; only Linux can tie it to this one.
func startTied(cmd *exec.Cmd) error { return cmd.Start() }
