package sftpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"rollcall.internal/internal/inbox"
)

// An upload is a delivery while a client writes it: its row in the state open, and a file in the spool.
type upload struct {
	session *session
	row     inbox.Delivery // as it was opened
	file    *os.File
	base    int64 // bytes that came from the version before

	mu      sync.Mutex
	order   *sync.Cond // of appending, see appendOffset
	written spans
	size    int64
	changed bool      // it differs from the version before
	last    time.Time // the last write
	failed  bool      // a write did not succeed, so what the client closes is not what it sent
	lost    bool      // the connection ended first
	append  appending
}

// WriteAt implements io.WriterAt for pkg/sftp, which calls it from several goroutines at once. Once one write has failed all do, and CLOSE: OpenSSH's client sends
// a normal CLOSE after a failed write.
func (u *upload) WriteAt(p []byte, offset int64) (n int, err error) {
	defer u.session.finish(doWrite, &err)
	offset, err = u.place(p, offset)
	if err != nil {
		u.fail()
		return 0, err
	}
	n, err = u.file.WriteAt(p, offset)
	if err != nil {
		u.fail()
		return n, fmt.Errorf("write to spool: %w", err)
	}
	return n, u.wrote(offset, offset+int64(n))
}

// place returns where in the file a write belongs, or an error where it may not.
func (u *upload) place(p []byte, offset int64) (int64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed {
		return 0, refuse(sftp.ErrSSHFxFailure, "an earlier write failed")
	}
	limit := u.session.server.Limits.FileBytes
	if offset < 0 || offset > limit {
		return 0, refuse(sftp.ErrSSHFxFailure, "the offset is out of range")
	}
	offset, err := u.appendOffset(offset)
	if err != nil {
		return 0, err
	}
	if offset+int64(len(p)) > limit {
		return 0, refuse(sftp.ErrSSHFxFailure, fmt.Sprintf("the file is larger than %d bytes", limit))
	}
	return offset, nil
}

// wrote notes that bytes are in the file.
func (u *upload) wrote(from, to int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last, u.changed = u.session.server.Clock.Now(), true
	u.size = max(u.size, to)
	if err := u.written.add(from, to); err != nil {
		u.failed = true
		return refuse(sftp.ErrSSHFxFailure, "the writes are scattered too far")
	}
	return nil
}

func (u *upload) fail() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.failed = true
	u.order.Broadcast()
}

// ReadAt implements io.ReaderAt for a client that opened the file to read as well: it reads what it wrote itself, not what was uploaded before.
func (u *upload) ReadAt(p []byte, offset int64) (n int, err error) {
	defer u.session.finish("read", &err)
	if u.base > 0 {
		return 0, refuse(sftp.ErrSSHFxPermissionDenied, "only what is in /reports can be read")
	}
	if offset < 0 {
		return 0, refuse(sftp.ErrSSHFxFailure, "the offset is out of range")
	}
	return u.file.ReadAt(p, offset)
}

// truncate sets the size exactly. What it adds counts as a hole until it is written.
func (u *upload) truncate(size uint64) error {
	if size > uint64(u.session.server.Limits.FileBytes) {
		return refuse(sftp.ErrSSHFxFailure, "the size is out of range")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.file.Truncate(int64(size)); err != nil {
		u.failed = true
		return fmt.Errorf("set size in spool: %w", err)
	}
	u.changed = u.changed || int64(size) != u.size
	u.size = int64(size)
	u.written.cut(u.size)
	return nil
}

// touch notes that the client is still at it.
func (u *upload) touch() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last = u.session.server.Clock.Now()
}

// length is the size as the client that writes it sees it.
func (u *upload) length() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.size
}

// whole is how many bytes came without a hole: what would be kept if the connection broke now.
func (u *upload) whole() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.written.prefix()
}

func (u *upload) lastWrite() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.last
}

// TransferError implements sftp.TransferError: the connection ended with the file open. Close follows.
func (u *upload) TransferError(error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lost = true
}

// Close ends the upload. It returns nil, which the client gets as OK, only once the bytes are stored and their row is committed and a quick look found nothing wrong; or
// where nothing was changed, and what was there is as it was.
func (u *upload) Close() (err error) {
	defer u.session.finish(doClose, &err)
	defer u.discard()
	ctx, cancel := context.WithTimeout(u.session.ctx, storeTimeout)
	defer cancel()

	u.mu.Lock()
	size, whole, changed, failed, lost := u.size, u.written.prefix(), u.changed, u.failed, u.lost
	u.mu.Unlock()
	switch {
	case !changed && !failed:
		return u.session.server.Store.DropDelivery(ctx, u.row.Tenant, u.row.ID, u.session.server.Clock.Now())
	case failed:
		u.keep(ctx, whole)
		return refuse(sftp.ErrSSHFxFailure, "a write failed: upload the file again")
	case lost:
		u.keep(ctx, whole)
		return nil
	case whole < size:
		u.keep(ctx, whole)
		return refuse(sftp.ErrSSHFxFailure, "the file has a hole: upload it again")
	}
	if err := u.end(ctx, inbox.Closed, size); err != nil {
		return err
	}
	u.session.server.health.succeed()
	return u.look(ctx, size)
}

// keep ends the upload as broken. The client hears of something else, or hears nothing any more, so a fault here is only logged.
func (u *upload) keep(ctx context.Context, size int64) {
	if err := u.end(ctx, inbox.Broken, size); err != nil && !errors.Is(err, inbox.ErrSuperseded) {
		u.session.log.Error("store broken upload", "delivery", u.row.ID, "error", err)
	}
}

// end stores the first size bytes and records what became of the upload. Where they can't be stored, nothing is left of it.
func (u *upload) end(ctx context.Context, state inbox.State, size int64) error {
	store, clock := u.session.server.Store, u.session.server.Clock
	end, err := u.store(ctx, size)
	if err != nil {
		abandon, cancel := context.WithTimeout(u.session.ctx, opTimeout)
		defer cancel()
		return errors.Join(err, store.BreakDelivery(abandon, u.row.Tenant, u.row.ID, clock.Now()))
	}
	end.State, end.ChangedAt, end.At = state, u.lastWrite(), clock.Now()
	if err := store.EndDelivery(ctx, u.row.Tenant, u.row.ID, end); err != nil {
		return err
	}
	u.session.log.Info("upload ended", "delivery", u.row.ID, "folder", u.row.Folder, "state", state, "bytes", end.Bytes, "sha256", end.SHA256)
	return nil
}

// store puts the first size bytes among the artifacts.
func (u *upload) store(ctx context.Context, size int64) (inbox.Ending, error) {
	ref, err := u.session.server.Artifacts.Put(ctx, u.row.Tenant, uploadKind, io.NewSectionReader(u.file, 0, size))
	if err != nil {
		return inbox.Ending{}, fmt.Errorf("store upload: %w", err)
	}
	if ref.Bytes != size {
		return inbox.Ending{}, errors.New("store upload: the spool file is shorter than what was written")
	}
	tail := make([]byte, min(size, 2))
	if _, err := u.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return inbox.Ending{}, fmt.Errorf("read spool: %w", err)
	}
	return inbox.Ending{Bytes: ref.Bytes, SHA256: ref.SHA256, Torn: inbox.Torn(tail)}, nil
}

// discard forgets the upload here.
func (u *upload) discard() {
	u.session.forget(u)
	if err := errors.Join(u.file.Close(), os.Remove(u.file.Name())); err != nil {
		u.session.log.Warn("remove spool file", "delivery", u.row.ID, "error", err)
	}
}
