package devstack

import "syscall"

// dieWithParent has the kernel send the signal to the process when the thread that started it ends.
func dieWithParent(attr *syscall.SysProcAttr, stop syscall.Signal) {
	attr.Pdeathsig = deathSignal(stop)
}

// deathSignal picks how a process dies with its parent. PostgreSQL (the one stopped by SIGINT) is told to quit at once,
// since only then it takes its own children along; everything else is killed.
func deathSignal(stop syscall.Signal) syscall.Signal {
	if stop == syscall.SIGINT {
		return syscall.SIGQUIT
	}
	return syscall.SIGKILL
}
