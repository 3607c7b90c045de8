package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// workerNames are the worker's executable as `make build` names it, and as plain `go build` does.
func workerNames() []string { return []string{"rollcall-worker", "worker"} }

// part is a part of this stack that is stopped by the signal; the caller adds how it is started and asked.
func (s *Stack) part(name string, stop syscall.Signal) *part {
	return &part{
		name: name, stop: stop, grace: 10 * time.Second, tries: 1,
		dir: s.dir, out: s.out, fork: s.fork,
	}
}

// sftp is the part that serves the customers' uploads. It can be used once it greets as an SSH server.
func (s *Stack) sftp() *part {
	p := s.child("sftp", s.options.Rollcall, "serve", "sftp")
	ready := p.answers
	p.answers = func(ctx context.Context) error {
		if err := ready(ctx); err != nil {
			return err
		}
		return greets(ctx, loopback(s.ports.SFTP))
	}
	return p
}

// worker is the part that runs workflows and activities.
func (s *Stack) worker(program string) *part { return s.child("worker", program) }

// child is a part that is a program of Rollcall's own. It says by making its ready file that it can be used.
func (s *Stack) child(name, program string, args ...string) *part {
	p := s.part(name, syscall.SIGTERM)
	p.command = func() *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Env = append(s.childEnv(), "ROLLCALL_READY_FILE="+p.readyFile())
		cmd.Env = append(cmd.Env, s.options.Env...)
		return cmd
	}
	p.answers = func(context.Context) error {
		_, err := os.Stat(p.readyFile())
		return err
	}
	return p
}

// childEnv is the environment of sftp and worker: this process's, with the settings of the stack. endpoints.json is
// written after they answer and can't be what they read; one named by the developer's shell is another stack's.
func (s *Stack) childEnv() []string {
	inherited := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "ROLLCALL_ENDPOINTS=")
	})
	return append(inherited,
		"ROLLCALL_DATABASE_URL="+s.endpoints.Postgres,
		"ROLLCALL_TEMPORAL_ADDRESS="+s.endpoints.Temporal,
		"ROLLCALL_TEMPORAL_NAMESPACE="+s.endpoints.Namespace,
		"ROLLCALL_SMTP_ADDRESS="+s.endpoints.SMTP,
		"ROLLCALL_SFTP_ADDRESS="+loopback(s.ports.SFTP),
		"ROLLCALL_STATE_DIR="+s.path("state"),
		"ROLLCALL_PACE=dev",
	)
}

// greets reports whether an SSH server (RFC 4253, section 4.2) answers at the address.
func greets(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetReadDeadline(deadline)
	banner := make([]byte, len("SSH-2.0-"))
	if _, err := io.ReadFull(conn, banner); err != nil {
		return fmt.Errorf("read banner: %w", err)
	}
	if string(banner) != "SSH-2.0-" {
		return fmt.Errorf("banner %q is not an SSH server's", banner)
	}
	return nil
}

// findWorker returns the worker's executable: the one named, else the one beside rollcall (and beside what that links
// to), else the one on PATH.
func findWorker(o Options) (string, error) {
	if o.Worker != "" {
		if !executable(o.Worker) {
			return "", fmt.Errorf("the worker %s is not an executable file", o.Worker)
		}
		return o.Worker, nil
	}
	beside := []string{filepath.Dir(o.Rollcall)}
	if real, err := filepath.EvalSymlinks(o.Rollcall); err == nil {
		beside = append(beside, filepath.Dir(real))
	}
	for _, folder := range beside {
		for _, name := range workerNames() {
			if path := filepath.Join(folder, name); executable(path) {
				return path, nil
			}
		}
	}
	if path, err := exec.LookPath(workerNames()[0]); err == nil {
		return path, nil
	}
	return "", errors.New("rollcall-worker was found neither beside " + o.Rollcall + " nor on PATH: build both programs with `make build`")
}
