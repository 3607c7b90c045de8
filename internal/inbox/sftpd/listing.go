package sftpd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"rollcall.internal/internal/inbox"
)

// Filelist lists a folder, or tells about one path.
func (s *session) Filelist(r *sftp.Request) (_ sftp.ListerAt, err error) {
	defer s.finish("list", &err)
	switch r.Method {
	case "Stat":
		return s.stat(r.Filepath)
	case "List":
		return s.list(r.Filepath)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// Lstat is Stat, since there are no links.
func (s *session) Lstat(r *sftp.Request) (_ sftp.ListerAt, err error) {
	defer s.finish("stat", &err)
	return s.stat(r.Filepath)
}

func (s *session) stat(path string) (sftp.ListerAt, error) {
	at, err := locate(path)
	if err != nil {
		// What can't be a name is no file.
		return nil, inbox.ErrNotFound
	}
	switch at.kind {
	case folder:
		return listing{s.directory(at.title())}, nil
	case report:
		found, err := s.report(at.Name)
		if err != nil {
			return nil, err
		}
		return listing{entry{name: at.Name, size: int64(len(found.content)), mode: 0o444, at: found.written}}, nil
	}
	if u := s.openAt(at.Place); u != nil {
		return listing{entry{name: at.Name, size: u.length(), mode: 0o644, at: u.lastWrite()}}, nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	d, err := s.server.Store.Delivery(ctx, s.tenant, at.Place, s.server.Clock.Now())
	if err != nil {
		return nil, err
	}
	return listing{s.server.entryOf(d)}, nil
}

func (s *session) list(path string) (sftp.ListerAt, error) {
	at, err := locate(path)
	if err != nil {
		return nil, err
	}
	if at.kind != folder {
		return nil, refuse(sftp.ErrSSHFxFailure, "this is not a folder")
	}
	if err := s.acquire(); err != nil {
		return nil, err
	}
	entries, err := s.entries(at)
	if err != nil {
		s.release()
		return nil, err
	}
	return &openListing{listing: entries, session: s}, nil
}

func (s *session) entries(at location) (listing, error) {
	if at.reports {
		return s.reports()
	}
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	deliveries, err := s.server.Store.Deliveries(ctx, s.tenant, at.Folder, s.server.Clock.Now())
	if err != nil {
		return nil, err
	}
	var all listing
	if at.Folder == inbox.Inbox {
		all = listing{s.directory(checkName), s.directory(reportsName)}
	}
	for _, d := range deliveries {
		all = append(all, s.server.entryOf(d))
	}
	return all, nil
}

// title is what a folder is called.
func (l location) title() string {
	switch {
	case l.reports:
		return reportsName
	case l.Folder == inbox.Check:
		return checkName
	}
	return "/"
}

// entryOf describes a delivery. One that this server is receiving has the size that a client could resume from.
func (s *Server) entryOf(d inbox.Delivery) entry {
	size := d.Bytes
	if u := s.uploads.find(d.ID); u != nil && d.State == inbox.Open {
		size = u.whole()
	}
	return entry{name: d.Name, size: size, mode: 0o644, at: d.ChangedAt}
}

// The files of /reports.
const (
	latestReport = "latest.json"
	jsonSuffix   = ".result.json"
	textSuffix   = ".result.txt"
)

// A reportFile is a file of /reports.
type reportFile struct {
	content []byte
	written time.Time
}

// report returns a file of /reports.
func (s *session) report(name string) (reportFile, error) {
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	if name == latestReport {
		latest, err := s.server.Store.LatestReceipt(ctx, s.tenant)
		return reportFile{latest.JSON, latest.WrittenAt}, err
	}
	if of, ok := strings.CutSuffix(name, jsonSuffix); ok {
		receipt, err := s.server.Store.ReadReceipt(ctx, s.tenant, of)
		return reportFile{receipt.JSON, receipt.WrittenAt}, err
	}
	if of, ok := strings.CutSuffix(name, textSuffix); ok {
		receipt, err := s.server.Store.ReadReceipt(ctx, s.tenant, of)
		return reportFile{receipt.Text, receipt.WrittenAt}, err
	}
	return reportFile{}, inbox.ErrNotFound
}

func (s *session) reports() (listing, error) {
	ctx, cancel := context.WithTimeout(s.ctx, opTimeout)
	defer cancel()
	receipts, err := s.server.Store.ListReceipts(ctx, s.tenant)
	if err != nil {
		return nil, err
	}
	var all listing
	for _, r := range receipts {
		all = append(all,
			entry{name: r.Name + jsonSuffix, size: r.JSONBytes, mode: 0o444, at: r.WrittenAt},
			entry{name: r.Name + textSuffix, size: r.TextBytes, mode: 0o444, at: r.WrittenAt})
	}
	latest, err := s.server.Store.LatestReceipt(ctx, s.tenant)
	if errors.Is(err, inbox.ErrNotFound) {
		return all, nil
	}
	return append(all, entry{name: latestReport, size: int64(len(latest.JSON)), mode: 0o444, at: latest.WrittenAt}), err
}

// A listing is what a folder held when it was opened.
type listing []os.FileInfo

// ListAt implements sftp.ListerAt.
func (l listing) ListAt(into []os.FileInfo, offset int64) (int, error) {
	if offset < 0 || offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}

// openListing is a listing that holds a handle.
type openListing struct {
	listing
	session *session
}

func (l *openListing) Close() error {
	l.session.release()
	return nil
}

// An entry is a line of a listing.
type entry struct {
	name string
	size int64
	mode fs.FileMode
	at   time.Time
}

func (s *session) directory(name string) entry {
	return entry{name: name, mode: fs.ModeDir | 0o755, at: s.server.Clock.Now()}
}

// Name implements fs.FileInfo, as do the methods below.
func (e entry) Name() string { return e.name }

// Size is in bytes.
func (e entry) Size() int64 { return e.size }

// Mode says whether it is a folder; the permissions are for show.
func (e entry) Mode() fs.FileMode { return e.mode }

// ModTime is the last change by the client.
func (e entry) ModTime() time.Time { return e.at }

// IsDir reports whether it is a folder.
func (e entry) IsDir() bool { return e.mode.IsDir() }

// Sys is nil: nothing here belongs to a file system.
func (e entry) Sys() any { return nil }
