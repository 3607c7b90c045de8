package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// cliVersion is the Temporal CLI that deploy/temporal pins; the name of the built program holds it, so that another
	// version is another file.
	cliVersion = "v1.5.1"
	cliPackage = "github.com/temporalio/cli/cmd/temporal"

	buildModule   = "module rollcall.internal/deploy/temporal"
	buildProgress = 15 * time.Second
)

// oldestServer is the oldest Temporal Server that does all that Rollcall needs.
func oldestServer() []int { return []int{1, 29, 1} }

// TemporalCLI returns the path of a Temporal CLI: the one on PATH if its server is new enough, else one built
// from the module deploy/temporal, once, into the user's cache. Building takes minutes, which out is told before
// and meanwhile; several processes that need it at once build it once.
func TemporalCLI(ctx context.Context, out io.Writer) (string, error) {
	return temporalCLI(ctx, &teller{w: out})
}

func temporalCLI(ctx context.Context, out *teller) (string, error) {
	if path, err := exec.LookPath("temporal"); err == nil {
		why := unfit(ctx, path)
		if why == "" {
			return path, nil
		}
		out.say("%s on PATH is not used: %s", path, why)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find user's cache folder for the Temporal CLI: %w", err)
	}
	built := filepath.Join(cache, "rollcall", fmt.Sprintf("temporal-%s-%s-%s", cliVersion, runtime.GOOS, runtime.GOARCH))
	if executable(built) {
		return built, nil
	}
	return built, buildCLI(ctx, built, out)
}

// unfit says why the CLI at path can't be used, "" if it can.
func unfit(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	version, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "it does not run: " + err.Error()
	}
	match := regexp.MustCompile(`Server (\d+)\.(\d+)\.(\d+)`).FindStringSubmatch(string(version))
	if match == nil {
		return fmt.Sprintf("it does not tell its server's version: %q", bytes.TrimSpace(version))
	}
	for i, least := range oldestServer() {
		if got, _ := strconv.Atoi(match[i+1]); got != least {
			if got > least {
				return ""
			}
			return "its server is older than 1.29.1: " + match[0]
		}
	}
	return ""
}

// buildCLI builds the CLI to the path, unless another process does so meanwhile.
func buildCLI(ctx context.Context, path string, out *teller) error {
	source, err := buildSource()
	if err != nil {
		return err
	}
	golang, err := exec.LookPath("go")
	if err != nil {
		return errors.New("the Temporal CLI has to be built and the go tool was not found: install Go (https://go.dev/dl), or put a temporal with server 1.29.1 or newer on PATH")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make cache folder: %w", err)
	}
	unlock, err := lockBuild(ctx, path+".lock", out)
	if err != nil {
		return err
	}
	defer unlock()
	if executable(path) {
		return nil
	}
	out.say("building the Temporal CLI %s into %s: about 3 minutes, this once", cliVersion, path)
	started := time.Now()
	stop := sayEvery(buildProgress, func() { out.say("still building the Temporal CLI, %s so far", time.Since(started).Round(time.Second)) })
	defer stop()
	if err := runBuild(ctx, golang, source, path); err != nil {
		return err
	}
	out.say("built the Temporal CLI in %s", seconds(time.Since(started)))
	return nil
}

// runBuild builds beside the path and moves the program there once it is whole.
func runBuild(ctx context.Context, golang, source, path string) error {
	temp := path + ".new"
	defer func() { _ = os.Remove(temp) }()
	// The version is what a person running it by hand wants to see; symbols are not.
	flags := "-s -w -X github.com/temporalio/cli/temporalcli.Version=" + strings.TrimPrefix(cliVersion, "v")
	build := exec.CommandContext(ctx, golang, "-C", source, "build", "-ldflags", flags, "-o", temp, cliPackage)
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	// The go tool's compilers are to end with it.
	build.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	build.Cancel = func() error { return syscall.Kill(-build.Process.Pid, syscall.SIGKILL) }
	output, err := build.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("build the Temporal CLI: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("build the Temporal CLI: %w: %s", err, bytes.TrimSpace(output[max(0, len(output)-tailBytes):]))
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("build the Temporal CLI: %w", err)
	}
	return nil
}

// buildSource finds the module deploy/temporal, upward from the working folder and from the executable's: a program
// in bin/ is run from anywhere.
func buildSource() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if program, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			program = real
		}
		starts = append(starts, filepath.Dir(program))
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			module := filepath.Join(dir, "deploy", "temporal")
			if raw, err := os.ReadFile(filepath.Join(module, "go.mod")); err == nil && strings.HasPrefix(string(raw), buildModule) {
				return module, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", errors.New("no Temporal CLI was found, nor Rollcall's sources (deploy/temporal) to build it from: run from a clone of the repository, or put a temporal with server 1.29.1 or newer on PATH")
}

// lockBuild waits until no other process builds. The lock falls with the process that holds it.
func lockBuild(ctx context.Context, path string, out *teller) (unlock func(), err error) {
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock build of the Temporal CLI: %w", err)
	}
	stop := func() {}
	defer func() { stop() }()
	for waiting := false; ; waiting = true {
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			return func() { _ = lock.Close() }, nil
		}
		if !waiting {
			out.say("waiting for another process that builds the Temporal CLI")
			stop = sayEvery(buildProgress, func() { out.say("still waiting for the Temporal CLI") })
		}
		if !pause(ctx, retryPause) {
			_ = lock.Close()
			return nil, ctx.Err()
		}
	}
}

// sayEvery calls say at each interval until the returned function is called.
func sayEvery(interval time.Duration, say func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				say()
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
