package filediff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
)

// A rosterFile is a roster in a file without a name. A nil one holds nothing.
type rosterFile struct {
	file *os.File
	rows *batch.RosterFile // nil until open
}

func newRosterFile(o Options) (*rosterFile, error) {
	file, err := os.CreateTemp(o.TempDir, "rollcall-diff-*")
	if err != nil {
		return nil, fmt.Errorf("create roster: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink roster: %w", err), file.Close())
	}
	return &rosterFile{file: file}, nil
}

// read reads a CSV of which some lines are known into f, as an import does.
func (f *rosterFile) read(ctx context.Context, src Source, known *intake.Known, o Options) (Reading, error) {
	out, err := batch.NewRosterWriter(f.file, o.Tenant.Mapping.Fields(), o.Alloc)
	if err != nil {
		return Reading{}, err
	}
	defer out.Close() //nolint:errcheck // for where reading fails
	sum := sha256.New()
	in := io.TeeReader(src.In, sum)
	how := o.reading(src)
	how.Known = known
	if src.Each != nil {
		how.Each = src.Each()
	}
	summary, err := intake.Read(ctx, in, how, out)
	if err != nil {
		return Reading{}, err
	}
	// A file that is refused early is not read to its end, and its digest is of the whole.
	if _, err := io.Copy(io.Discard, interruptible{ctx, in}); err != nil {
		return Reading{}, err
	}
	if err := out.Close(); err != nil {
		return Reading{}, err
	}
	return Reading{Summary: summary, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// interruptible reads until the context ends.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// empty makes f as it was before anything was read into it.
func (f *rosterFile) empty() error {
	if err := f.file.Truncate(0); err != nil {
		return fmt.Errorf("empty roster: %w", err)
	}
	_, err := f.file.Seek(0, io.SeekStart)
	return err
}

// open opens the roster that was read, once.
func (f *rosterFile) open(alloc memory.Allocator) (*batch.RosterFile, error) {
	if f.rows != nil {
		return f.rows, nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return nil, fmt.Errorf("size roster: %w", err)
	}
	f.rows, err = batch.OpenRoster(f.file, info.Size(), alloc)
	return f.rows, err
}

func (f *rosterFile) close() error {
	if f == nil {
		return nil
	}
	var err error
	if f.rows != nil {
		err = f.rows.Close()
	}
	return errors.Join(err, f.file.Close())
}
