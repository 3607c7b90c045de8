package devstack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/config"
)

// transcript is an Out that a test reads while the stack writes.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// eventually polls until the condition holds, and returns how long that took.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	started := time.Now()
	for time.Since(started) < within {
		if holds() {
			return time.Since(started)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not within %s", what, within)
	return 0
}

// stackDir makes a folder for a stack, and removes at the end of the test what a stack in it left.
func stackDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "stack")
	t.Cleanup(func() {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func startStack(t *testing.T, o Options) *Stack {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, url string) (n int) {
	t.Helper()
	if err := connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// recorded returns the processes that run/ names, by part.
func recorded(t *testing.T, dir string) map[string]pidRecord {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "run", "*.pid"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]pidRecord{}
	for _, file := range files {
		var r pidRecord
		if err := readJSON(file, &r); err == nil {
			found[strings.TrimSuffix(filepath.Base(file), ".pid")] = r
		}
	}
	return found
}

// TestStackLives is one stack's life: started, used, its parts killed, stopped, started again.
func TestStackLives(t *testing.T) {
	t.Parallel()
	dir, out := stackDir(t), &transcript{}
	var prepared config.Endpoints
	o := options(dir, out)
	o.Prepare = func(ctx context.Context, e config.Endpoints) error {
		prepared = e
		return pingDatabase(ctx, e.Postgres)
	}
	s := startStack(t, o)
	e := s.Endpoints()
	if diff := cmp.Diff(e, prepared); diff != "" {
		t.Errorf("endpoints of Prepare (-want +got):\n%s", diff)
	}
	checkAnswers(t, dir, e)
	execute(t, e.Postgres, "CREATE TABLE kept (n int)")
	execute(t, e.Postgres, "INSERT INTO kept VALUES (1), (2)")

	if _, err := Start(t.Context(), options(dir, io.Discard)); err == nil || !strings.Contains(err.Error(), "another stack already runs in "+dir) {
		t.Errorf("second stack on the folder: %v", err)
	}
	computeFor(t, e.Postgres, "1 minute")
	for _, name := range []string{"worker", "postgres", "temporal", "sftp", "worker"} {
		killPart(t, dir, name, out)
	}
	if got, want := count(t, e.Postgres), 2; got != want {
		t.Errorf("%d rows after postgres was killed, want %d", got, want)
	}

	before := recorded(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkStopped(t, dir, before)

	s = startStack(t, o)
	if diff := cmp.Diff(e, s.Endpoints()); diff != "" {
		t.Errorf("endpoints after a restart (-want +got):\n%s", diff)
	}
	if got, want := count(t, e.Postgres), 2; got != want {
		t.Errorf("%d rows after a restart, want %d", got, want)
	}
}

// computeFor keeps a server process busy, without a moment in which it would notice that its postmaster is gone.
func computeFor(t *testing.T, url, interval string) {
	t.Helper()
	busy, watch := connect(t, url), connect(t, url)
	go func() {
		_, _ = busy.Exec(context.Background(), "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '"+interval+"' LOOP END LOOP; END $$")
	}()
	eventually(t, 5*time.Second, "busy server process", func() bool {
		var active bool
		err := watch.QueryRow(t.Context(), "SELECT state = 'active' FROM pg_stat_activity WHERE pid = $1", busy.PgConn().PID()).Scan(&active)
		return err == nil && active
	})
}

// checkAnswers uses each part by the address that endpoints.json names.
func checkAnswers(t *testing.T, dir string, e config.Endpoints) {
	t.Helper()
	written, err := config.LoadEndpoints(filepath.Join(dir, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, written); diff != "" {
		t.Errorf("endpoints.json (-want +got):\n%s", diff)
	}
	if err := askTemporal(t.Context(), e.Temporal, e.Namespace); err != nil {
		t.Errorf("temporal: %v", err)
	}
	if err := greets(t.Context(), net.JoinHostPort(e.SFTP.Host, strconv.Itoa(e.SFTP.Port))); err != nil {
		t.Errorf("sftp: %v", err)
	}
	for _, page := range []string{e.TemporalUI, e.MailUI} {
		response, err := http.Get(page)
		if err != nil {
			t.Errorf("page: %v", err)
			continue
		}
		_ = response.Body.Close()
		if got, want := response.StatusCode, http.StatusOK; got != want {
			t.Errorf("GET %s = %d, want %d", page, got, want)
		}
	}
	var super bool
	if err := connect(t, e.Postgres).QueryRow(t.Context(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil || super {
		t.Errorf("superuser = %v, err %v; the application must not be one", super, err)
	}
}

// killPart kills a part and expects it back within 2 s, and said so.
func killPart(t *testing.T, dir, name string, out *transcript) {
	t.Helper()
	said := strings.Count(out.String(), name+" stopped (signal: killed); started again in ")
	pid := recorded(t, dir)[name].PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %s: %v", name, err)
	}
	took := eventually(t, 20*time.Second, name+" started again", func() bool {
		return strings.Count(out.String(), name+" stopped (signal: killed); started again in ") > said
	})
	if took > 2*time.Second {
		t.Errorf("%s was back after %s, want 2 s at most", name, took)
	}
	if back := recorded(t, dir)[name]; back.PID == pid || !back.alive() {
		t.Errorf("%s is said to be back and is process %d", name, back.PID)
	}
}

// checkStopped expects that none of the processes of a whole stack is left, nor of their groups.
func checkStopped(t *testing.T, dir string, processes map[string]pidRecord) {
	t.Helper()
	if got, want := len(processes), 4; got != want {
		t.Errorf("%d processes were recorded, want %d: %v", got, want, processes)
	}
	for name, r := range processes {
		if r.alive() || syscall.Kill(-r.PID, 0) == nil {
			t.Errorf("%s is still there: process %d, or one of its group", name, r.PID)
		}
	}
	checkGone(t, dir)
}

// checkGone expects that no process names the folder, and that the folder tells of none.
func checkGone(t *testing.T, dir string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(dir, "run", "*")); len(left) > 0 {
		t.Errorf("run holds %v after the stop", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "endpoints.json")); !os.IsNotExist(err) {
		t.Errorf("endpoints.json after the stop: %v, want none", err)
	}
	if output, err := exec.Command("ps", "-eo", "args").Output(); err != nil || strings.Contains(string(output), dir) {
		t.Errorf("a process still names the folder (err %v)", err)
	}
}

// TestOwnerKilled kills the process that owns a stack, and its stack's parts must not be in the way of the next.
func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	dir := stackDir(t)
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+dir)
	output := &transcript{}
	owner.Stdout, owner.Stderr = output, output
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Process.Kill() }()
	endpoints := filepath.Join(dir, "endpoints.json")
	eventually(t, 40*time.Second, "stack of another process", func() bool {
		_, err := os.Stat(endpoints)
		return err == nil
	})
	e, err := config.LoadEndpoints(endpoints)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, e.Postgres, "CREATE TABLE kept AS SELECT 1 AS n")
	before := recorded(t, dir)
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	s := startStack(t, options(dir, output))
	for name, r := range before {
		if r.alive() {
			t.Errorf("%s of the killed stack still runs", name)
		}
	}
	if got, want := count(t, s.Endpoints().Postgres), 1; got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkStopped(t, dir, before)
	_ = owner.Wait() // it was killed, which is its error
}

// TestStartFails starts stacks that can't come up: the error says why, and nothing is left.
func TestStartFails(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "rollcall-worker")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho the settings are wrong >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		alter func(o *Options, cancel func())
		wants []string
	}{
		{
			"worker ends", func(o *Options, _ func()) { o.Worker = broken },
			[]string{"start worker: it ended (exit status 3)", "the settings are wrong", "logs/worker.log"},
		},
		{
			"stopped while starting", func(o *Options, cancel func()) {
				o.Prepare = func(context.Context, config.Endpoints) error { cancel(); return nil }
			},
			[]string{"context canceled"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := stackDir(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := options(dir, io.Discard)
			c.alter(&o, cancel)
			_, err := Start(ctx, o)
			for _, want := range c.wants {
				if !strings.Contains(fmt.Sprint(err), want) {
					t.Errorf("err = %v, want it to say %q", err, want)
				}
			}
			checkGone(t, dir)
		})
	}
}

// TestElsewhere uses a database and a Temporal that run already, here those of another stack, until its context ends.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	host := startStack(t, options(stackDir(t), io.Discard)).Endpoints()
	dir := stackDir(t)
	o := options(dir, io.Discard)
	o.DatabaseURL, o.TemporalAddress, o.Namespace = host.Postgres, host.Temporal, "guest"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Endpoints()
	if got.Postgres != o.DatabaseURL || got.Temporal != o.TemporalAddress || got.TemporalUI != "" || got.Namespace != "guest" {
		t.Errorf("endpoints = %+v, want those given", got)
	}
	if processes := recorded(t, dir); len(processes) != 2 {
		t.Errorf("processes = %v, want sftp and worker alone", processes)
	}
	cancel()
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
	checkGone(t, dir)
}
