package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// textAt returns a file's text, "" where there is none.
func textAt(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// A file that could not be written to its end leaves what was there, and nothing beside it.
func TestPlacedFileIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte("earlier"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		fails error
		text  string
	}{{io.ErrUnexpectedEOF, "earlier"}, {nil, "later"}} {
		f, err := newPlacedFile(placement{path: path, flag: "--out", what: "a list"})
		if err != nil {
			t.Fatal(err)
		}
		err = f.write(func(out io.Writer) error {
			_, _ = io.WriteString(out, "later")
			if got := textAt(t, path); got != "earlier" {
				t.Errorf("while it is written the file holds %q", got)
			}
			return want.fails
		})
		f.discard()
		if !errors.Is(err, want.fails) || textAt(t, path) != want.text {
			t.Errorf("got %v and %q, want %v and %q", err, textAt(t, path), want.fails, want.text)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("%d files are left: %v", len(entries), err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v: %v", info.Mode(), err)
	}
}

// What comes to be while a file is written is looked at again before anything takes its place.
func TestPlacedFileLooksAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keepOld bool
		meet    func(path string) error
	}{
		"somebody's file": {true, func(path string) error { return os.WriteFile(path, []byte("theirs"), 0o600) }},
		"a dangling link": {true, func(path string) error { return os.Symlink("nowhere", path) }},
		"a folder":        {false, func(path string) error { return os.Mkdir(path, 0o700) }},
	} {
		path := filepath.Join(t.TempDir(), "draft.yaml")
		f, err := newPlacedFile(placement{path: path, flag: "--out", what: "a draft", keepOld: test.keepOld})
		if err != nil {
			t.Fatal(err)
		}
		err = f.write(func(io.Writer) error { return test.meet(path) })
		f.discard()
		if failed, ok := errors.AsType[*failure](err); !ok || failed.code != exitUsage {
			t.Errorf("%s: got %v", name, err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("%s: %d files are left: %v", name, len(entries), err)
		}
	}
}
