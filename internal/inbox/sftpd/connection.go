package sftpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// settleDown is how long a connection without open files must have been silent to be ended while the server drains: a client renames a file right after
// it closed it.
const settleDown = 500 * time.Millisecond

// A connection is one client's TCP connection.
type connection struct {
	*watched
	server  *Server
	login   login
	handles atomic.Int64 // open files and folders of all its channels
}

// A watched connection notes when it was last used, and ends when that is too long ago.
type watched struct {
	net.Conn
	idle atomic.Int64 // nanoseconds; 0 while the deadline of the handshake counts
	used atomic.Int64 // Unix nanoseconds
}

func (w *watched) Read(p []byte) (int, error) {
	if idle := w.idle.Load(); idle > 0 {
		if err := w.SetReadDeadline(time.Now().Add(time.Duration(idle))); err != nil {
			return 0, err
		}
	}
	n, err := w.Conn.Read(p)
	w.used.Store(time.Now().UnixNano())
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	if idle := w.idle.Load(); idle > 0 {
		if err := w.SetWriteDeadline(time.Now().Add(time.Duration(idle))); err != nil {
			return 0, err
		}
	}
	w.used.Store(time.Now().UnixNano())
	return w.Conn.Write(p)
}

// silentFor is how long nothing came or went.
func (w *watched) silentFor() time.Duration { return time.Since(time.Unix(0, w.used.Load())) }

// connect serves one connection to its end.
func (s *Server) connect(ctx context.Context, nc net.Conn) {
	defer nc.Close()
	leave, ok := s.gate.address(nc.RemoteAddr())
	if !ok {
		s.Log.Warn("too many connections", "from", nc.RemoteAddr().String())
		return
	}
	defer leave()
	c := &connection{watched: &watched{Conn: nc}, server: s}
	s.track(c, true)
	defer s.track(c, false)

	if err := c.SetDeadline(time.Now().Add(s.Limits.Handshake)); err != nil {
		return
	}
	sc, channels, requests, err := ssh.NewServerConn(c.watched, s.config)
	if err != nil {
		s.Log.Info("login failed", "from", nc.RemoteAddr().String(), "reason", reason(err))
		return
	}
	defer sc.Close()
	who, ok := sc.Permissions.ExtraData[loginKey{}].(login)
	if !ok {
		s.Log.Error("connection without a login")
		return
	}
	c.login = who
	c.serve(ctx, sc, channels, requests)
}

// serve serves a connection that has logged in.
func (c *connection) serve(ctx context.Context, sc *ssh.ServerConn, channels <-chan ssh.NewChannel, requests <-chan *ssh.Request) {
	log := c.server.Log.With("tenant", c.login.tenant)
	leave, ok := c.server.gate.tenant(c.login)
	if !ok {
		log.Warn("too many connections of a tenant")
		return
	}
	defer leave()
	if err := c.SetDeadline(time.Time{}); err != nil {
		return
	}
	c.idle.Store(int64(c.server.Limits.Idle))
	log.Info("logged in", "from", sc.RemoteAddr().String(), "key", c.login.fingerprint, "client", string(sc.ClientVersion()))

	var open sync.WaitGroup
	defer open.Wait()
	open.Go(func() { ssh.DiscardRequests(requests) })
	var count atomic.Int64
	for offered := range channels {
		switch {
		case offered.ChannelType() != "session":
			reject(offered, ssh.Prohibited, "only sftp is served here")
		case c.server.draining.Load():
			reject(offered, ssh.ResourceShortage, "the server is ending")
		case count.Load() >= int64(c.server.Limits.Channels):
			reject(offered, ssh.ResourceShortage, "too many channels")
		default:
			count.Add(1)
			open.Go(func() {
				defer count.Add(-1)
				c.channel(ctx, offered)
			})
		}
	}
}

func reject(offered ssh.NewChannel, why ssh.RejectionReason, text string) {
	// It fails only where the connection is gone.
	_ = offered.Reject(why, text)
}

// track notes a connection for the time that it lives.
func (s *Server) track(c *connection, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if alive {
		s.conns[c] = struct{}{}
	} else {
		delete(s.conns, c)
	}
}

// drain ends what the server does: no new connections, channels or uploads; connections with open files have until the time is up.
func (s *Server) drain(ctx context.Context) {
	s.draining.Store(true)
	if err := s.Listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		s.Log.Warn("close listener", "error", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.Drain)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.closeConnections(ctx.Err() != nil) > 0 && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// closeConnections ends the connections that are done, or all of them, and returns how many there were.
func (s *Server) closeConnections(all bool) (alive int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if all || c.idle.Load() == 0 || c.handles.Load() == 0 && c.silentFor() > settleDown {
			c.Close()
		}
	}
	return len(s.conns)
}

// reportPanic logs a panic that a handler recovered from: pkg/sftp would let one client's end the process.
func (s *Server) reportPanic(what string, p any) {
	// Not the panic's own text, which may quote what the client sent.
	s.Log.Error("panic", "in", what, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}

// reason returns why a login failed, without what the client sent: an algorithm that is missing, or the last refusal.
func reason(err error) string {
	if negotiation, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err); ok {
		return "no common " + negotiation.What
	}
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return "timeout"
	}
	if errors.Is(err, errRefused) {
		return errRefused.Error()
	}
	if _, ok := errors.AsType[*ssh.ServerAuthError](err); ok {
		return "no key was accepted"
	}
	return "protocol"
}
