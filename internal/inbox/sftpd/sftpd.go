// Package sftpd is the SFTP server that customers upload their rosters to: pkg/sftp's request server on x/crypto/ssh, with rows and stored artifacts
// where a file server has a disk.
//
// # Who gets in
//
// By public key alone; the user name is the tenant's id. A client may offer many keys before it proves that it holds one, and a server that remembers the last one
// offered can be led to trust a key that nobody proved (CVE-2024-45337), so the tenant is bound in VerifiedPublicKeyCallback, from the key that signed. An unknown
// user and an unknown key cost one look-up each and get the same answer. All lists of algorithms are set by hand, because the library's defaults still
// admit SHA-1 signatures, DSA and group14-sha1; a customer's RSA key works by rsa-sha2-256 and -512. Host keys are made once: a server that lost its keys and
// made new ones would look like an attacker to every customer at once, so it refuses to start instead.
//
// # What a client sees
//
// The login folder is the inbox; in it stand "reports", which is to read, and "check", the place of pre-flights: there are none yet, so it can be listed and
// whatever is put there is refused, rather than taken and never answered. Names that clients give are values in rows, and bytes wait in a spool file called after the upload's id, so no name ever becomes a path here. What was uploaded can be looked at but not read back: a key that
// leaks opens no roster. There are no links, no folders to make, no shell, no forwarding and, but for what Options.Exec answers, nothing to execute.
//
// # An upload
//
// OPEN to write always begins a new delivery, from the bytes of the one before unless it truncates. So two writers of one name don't mix their bytes, a claimed delivery is never
// written to, and what reput, scp (which opens without truncating and sets the size at the end) and APPEND need works on any of them. WRITE comes in any order;
// which bytes came is remembered, and a hole is never taken for content. SETSTAT of a size is honoured exactly; times, mode and owner are accepted and
// mean nothing.
//
// CLOSE answers OK only once the bytes are stored durably and the row that names them is committed: kill -9 right after it loses nothing. It says no more than that the client
// is done, since several clients send a normal CLOSE after an interruption. It answers failure where a quick look finds the file plainly wrong, though the file is kept and
// goes its way; whether the upload is whole is for the settler to find out (package inbox says how). If the connection
// ends with a file open, what came without a hole is stored as broken, and the client may resume it, on any copy of the server.
//
// # Several copies
//
// Any number of servers may work on one database and artifact store; a spool belongs to one of them. A server vouches for the uploads it is receiving by moving a
// time in their rows; when that time has passed, the server is gone and any other marks them broken. The same goes for settling: which tenants have something to
// look at stands in a table, every copy looks four times a second, and the database lets each delivery settle once.
//
// # Who is not trusted
//
// A panic in a handler of pkg/sftp would end the process, so each recovers. Connections, channels, handles, bytes and silence have limits, see [Limits].
package sftpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
)

// Options are what a server works with. All are required but where a comment says otherwise.
type Options struct {
	// Listener takes the connections; the server closes it.
	Listener net.Listener
	// HostKeyDir holds the host keys, which are made there the first time.
	HostKeyDir string
	// SpoolDir is where bytes wait until CLOSE. It is this server's alone.
	SpoolDir  string
	Store     Store
	Artifacts Artifacts
	Clock     clock.Clock
	Log       *slog.Logger
	// Settings say how long an upload must be quiet. All copies of the server must have the same.
	Settings inbox.Settings
	Limits   Limits
	// Drain is how long uploads that are under way may take once the server is told to end. Defaults to 60 s.
	Drain time.Duration
	// Exec answers what a client asks to execute. Where it is nil, nothing can be executed.
	Exec Exec
	// QuickLook says what is plainly wrong with an upload. Where it is nil, every upload that was stored is answered with OK.
	QuickLook QuickLook
}

// Limits bound what clients may use.
type Limits struct {
	Connections int           // in all. Defaults to 200.
	PerAddress  int           // connections from one address. Defaults to 20.
	PerTenant   int           // logged-in connections of one tenant. Defaults to 8.
	Channels    int           // at a time on one connection. Defaults to 4.
	Handles     int           // open files and folders of one channel. Defaults to 32.
	FileBytes   int64         // the size of one file. Defaults to 4 GiB.
	Handshake   time.Duration // until a client is logged in. Defaults to 30 s.
	Idle        time.Duration // without a byte from the client. Defaults to 5 min.
}

// DefaultLimits returns the limits of a deployment.
func DefaultLimits() Limits {
	return Limits{
		Connections: 200, PerAddress: 20, PerTenant: 8, Channels: 4, Handles: 32,
		FileBytes: 4 << 30, Handshake: 30 * time.Second, Idle: 5 * time.Minute,
	}
}

// A Server is one SFTP server. Make it with [New].
type Server struct {
	Options
	config   *ssh.ServerConfig
	hostKeys []HostKey
	spool    *spool
	gate     gate
	uploads  register
	health   health
	serving  atomic.Bool
	draining atomic.Bool

	mu    sync.Mutex
	conns map[*connection]struct{}
}

// New returns a server that is ready to serve. It makes the folders that are missing, and host keys the first time. It fails where another server works in
// the spool, and where host keys were made before and are gone.
func New(o Options) (*Server, error) {
	if o.Drain == 0 {
		o.Drain = time.Minute
	}
	signers, err := hostKeys(o.HostKeyDir)
	if err != nil {
		return nil, fmt.Errorf("load host keys: %w", err)
	}
	spool, err := openSpool(o.SpoolDir)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Server{Options: o, spool: spool, gate: newGate(o.Limits), conns: make(map[*connection]struct{})}
	s.config = s.serverConfig(signers)
	for _, signer := range signers {
		s.hostKeys = append(s.hostKeys, describeHostKey(signer))
	}
	return s, nil
}

// HostKeys returns the public halves of the server's host keys, for people to compare with what their client shows.
func (s *Server) HostKeys() []HostKey { return s.hostKeys }

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.Listener.Addr() }

// Serve takes connections until ctx ends. Then it takes no more, gives uploads that are under way Options.Drain to end, and returns nil; what did not end
// is stored as broken. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	// What a client was promised is kept although the server is told to end.
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer s.spool.close()
	s.forgetLost(working)

	var tending, connected sync.WaitGroup
	tending.Go(func() { s.tend(working) })
	failed := make(chan error, 1)
	connected.Go(func() { failed <- s.accept(working, &connected) })
	s.serving.Store(true)
	defer s.serving.Store(false)

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.drain(working)
	connected.Wait()
	stop()
	tending.Wait()
	return err
}

// accept takes connections until the listener is closed.
func (s *Server) accept(ctx context.Context, connected *sync.WaitGroup) error {
	for {
		nc, err := s.Listener.Accept()
		if s.draining.Load() {
			if err == nil {
				nc.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept connection: %w", err)
		}
		if err != nil {
			// Out of file descriptors, or a client that left at once: both pass.
			s.Log.Error("accept connection", "error", err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		connected.Go(func() { s.connect(ctx, nc) })
	}
}

// forgetLost clears what a server that was killed left in the spool. Which of those bytes came in full is not known, so they are not used; the rows are
// marked at once rather than when their time has passed, so that the customer can send the file again.
func (s *Server) forgetLost(ctx context.Context) {
	for _, lost := range s.spool.leftovers() {
		ctx, cancel := context.WithTimeout(ctx, opTimeout)
		if err := s.Store.BreakDelivery(ctx, lost.tenant, lost.id, s.Clock.Now()); err != nil {
			s.Log.Warn("mark lost upload", "tenant", lost.tenant, "delivery", lost.id, "error", err)
		}
		cancel()
		if err := os.Remove(lost.path); err != nil {
			s.Log.Warn("remove lost upload", "tenant", lost.tenant, "delivery", lost.id, "error", err)
		}
	}
}
