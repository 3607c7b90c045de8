package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A server is a private PostgreSQL without durability, from the machine's own programs, on a socket in a temporary folder.
type server struct {
	dir   string
	shell *exec.Cmd      // holds the server as its child
	life  io.WriteCloser // the shell stops the server and removes the folder once this is closed, by whatever end of this process
	pid   int            // of the server
}

// settingsOfServer favour the peer: nothing is flushed, what is joined fits its memory, and both cores may be used.
var settingsOfServer = []string{
	"listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "max_wal_size=8GB",
	"checkpoint_timeout=1h", "shared_buffers=1GB", "work_mem=1GB", "max_parallel_workers_per_gather=1", "jit=off", "log_min_error_statement=panic",
}

// startServer makes a cluster and starts a server on it.
func startServer(ctx context.Context) (s *server, err error) {
	bin, err := serverPrograms(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-postgres-")
	if err != nil {
		return nil, err
	}
	s = &server{dir: dir}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	attr, err := ordinaryUser(dir)
	if err != nil {
		return s, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if output, err := initdb.CombinedOutput(); err != nil {
		return s, fmt.Errorf("initdb: %w: %s", err, output)
	}
	const hold = `"$@" & server=$!; read -r _; kill -QUIT $server; wait $server; rm -rf "$0"`
	args := []string{"-c", hold, dir, filepath.Join(bin, "postgres"), "-D", data, "-k", dir}
	for _, setting := range settingsOfServer {
		args = append(args, "-c", setting)
	}
	s.shell = exec.Command("sh", args...)
	s.shell.SysProcAttr, s.shell.Dir = attr, dir
	if s.life, err = s.shell.StdinPipe(); err != nil {
		return s, err
	}
	if err := s.shell.Start(); err != nil {
		return s, err
	}
	return s, s.await(ctx)
}

// await waits until the server answers.
func (s *server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := s.connect(ctx)
		if err == nil {
			s.pid, err = s.readPID()
			return errors.Join(err, conn.Close(ctx))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *server) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "host="+s.dir+" user=bench dbname=postgres")
}

func (s *server) readPID() (int, error) {
	lines, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(lines), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}

// stop ends the server and removes its folder.
func (s *server) stop() {
	if s.life != nil {
		s.life.Close() //nolint:errcheck // a pipe
	}
	if s.shell != nil && s.shell.Process != nil {
		s.shell.Wait() //nolint:errcheck // it was told to end
	}
	os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder, which only a server that never ran leaves
}

// serverPrograms returns the folder of initdb and postgres: the one on PATH, what pg_config says, else the newest of the usual places.
func serverPrograms(ctx context.Context) (string, error) {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(pattern) // its only error is a malformed pattern
		slices.Sort(found)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	for _, bin := range folders {
		if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
			return bin, nil
		}
	}
	return "", errors.New("initdb was not found: install PostgreSQL's server programs")
}

// ordinaryUser returns how to run the server, which refuses to be run by root: then as the user postgres, to whom dir is given.
func ordinaryUser(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in the terminal is for this process
	if os.Geteuid() != 0 {
		return attr, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, int(uid), int(gid))
}
