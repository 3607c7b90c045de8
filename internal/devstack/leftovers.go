package devstack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// leftoverGrace is the time a process left behind has to end when asked, before it is killed.
const leftoverGrace = 5 * time.Second

// pidRecord is run/NAME.pid: which process the part is. The identity (when it started, and what it runs) tells
// a process that was given the same number later from the one that was meant.
type pidRecord struct {
	PID      int            `json:"pid"`
	Identity string         `json:"identity"`
	Stop     syscall.Signal `json:"stop"`
}

func (p *part) pidFile() string { return filepath.Join(p.dir, "run", p.name+".pid") }

// remember writes the process down for a later start to find. A process that can't be written down could be
// left behind unnoticed, and is ended.
func (p *part) remember(proc *process) error {
	pid := proc.cmd.Process.Pid
	id, _ := identity(pid)
	err := writeJSON(p.pidFile(), pidRecord{PID: pid, Identity: id, Stop: p.stop})
	if err != nil {
		p.terminate(proc)
	}
	return err
}

func (p *part) forget() {
	_ = os.Remove(p.pidFile())
	_ = os.Remove(p.readyFile())
}

// clearLeftovers ends the processes that an earlier run of this folder, killed, left behind. It runs under the
// folder's lock, so that no other stack owns them.
func (s *Stack) clearLeftovers(ctx context.Context) error {
	if err := os.Remove(s.path("endpoints.json")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove endpoints: %w", err)
	}
	files, err := filepath.Glob(s.path("run", "*.pid"))
	if err != nil {
		return fmt.Errorf("list pid files: %w", err)
	}
	for _, file := range files {
		var left pidRecord
		// A record torn by the kill names nobody.
		if err := readJSON(file, &left); err == nil && left.alive() {
			s.out.say("%s (process %d) was left by a run that was killed; stopping it", strings.TrimSuffix(filepath.Base(file), ".pid"), left.PID)
			if err := left.end(ctx); err != nil {
				return err
			}
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove pid file: %w", err)
		}
	}
	return nil
}

// alive reports whether the very process that was recorded still runs.
func (r pidRecord) alive() bool {
	id, ok := identity(r.PID)
	return ok && id == r.Identity
}

// end asks the process to end, then kills its group, and returns once it is gone.
func (r pidRecord) end(ctx context.Context) error {
	_ = syscall.Kill(r.PID, r.Stop)
	if r.gone(ctx, leftoverGrace) {
		return nil
	}
	_ = syscall.Kill(-r.PID, syscall.SIGKILL)
	if r.gone(ctx, leftoverGrace) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("stop process %d, left by an earlier run: it does not end", r.PID)
}

func (r pidRecord) gone(ctx context.Context, within time.Duration) bool {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if !r.alive() {
			return true
		}
		if !pause(ctx, readyPoll) {
			return false
		}
	}
	return false
}
