// Package blobstore holds the bytes of artifacts in a gocloud.dev bucket: a folder by default, any other bucket in a deployment.
//
// # Order of writing
//
// [Store.Put] first writes the bytes to a temporary file, since an artifact is named by a digest that is known only at their end; then it has the [Index] record the
// artifact; then the bytes take their name. So every name in the bucket has a row, and a sweeper that goes by rows finds even what a crash left half-done; a
// row without bytes names nothing that anybody was given, because Put had not returned.
//
// # Durability
//
// When Put returns, the bytes survive a power cut: an upload is acknowledged to the customer on the strength of it. gocloud's driver for folders renames a file
// into place without an fsync, which a crash may turn into an empty file of the right name, so a folder is written here instead: fsync of the
// file, rename, fsync of every folder that changed. Reading goes through gocloud for every kind of bucket.
//
// # Trust
//
// What is read is compared with its reference: its size before the first byte, its digest before the end of the stream is told. A caller of
// [Store.OpenAt] reads in any order, so there only the size is compared.
package blobstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/tenant"
)

// An Index keeps a row for every artifact. Record is called before the bytes take their name, and again whenever the same bytes are put again; it
// must be durable when it returns.
type Index interface {
	Record(ctx context.Context, ref artifact.Ref) error
}

// A Store holds artifacts. It is safe for concurrent use, also by several processes on one bucket.
type Store struct {
	bucket *blob.Bucket
	index  Index
	dir    string // where the bucket is a folder
	temp   string // where bytes wait for their name
}

// OpenDir returns the store in a folder, which it makes where there is none, without what a killed process left there a day ago or earlier. The caller closes it.
func OpenDir(dir string, index Index) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open artifact folder: %w", err)
	}
	// On the same file system as the artifacts, or they could not be renamed into place.
	temp := filepath.Join(dir, ".incoming")
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return nil, fmt.Errorf("make artifact folder: %w", err)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{Metadata: fileblob.MetadataDontWrite, NoTempDir: true})
	if err != nil {
		return nil, fmt.Errorf("open artifact folder: %w", err)
	}
	s := &Store{bucket: bucket, index: index, dir: dir, temp: temp}
	s.sweep(time.Now())
	return s, nil
}

// New returns the store in a bucket, which must make a written object durable when its writer closes, as object stores do. The store
// closes the bucket. Bytes wait for their name in the machine's folder for temporary files.
func New(bucket *blob.Bucket, index Index) *Store {
	return &Store{bucket: bucket, index: index, temp: os.TempDir()}
}

// Close closes the bucket.
func (s *Store) Close() error { return s.bucket.Close() }

// Put stores what r holds, up to its end, as an artifact of the tenant and returns its reference. It is durable when Put returns. Putting the same bytes again
// is harmless and gives the same reference.
func (s *Store) Put(ctx context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error) {
	temp, err := os.CreateTemp(s.temp, "artifact-")
	if err != nil {
		return artifact.Ref{}, fmt.Errorf("make temporary file: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()

	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(temp, digest), r)
	if err != nil {
		return artifact.Ref{}, fmt.Errorf("read artifact: %w", err)
	}
	ref := artifact.Ref{Tenant: id, Kind: kind, SHA256: hex.EncodeToString(digest.Sum(nil)), Bytes: n}
	if err := s.index.Record(ctx, ref); err != nil {
		return artifact.Ref{}, fmt.Errorf("record artifact: %w", err)
	}
	if s.dir != "" {
		err = s.placeFile(temp, ref)
	} else {
		err = s.copyObject(ctx, temp, ref)
	}
	if err != nil {
		return artifact.Ref{}, fmt.Errorf("store artifact: %w", err)
	}
	return ref, nil
}

// copyObject writes the artifact to a bucket that is not a folder, unless it is there.
func (s *Store) copyObject(ctx context.Context, temp *os.File, ref artifact.Ref) error {
	if attrs, err := s.bucket.Attributes(ctx, ref.Key()); err == nil && attrs.Size == ref.Bytes {
		return nil
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.bucket.Upload(ctx, ref.Key(), temp, &blob.WriterOptions{ContentType: "application/octet-stream"})
}

// Open returns the artifact's bytes. They end with io.EOF only where their number and digest are those of the reference, and with an error
// otherwise. Where there is no such artifact the error is fs.ErrNotExist.
func (s *Store) Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, ref.Key(), nil)
	if err != nil {
		return nil, openError(err)
	}
	if r.Size() != ref.Bytes {
		r.Close()
		return nil, fmt.Errorf("open artifact: it has %d bytes and ought to have %d", r.Size(), ref.Bytes)
	}
	return &verifying{object: r, digest: sha256.New(), want: ref}, nil
}

// openError says fs.ErrNotExist for a miss.
func openError(err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return fmt.Errorf("open artifact: %w", fs.ErrNotExist)
	}
	return fmt.Errorf("open artifact: %w", err)
}

// OpenAt returns the artifact for reading in any order, and its size, which is that of the reference. In a folder that is the file itself; from any other bucket a
// temporary copy, whose digest was verified, and which Close removes. A miss is fs.ErrNotExist.
func (s *Store) OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error) {
	if s.dir == "" {
		return s.openCopy(ctx, ref)
	}
	f, err := os.Open(s.path(ref))
	if err != nil {
		return nil, 0, fmt.Errorf("open artifact: %w", withoutPath(err))
	}
	info, err := f.Stat()
	if err == nil && info.Size() != ref.Bytes {
		err = fmt.Errorf("it has %d bytes and ought to have %d", info.Size(), ref.Bytes)
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("open artifact: %w", err)
	}
	return f, ref.Bytes, nil
}

func (s *Store) openCopy(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error) {
	r, err := s.Open(ctx, ref)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	temp, err := os.CreateTemp(s.temp, "artifact-")
	if err != nil {
		return nil, 0, fmt.Errorf("make temporary file: %w", err)
	}
	if _, err := io.Copy(temp, r); err != nil {
		temp.Close()
		os.Remove(temp.Name())
		return nil, 0, fmt.Errorf("fetch artifact: %w", err)
	}
	return temporary{temp}, ref.Bytes, nil
}

// Remove removes the artifact's bytes, durably; its row is to go afterwards. Who is reading them goes on. Removing what is not there changes nothing.
func (s *Store) Remove(ctx context.Context, ref artifact.Ref) error {
	var err error
	if s.dir != "" {
		err = s.removeFile(ref)
	} else if err = s.bucket.Delete(ctx, ref.Key()); gcerrors.Code(err) == gcerrors.NotFound {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("remove artifact: %w", err)
	}
	return nil
}
