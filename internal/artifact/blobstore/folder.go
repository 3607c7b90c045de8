package blobstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall.internal/internal/artifact"
)

// path returns the file of an artifact. The driver would escape other characters than those of a key (a-z 0-9 - /), so the path is the key.
func (s *Store) path(ref artifact.Ref) string {
	return filepath.Join(s.dir, filepath.FromSlash(ref.Key()))
}

// placeFile gives the temporary file its name, durably. A file that is there already is replaced by its equal: a reader of the old one
// keeps it, and one that a bad disk spoiled is healed.
func (s *Store) placeFile(temp *os.File, ref artifact.Ref) error {
	if err := temp.Sync(); err != nil {
		return err
	}
	folder := filepath.Dir(s.path(ref))
	if err := s.makeFolder(folder); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), s.path(ref)); err != nil {
		return err
	}
	return syncFolder(folder)
}

// makeFolder makes the folder of a tenant's kind of artifact, and its parent, durably.
func (s *Store) makeFolder(folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for parent := filepath.Dir(folder); ; parent = filepath.Dir(parent) {
		if err := syncFolder(parent); err != nil {
			return err
		}
		if parent == s.dir {
			return nil
		}
	}
}

// removeFile removes the artifact's file, so that a crash does not bring it back.
func (s *Store) removeFile(ref artifact.Ref) error {
	switch err := os.Remove(s.path(ref)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return withoutPath(err)
	}
	return syncFolder(filepath.Dir(s.path(ref)))
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// withoutPath drops the path from an error of package os: messages name artifacts by reference.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
