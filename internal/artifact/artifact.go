// Package artifact names the bytes that a run leaves behind: uploads, rosters, change sets, snapshots.
//
// An artifact is immutable and is named by its tenant, its kind and the SHA-256 of its bytes, so that writing it twice is writing it once, and a
// reference to it is all that ever travels through Temporal. Package blobstore holds the bytes; Postgres holds a row for each, written before
// the bytes are and gone after them, so that a sweeper finds even what a crash left half-written or half-removed.
package artifact

import (
	"errors"
	"fmt"
	"io"

	"rollcall.internal/internal/tenant"
)

// ErrDamaged says that the bytes of an artifact are no longer those that were stored.
var ErrDamaged = errors.New("damaged: its bytes are not those that were stored")

// A Kind says what an artifact is.
type Kind string

// The kinds.
const (
	Upload    Kind = "upload"    // a customer's file, as it came
	Roster    Kind = "roster"    // the file as read: Arrow IPC, see batch.RosterSchema
	Findings  Kind = "findings"  // what reading it found: JSON of roster.Summary
	ChangeSet Kind = "changeset" // what would change: Arrow IPC, see batch.ChangeSetSchema
	Snapshot  Kind = "snapshot"  // a tenant's directory at one moment: Arrow IPC, see batch.SnapshotSchema
)

// A Ref names one artifact. The zero Ref names none.
type Ref struct {
	Tenant tenant.ID `json:"tenant"`
	Kind   Kind      `json:"kind"`
	SHA256 string    `json:"sha256"` // 64 lower-case hexadecimal digits
	Bytes  int64     `json:"bytes"`
}

// IsZero reports whether r names no artifact.
func (r Ref) IsZero() bool { return r == Ref{} }

// Key returns the artifact's key in a bucket. Keys of one tenant share a prefix, so that leaving is one listing.
func (r Ref) Key() string { return fmt.Sprintf("%s/%s/%s", r.Tenant, r.Kind, r.SHA256) }

// A ReaderAtCloser reads any part of an artifact. Whoever opens it closes it.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}
