package sftpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/pkg/sftp"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/inbox"
)

// uploadKind is what uploads are among the artifacts.
const uploadKind = artifact.Upload

// openUpload begins an upload, as OPEN with any flags but those to read alone asks.
func (s *session) openUpload(r *sftp.Request) (*upload, error) {
	at, err := locateUpload(r.Filepath)
	if err != nil {
		return nil, err
	}
	return s.begin(at, r.Pflags())
}

// resize sets the size of a file that the session has not open, as SETSTAT does: by an upload of its own.
func (s *session) resize(at inbox.Place, size uint64) error {
	u, err := s.begin(at, sftp.FileOpenFlags{Write: true})
	if err != nil {
		return err
	}
	if err := u.truncate(size); err != nil {
		u.fail()
		return errors.Join(err, u.Close())
	}
	return u.Close()
}

// begin makes the row and the spool file of an upload. Without TRUNC it starts from the bytes of what is there.
func (s *session) begin(at inbox.Place, flags sftp.FileOpenFlags) (*upload, error) {
	if s.server.draining.Load() {
		return nil, refuse(sftp.ErrSSHFxFailure, "the server is ending, try again later")
	}
	ctx, cancel := context.WithTimeout(s.ctx, storeTimeout)
	defer cancel()
	previous, err := s.server.Store.Delivery(ctx, s.tenant, at, s.server.Clock.Now())
	missing := errors.Is(err, inbox.ErrNotFound)
	switch {
	case err != nil && !missing || missing && !flags.Creat:
		return nil, err
	case !missing && flags.Creat && flags.Excl:
		return nil, inbox.ErrExists
	}
	if err := s.acquire(); err != nil {
		return nil, err
	}
	u, err := s.newUpload(at)
	if err != nil {
		s.release()
		return nil, err
	}
	u.changed = missing || flags.Trunc
	if err = nil; !u.changed {
		err = u.startFrom(ctx, previous)
	}
	if flags.Append && u.base > 0 {
		u.append = undecided
	}
	if err == nil {
		err = s.server.Store.OpenDelivery(ctx, u.row, u.last.Add(holdFor))
	}
	if err != nil {
		u.discard()
		return nil, err
	}
	return u, nil
}

// newUpload makes an upload with an empty spool file and notes it, though not yet its row.
func (s *session) newUpload(at inbox.Place) (*upload, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make delivery id: %w", err)
	}
	now := s.server.Clock.Now()
	u := &upload{
		session: s,
		row: inbox.Delivery{
			Tenant: s.tenant, ID: inbox.ID(id.String()), Place: at, State: inbox.Open, Fingerprint: s.conn.login.fingerprint,
			OpenedAt: now, NamedAt: now, ChangedAt: now,
		},
		last: now,
	}
	u.order = sync.NewCond(&u.mu)
	if u.file, err = s.server.spool.create(s.tenant, u.row.ID); err != nil {
		return nil, fmt.Errorf("make spool file: %w", err)
	}
	s.remember(u)
	return u, nil
}

// startFrom fills a new upload with the bytes of an older version: of one that is still being received here, what came without a hole; of any other, what is stored.
func (u *upload) startFrom(ctx context.Context, previous inbox.Delivery) error {
	from, err := u.session.contentOf(ctx, &previous)
	if err != nil {
		return err
	}
	defer from.Close()
	u.row.Bytes, u.row.SHA256 = previous.Bytes, previous.SHA256
	n, err := io.Copy(io.NewOffsetWriter(u.file, 0), from)
	if err != nil {
		return fmt.Errorf("fetch older version: %w", err)
	}
	u.base, u.size = n, n
	return u.written.add(0, n)
}

// contentOf opens the bytes of a version. It brings the version up to date where that was being received here and has ended since it was looked up: a client that reconnects
// to resume does so while the end of its old connection is being noticed.
func (s *session) contentOf(ctx context.Context, d *inbox.Delivery) (io.ReadCloser, error) {
	if d.State == inbox.Open {
		if other := s.server.uploads.find(d.ID); other != nil {
			if f, err := os.Open(other.file.Name()); err == nil {
				return spooled{io.NewSectionReader(f, 0, other.whole()), f}, nil
			}
		}
		now, err := s.server.Store.Delivery(ctx, s.tenant, d.Place, s.server.Clock.Now())
		if err != nil {
			return nil, err
		}
		*d = now
	}
	if d.SHA256 == "" {
		return io.NopCloser(strings.NewReader("")), nil
	}
	return s.server.Artifacts.Open(ctx, artifact.Ref{Tenant: s.tenant, Kind: uploadKind, SHA256: d.SHA256, Bytes: d.Bytes})
}

// spooled is a part of a spool file.
type spooled struct {
	io.Reader
	io.Closer
}

// remember makes an upload known to the session and the server, and forget the reverse.
func (s *session) remember(u *upload) {
	s.mu.Lock()
	s.open[u.row.Place] = append(s.open[u.row.Place], u)
	s.mu.Unlock()
	s.server.uploads.add(u)
}

func (s *session) forget(u *upload) {
	s.server.uploads.remove(u)
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(s.open[u.row.Place], func(o *upload) bool { return o == u })
	if len(left) == 0 {
		delete(s.open, u.row.Place)
	} else {
		s.open[u.row.Place] = left
	}
	s.release()
}

// A register holds the uploads that this server is receiving. The zero value holds none.
type register struct {
	mu      sync.Mutex
	uploads map[inbox.ID]*upload
}

func (r *register) add(u *upload) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.uploads == nil {
		r.uploads = make(map[inbox.ID]*upload)
	}
	r.uploads[u.row.ID] = u
}

func (r *register) remove(u *upload) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.uploads, u.row.ID)
}

// find returns the upload of an id, or nil.
func (r *register) find(id inbox.ID) *upload {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.uploads[id]
}

// all returns the uploads of now.
func (r *register) all() []*upload {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*upload, 0, len(r.uploads))
	for _, u := range r.uploads {
		list = append(list, u)
	}
	return list
}

// holdFor is how long a server vouches for an upload at a time, and holdEvery how often it does so again: two may fail before another server takes it for dead.
const (
	holdFor   = time.Minute
	holdEvery = 15 * time.Second
)
