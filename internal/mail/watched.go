package mail

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// watched is a connection that knows whether all that was written to it left whole.
//
// It lies below TLS. That is enough: a record of which a part did not leave can't be decrypted, and neither textproto's buffer nor crypto/tls writes
// again after a write that failed. So as long as [watched.whole] is false, the last bytes written, such as a final dot, never reached the server.
type watched struct {
	net.Conn // set by dial
	broken   atomic.Bool

	mu       sync.Mutex
	closed   bool
	deadline time.Time
}

// dial has the form that go-mail calls for its connection.
func (w *watched) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Conn = conn
	if w.closed {
		_ = conn.Close()
	}
	return w, nil
}

// Write refuses once the deadline has passed even where the runtime's timer has not run yet, as in a process that was frozen and woken.
func (w *watched) Write(p []byte) (int, error) {
	if w.expired() {
		w.broken.Store(true)
		return 0, os.ErrDeadlineExceeded
	}
	n, err := w.Conn.Write(p)
	if err != nil || n < len(p) {
		w.broken.Store(true)
	}
	return n, err
}

func (w *watched) expired() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.deadline.IsZero() && time.Now().After(w.deadline)
}

// SetDeadline implements [net.Conn].
func (w *watched) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	return w.Conn.SetDeadline(t)
}

// whole reports whether every byte written so far was taken by the operating system.
func (w *watched) whole() bool { return !w.broken.Load() }

// close ends the connection without a word, now or as soon as it is dialled. It may be called again, and by anyone.
func (w *watched) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.Conn != nil {
		_ = w.Conn.Close()
	}
}
