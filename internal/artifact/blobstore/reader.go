package blobstore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"rollcall.internal/internal/artifact"
)

// verifying passes bytes on, and their end only if they were the right ones.
type verifying struct {
	object io.ReadCloser
	digest hash.Hash
	n      int64
	want   artifact.Ref
}

func (v *verifying) Read(p []byte) (int, error) {
	n, err := v.object.Read(p)
	v.digest.Write(p[:n])
	v.n += int64(n)
	if errors.Is(err, io.EOF) {
		if v.n != v.want.Bytes {
			return n, fmt.Errorf("read %s: %w: it ended after %d of %d bytes", v.want.Kind, artifact.ErrDamaged, v.n, v.want.Bytes)
		}
		if hex.EncodeToString(v.digest.Sum(nil)) != v.want.SHA256 {
			return n, fmt.Errorf("read %s: %w", v.want.Kind, artifact.ErrDamaged)
		}
	}
	return n, err
}

func (v *verifying) Close() error { return v.object.Close() }

// temporary is a file that goes when it is closed.
type temporary struct{ *os.File }

func (t temporary) Close() error {
	return errors.Join(t.File.Close(), os.Remove(t.Name()))
}
