package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	readyWithin  = 60 * time.Second       // a part that does not answer by then has failed to start
	readyPoll    = 25 * time.Millisecond  // between two looks whether a part answers
	retryPause   = 200 * time.Millisecond // before a part that died while starting is started again
	complainOnce = 10 * time.Second       // between two lines about a part that does not come back
)

// part is one process of the stack, kept alive: from start to shutdown, a process that ends is followed by
// another. A single goroutine (run) owns the process under way, so that there is never a second one.
type part struct {
	name    string // of its log, its pid file, and in what is said
	command func() *exec.Cmd
	clear   func()                          // run before each process; nil for nothing
	answers func(ctx context.Context) error // nil once the part can be used; asked again and again
	stop    syscall.Signal                  // asks the process to end
	grace   time.Duration                   // from then until it is killed
	tries   int                             // processes that the first start may use up

	dir  string // the stack's folder
	out  *teller
	fork *forker

	cancel  context.CancelFunc // nil until started
	stopped chan struct{}
}

// process is one run of a part's program.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process is gone and reaped
	err    error         // how it ended; read after exited
}

// start starts the part and returns once it answers. From then on it is kept alive until shutdown; when ctx
// ends before it answers, or it fails to start, nothing is left of it.
func (p *part) start(ctx context.Context) error {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel, p.stopped = cancel, make(chan struct{})
	unwatch := context.AfterFunc(ctx, cancel)
	first := make(chan error, 1)
	go p.run(running, first)
	err := <-first
	if !unwatch() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		p.shutdown()
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return nil
}

// shutdown ends the part and returns once its process is gone. A part that was never started is none.
func (p *part) shutdown() {
	if p.cancel == nil {
		return
	}
	p.cancel()
	<-p.stopped
}

// run launches the part, tells first how that went, and keeps it alive until ctx ends.
func (p *part) run(ctx context.Context, first chan<- error) {
	defer close(p.stopped)
	proc, err := p.launch(ctx)
	for tries := 1; err != nil && tries < p.tries && pause(ctx, retryPause); tries++ {
		proc, err = p.launch(ctx)
	}
	first <- err
	for err == nil {
		select {
		case <-ctx.Done():
			p.terminate(proc)
			return
		case <-proc.exited:
			p.forget()
			proc, err = p.revive(ctx, proc.err)
		}
	}
}

// revive starts a part that died, as often as it takes. Its error is that ctx ended.
func (p *part) revive(ctx context.Context, cause error) (*process, error) {
	died := time.Now()
	complained := died
	for {
		proc, err := p.launch(ctx)
		if err == nil {
			p.out.say("%s stopped (%s); started again in %s", p.name, reason(cause), seconds(time.Since(died)))
			return proc, nil
		}
		if time.Since(complained) > complainOnce {
			complained = time.Now()
			p.out.say("%s stopped (%s) and does not start: %v", p.name, reason(cause), err)
		}
		if !pause(ctx, retryPause) {
			return nil, ctx.Err()
		}
	}
}

// launch starts one process and returns once it answers. On an error the process is gone.
func (p *part) launch(ctx context.Context) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := os.Remove(p.readyFile()); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if p.clear != nil {
		p.clear()
	}
	proc, err := p.spawn()
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := p.awaitAnswer(waiting, proc); err != nil {
		p.terminate(proc)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w%s", err, p.logTail())
	}
	return proc, nil
}

// spawn starts the program in a process group of its own, printing into the part's log.
func (p *part) spawn() (*process, error) {
	log, err := openLog(p.logFile())
	if err != nil {
		return nil, err
	}
	// The process has its own handle of the log from the start on.
	defer func() { _ = log.Close() }()
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr, p.stop)
	if err := p.fork.start(cmd); err != nil {
		return nil, err
	}
	proc := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		proc.err = cmd.Wait()
		close(proc.exited)
	}()
	return proc, p.remember(proc)
}

// awaitAnswer returns once the process answers, or with why it never will.
func (p *part) awaitAnswer(ctx context.Context, proc *process) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	last := errors.New("not asked yet")
	for {
		select {
		case <-proc.exited:
			return fmt.Errorf("it ended (%s) before it answered", reason(proc.err))
		case <-ctx.Done():
			return fmt.Errorf("it does not answer after %s: %w", readyWithin, last)
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := p.answers(asking)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
	}
}

// terminate asks the process to end, kills it when it takes too long, and with it whatever is left of its group.
func (p *part) terminate(proc *process) {
	_ = proc.cmd.Process.Signal(p.stop)
	select {
	case <-proc.exited:
	case <-time.After(p.grace):
		p.out.say("%s does not stop after %s; killing it", p.name, p.grace)
	}
	_ = syscall.Kill(-proc.cmd.Process.Pid, syscall.SIGKILL)
	<-proc.exited
	p.forget()
}

func (p *part) logFile() string   { return filepath.Join(p.dir, "logs", p.name+".log") }
func (p *part) readyFile() string { return filepath.Join(p.dir, "run", p.name+".ready") }

// reason says how a process ended: "signal: killed", "exit status 1".
func reason(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// pause waits, and reports whether it was not cut short by the end of ctx.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
