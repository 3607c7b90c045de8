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

// A placedFile is a file while it is written: beside its place, which it takes when it is whole. So nobody ever sees half of it, and what was there before stays until
// then. It is readable by its owner alone, as it holds personal data or what was agreed with a customer, in a place that nobody has prepared for them.
type placedFile struct {
	place  placement
	temp   *os.File
	placed bool
}

// A placement says where a file is to go and what it must not do there.
type placement struct {
	path    string
	flag    string        // by which the place was asked for, "--out"
	what    string        // what is written, with its article: "a list"
	inputs  []os.FileInfo // what was read and must not be replaced, by whatever name: the same path, a symbolic link or a hard link
	keepOld bool          // nothing that is there is replaced
}

// inputsAt are the files at these paths, as inputs of a placement; none where there is no such file.
func inputsAt(paths ...string) []os.FileInfo {
	var infos []os.FileInfo
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil {
			infos = append(infos, info)
		}
	}
	return infos
}

// newPlacedFile makes sure that a file can be written where it is to go, before anything is made for it. Whoever calls it defers discard.
func newPlacedFile(p placement) (*placedFile, error) {
	if real, err := filepath.EvalSymlinks(p.path); err == nil {
		p.path = real
	}
	if err := p.free(); err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(p.path), ".rollcall-*"+filepath.Ext(p.path)) // for its owner alone
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	if err != nil {
		return nil, usage("can't write to %s: %w", filepath.Dir(p.path), err)
	}
	return &placedFile{place: p, temp: temp}, nil
}

// free refuses a place that a file must not take.
func (p placement) free() error {
	info, err := os.Stat(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(p.path, err)
	case info.IsDir():
		return usage("%s is a folder; %s needs the name of a file to write", p.path, p.flag)
	case !info.Mode().IsRegular():
		return usage("%s is not a file that %s could replace", p.path, p.what)
	}
	for _, in := range p.inputs {
		if os.SameFile(info, in) {
			return usage("%s would write over %s", p.flag, in.Name()).hint("give it a name of its own")
		}
	}
	if p.keepOld {
		return p.taken()
	}
	return nil
}

func (p placement) taken() error {
	return usage("%s is there already", p.path).hint("--overwrite replaces it")
}

// write writes the file and puts it in its place.
func (f *placedFile) write(content func(io.Writer) error) error {
	out := bufio.NewWriterSize(f.temp, 1<<16)
	if err := content(out); err != nil {
		return err
	}
	err := errors.Join(out.Flush(), f.temp.Sync(), f.temp.Close())
	if err == nil {
		err = f.take()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.place.path, err)
	}
	f.placed = true
	return nil
}

// take puts the file in its place, if that is still free. A link is made and not a name moved where nothing may be replaced: it fails where somebody was faster.
func (f *placedFile) take() error {
	if err := f.place.free(); err != nil {
		return err
	}
	if f.place.keepOld {
		err := os.Link(f.temp.Name(), f.place.path)
		if errors.Is(err, fs.ErrExist) {
			return f.place.taken()
		}
		if err == nil {
			_ = os.Remove(f.temp.Name())
			return nil
		}
		// A file system without hard links leaves what free has just seen.
	}
	return os.Rename(f.temp.Name(), f.place.path)
}

// discard leaves nothing of a file that was not put in its place.
func (f *placedFile) discard() {
	if !f.placed {
		_ = f.temp.Close()
		_ = os.Remove(f.temp.Name())
	}
}
