package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A reportFile is a list while it is written: a file beside its place, which it takes when it is whole. So nobody ever sees half a list, and an earlier one is there until
// then. It is readable by its owner alone, as it holds personal data.
type reportFile struct {
	path   string
	temp   *os.File
	placed bool
}

// newReportFile makes sure that a list can be written where it is to go, before anything is asked of a server.
func newReportFile(path string) (*reportFile, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f := &reportFile{path: path}
	if err := f.free(); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".rollcall-*"+filepath.Ext(path))
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if err != nil {
		return nil, usage("can't write to %s: %w", filepath.Dir(path), err)
	}
	f.temp = temp
	return f, nil
}

// free refuses a place that a list must not take.
func (f *reportFile) free() error {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(f.path, err)
	case info.IsDir():
		return usage("%s is a folder; --out needs the name of a file to write", f.path)
	case !info.Mode().IsRegular():
		return usage("%s is not a file that a list could replace", f.path)
	}
	return nil
}

// write writes the list and puts it in its place.
func (f *reportFile) write(list func(io.Writer) error) error {
	out := bufio.NewWriterSize(f.temp, 1<<16)
	if err := list(out); err != nil {
		return err
	}
	err := errors.Join(out.Flush(), f.temp.Sync(), f.temp.Close())
	if err == nil {
		err = f.free()
	}
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	f.placed = true
	return nil
}

// discard leaves nothing of a list that was not put in its place.
func (f *reportFile) discard() {
	if !f.placed {
		_ = f.temp.Close()
		_ = os.Remove(f.temp.Name())
	}
}
