package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/registrar"
)

// reachPatience is how long a service may take to answer before it counts as unreachable.
const reachPatience = 4 * time.Second

// connections are a command's ways to a stack. What is not needed is not connected to.
type connections struct {
	stack
	db        *postgres.DB
	temporal  client.Client // nil until needTemporal
	artifacts *artifactFolder
	registrar *registrar.Registrar
}

// connect finds the stack and reaches its database. The caller closes what it returns.
func connect(cmd *cobra.Command) (*connections, error) {
	s, err := findStack(cmd)
	if err != nil {
		return nil, err
	}
	db, err := s.openDatabase(cmd.Context())
	if err != nil {
		return nil, err
	}
	c := &connections{stack: s, db: db, artifacts: &artifactFolder{dir: s.artifacts, index: db}}
	c.registrar = &registrar.Registrar{
		Namespace: s.namespace, Tenants: db, Ledger: db, Deliveries: db, Artifacts: c.artifacts, Directory: db, Clock: s.clock, Log: slog.New(slog.DiscardHandler),
	}
	return c, nil
}

// connectAll is connect, with Temporal as well.
func connectAll(cmd *cobra.Command) (*connections, error) {
	c, err := connect(cmd)
	if err != nil {
		return nil, err
	}
	if err := c.needTemporal(cmd.Context()); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// openDatabase returns a pool that has answered once.
func (s stack) openDatabase(ctx context.Context) (*postgres.DB, error) {
	if s.database == "" {
		return nil, fail(exitUnreachable, "no database is named in %s", s.source)
	}
	db, err := postgres.Open(ctx, s.database, s.clock)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	if err := db.Ping(ctx); err != nil {
		db.Close()
		if outdated(err) {
			return nil, err
		}
		return nil, s.unreachable("the database", s.databaseHost(), err)
	}
	return db, nil
}

// needTemporal reaches Temporal, for commands that tell it something.
func (c *connections) needTemporal(ctx context.Context) (err error) {
	c.temporal, err = c.dialTemporal(ctx)
	c.registrar.Temporal = c.temporal
	return err
}

// dialTemporal returns a client that has had one answer. It logs nothing: what goes wrong is told by the command.
func (s stack) dialTemporal(ctx context.Context) (client.Client, error) {
	if s.temporal == "" {
		return nil, fail(exitUnreachable, "no Temporal is named in %s", s.source)
	}
	dialing, cancel := context.WithTimeout(ctx, reachPatience)
	defer cancel()
	c, err := client.DialContext(dialing, client.Options{HostPort: s.temporal, Namespace: s.namespace, Logger: slog.New(slog.DiscardHandler), Identity: "rollcall:" + userName()})
	if err != nil {
		return nil, s.unreachable("Temporal", s.temporal, err)
	}
	return c, nil
}

// unreachable says in one sentence which part does not answer, where it was looked for, and why as far as that is known.
func (s stack) unreachable(part, where string, cause error) error {
	f := fail(exitUnreachable, "%s at %s does not answer%s", part, where, reason(cause))
	if s.dev {
		return f.hint("rollcall dev starts a stack; rollcall doctor says which of its parts answer")
	}
	return f.hint("rollcall doctor says which parts answer")
}

// reason is what is worth telling of why a service can't be reached. Most of what libraries say there is about themselves, and may hold names of users.
func reason(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return ": " + pg.Message
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), syscall.ECONNREFUSED.Error()): // gRPC keeps only the text
		return ": nothing listens there"
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return " in time"
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return ": there is no such host"
	}
	return ""
}

func (c *connections) close() {
	if c.temporal != nil {
		c.temporal.Close()
	}
	c.artifacts.close()
	c.db.Close()
}

// joinHostPort is an address to dial.
func joinHostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// userName is the name under which the person is logged in on this machine, "csm" where it has none.
func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "csm"
}

// An artifactFolder opens the folder of artifacts when something is first read from it: most commands never do.
type artifactFolder struct {
	dir   string
	index blobstore.Index
	store *blobstore.Store
}

func (a *artifactFolder) open() error {
	if a.store != nil {
		return nil
	}
	if a.dir == "" {
		return errors.New("the folder of artifacts is not named: set ROLLCALL_STATE_DIR")
	}
	// Opening makes the folder, and a command must not make one where the path is only wrong.
	if _, err := os.Stat(a.dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder of artifacts, %s, is not on this machine", a.dir)
	}
	store, err := blobstore.OpenDir(a.dir, a.index)
	a.store = store
	return err
}

// Open implements registrar.Artifacts.
func (a *artifactFolder) Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error) {
	if err := a.open(); err != nil {
		return nil, err
	}
	return a.store.Open(ctx, ref)
}

// OpenAt implements registrar.Artifacts.
func (a *artifactFolder) OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error) {
	if err := a.open(); err != nil {
		return nil, 0, err
	}
	return a.store.OpenAt(ctx, ref)
}

func (a *artifactFolder) close() {
	if a.store != nil {
		_ = a.store.Close() // nothing was written
	}
}
