// Package snapshot gives a comparison the tenant's directory as one file in columns, and sees to it that the file is the directory.
//
// # Bound to an epoch
//
// The truth about members is in Postgres. A tenant has an epoch, which moves in every transaction that changes anything a comparison reads of its members. Triggers move it, so that
// no writer can forget to: not a chunk of an apply, not a command, not a person with psql (migration 0006). A snapshot is published with the epoch at which its members were read,
// both from one moment of the database. It is used where that epoch is the present one, and nowhere else, so a stale snapshot is of no use to anybody and nobody has to find out
// and tell that one is stale.
//
// # Made in two ways
//
// [Store.Open] uses the published snapshot where it serves: of the present epoch, with the fields that are needed, hashed as they have to be. Elsewhere it makes one from Postgres by COPY,
// in columns all the way, and publishes it.
//
// [Store.Publish] makes the next one after an apply, from the last one and the few people whom the apply changed: whoever is in the change set is read from Postgres and put in place,
// everybody else is copied in blocks with their hashes. That is right only if nothing else happened since, which is proven in the transaction that reads them: the epochs of the apply's
// chunks follow the old snapshot's without a gap, up to the present one. And it is right only if nobody was left out, which is proven at the end: every change that was applied moves one
// person's version by one, so the sum of what versions moved has to be the number of changes that the chunks recorded. Where either fails nothing is published, and the next
// comparison reads Postgres. Both ways order members by id and cut batches alike, so they give the same bytes.
//
// # What can go wrong
//
// An artifact is stored before the row that publishes it: a crash in between leaves a file that nobody was told of. The row names its epoch, so of two publishers the one that is late
// changes nothing for the worse. A file that is gone, cut or of another layout is found when it is opened, and made again. A file that a disk spoiled is found when it is read:
// the row keeps a checksum of every page, and no byte of a page that fails it is given out. So opening costs what opening a file costs, and still nobody ever compares with wrong data;
// [Store.Use] makes the snapshot again and repeats what was in the middle of it.
//
// # Removal
//
// The newest two snapshots of a tenant are kept, because somebody may have been told of the last one a moment ago. Whoever publishes removes the artifacts before them: the bytes first, then
// the row, so that nothing lies in the store that no row knows. Where that fails the next publisher does it.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// ErrOvertaken says that members of a tenant were changed otherwise than by the apply in question.
var ErrOvertaken = errors.New("the directory was changed by somebody else")

// Published is what is known of a tenant's newest snapshot. The zero value says that there is none.
type Published struct {
	Epoch int64
	Ref   artifact.Ref
	Head  batch.SnapshotHead
	// Pages are the checksums of the artifact's pages.
	Pages []byte
}

// Touched are the people whom a change set is about, each by one of two: the id, and for those who were created the folded address.
type Touched struct {
	IDs       []batch.MemberID
	Addresses []string
}

// A Directory is the members of tenants in Postgres, and what is known of their snapshots.
type Directory interface {
	// PublishedSnapshot returns the newest snapshot of a tenant and the tenant's present epoch, both at one moment.
	PublishedSnapshot(ctx context.Context, id tenant.ID) (p Published, epoch int64, err error)
	// CopyDirectory gives w all members in the order of their ids, in full blocks, and returns the epoch at which they stand. w keeps nothing of a block.
	CopyDirectory(ctx context.Context, id tenant.ID, fields []roster.Field, w func(*batch.MemberBlock) error) (epoch int64, err error)
	// CopyApplied gives w those of the people touched who are in the directory, in the order of their ids, and returns the present epoch and how many changes the import applied.
	// It is ErrOvertaken where anything but this import's chunks changed members since the epoch from, and where the import changed none.
	CopyApplied(ctx context.Context, id tenant.ImportID, from int64, t Touched, fields []roster.Field, w func(*batch.MemberBlock) error) (epoch int64, applied int, err error)
	// PublishSnapshot makes p the newest snapshot of its tenant, unless the epoch has moved on. It returns the artifacts that are of no use any more, whether published now or not.
	PublishSnapshot(ctx context.Context, p Published) (superseded []artifact.Ref, err error)
	// ForgetArtifact removes the row of an artifact whose bytes are gone.
	ForgetArtifact(ctx context.Context, ref artifact.Ref) error
}

// Artifacts hold the bytes of snapshots; a blobstore.Store does.
type Artifacts interface {
	Put(ctx context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error)
	OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error)
	Remove(ctx context.Context, ref artifact.Ref) error
}

// A Store gives out snapshots and makes them. It is safe for concurrent use, also by several processes.
type Store struct {
	directory Directory
	artifacts Artifacts
	alloc     memory.Allocator
}

// New returns a store on a database and on artifacts, whose Arrow memory comes from alloc.
func New(d Directory, a Artifacts, alloc memory.Allocator) *Store {
	return &Store{directory: d, artifacts: a, alloc: alloc}
}

// put stores what write writes as a snapshot of the tenant.
func (s *Store) put(ctx context.Context, id tenant.ID, head batch.SnapshotHead, write func(*batch.SnapshotWriter) error) (Published, error) {
	var pages pageWriter
	file := &production{write: func(to io.Writer) error {
		pages.w = to
		return s.write(&pages, head, write)
	}}
	defer file.Close() //nolint:errcheck // where Put gave up early, this ends the writer
	ref, err := s.artifacts.Put(ctx, id, artifact.Snapshot, file)
	if err != nil {
		return Published{}, err
	}
	return Published{Ref: ref, Head: head, Pages: pages.pages()}, nil
}

func (s *Store) write(to io.Writer, head batch.SnapshotHead, write func(*batch.SnapshotWriter) error) error {
	out, err := batch.NewSnapshotWriter(to, head, s.alloc)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // for where writing fails
	if err := write(out); err != nil {
		return err
	}
	return out.Close()
}

// rebuild makes a snapshot from Postgres and publishes it.
func (s *Store) rebuild(ctx context.Context, id tenant.ID, head batch.SnapshotHead) (Published, error) {
	var epoch int64
	p, err := s.put(ctx, id, head, func(w *batch.SnapshotWriter) (err error) {
		epoch, err = s.directory.CopyDirectory(ctx, id, head.Fields, w.WriteBlock)
		return err
	})
	if err != nil {
		return Published{}, fmt.Errorf("make snapshot of %s: %w", id, err)
	}
	p.Epoch = epoch
	return p, s.publish(ctx, p)
}

// publish makes p the newest snapshot and removes what is superseded by it.
func (s *Store) publish(ctx context.Context, p Published) error {
	superseded, err := s.directory.PublishSnapshot(ctx, p)
	if err != nil {
		return fmt.Errorf("publish snapshot of %s: %w", p.Ref.Tenant, err)
	}
	for _, ref := range superseded {
		// What can't be removed now is superseded still when the next one is published.
		if err := s.artifacts.Remove(ctx, ref); err != nil {
			continue
		}
		_ = s.directory.ForgetArtifact(ctx, ref)
	}
	return nil
}
