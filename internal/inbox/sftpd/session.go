package sftpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/pkg/sftp"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// A session is one SFTP channel: the handlers that pkg/sftp calls. Calls about one file come in order, reads and writes from several goroutines at once.
type session struct {
	ctx     context.Context
	conn    *connection
	server  *Server
	tenant  tenant.ID
	log     *slog.Logger
	handles atomic.Int64

	mu sync.Mutex
	// open are the session's uploads by the place that they were opened at. FSTAT and FSETSTAT come with the path of a handle instead of the handle, so they are about
	// the last that was opened there.
	open map[inbox.Place][]*upload
}

func newSession(ctx context.Context, c *connection) *session {
	return &session{
		ctx: ctx, conn: c, server: c.server, tenant: c.login.tenant, log: c.server.Log.With("tenant", c.login.tenant),
		open: make(map[inbox.Place][]*upload),
	}
}

var (
	_ sftp.OpenFileWriter       = (*session)(nil)
	_ sftp.PosixRenameFileCmder = (*session)(nil)
	_ sftp.LstatFileLister      = (*session)(nil)
	_ sftp.FileReader           = (*session)(nil)
)

// Fileread opens a report to read. What was uploaded is not given back.
func (s *session) Fileread(r *sftp.Request) (_ io.ReaderAt, err error) {
	defer s.finish("open to read", &err)
	at, err := locate(r.Filepath)
	if err != nil {
		return nil, err
	}
	if at.kind != report {
		return nil, refuse(sftp.ErrSSHFxPermissionDenied, "only what is in /reports can be read")
	}
	if err := s.acquire(); err != nil {
		return nil, err
	}
	found, err := s.report(at.Name)
	if err != nil {
		s.release()
		return nil, err
	}
	return &reading{Reader: bytes.NewReader(found.content), session: s}, nil
}

// reading is an open report.
type reading struct {
	*bytes.Reader
	session *session
}

func (r *reading) Close() error {
	r.session.release()
	return nil
}

// Filewrite opens an upload.
func (s *session) Filewrite(r *sftp.Request) (_ io.WriterAt, err error) {
	defer s.finish(doOpen, &err)
	return s.openUpload(r)
}

// OpenFile opens an upload that the client can also read, as far as it wrote it itself.
func (s *session) OpenFile(r *sftp.Request) (_ sftp.WriterAtReaderAt, err error) {
	defer s.finish(doOpen, &err)
	return s.openUpload(r)
}

// Filecmd does what changes names and attributes.
func (s *session) Filecmd(r *sftp.Request) (err error) {
	defer s.finish("change", &err)
	switch r.Method {
	case "Setstat":
		return s.setstat(r)
	case "Rename":
		return s.rename(r, false)
	case "Remove":
		return s.remove(r)
	case "Mkdir", "Rmdir":
		return refuse(sftp.ErrSSHFxPermissionDenied, "there are no folders but those that are here")
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename renames over what is there.
func (s *session) PosixRename(r *sftp.Request) (err error) {
	defer s.finish("rename", &err)
	return s.rename(r, true)
}

func (s *session) rename(r *sftp.Request, replace bool) error {
	from, err := locateUpload(r.Filepath)
	if err != nil {
		return err
	}
	to, err := locateUpload(r.Target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	return s.server.Store.RenameDelivery(ctx, s.tenant, from, to, replace, s.server.Clock.Now())
}

func (s *session) remove(r *sftp.Request) error {
	at, err := locateUpload(r.Filepath)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	return s.server.Store.RemoveDelivery(ctx, s.tenant, at, s.server.Clock.Now())
}

// setstat honours a size; all else means only that the client is not done with the file.
func (s *session) setstat(r *sftp.Request) error {
	at, err := locate(r.Filepath)
	if err != nil {
		return err
	}
	attributes := r.Attributes()
	switch {
	case attributes == nil:
		return sftp.ErrSSHFxBadMessage
	case at.kind == folder:
		return nil
	case at.kind == report:
		return refuse(sftp.ErrSSHFxPermissionDenied, "reports are to read")
	case at.Folder == inbox.Check:
		return errNoChecks
	}
	if u := s.openAt(at.Place); u != nil {
		u.touch()
		if r.AttrFlags().Size {
			return u.truncate(attributes.Size)
		}
		return nil
	}
	if r.AttrFlags().Size {
		return s.resize(at.Place, attributes.Size)
	}
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	return s.server.Store.TouchDelivery(ctx, s.tenant, at.Place, s.server.Clock.Now())
}

// openAt returns the upload that the session opened last at a place and has not closed, or nil.
func (s *session) openAt(at inbox.Place) *upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	if uploads := s.open[at]; len(uploads) > 0 {
		return uploads[len(uploads)-1]
	}
	return nil
}

// acquire takes one of the handles that a client may have open.
func (s *session) acquire() error {
	if s.handles.Add(1) > int64(s.server.Limits.Handles) {
		s.handles.Add(-1)
		return refuse(sftp.ErrSSHFxFailure, "too many open files")
	}
	s.conn.handles.Add(1)
	return nil
}

func (s *session) release() {
	s.handles.Add(-1)
	s.conn.handles.Add(-1)
}

// errInternal is what a client hears of a fault that is not its own.
var errInternal = refuse(sftp.ErrSSHFxFailure, "the server could not do this, try again later")

// A refusal is an error that a client is meant to read.
type refusal struct {
	code error
	text string
}

func refuse(code error, text string) error { return &refusal{code, text} }

func (r *refusal) Error() string { return r.text }

// Unwrap returns the SFTP status.
func (r *refusal) Unwrap() error { return r.code }

// What the handlers of an upload do, as logs name it.
const (
	doOpen  = "open to write"
	doWrite = "write"
	doClose = "close"
)

// finish ends every handler: it takes a panic for a fault, and puts what went wrong in the client's terms, which say nothing of how the server works inside. A
// deferred call must name it directly.
func (s *session) finish(what string, err *error) {
	if p := recover(); p != nil {
		s.server.reportPanic(what, p)
		s.noteFault(what)
		*err = errInternal
	}
	if *err == nil {
		return
	}
	_, meant := errors.AsType[*refusal](*err)
	switch {
	case meant || errors.Is(*err, io.EOF) || errors.Is(*err, sftp.ErrSSHFxOpUnsupported) || errors.Is(*err, sftp.ErrSSHFxBadMessage):
	case errors.Is(*err, inbox.ErrNotFound) || errors.Is(*err, os.ErrNotExist):
		*err = refuse(sftp.ErrSSHFxNoSuchFile, "no such file")
	case errors.Is(*err, inbox.ErrExists):
		*err = refuse(sftp.ErrSSHFxFailure, "the name is taken")
	case errors.Is(*err, inbox.ErrClaimed):
		*err = refuse(sftp.ErrSSHFxPermissionDenied, "the file was taken for an import and can't be changed: upload a new one")
	case errors.Is(*err, inbox.ErrSuperseded):
		*err = refuse(sftp.ErrSSHFxFailure, "the file was removed while it was being written")
	default:
		s.log.Error(what, "error", *err)
		s.noteFault(what)
		*err = errInternal
	}
}

// noteFault remembers that an upload failed for our own fault. What else fails keeps nobody from uploading.
func (s *session) noteFault(what string) {
	switch what {
	case doOpen, doWrite, doClose:
		s.server.health.fail(s.server.Clock.Now())
	}
}
