package blobstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gocloud.dev/blob/memblob"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/tenant"
)

// rows is an index in memory that may refuse.
type rows struct {
	mu   sync.Mutex
	refs []artifact.Ref
	err  error
}

func (r *rows) Record(_ context.Context, ref artifact.Ref) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refs = append(r.refs, ref)
	return r.err
}

// each runs f on a store in a folder and on one in another kind of bucket.
func each(t *testing.T, f func(t *testing.T, s *blobstore.Store, index *rows)) {
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		index := new(rows)
		s, err := blobstore.OpenDir(filepath.Join(t.TempDir(), "artifacts"), index)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		f(t, s, index)
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		index := new(rows)
		s := blobstore.New(memblob.OpenBucket(nil), index)
		t.Cleanup(func() { s.Close() })
		f(t, s, index)
	})
}

func TestPutAndOpen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, index *rows) {
		for _, content := range [][]byte{nil, []byte("Email\n"), bytes.Repeat([]byte("0123456789"), 1e5)} {
			ref := put(t, s, "acme", content)
			if again := put(t, s, "acme", content); again != ref {
				t.Errorf("putting again gave %v, want %v", again, ref)
			}
			if got := index.refs[len(index.refs)-1]; got != ref {
				t.Errorf("recorded %v, want %v", got, ref)
			}
			r, err := s.Open(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("Open gave %d bytes, %v; want %d", len(got), err, len(content))
			}
			r.Close()
			at, size, err := s.OpenAt(t.Context(), ref)
			if err != nil || size != int64(len(content)) {
				t.Fatalf("OpenAt gave size %d, %v; want %d", size, err, len(content))
			}
			got, err = io.ReadAll(io.NewSectionReader(at, 0, size))
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("OpenAt gave %d bytes, %v; want %d", len(got), err, len(content))
			}
			if err := at.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestMissing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, _ *rows) {
		ref := put(t, s, "acme", []byte("theirs"))
		ref.Tenant = "globex"
		if _, err := s.Open(t.Context(), ref); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open of another tenant's artifact: %v, want not found", err)
		}
		if _, _, err := s.OpenAt(t.Context(), ref); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("OpenAt of another tenant's artifact: %v, want not found", err)
		}
	})
}

func TestWrongSizeIsNotRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, _ *rows) {
		ref := put(t, s, "acme", []byte("content"))
		ref.Bytes++
		if _, err := s.Open(t.Context(), ref); err == nil {
			t.Error("Open of an artifact of another size gave no error")
		}
		if _, _, err := s.OpenAt(t.Context(), ref); err == nil {
			t.Error("OpenAt of an artifact of another size gave no error")
		}
	})
}

func TestSpoiledBytesDoNotEndWell(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := blobstore.OpenDir(dir, new(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ref := put(t, s, "acme", []byte("content"))
	path := filepath.Join(dir, "acme", "upload", ref.SHA256)
	if err := os.WriteFile(path, []byte("CONTENT"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err == nil {
		t.Error("reading spoiled bytes ended without an error")
	}
	put(t, s, "acme", []byte("content"))
	if got, _ := os.ReadFile(path); string(got) != "content" {
		t.Errorf("after putting again the file holds %q, want it healed", got)
	}
}

func TestRowComesFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, index *rows) {
		index.err = errors.New("no database")
		if _, err := s.Put(t.Context(), "acme", artifact.Upload, bytes.NewReader([]byte("x"))); !errors.Is(err, index.err) {
			t.Fatalf("Put without an index: %v, want its error", err)
		}
		if _, err := s.Open(t.Context(), index.refs[0]); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("bytes without a row were stored: %v", err)
		}
	})
}

func TestFailedReadStoresNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, index *rows) {
		failing := io.MultiReader(bytes.NewReader([]byte("half")), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }))
		if _, err := s.Put(t.Context(), "acme", artifact.Upload, failing); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Put of a failing reader: %v, want its error", err)
		}
		if len(index.refs) != 0 {
			t.Errorf("recorded %v, want nothing", index.refs)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func put(t *testing.T, s *blobstore.Store, id tenant.ID, content []byte) artifact.Ref {
	t.Helper()
	ref, err := s.Put(t.Context(), id, artifact.Upload, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestRemove(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *blobstore.Store, _ *rows) {
		ref, kept := put(t, s, "acme", []byte("one")), put(t, s, "acme", []byte("two"))
		held, _, err := s.OpenAt(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		for range 2 {
			if err := s.Remove(t.Context(), ref); err != nil {
				t.Errorf("Remove = %v", err)
			}
		}
		if _, _, err := s.OpenAt(t.Context(), ref); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("OpenAt of what was removed = %v", err)
		}
		if text, err := io.ReadAll(io.NewSectionReader(held, 0, 3)); string(text) != "one" {
			t.Errorf("who had it open reads %q, %v", text, err)
		}
		if r, _, err := s.OpenAt(t.Context(), kept); err != nil {
			t.Errorf("OpenAt of another = %v", err)
		} else {
			r.Close()
		}
		if again := put(t, s, "acme", []byte("one")); again != ref {
			t.Errorf("put again: %v, want %v", again, ref)
		}
		if r, _, err := s.OpenAt(t.Context(), ref); err != nil {
			t.Errorf("OpenAt of what was put again = %v", err)
		} else {
			r.Close()
		}
	})
}
