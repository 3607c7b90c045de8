package contract

import "time"

// An Activity is one row of the table: the name of an activity, its input and result, where it runs, and how patient Temporal is with it.
type Activity[In, Out any] struct {
	Name  string
	Queue string
	Times Times
	// Summary says in a few words what it does; the Web UI shows it on the timeline.
	Summary string
}

// Times are an activity's limits at the pace of production; see [Pace.Of].
type Times struct {
	// Attempt is the longest that one try may take, Whole the budget with all retries.
	Attempt, Whole time.Duration
	// Heartbeat is the longest silence of a long activity; 0 for short ones, which do not heartbeat.
	Heartbeat time.Duration
	// FirstRetry doubles up to MaxRetry.
	FirstRetry, MaxRetry time.Duration
}

// How patient Temporal is, by kind of work. Every budget outlasts an outage that people need a night to mend: a fault is retried, never lost.
var (
	brief = Times{Attempt: 30 * time.Second, Whole: 24 * time.Hour, FirstRetry: time.Second, MaxRetry: time.Minute}
	long  = Times{Attempt: 2 * time.Hour, Whole: 24 * time.Hour, Heartbeat: 30 * time.Second, FirstRetry: time.Second, MaxRetry: time.Minute}
)

// The activities of an import, in the order in which a file meets them, and the one that looks for a file which has not come.
var (
	OpenImport = Activity[OpenInput, Opened]{Name: "OpenImport", Queue: QueueIntake, Times: brief, Summary: "claim the newest delivery"}
	ReadRoster = Activity[ImportRef, RosterRead]{Name: "ReadRoster", Queue: QueueIntake, Times: long, Summary: "read the file under the tenant's mapping"}
	TakeTurn   = Activity[ImportRef, Turn]{Name: "TakeTurn", Queue: QueueIntake, Times: brief, Summary: "look whether earlier imports have ended"}
	Compare    = Activity[ImportRef, Comparison]{Name: "Compare", Queue: QueueIntake, Times: long, Summary: "compare the roster with the directory"}

	LoadDecision = Activity[LoadDecisionInput, Decided]{Name: "LoadDecision", Queue: QueueIntake, Times: brief, Summary: "read the decision from its row"}
	RecordEffect = Activity[EffectInput, ImportRef]{Name: "RecordEffect", Queue: QueueIntake, Times: brief, Summary: "record what became of the decision"}

	BeginApply = Activity[BeginApplyInput, ApplyPlan]{Name: "BeginApply", Queue: QueueApply, Times: long, Summary: "read the decision again and look for drift"}
	ApplyStage = Activity[ApplyStageInput, ApplyProgress]{Name: "ApplyStage", Queue: QueueApply, Times: long, Summary: "apply changes, a chunk a transaction"}
	EndApply   = Activity[ImportRef, ApplyReport]{Name: "EndApply", Queue: QueueApply, Times: brief, Summary: "count what was applied"}

	WakeInvitations = Activity[ImportRef, ImportRef]{Name: "WakeInvitations", Queue: QueueNotify, Times: brief, Summary: "start sending what is due"}
	CountUntried    = Activity[ImportRef, Untried]{Name: "CountUntried", Queue: QueueNotify, Times: brief, Summary: "look whether each invitation due now was tried"}
	SendInvitations = Activity[InvitationsInput, InvitationProgress]{Name: "SendInvitations", Queue: QueueNotify, Times: long, Summary: "send the invitations that are due"}
	WatchUpload     = Activity[LatenessInput, LatenessResult]{Name: "WatchUpload", Queue: QueueNotify, Times: brief, Summary: "look whether an upload that was due has come"}

	CloseImport = Activity[CloseInput, ImportRef]{Name: "CloseImport", Queue: QueueIntake, Times: brief, Summary: "record the outcome and write the receipt"}
)

// A Pace says how patient the whole system is. Nothing but waiting times depends on it.
type Pace string

// The paces.
const (
	Production  Pace = "production"
	Development Pace = "dev"
	Test        Pace = "test"
)

// Valid reports whether p is one of the paces.
func (p Pace) Valid() bool { return p == Production || p == Development || p == Test }

// Of returns t at the pace: in development and tests a dead worker is noticed, and a fault tried again, within seconds.
func (p Pace) Of(t Times) Times {
	switch p {
	case Development:
		t.Attempt, t.Heartbeat, t.MaxRetry = min(t.Attempt, shorter(t, 10*time.Second)), min(t.Heartbeat, 6*time.Second), 5*time.Second
	case Test:
		t.Attempt, t.Heartbeat, t.MaxRetry = min(t.Attempt, shorter(t, 5*time.Second)), min(t.Heartbeat, 3*time.Second), time.Second
	}
	return t
}

// shorter is the limit of an attempt for activities that do not heartbeat; those that do are noticed by their silence.
func shorter(t Times, d time.Duration) time.Duration {
	if t.Heartbeat > 0 {
		return t.Attempt
	}
	return d
}
