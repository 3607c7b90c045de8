package filediff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/roster"
)

// A side is one of the two files: what it is read from, and the roster that is its index. A nil one holds nothing.
type side struct {
	name   string   // which of the two it is, as errors tell it
	src    Source   // of which At is set once it was read, unless it is refused
	hashed bool     // the digest is asked for whatever reading comes to
	roster *os.File // without a name
	copied *os.File // the bytes of a source that can be read only once, without a name; nil where there is no need

	// The roster and what reads its rows from the file, from open on.
	rows    *batch.RosterFile
	resolve batch.Resolver
}

func newSide(name string, src Source, hashed bool, o Options) (*side, error) {
	s := &side{name: name, src: src, hashed: hashed}
	var err error
	if s.roster, err = newUnnamed(o.TempDir); err != nil {
		return nil, fmt.Errorf("create roster: %w", err)
	}
	if src.At != nil {
		return s, nil
	}
	// The digest of such a file is worked out as it comes: there is no second chance where it is refused.
	s.hashed = true
	if s.copied, err = newUnnamed(o.TempDir); err != nil {
		return nil, errors.Join(fmt.Errorf("create copy of the %s file: %w", name, err), s.close())
	}
	return s, nil
}

// newUnnamed makes a file in dir that is gone with the process however that ends.
func newUnnamed(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "rollcall-diff-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// read reads the file, of which some lines may be known, into the roster, as an import does. After intake.ErrKnownShared it is called again, without known lines.
func (s *side) read(ctx context.Context, known *intake.Known, o Options) (Reading, error) {
	out, err := batch.NewRosterWriter(s.roster, o.Tenant.Mapping.Fields(), o.Alloc)
	if err != nil {
		return Reading{}, err
	}
	defer out.Close() //nolint:errcheck // for where reading fails
	out.SetSeed(o.seed)
	how := o.reading(s.src)
	how.Known = known
	if s.src.Each != nil {
		how.Each = s.src.Each()
	}
	in := s.source()
	summary, err := intake.Read(ctx, in.kept, how, out)
	if err != nil && !errors.Is(err, intake.ErrKnownShared) {
		return Reading{}, err
	}
	reading := Reading{Summary: summary}
	if errRest := s.finish(ctx, in, &reading); errRest != nil {
		return Reading{}, errRest
	}
	if err == nil {
		err = out.Close()
	}
	return reading, err
}

// An input is what a file is read from.
type input struct {
	plain io.Reader // the digest is worked out as it is read, if it is asked for
	kept  io.Reader // as plain, and what is read is kept if it can be read only once
	sum   hash.Hash // nil: not asked for
}

func (s *side) source() input {
	in := input{plain: s.src.In}
	if s.hashed {
		in.sum = sha256.New()
		in.plain = io.TeeReader(s.src.In, in.sum)
	}
	in.kept = in.plain
	if s.src.At == nil {
		in.kept = io.TeeReader(in.plain, s.copied)
	}
	return in
}

// finish reads what is left of the file, which is something where it is refused early, and says in its reading what the digest of the whole is.
func (s *side) finish(ctx context.Context, in input, reading *Reading) error {
	rest := in.kept
	if reading.Refused() {
		rest = in.plain // nobody will want to read it again
	}
	if _, err := io.Copy(io.Discard, interruptible{ctx, rest}); err != nil {
		return err
	}
	if in.sum == nil && reading.Refused() {
		in.sum = sha256.New()
		if _, err := io.Copy(in.sum, interruptible{ctx, s.whole()}); err != nil {
			return err
		}
	}
	if in.sum != nil {
		reading.SHA256 = hex.EncodeToString(in.sum.Sum(nil))
	}
	if s.src.At != nil || reading.Refused() {
		return nil
	}
	size, err := s.copied.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("size copy: %w", err)
	}
	s.src.At, s.src.Size = s.copied, size
	return nil
}

// whole reads the file from its beginning, once it can be read at any place.
func (s *side) whole() io.Reader { return io.NewSectionReader(s.src.At, 0, s.src.Size) }

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

// rewind makes s as it was before the file was read.
func (s *side) rewind() error {
	s.src.In = s.whole()
	if err := s.roster.Truncate(0); err != nil {
		return fmt.Errorf("empty roster: %w", err)
	}
	_, err := s.roster.Seek(0, io.SeekStart)
	return err
}

// open opens the roster of a file that was read and is not refused. What its resolver reads it reads until ctx ends.
func (s *side) open(ctx context.Context, o Options) error {
	info, err := s.roster.Stat()
	if err != nil {
		return fmt.Errorf("size roster: %w", err)
	}
	if s.rows, err = batch.OpenRoster(s.roster, info.Size(), o.Alloc); err != nil {
		return err
	}
	resolve, err := intake.NewResolver(ctx, s.src.At, s.src.Size, o.reading(s.src), s.rows)
	if err != nil {
		return s.told(err)
	}
	s.resolve = func(lines []batch.LineRef, into *batch.Block) error { return s.told(resolve(lines, into)) }
	return nil
}

// told returns an error of reading lines again, and says where it is so that the file was changed.
func (s *side) told(err error) error {
	if errors.Is(err, intake.ErrReadOtherwise) {
		return fmt.Errorf("the %s file was %w", s.name, ErrChanged)
	}
	return err
}

func (s *side) close() error {
	if s == nil {
		return nil
	}
	var errs []error
	if s.rows != nil {
		errs = append(errs, s.rows.Close())
	}
	if s.copied != nil {
		errs = append(errs, s.copied.Close())
	}
	return errors.Join(append(errs, s.roster.Close())...)
}

// cells returns the column of a field at index of, among those of a block of lines that were read again.
func cells(b *batch.Block, field roster.Field, of int) *batch.Texts {
	switch field {
	case roster.Email:
		return &b.Email
	case roster.UniqueID:
		return &b.UniqueID
	}
	return &b.Cells[of]
}
