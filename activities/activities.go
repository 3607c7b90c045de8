// Package activities implements the activities of package contract: one method a step of an import.
//
// A method decodes its input, calls the domain, stores what came of it, and returns ids and counts. What it needs of the outside is declared here as small
// interfaces; package worker joins them with Postgres, the artifact store and the mail server. Errors are translated for Temporal in one
// table (errors.go): what can't get better by trying again is not retried, all else is, and no message holds data.
//
// # Any activity may run twice
//
// A worker can die after it did the work and before Temporal heard of it, so each method may be repeated at any time and from any point: rows are made once by
// unique keys, artifacts are named by their content, a chunk is applied once by its row. Reading and comparing start again from the beginning, which is quick; an
// apply goes on with the first chunk that is not recorded.
package activities

import (
	"context"
	"io"
	"iter"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/lateness"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/notice"
	"rollcall.internal/internal/snapshot"
	"rollcall.internal/internal/tenant"
)

// Imports keeps the ledger of imports.
type Imports interface {
	OpenImport(ctx context.Context, id tenant.ID, workflowID, runID string, claim bool) (ledger.Import, error)
	Import(ctx context.Context, id tenant.ImportID) (ledger.Import, error)
	LiveImports(ctx context.Context, id tenant.ID) ([]ledger.Import, error)
	// LastRead returns the roster of the last import before that was read under the same rules; the zero Ref where there is none.
	LastRead(ctx context.Context, before tenant.ImportID, mappingDigest string) (artifact.Ref, error)
	LastApplied(ctx context.Context, before tenant.ImportID) (last ledger.Last, found bool, err error)
	LastBegun(ctx context.Context, before tenant.ImportID) (last ledger.Last, whole bool, err error)
	EnterPhase(ctx context.Context, id tenant.ImportID, phase contract.Phase) error
	RenewRun(ctx context.Context, id tenant.ImportID, runID string) error
	RecordReading(ctx context.Context, imp ledger.Import) error
	RecordPlan(ctx context.Context, imp ledger.Import, wait bool) error
	CloseImport(ctx context.Context, id tenant.ImportID, outcome contract.Outcome, again bool) error
	// CloseRefused closes an import as refused and puts the notices of it into the outbox, both or neither. It returns how many notices could not be stored, without which the import is closed.
	CloseRefused(ctx context.Context, id tenant.ImportID, notices []notice.Notice) (left int, err error)
	ApplyProgress(ctx context.Context, id tenant.ImportID) (ledger.Apply, error)
}

// Deliveries knows what else was uploaded.
type Deliveries interface {
	ArchiveOlder(ctx context.Context, imp tenant.ImportID) ([]inbox.Delivery, error)
}

// Decisions keeps the decisions on imports.
type Decisions interface {
	RecordDecision(ctx context.Context, d ledger.Decision) (ledger.Decision, error)
	Decision(ctx context.Context, id tenant.ImportID, decisionID string) (ledger.Decision, error)
	TakenDecision(ctx context.Context, id tenant.ImportID, digest changeset.Digest) (ledger.Decision, error)
	RecordEffect(ctx context.Context, id tenant.ImportID, decisionID string, effect approval.Effect) error
}

// Tenants knows what was agreed with whom.
type Tenants interface {
	Tenant(ctx context.Context, id tenant.ID) (tenant.Record, error)
	TenantFile(ctx context.Context, id tenant.ID, version int) (tenant.FileVersion, error)
}

// Receipts takes what customer IT is told about a file.
type Receipts interface {
	PutReceipt(ctx context.Context, id tenant.ID, r inbox.Receipt) error
}

// Uploads knows which upload is missing, and who was told.
type Uploads interface {
	// WatchUpload records what decide says of what is known, with its notices, and returns how many notices could not be stored.
	WatchUpload(ctx context.Context, id tenant.ID, p lateness.Period, now time.Time, decide func(lateness.Known) (lateness.Decision, notice.Telling, error)) (left int, err error)
}

// Artifacts keeps bytes by their digest.
type Artifacts interface {
	Put(ctx context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error)
	Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error)
	OpenAt(ctx context.Context, ref artifact.Ref) (artifact.ReaderAtCloser, int64, error)
}

// Snapshots gives a tenant's directory in columns, as it is now.
type Snapshots interface {
	Use(ctx context.Context, id tenant.ID, head batch.SnapshotHead, f func(*snapshot.Opened) error) error
	// Publish makes the snapshot that the next comparison finds, once an apply of these changes has ended.
	Publish(ctx context.Context, imp tenant.ImportID, changes iter.Seq2[changeset.Change, error]) (snapshot.Outcome, error)
}

// Directory is written by chunks.
type Directory interface {
	BeginApply(ctx context.Context, id tenant.ImportID, d ledger.Decision, planned []changeset.Change, chunkSize int) (ledger.Beginning, error)
	ApplyChunk(ctx context.Context, id tenant.ImportID, chunk directory.Chunk, invite bool) (directory.ChunkResult, error)
	EndApply(ctx context.Context, id tenant.ImportID) (a ledger.Apply, invited int, err error)
}

// Courier sends the mail of a tenant that is due, invitations and notices to contacts, and tells how sending stands.
type Courier interface {
	// Send sends what is due now and returns what came of it; progress is called with the number of invitations delivered so far.
	Send(ctx context.Context, id tenant.ID, org string, progress func(delivered int)) (contract.InvitationProgress, error)
	// Untried returns how many invitations of an import are due now and were never tried.
	Untried(ctx context.Context, id tenant.ImportID) (int, error)
}

// Runs reaches other workflows.
type Runs interface {
	// Alive reports whether a run drives the import: the one that its row names, or the one that a reset made of it.
	Alive(ctx context.Context, imp ledger.Import) (bool, error)
	// Applying reports whether an apply of the tenant is running.
	Applying(ctx context.Context, id tenant.ID) (bool, error)
	// SchedulePaused reports whether the tenant's schedule is paused, by whomever.
	SchedulePaused(ctx context.Context, id tenant.ID) (bool, error)
	// Supersede tells a waiting import that a newer one takes its place.
	Supersede(ctx context.Context, older ledger.Import, by tenant.ImportID) error
	// WakeInvitations starts the sending of a tenant's mail, or tells it to look again.
	WakeInvitations(ctx context.Context, id tenant.ID) error
	// SenderOf returns the identity of whoever sent the newest signal whose message is the one looked for, "" where history has none.
	SenderOf(ctx context.Context, workflowID, runID string, is func(contract.DecisionMessage) bool) (string, error)
}

// Activities are the activities of one worker.
type Activities struct {
	Imports    Imports
	Deliveries Deliveries
	Decisions  Decisions
	Tenants    Tenants
	Receipts   Receipts
	Uploads    Uploads
	Artifacts  Artifacts
	Snapshots  Snapshots
	Directory  Directory
	Courier    Courier
	Runs       Runs
	Clock      clock.Clock
	// Memory is what reading and comparing may take.
	Memory *Budget
	// Chunk is how many changes one transaction of an apply takes.
	Chunk int
	// DecisionTime is how long a decision may at least take; the deadline is the tenant's next due time after that.
	DecisionTime time.Duration
	// OutageRest is how long a customer has after our own server was away, before anybody is told that an upload is missing.
	OutageRest time.Duration
	// RawSignals says whether a decision that was sent to Temporal by other means than a command counts.
	RawSignals bool
}

// RegisterIntake registers the activities of the intake queue.
func (a *Activities) RegisterIntake(r worker.ActivityRegistry) {
	register(r, contract.OpenImport, a.OpenImport)
	register(r, contract.ReadRoster, a.ReadRoster)
	register(r, contract.TakeTurn, a.TakeTurn)
	register(r, contract.Compare, a.Compare)
	register(r, contract.LoadDecision, a.LoadDecision)
	register(r, contract.RecordEffect, a.RecordEffect)
	register(r, contract.CloseImport, a.CloseImport)
}

// RegisterApply registers the activities of the apply queue.
func (a *Activities) RegisterApply(r worker.ActivityRegistry) {
	register(r, contract.BeginApply, a.BeginApply)
	register(r, contract.ApplyStage, a.ApplyStage)
	register(r, contract.EndApply, a.EndApply)
}

// RegisterNotify registers the activities of the notify queue.
func (a *Activities) RegisterNotify(r worker.ActivityRegistry) {
	register(r, contract.WakeInvitations, a.WakeInvitations)
	register(r, contract.CountUntried, a.CountUntried)
	register(r, contract.SendInvitations, a.SendInvitations)
	register(r, contract.WatchUpload, a.WatchUpload)
}

// register registers f under the contract's name; the types of the two are the same by construction. The context of f ends with the activity, and also when the worker is told to stop, so that
// what runs comes to a safe point; every error is translated on its way out.
func register[In, Out any](r worker.ActivityRegistry, a contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(func(ctx context.Context, in In) (Out, error) {
		working, stop := context.WithCancel(ctx)
		defer stop()
		go func() {
			select {
			case <-activity.GetWorkerStopChannel(ctx):
				stop()
			case <-working.Done():
			}
		}()
		out, err := f(working, in)
		return out, translate(ctx, err)
	}, activity.RegisterOptions{Name: a.Name})
}
