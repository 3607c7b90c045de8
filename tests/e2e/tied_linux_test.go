package e2e

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startTied starts a process that is told to end when this one does, however that comes about: a test that runs into its timeout leaves nothing behind. The kernel ties
// it to the thread that starts it, so that thread is kept.
func startTied(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		select {}
	}()
	return <-started
}
