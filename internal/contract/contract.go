// Package contract is the one table of everything that has a name in Temporal: workflows, activities, signals, updates, queries, search attributes and
// task queues, with the inputs, results, timeouts and retries of each.
//
// Both sides compile against it: package workflows calls activities by these names and types, package activities implements them, package registrar starts, signals and
// queries. Other programs (the Temporal CLI, the Web UI, customers' tooling) use the names as they stand here, so a name is never changed, only added.
//
// # What travels
//
// Payloads hold ids, counts and digests, and never anything of a row, a person or a file's name. Data lies in Postgres or in the artifact store, and the import's id finds it. The
// one exception is the text that a person puts into a raw decision signal by hand.
//
// # Compatibility
//
// The structs of this package are wire forms: they stand in histories that new code replays. Fields are added with a zero value that means what was before, and are
// never renamed or retyped.
package contract

import "rollcall.internal/internal/tenant"

// Task queues, by the kind of resource that their work needs.
const (
	QueueWorkflows = "rollcall-workflows" // workflow code: no resource but CPU
	QueueIntake    = "rollcall-intake"    // reading and comparing files: CPU and memory
	QueueApply     = "rollcall-apply"     // writing members: Postgres
	QueueNotify    = "rollcall-notify"    // mail
)

// Workflow types.
const (
	Import      = "Import"
	Apply       = "Apply"
	Invitations = "Invitations"
	Lateness    = "Lateness"
)

// Messages of a running import. The decision's payload is [DecisionMessage].
const (
	SignalDecision   = "decision"
	SignalSuperseded = "superseded" // payload [Superseded]; sent by a newer import that was accepted
	UpdateDecide     = "decide"     // payload [DecisionMessage], answers [DecisionAnswer]
	QueryStatus      = "status"     // answers [Status]
)

// SignalDue wakes the Invitations workflow; it has no payload.
const SignalDue = "due"

// Search attributes; [SearchAttributes] has their types.
const (
	AttrTenant    = "RollcallTenant"
	AttrImport    = "RollcallImport" // "acme-3"
	AttrPhase     = "RollcallPhase"
	AttrOutcome   = "RollcallOutcome"
	AttrChangeSet = "RollcallChangeSet" // the whole digest
	AttrConfig    = "RollcallConfig"    // on schedules: digest of what the schedule was made from
	AttrRows      = "RollcallRows"
	AttrChanges   = "RollcallChanges"
	AttrDeadline  = "RollcallDeadline"
	AttrFlags     = "RollcallFlags" // ids of the checks that hold
)

// A SearchAttribute is a search attribute and the type that Temporal knows it by: Keyword, Int, Datetime or KeywordList. Text is never used: a value with a colon in
// it breaks the visibility row on Postgres.
type SearchAttribute struct{ Name, Type string }

// SearchAttributes returns every search attribute that a namespace needs before a worker starts.
func SearchAttributes() []SearchAttribute {
	return []SearchAttribute{
		{AttrTenant, "Keyword"}, {AttrImport, "Keyword"}, {AttrPhase, "Keyword"}, {AttrOutcome, "Keyword"}, {AttrChangeSet, "Keyword"},
		{AttrConfig, "Keyword"}, {AttrRows, "Int"}, {AttrChanges, "Int"}, {AttrDeadline, "Datetime"}, {AttrFlags, "KeywordList"},
	}
}

// ScheduleID returns the id of a tenant's schedule.
func ScheduleID(id tenant.ID) string { return "import/" + string(id) }

// RunIDPrefix is the workflow id that a schedule gives its runs; Temporal adds "-" and the time.
func RunIDPrefix(id tenant.ID) string { return "import/" + string(id) + "/run" }

// ApplyID returns the workflow id of a tenant's apply: one at a time can be alive.
func ApplyID(id tenant.ID) string { return "apply/" + string(id) }

// LatenessID returns the workflow id of the look for a tenant's missing upload.
func LatenessID(id tenant.ID) string { return "lateness/" + string(id) }

// InvitationsID returns the workflow id of the sending of a tenant's mail.
func InvitationsID(id tenant.ID) string { return "invitations/" + string(id) }

// A Phase is where an import stands.
type Phase string

// The phases, in their order.
const (
	Receiving        Phase = "receiving"         // claiming the delivery
	Reading          Phase = "reading"           // the file under the mapping
	Comparing        Phase = "comparing"         // the roster with the directory
	AwaitingDecision Phase = "awaiting_decision" // a person acts next
	Applying         Phase = "applying"
	Inviting         Phase = "inviting"
	Closed           Phase = "closed"
)

// An Outcome is how an import ended; "" while it has not.
type Outcome string

// The outcomes. All are results of the workflow and none an error.
const (
	Refused             Outcome = "refused"     // the file can't be a plan; the customer acts next
	NothingNew          Outcome = "nothing_new" // no new file, or the same as the last
	NoChange            Outcome = "no_change"   // the directory equals the file
	TurnedDown          Outcome = "turned_down" // by a person
	Expired             Outcome = "expired"     // nobody decided in time
	SupersededByNewer   Outcome = "superseded"  // a newer file was accepted while this one waited
	Withdrawn           Outcome = "withdrawn"   // by the customer
	Rehearsed           Outcome = "rehearsed"   // the tenant is not active yet
	Applied             Outcome = "applied"
	AppliedWithFailures Outcome = "applied_with_failures" // some people were changed by others meanwhile and set aside
	Stopped             Outcome = "stopped"               // cancelled, or ended from outside
	Stale               Outcome = "stale"                 // the directory changed under the plan and it was not planned anew
)
