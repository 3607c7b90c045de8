package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cluster is a private PostgreSQL cluster: its files, the programs that made them, and who runs those. Its base
// folder holds `data` and nothing else of note.
type cluster struct {
	base     string
	password string // of both roles
	programs programs
	owner    *syscall.Credential // the user to run the programs as; nil for this one
}

// clusterRecord is postgres.json: where the stack's cluster is. It is written once the cluster is whole, so that a
// cluster without a record is half-made, or another life's.
type clusterRecord struct {
	Cluster  string `json:"cluster"`
	Password string `json:"password"`
}

func clusterRecordFile(dir string) string { return filepath.Join(dir, "postgres.json") }

func readClusterRecord(dir string) (clusterRecord, error) {
	var record clusterRecord
	err := readJSON(clusterRecordFile(dir), &record)
	return record, err
}

func (c *cluster) data() string { return filepath.Join(c.base, "data") }

// openCluster returns the cluster of the stack's folder, making it where there is none.
func openCluster(ctx context.Context, dir string, out *teller) (*cluster, error) {
	record, err := readClusterRecord(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		c := &cluster{base: record.Cluster, password: record.Password}
		switch err := c.open(ctx); {
		case err == nil:
			return c, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		out.say("the database of %s is gone from %s; starting with an empty one", dir, record.Cluster)
	}
	if err := setAside(dir, out); err != nil {
		return nil, err
	}
	return makeCluster(ctx, dir, out)
}

// open finds the programs and the user for a cluster that exists; fs.ErrNotExist says that it does not.
func (c *cluster) open(ctx context.Context) error {
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("open cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(version)))
	if err != nil {
		return fmt.Errorf("read version of cluster %s: %w", c.base, err)
	}
	if c.programs, err = findPrograms(ctx, major); err != nil {
		return err
	}
	c.owner, err = ownerOf(c.base)
	return err
}

// makeCluster makes a fresh cluster and records it.
func makeCluster(ctx context.Context, dir string, out *teller) (*cluster, error) {
	found, err := findPrograms(ctx, 0)
	if err != nil {
		return nil, err
	}
	c := &cluster{password: rand.Text(), programs: found}
	if c.base, c.owner, err = clusterPlace(dir); err != nil {
		return nil, err
	}
	out.say("making a private PostgreSQL %d in %s", found.major, c.base)
	if err := c.clear(ctx); err != nil {
		return nil, err
	}
	if err := c.initialise(ctx); err != nil {
		return nil, err
	}
	return c, writeJSON(clusterRecordFile(dir), clusterRecord{Cluster: c.base, Password: c.password})
}

// clear removes what is in the place of the cluster to be made: one whose stack folder was deleted, or half of one.
func (c *cluster) clear(ctx context.Context) error {
	if _, err := os.Lstat(c.base); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := checkOwned(c.base, c.owner); err != nil {
		return err
	}
	if err := c.stopStray(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(c.base); err != nil {
		return fmt.Errorf("remove old cluster: %w", err)
	}
	return nil
}

// stopStray ends the server that still runs on the files to be removed, if any.
func (c *cluster) stopStray(ctx context.Context) error {
	lines, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return nil // no server
	}
	first, _, _ := strings.Cut(string(lines), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return nil
	}
	id, ok := identity(pid)
	if !ok || !strings.Contains(id, c.data()) {
		return nil // the number is another process's by now
	}
	return pidRecord{PID: pid, Identity: id, Stop: syscall.SIGINT}.end(ctx)
}

// initialise makes the cluster's files beside their place and moves them there once they are whole.
func (c *cluster) initialise(ctx context.Context) error {
	if err := c.makeOwned(c.base, func() error { return os.Mkdir(c.base, 0o700) }); err != nil {
		return err
	}
	secret := filepath.Join(c.base, "password")
	if err := c.makeOwned(secret, func() error { return os.WriteFile(secret, []byte(c.password), 0o600) }); err != nil {
		return err
	}
	defer func() { _ = os.Remove(secret) }()
	fresh := c.data() + ".new"
	// Nothing is flushed yet: a machine that dies in these seconds has no cluster to lose.
	initdb := c.command(ctx, "initdb", "--pgdata="+fresh, "--username="+superuser, "--pwfile="+secret,
		"--auth-host=scram-sha-256", "--auth-local=reject", "--encoding=UTF8", "--locale=C", "--no-sync")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("make cluster with initdb: %w: %s", err, strings.TrimSpace(string(output)))
	}
	if err := os.Rename(fresh, c.data()); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	return nil
}

// makeOwned makes a file or folder and gives it to the cluster's user.
func (c *cluster) makeOwned(path string, create func() error) error {
	err := create()
	if err == nil && c.owner != nil {
		err = os.Lchown(path, int(c.owner.Uid), int(c.owner.Gid))
	}
	if err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	return nil
}

// command is a server program run as the cluster's user, in a folder that this user may enter, and deaf to the PG…
// variables and the language of the developer's shell.
func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.programs.path(name), args...)
	cmd.Dir = c.base
	cmd.Env = []string{"PATH=" + c.programs.bin + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	return cmd
}

// setAside moves what other parts keep about a database that is gone out of their way. Runs and artifacts that
// name rows of another database would only mislead; they are not deleted, since nobody asked for that.
func setAside(dir string, out *teller) error {
	var found []string
	for _, pattern := range []string{"temporal.db*", "state/*"} {
		matches, _ := filepath.Glob(filepath.Join(dir, pattern)) // its only error is a malformed pattern
		found = append(found, matches...)
	}
	if len(found) == 0 {
		return nil
	}
	aside := filepath.Join(dir, "set-aside-"+time.Now().UTC().Format("20060102-150405"))
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return fmt.Errorf("set old state aside: %w", err)
	}
	for _, path := range found {
		if err := os.Rename(path, filepath.Join(aside, filepath.Base(path))); err != nil {
			return fmt.Errorf("set old state aside: %w", err)
		}
	}
	out.say("what was kept about another database is set aside in %s", aside)
	return nil
}
