package devstack

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// The roles and the database of a private cluster. The application's role owns its database and may make roles,
// as in a deployment; it is no superuser, so that row-level security binds what binds it there.
const (
	superuser       = "postgres"
	applicationRole = "rollcall"
	databaseName    = "rollcall"
)

// postgres is the part that serves the stack's cluster.
func (s *Stack) postgres() *part {
	c, port := s.cluster, s.ports.Postgres
	p := s.part("postgres", syscall.SIGINT) // fast: ends sessions, writes a checkpoint
	// Server processes of a killed predecessor that still hold the shared memory make the first tries end.
	p.tries = 25
	p.clear = func() { killStrays(c.data()) }
	p.command = func() *exec.Cmd {
		return c.command(context.Background(), "postgres", serverArgs(c.data(), port)...)
	}
	p.answers = func(ctx context.Context) error {
		return pingDatabase(ctx, c.url(superuser, port))
	}
	return p
}

// serverArgs are the server's settings. They stand on the command line and not in the cluster's files, so that a
// cluster of an older Rollcall gets the present ones.
func serverArgs(data string, port int) []string {
	args := []string{"-D", data}
	for _, setting := range []string{
		"listen_addresses=" + loopbackHost,
		"port=" + strconv.Itoa(port),
		// A socket's path may have 107 bytes at most, which a folder deep down passes.
		"unix_socket_directories=",
		"max_connections=100",
		"shared_buffers=256MB",
		"max_wal_size=1GB",
		// Durability is promised, and tested by killing: never traded for speed here.
		"fsync=on",
		"synchronous_commit=on",
		"timezone=UTC",
		"log_timezone=UTC",
		// A failing statement and the detail of its error hold members' data, which no log may.
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_parameter_max_length_on_error=0",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// url is the connection URL of the stack's database for a role; the superuser's leads to the maintenance database.
func (c *cluster) url(role string, port int) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, c.password),
		Host:     loopback(port),
		Path:     databaseName,
		RawQuery: "sslmode=disable",
	}
	if role == superuser {
		u.Path = superuser
	}
	return u.String()
}

// pingDatabase connects, asks for nothing, and disconnects.
func pingDatabase(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return conn.Ping(ctx)
}

// makeDatabase makes the application's role and database where they are absent.
func (c *cluster) makeDatabase(ctx context.Context, port int) error {
	conn, err := pgx.Connect(ctx, c.url(superuser, port))
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, step := range []struct{ exists, create string }{
		// The password is letters and digits (crypto/rand.Text), and DDL takes no parameters.
		{
			`SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)`,
			`CREATE ROLE ` + applicationRole + ` LOGIN CREATEROLE PASSWORD '` + c.password + `'`,
		},
		{
			`SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`,
			`CREATE DATABASE ` + databaseName + ` OWNER ` + applicationRole,
		},
	} {
		var exists bool
		if err := conn.QueryRow(ctx, step.exists, applicationRole).Scan(&exists); err != nil {
			return fmt.Errorf("make database: %w", err)
		}
		if exists {
			continue
		}
		if _, err := conn.Exec(ctx, step.create); err != nil {
			return fmt.Errorf("make database: %w", err)
		}
	}
	return nil
}
