package devstack

import (
	"os/exec"
	"runtime"
)

// forker starts processes from one thread that lives as long as the forker. On Linux a process that is to die
// with its parent dies with the thread that started it, and Go's other threads come and go.
type forker struct{ jobs chan func() }

func newForker() *forker {
	f := &forker{jobs: make(chan func())}
	go func() {
		// Never unlocked: the thread ends with this goroutine, and with it a child that close left behind.
		runtime.LockOSThread()
		for job := range f.jobs {
			job()
		}
	}()
	return f
}

// start starts the command, as cmd.Start does.
func (f *forker) start(cmd *exec.Cmd) error {
	failed := make(chan error)
	f.jobs <- func() { failed <- cmd.Start() }
	return <-failed
}

// close ends the thread. Nothing may be started afterwards.
func (f *forker) close() { close(f.jobs) }
