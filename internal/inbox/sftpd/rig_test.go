package sftpd_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// A rig is a server on a real database and artifact store, with two tenants, each with a key of its own.
type rig struct {
	*testing.T
	db        *postgres.DB
	url       string
	artifacts *blobstore.Store
	options   sftpd.Options
	server    *sftpd.Server
	log       *logBuffer
	dir       string
	keys      map[tenant.ID]clientKey

	stop func() error // ends the server as SIGTERM does and returns what Serve did
}

// A clientKey is a key as OpenSSH has it in a file, and parsed.
type clientKey struct {
	path   string
	signer ssh.Signer
}

// newRig starts a server; edit may change its options first.
func newRig(t *testing.T, edit ...func(*sftpd.Options)) *rig {
	t.Helper()
	t.Parallel()
	db, url := pgtest.New(t, clock.System{})
	pgtest.Tenant(t, url, "acme", "globex")
	r := &rig{T: t, db: db, url: url, dir: t.TempDir(), log: new(logBuffer), keys: map[tenant.ID]clientKey{}}
	var err error
	r.artifacts, err = blobstore.OpenDir(filepath.Join(r.dir, "artifacts"), db)
	r.check(err)
	t.Cleanup(func() { r.artifacts.Close() })
	r.options = sftpd.Options{
		HostKeyDir: filepath.Join(r.dir, "hostkeys"), SpoolDir: filepath.Join(r.dir, "spool"), Store: db, Artifacts: r.artifacts, Clock: clock.System{},
		Log:      slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Settings: inbox.Settings{Quiet: 100 * time.Millisecond, TornQuiet: time.Hour}, Limits: sftpd.DefaultLimits(), Drain: 20 * time.Second,
	}
	for _, f := range edit {
		f(&r.options)
	}
	copyHostKeys(t, r.options.HostKeyDir)
	r.keys["acme"] = r.addKey("acme", newEd25519(t))
	r.keys["globex"] = r.addKey("globex", newEd25519(t))
	r.start()
	t.Cleanup(func() {
		r.check(r.stop())
		if t.Failed() {
			t.Logf("the server's log:\n%s", r.log)
		}
	})
	return r
}

func (r *rig) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) start() {
	r.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	r.check(err)
	r.options.Listener = listener
	r.server, err = sftpd.New(r.options)
	r.check(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func(s *sftpd.Server) { done <- s.Serve(ctx) }(r.server)
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
}

// addKey lets a key open a tenant, and writes it to a file as ssh-keygen does.
func (r *rig) addKey(id tenant.ID, private crypto.Signer) clientKey {
	r.Helper()
	block, err := ssh.MarshalPrivateKey(private, "")
	r.check(err)
	path := filepath.Join(r.dir, fmt.Sprintf("key-%s-%s", id, uuid.NewString()))
	r.check(os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromSigner(private)
	r.check(err)
	key, err := sftpd.ParseKey(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	r.check(err)
	key.AddedAt = time.Now()
	r.check(r.db.AddKey(r.Context(), id, key))
	return clientKey{path: path, signer: signer}
}

// newest returns what a client finds under a name of the inbox.
func (r *rig) newest(id tenant.ID, name string) inbox.Delivery {
	r.Helper()
	d, err := r.db.Delivery(r.Context(), id, inbox.Place{Folder: inbox.Inbox, Name: name}, time.Now())
	r.check(err)
	return d
}

// settled waits until the delivery of a name has settled and returns it.
func (r *rig) settled(id tenant.ID, name string) inbox.Delivery {
	r.Helper()
	return r.reaches(id, name, inbox.Settled)
}

func (r *rig) reaches(id tenant.ID, name string, want inbox.State) inbox.Delivery {
	r.Helper()
	var d inbox.Delivery
	r.within(10*time.Second, func() bool {
		d = r.newest(id, name)
		return d.State == want
	})
	return d
}

// within polls until what is asked for is so.
func (r *rig) within(limit time.Duration, so func() bool) {
	r.Helper()
	for deadline := time.Now().Add(limit); !so(); {
		if time.Now().After(deadline) {
			r.Fatalf("it did not come about within %s", limit)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// content returns the stored bytes of a delivery.
func (r *rig) content(d inbox.Delivery) string {
	r.Helper()
	stored, err := r.artifacts.Open(r.Context(), artifact.Ref{Tenant: d.Tenant, Kind: artifact.Upload, SHA256: d.SHA256, Bytes: d.Bytes})
	r.check(err)
	defer stored.Close()
	text, err := io.ReadAll(stored)
	r.check(err)
	return string(text)
}

// wantContent fails unless the name holds exactly the bytes, whole and settled.
func (r *rig) wantContent(id tenant.ID, name, want string) {
	r.Helper()
	if got := r.content(r.settled(id, name)); got != want {
		r.Errorf("%s holds %d bytes, want %d; they begin %.60q and %.60q", name, len(got), len(want), got, want)
	}
}

// A user is a person at a terminal with OpenSSH's programs.
type user struct {
	*rig
	name string
	key  string
}

func (r *rig) user(id tenant.ID) user { return user{r, string(id), r.keys[id].path} }

// options are what every OpenSSH program is given: the machine's own settings and keys must not matter, and the host key must be the server's.
func (u user) sshOptions() []string {
	known := filepath.Join(u.dir, "known_hosts")
	host, port, _ := net.SplitHostPort(u.server.Addr().String())
	var lines strings.Builder
	for _, key := range u.server.HostKeys() {
		fmt.Fprintf(&lines, "[%s]:%s %s\n", host, port, key.PublicKey)
	}
	u.check(os.WriteFile(known, []byte(lines.String()), 0o600))
	return []string{
		"-F", "/dev/null", "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
		"-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-i", u.key,
	}
}

func (u user) port() string {
	_, port, _ := net.SplitHostPort(u.server.Addr().String())
	return port
}

// sftp runs a batch of commands and returns what was printed.
func (u user) sftp(commands ...string) (string, error) {
	u.Helper()
	args := append(u.sshOptions(), "-P", u.port(), "-b", "-", u.name+"@127.0.0.1")
	cmd := exec.CommandContext(u.Context(), "sftp", args...)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mustSFTP is sftp that must end well.
func (u user) mustSFTP(commands ...string) string {
	u.Helper()
	out, err := u.sftp(commands...)
	if err != nil {
		u.Fatalf("sftp: %v\n%s", err, out)
	}
	return out
}

func (u user) scp(from, to string) (string, error) {
	u.Helper()
	args := append(u.sshOptions(), "-s", "-P", u.port(), from, u.name+"@127.0.0.1:"+to)
	out, err := exec.CommandContext(u.Context(), "scp", args...).CombinedOutput()
	return string(out), err
}

func (u user) mustSCP(from, to string) {
	u.Helper()
	if out, err := u.scp(from, to); err != nil {
		u.Fatalf("scp: %v\n%s", err, out)
	}
}

// ssh runs ssh with more arguments and returns its exit status.
func (u user) ssh(args ...string) (string, int) {
	u.Helper()
	args = append(append(u.sshOptions(), "-p", u.port(), u.name+"@127.0.0.1"), args...)
	out, err := exec.CommandContext(u.Context(), "ssh", args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	u.check(err)
	return string(out), 0
}

// write makes a file to upload and returns its path.
func (r *rig) write(name, content string) string {
	r.Helper()
	path := filepath.Join(r.dir, name)
	r.check(os.WriteFile(path, []byte(content), 0o600))
	return path
}

// dial logs in by the Go client, with which a test may do what OpenSSH's never does.
func (r *rig) dial(id tenant.ID) (*ssh.Client, *sftp.Client) {
	r.Helper()
	conn, err := r.dialAs(string(id), r.keys[id].signer, nil)
	r.check(err)
	r.Cleanup(func() { conn.Close() })
	client, err := sftp.NewClient(conn)
	r.check(err)
	return conn, client
}

func (r *rig) dialAs(name string, key ssh.Signer, edit func(*ssh.ClientConfig)) (*ssh.Client, error) {
	config := &ssh.ClientConfig{User: name, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: r.knownHost, Timeout: 10 * time.Second}
	if edit != nil {
		edit(config)
	}
	return ssh.Dial("tcp", r.server.Addr().String(), config)
}

func (r *rig) knownHost(_ string, _ net.Addr, key ssh.PublicKey) error {
	for _, known := range r.server.HostKeys() {
		if known.Fingerprint == ssh.FingerprintSHA256(key) {
			return nil
		}
	}
	return errors.New("not the server's host key")
}

// rows returns a CSV of about n bytes that ends in a line end.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("Email,First Name\n")
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "person%d@example.test,Zoé %d\n", i, i)
	}
	return b.String()
}

func newEd25519(t *testing.T) crypto.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func newRSA(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func newECDSA(t *testing.T) crypto.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// madeHostKeys are the files of one set of host keys, made by a server the first time that a test needs them: RSA takes a while.
var madeHostKeys = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "rollcall-hostkeys-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	_, err = sftpd.New(sftpd.Options{HostKeyDir: dir, SpoolDir: filepath.Join(dir, "spool")})
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*host*"))
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, path := range paths {
		if files[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return files, nil
})

func copyHostKeys(t *testing.T, dir string) {
	t.Helper()
	files, err := madeHostKeys()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A logBuffer keeps what the server logs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
