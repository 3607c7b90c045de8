package sftpd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// A spool is the folder where uploads wait until CLOSE. A file's name is made of the tenant's id and the delivery's, and of nothing that a client sent.
type spool struct {
	dir    string
	unlock func()
}

const spoolSuffix = ".upload"

func openSpool(dir string) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := lockFolder(dir, syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, err
	}
	return &spool{dir: dir, unlock: unlock}, nil
}

func (s *spool) close() { s.unlock() }

// create makes the file of an upload.
func (s *spool) create(id tenant.ID, delivery inbox.ID) (*os.File, error) {
	path := filepath.Join(s.dir, fmt.Sprintf("%s.%s%s", id, delivery, spoolSuffix))
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// A leftover is a file of an upload whose server was killed.
type leftover struct {
	path   string
	tenant tenant.ID
	id     inbox.ID
}

// leftovers returns the files in the spool. Call it before the first upload.
func (s *spool) leftovers() []leftover {
	paths, _ := filepath.Glob(filepath.Join(s.dir, "*"+spoolSuffix))
	var found []leftover
	for _, path := range paths {
		owner, id, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), spoolSuffix), ".")
		if parsed, err := tenant.ParseID(owner); err == nil {
			found = append(found, leftover{path: path, tenant: parsed, id: inbox.ID(id)})
		}
	}
	return found
}

// lockFolder makes the folder this process's alone until unlock is called or the process ends, however it ends. With syscall.LOCK_NB in how it fails where another process
// has it, else it waits.
func lockFolder(dir string, how int) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), how)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another server is using it")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}
