// Package registrar is what a person can ask of Rollcall: set a tenant up, start an import, look at it, decide about it.
//
// It stands between those who ask (the command line, later the console) and the two that know: Temporal, which drives, and the ledger in Postgres, which remembers. Everything that is
// asked is answered from the ledger; Temporal is only told. So a question works while no worker runs, and a decision is recorded before it is sent.
//
// # Schedules
//
// Each tenant has one schedule, made from its file. Temporal offers no optimistic concurrency on schedules and compiles what it is given, so a schedule can't be
// compared with what it should be: a digest of what it was made from is kept in a search attribute of the schedule, reconciling is serialised by a lock in Postgres, and is done
// only where the digest differs. An update replaces what the schedule does and leaves its state alone, so that a pause by ops survives.
//
// # A changed tenant file
//
// Versions of a tenant's file are immutable, and a new one is the current one from the moment that it is stored. What it would change is looked at before: [Registrar.Revise] tries it on
// the last roster that was accepted and says whether a person should be asked, and [Registrar.ApplyTenant] stores nothing where somebody else was quicker.
//
// # Waking a run
//
// What was recorded and not done, because whoever was to do it died, is done by the Waker too: it sends decisions again, starts the sending of mail that is due, and closes
// imports whose run is over. What is due by the clock alone it starts as well: the look for an upload that may be missing.
//
// A settled delivery's row is the truth; a [Waker] compares these rows with live runs and triggers the schedule. It is the only one that triggers, runs in one
// worker at a time, and may be repeated at will. It triggers with overlap allowed: a run that waits for a decision must not keep a newer file unread.
package registrar

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/trial"
)

// Errors that a person can do something about. A caller tells them apart by errors.Is and shows the message.
var (
	// ErrNotAllowed: what was asked is not allowed as things stand.
	ErrNotAllowed = errors.New("not allowed as things stand")
	// ErrInvalid: what was given is not valid.
	ErrInvalid = errors.New("not valid")
)

// Tenants stores what was agreed with whom.
type Tenants interface {
	Tenants(ctx context.Context) ([]tenant.Record, error)
	Tenant(ctx context.Context, id tenant.ID) (tenant.Record, error)
	TenantFile(ctx context.Context, id tenant.ID, version int) (tenant.FileVersion, error)
	PutTenantFile(ctx context.Context, id tenant.ID, file tenant.FileVersion) (version int, stored bool, err error)
	RecordStep(ctx context.Context, id tenant.ID, step, by, reason string) error
	Steps(ctx context.Context, id tenant.ID) ([]tenant.StepDone, error)
	SetTenantState(ctx context.Context, id tenant.ID, state tenant.State, by, reason string) error
	ActivateTenant(ctx context.Context, id tenant.ID, a tenant.Activation) error
	// Alone runs f while nobody else runs with the same name, on any machine. It waits for its turn.
	Alone(ctx context.Context, name string, f func(ctx context.Context) error) error
}

// Ledger remembers imports, decisions and customers' answers.
type Ledger interface {
	Verifications
	Import(ctx context.Context, id tenant.ImportID) (ledger.Import, error)
	Imports(ctx context.Context, id tenant.ID, all bool, limit int) (imports []ledger.Import, total int, err error)
	Decisions(ctx context.Context, id tenant.ImportID) ([]ledger.Decision, error)
	RecordDecision(ctx context.Context, d ledger.Decision) (ledger.Decision, error)
	LiveImports(ctx context.Context, id tenant.ID) ([]ledger.Import, error)
	UnansweredDecisions(ctx context.Context, id tenant.ID, before time.Time) ([]ledger.Decision, error)
	ApplyProgress(ctx context.Context, id tenant.ImportID) (ledger.Apply, error)
}

// Deliveries knows what waits to be imported.
type Deliveries interface {
	SettledUnclaimed(ctx context.Context, id tenant.ID) ([]inbox.Delivery, error)
	MarkWoken(ctx context.Context, id tenant.ID, delivery inbox.ID, at time.Time) error
}

// Mails knows when mail is due.
type Mails interface {
	NextMailDue(ctx context.Context, id tenant.ID) (time.Time, error)
	NextNoticeDue(ctx context.Context, id tenant.ID) (time.Time, error)
}

// Uploads knows whose uploads are to be looked at.
type Uploads interface {
	UploadsToWatch(ctx context.Context, now time.Time) ([]lateness.Look, error)
}

// Artifacts reads stored bytes.
type Artifacts interface {
	Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error)
	OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error)
}

// A Registrar answers people. Its fields are set once and not changed afterwards.
type Registrar struct {
	Temporal   client.Client
	Namespace  string
	Tenants    Tenants
	Ledger     Ledger
	Deliveries Deliveries
	Artifacts  Artifacts
	Directory  trial.Directory
	Clock      clock.Clock
	Log        *slog.Logger
}
