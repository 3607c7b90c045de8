package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/tenant"
)

// Opened is a tenant's directory as it was at its Epoch. Its head may have more fields than were asked for, in another order. Whoever got it closes it.
type Opened struct {
	*batch.Snapshot
	Epoch int64

	ref     artifact.Ref
	file    io.Closer
	damaged atomic.Bool
}

// Close gives back what Open took.
func (o *Opened) Close() error { return errors.Join(o.Snapshot.Close(), o.file.Close()) }

// Damaged reports whether a part that was asked for could not be read as it was written. What asked for it got an error.
func (o *Opened) Damaged() bool { return o.damaged.Load() }

// Open returns the directory of the tenant as it is now, by a snapshot that serves head. Where none is published it makes one, which takes some seconds for a million members. A
// snapshot whose file is spoiled in the middle fails where that is read: see Use.
func (s *Store) Open(ctx context.Context, id tenant.ID, head batch.SnapshotHead) (*Opened, error) {
	p, epoch, err := s.directory.PublishedSnapshot(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("open snapshot of %s: %w", id, err)
	}
	if p.Epoch == epoch && !p.Ref.IsZero() && p.Head.Serves(head) {
		o, err := s.open(ctx, p)
		if err == nil {
			return o, nil
		}
		s.discard(ctx, p.Ref, err)
	}
	if p, err = s.rebuild(ctx, id, head); err != nil {
		return nil, err
	}
	o, err := s.open(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open snapshot of %s: %w", id, err)
	}
	return o, nil
}

// open opens a snapshot that was stored.
func (s *Store) open(ctx context.Context, p Published) (*Opened, error) {
	file, size, err := s.artifacts.OpenAt(ctx, p.Ref)
	if err != nil {
		return nil, err
	}
	o := &Opened{Epoch: p.Epoch, ref: p.Ref, file: file}
	pages := &pageReader{r: file, size: size, sums: p.Pages, damaged: func() { o.damaged.Store(true) }}
	if o.Snapshot, err = batch.OpenSnapshot(pages, size, s.alloc); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

// discard removes the bytes of an artifact that can't be read, so that what is made anew takes their place in every kind of store. Where it fails, or nothing is there, nothing is lost.
func (s *Store) discard(ctx context.Context, ref artifact.Ref, why error) {
	if ctx.Err() == nil && !errors.Is(why, fs.ErrNotExist) {
		_ = s.artifacts.Remove(ctx, ref)
	}
}

// Use opens the directory as Open does, gives it to f and closes it. Where f fails because the snapshot is damaged, it is made again and f is called once more: f starts from the beginning then.
func (s *Store) Use(ctx context.Context, id tenant.ID, head batch.SnapshotHead, f func(*Opened) error) error {
	damaged, err := s.useOnce(ctx, id, head, f)
	if damaged && ctx.Err() == nil {
		_, err = s.useOnce(ctx, id, head, f)
	}
	return err
}

func (s *Store) useOnce(ctx context.Context, id tenant.ID, head batch.SnapshotHead, f func(*Opened) error) (damaged bool, err error) {
	o, err := s.Open(ctx, id, head)
	if err != nil {
		return false, err
	}
	err = errors.Join(f(o), o.Close())
	if damaged = o.Damaged(); damaged {
		s.discard(ctx, o.ref, errDamaged)
		err = errors.Join(err, errDamaged)
	}
	return damaged, err
}
