package mailsink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// suffix ends the name of every kept message; partial starts the name of one that is still being written.
const (
	suffix  = ".eml"
	partial = ".incoming-"
)

var errClosed = errors.New("mail sink is closed")

// store is the folder of messages. Any number of deliveries and readers may use it at once.
type store struct {
	dir  string
	last atomic.Int64 // the highest number given so far; its file may not be there yet

	mu     sync.RWMutex // held for reading while a message is written
	closed bool
}

type envelope struct {
	from string
	to   []string
}

// openStore makes the folder if absent, goes on from its highest number, and clears what a killed process
// left half-written.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open mail folder: %w", err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open mail folder: %w", err)
	}
	defer func() { _ = folder.Close() }()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list mail folder: %w", err)
	}
	s := &store{dir: dir}
	for _, name := range names {
		if strings.HasPrefix(name, partial) {
			_ = os.Remove(filepath.Join(dir, name))
			continue
		}
		if n, ok := number(name); ok && n > s.last.Load() {
			s.last.Store(n)
		}
	}
	return s, nil
}

// number reads the number out of a message's file name.
func number(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

func (s *store) path(n int64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%09d%s", n, suffix))
}

// deliver keeps one message under the next number. When it returns an error, no file has appeared.
func (s *store) deliver(e envelope, r io.Reader) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	n := s.last.Add(1)
	temp := filepath.Join(s.dir, partial+strconv.FormatInt(n, 10))
	if err := write(temp, e, r); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("write message: %w", err)
	}
	if err := os.Rename(temp, s.path(n)); err != nil {
		return fmt.Errorf("keep message: %w", err)
	}
	return nil
}

func write(path string, e envelope, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	e.writeTo(w)
	_, err = w.ReadFrom(r)
	// A bufio.Writer keeps its first error, so Flush tells of the envelope's lines too.
	if flushErr := w.Flush(); err == nil {
		err = flushErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// writeTo writes the header lines that a delivery puts on top of a message (RFC 5321, section 4.4).
func (e envelope) writeTo(w *bufio.Writer) {
	_, _ = fmt.Fprintf(w, "Return-Path: <%s>\r\n", e.from)
	for _, to := range e.to {
		_, _ = fmt.Fprintf(w, "Delivered-To: %s\r\n", to)
	}
	_, _ = fmt.Fprintf(w, "Received: by mailsink.localhost with SMTP; %s\r\n", time.Now().Format(time.RFC1123Z))
}

// close waits for the deliveries under way and refuses later ones.
func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
