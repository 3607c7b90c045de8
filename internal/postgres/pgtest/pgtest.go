// Package pgtest lends tests a real PostgreSQL: one private server a test binary, one fresh, migrated database a test.
//
// The server is started by the first test that asks for one, from the machine's own programs (initdb, postgres), in a temporary folder
// of its own and without durability: fsync off, since nothing here outlives the binary. It listens on a socket in that folder alone, so no
// port can be taken twice. The schema is migrated once, into a template, and each test gets a copy of it in some 50 ms.
//
// Nothing has to be called at the end. A small shell holds the server as its child and waits for the end of a pipe that the test binary
// keeps open; however the binary ends, by return, panic, timeout or kill -9, the pipe closes, and the shell stops the server and removes the folder.
package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/tenant"
)

// template is the migrated database that each test's is a copy of.
const template = "rollcall_template"

// server is the binary's one server, started at the first call. It is never assigned again.
var server = sync.OnceValues(start)

// New returns an open, migrated, empty database that no other test sees, and its address, as which a test may connect as the superuser or
// start programs. Both are good until the test ends. The test fails where the machine has no PostgreSQL.
func New(t testing.TB, c clock.Clock) (db *postgres.DB, url string) {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := s.exec(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)); err != nil {
		t.Fatalf("create database: %v", err)
	}
	db, err = postgres.Open(t.Context(), s.url(name), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, s.url(name)
}

// Tenant makes a bare tenant in the database at url, enough for rows to refer to, where a test is not about tenants. It is active and has
// no file.
func Tenant(t testing.TB, url string, ids ...tenant.ID) {
	t.Helper()
	for _, id := range ids {
		Exec(t, url, `INSERT INTO tenant (id, state, version, imports, epoch, created_at) VALUES ($1, 'active', 0, 0, 0, '2026-01-01')`, id)
	}
}

// Exec runs one statement as the superuser, whom no policy binds: to arrange what no method of package postgres can, or ought to.
func Exec(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// An instance is a running server.
type instance struct {
	dir  string
	pipe *os.File // closed by the end of the process, which ends the server
}

func (s instance) url(database string) string {
	return fmt.Sprintf("postgres://rollcall@/%s?host=%s", database, s.dir)
}

func (s instance) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}

// script runs initdb and the server, then waits for the end of its input. Arguments: the folder of programs and the folder to work in.
const script = `
cd "$2" || exit 1
"$1/initdb" --pgdata=data --username=rollcall --auth=trust --encoding=UTF8 --no-locale --no-sync >initdb.log 2>&1 || exit 1
"$1/postgres" -D data -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
  -c max_connections=300 -c shared_buffers=64MB -c autovacuum=off -c unix_socket_permissions=0777 </dev/null >server.log 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
cd / && rm -rf "$2"
`

func start() (instance, error) {
	programs, err := findPrograms()
	if err != nil {
		return instance{}, err
	}
	dir, err := os.MkdirTemp("", "rollcall-pg-")
	if err != nil {
		return instance{}, fmt.Errorf("make folder: %w", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return instance{}, fmt.Errorf("make pipe: %w", err)
	}
	defer read.Close()
	cmd := exec.Command("/bin/sh", "-c", script, "sh", programs, dir)
	cmd.Stdin = read
	if cmd.SysProcAttr, err = asOrdinaryUser(dir); err != nil {
		return instance{}, err
	}
	if err := cmd.Start(); err != nil {
		return instance{}, fmt.Errorf("start shell: %w", err)
	}
	s := instance{dir: dir, pipe: write}
	if err := s.prepare(); err != nil {
		write.Close()
		return instance{}, fmt.Errorf("%w\n%s", err, s.logs())
	}
	return s, nil
}

// prepare waits until the server answers, then makes the template.
func (s instance) prepare() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := s.exec(ctx, "CREATE DATABASE "+template)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for server: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := postgres.Migrate(ctx, s.url(template)); err != nil {
		return err
	}
	return nil
}

func (s instance) logs() []byte {
	var all []byte
	for _, name := range []string{"initdb.log", "server.log"} {
		text, _ := os.ReadFile(filepath.Join(s.dir, name))
		all = append(all, bytes.TrimSpace(text)...)
	}
	return all
}

// findPrograms returns the folder of the newest PostgreSQL on PATH, of Debian's packages or of Homebrew.
func findPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb", "/usr/local/opt/postgresql@*/bin/initdb"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil
		}
	}
	return "", fmt.Errorf("no initdb found: install PostgreSQL's server programs (Debian: apt-get install postgresql)")
}
