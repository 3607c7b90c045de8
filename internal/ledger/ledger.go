// Package ledger is what is known of each import and of each decision about it: the rows behind every list, receipt and web page.
//
// Temporal drives an import; the ledger remembers it. A row is made by the run's first activity and is brought up to date by each later one, so
// that everything a person can ask is answered without Temporal, also years after its history is gone.
package ledger

import (
	"errors"
	"time"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// ErrNotFound says that what was asked for does not exist, or is another tenant's.
var ErrNotFound = errors.New("not found")

// ErrOtherRelease says that an apply was begun for another release than the one that is to be applied now, or cut into other chunks.
var ErrOtherRelease = errors.New("the apply was begun for another release")

// An Import is one run of the Import workflow.
type Import struct {
	ID         tenant.ImportID
	WorkflowID string
	RunID      string
	Phase      contract.Phase
	Outcome    contract.Outcome // "" until Phase is closed

	// Of the delivery; zero where the run found none.
	Delivery   string // its id
	File       string // as the customer named it
	SHA256     string
	ReceivedAt time.Time

	// Under what it was read: the version of the tenant's file, and the digest of that version's rules (tenant.File.RulesDigest).
	TenantVersion int
	MappingDigest string

	// Overtaken are deliveries that were archived unread when the import was opened, because a newer one was accepted before they had settled. They are not stored.
	Overtaken []inbox.Delivery

	Rows, SetAside, Unreadable int
	Artifacts                  Artifacts
	Summary                    changeset.Summary // zero until compared
	Checks                     []approval.Check
	Deadline                   time.Time // of the decision; zero until it waits
	StartedAt, ClosedAt        time.Time
}

// Artifacts names what a run left behind; zero references for what it did not reach.
type Artifacts struct {
	Upload    artifact.Ref `json:"upload"`
	Roster    artifact.Ref `json:"roster"`
	Findings  artifact.Ref `json:"findings"`
	ChangeSet artifact.Ref `json:"changeset"`
}

// State returns the plan as the rules of approval see it. It is closed unless the import waits for a decision.
func (i Import) State() approval.State {
	return approval.State{
		ChangeSet: i.Summary.Digest, Removals: i.Summary.Removals, RemovalOp: i.Summary.RemovalOp, Checks: i.Checks,
		Closed: i.Phase != contract.AwaitingDecision,
	}
}

// A Decision is a decision's row.
type Decision struct {
	Import         tenant.ImportID
	ID             string
	ChangeSet      changeset.Digest
	Verdict        approval.Verdict
	Groups         []changeset.Op
	ConfirmDeletes *int
	By             string // the person, as known to the command or as claimed by a raw signal
	SentBy         string // for a raw signal, the identity of Temporal's event
	Reason         string
	Origin         Origin
	Effect         approval.Effect
	At             time.Time
}

// An Origin says how a decision came in.
type Origin string

const (
	// ByPerson: recorded by a command or the console for a known person before anything was sent.
	ByPerson Origin = "person"
	// ByRawSignal: sent to Temporal by other means; who sent it is only claimed.
	ByRawSignal Origin = "raw_signal"
)

// Facts returns what the rules need to know of d. rawCounts says whether decisions by raw signal count.
func (d Decision) Facts(rawCounts bool) approval.Decision {
	return approval.Decision{
		ID: d.ID, ChangeSet: d.ChangeSet, Verdict: d.Verdict, Groups: d.Groups, ConfirmDeletes: d.ConfirmDeletes,
		HasReason: d.Reason != "", Anonymous: d.By == "", Allowed: d.Origin == ByPerson || rawCounts,
	}
}

// Release returns what an apply may do because of d.
func (d Decision) Release() approval.Release {
	return approval.Release{ChangeSet: d.ChangeSet, Verdict: d.Verdict, Groups: d.Groups}
}

// An Apply is how far the apply of an import has come.
type Apply struct {
	Planned, Applied, SetAside, Chunks int
	ChunkSize                          int // how many changes a chunk takes
	StartedAt, EndedAt                 time.Time
}

// A Beginning is what beginning an apply came to.
type Beginning struct {
	// Stale: a planned member has moved on from the version that the change was planned on. Paused: the tenant is paused. Nothing was begun then.
	Stale, Paused bool
	ChunkSize     int // how many changes a chunk takes
}

// A Last is what later imports are compared with: the last import that was applied, or that found the directory equal to its file.
type Last struct {
	Import        tenant.ImportID
	SHA256        string
	MappingDigest string
	File          string
	Rows          int
}
