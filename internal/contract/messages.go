package contract

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// ImportInput starts the Import workflow; the schedule gives it.
type ImportInput struct {
	Tenant tenant.ID `json:"tenant"`
}

// ImportResult is the result of the Import workflow.
type ImportResult struct {
	Import    tenant.ImportID  `json:"import"`
	Outcome   Outcome          `json:"outcome"`
	ChangeSet changeset.Digest `json:"changeset"`
	Totals    changeset.Totals `json:"totals"`
	Applied   int              `json:"applied"`   // changes that were applied
	SetAside  int              `json:"set_aside"` // changes that were released and not applied
	Invited   int              `json:"invited"`   // invitations that the apply made due
}

// ApplyInput starts the Apply workflow.
type ApplyInput struct {
	Import     tenant.ImportID `json:"import"`
	DecisionID string          `json:"decision_id"`
}

// ApplyResult is the result of the Apply workflow.
type ApplyResult struct {
	Stale    bool `json:"stale"` // a planned person was changed before the first chunk; nothing was applied
	Applied  int  `json:"applied"`
	SetAside int  `json:"set_aside"`
	Invited  int  `json:"invited"`
	Stopped  bool `json:"stopped"` // cancelled at the edge of a chunk; Applied says how much was done
}

// InvitationsInput starts the Invitations workflow.
type InvitationsInput struct {
	Tenant tenant.ID `json:"tenant"`
}

// DecisionMessage is the payload of signal and update. A command sends the id alone: everything else stands in the decision's row, which it has
// written before. A message without a row is a raw one and is taken as its fields claim, where the settings say that such messages count.
type DecisionMessage struct {
	DecisionID     string   `json:"decision_id"`
	ChangeSet      string   `json:"changeset,omitempty"`
	Verdict        string   `json:"verdict,omitempty"`
	Groups         []string `json:"groups,omitempty"`
	ConfirmDeletes *int     `json:"confirm_deletes,omitempty"`
	By             string   `json:"by,omitempty"`
	Reason         string   `json:"reason,omitempty"`
}

// Bounds of a raw message: whatever is longer is cut, so that no signal is too large to be passed on. Temporal ends a run whose activity input is.
const (
	clippedText   = 1000 // bytes of each text
	clippedID     = 200  // bytes of the id, which is a part of a key
	clippedGroups = 20
)

// Check says why m can't be a decision, in a sentence for its sender; nil where it can. An id alone is enough: then the rest stands in the decision's row.
func (m DecisionMessage) Check() error {
	clipped := m.Clipped()
	whole := m.DecisionID == clipped.DecisionID && m.Reason == clipped.Reason && m.By == clipped.By && len(m.Groups) == len(clipped.Groups)
	switch {
	case m.DecisionID == "":
		return errors.New("decision_id is missing: choose any text that no other decision on this import has")
	case !whole:
		return errors.New("a text of the decision is too long, or is no text")
	case m.ChangeSet == "" && m.Verdict == "":
		return nil
	case !approval.Verdict(m.Verdict).Valid():
		return errors.New("verdict is approve, approve_without_removals or turn_down")
	}
	for _, g := range m.Groups {
		if _, err := changeset.ParseOp(g); err != nil {
			return err
		}
	}
	return nil
}

// Clipped returns m with its texts cut to a sane length, in a form that can be stored.
func (m DecisionMessage) Clipped() DecisionMessage {
	m.DecisionID = clip(m.DecisionID, clippedID)
	for _, text := range []*string{&m.ChangeSet, &m.Verdict, &m.By, &m.Reason} {
		*text = clip(*text, clippedText)
	}
	groups := make([]string, 0, min(len(m.Groups), clippedGroups))
	for _, g := range m.Groups[:min(len(m.Groups), clippedGroups)] {
		groups = append(groups, clip(g, clippedText))
	}
	m.Groups = groups
	return m
}

// clip makes s what Postgres takes as text, and cuts it to at most n bytes without breaking a character.
func clip(s string, n int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"))
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// DecisionAnswer says what became of a decision.
type DecisionAnswer struct {
	Import     tenant.ImportID `json:"import"`
	DecisionID string          `json:"decision_id"`
	Effect     approval.Effect `json:"effect"`
	Message    string          `json:"message"`
}

// Superseded tells a waiting import that it can no longer be decided.
type Superseded struct {
	// By is the newer import that takes its place. It is empty where the tenant's rules were changed: then the same file is planned anew.
	By tenant.ImportID `json:"by"`
}

// Status answers the query of the same name.
type Status struct {
	Import    tenant.ImportID  `json:"import"`
	Tenant    tenant.ID        `json:"tenant"`
	Phase     Phase            `json:"phase"`
	Outcome   Outcome          `json:"outcome"`
	ChangeSet changeset.Digest `json:"changeset"`
	Rows      int              `json:"rows"`
	Totals    changeset.Totals `json:"totals"`
	Checks    []approval.Check `json:"checks"`
	Deadline  time.Time        `json:"deadline"`
	Decisions []DecisionAnswer `json:"decisions"`
}

// OpenInput makes the import's row.
type OpenInput struct {
	Tenant     tenant.ID `json:"tenant"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
}

// Opened says what the import is about.
type Opened struct {
	Import tenant.ImportID `json:"import"`
	// Found is set where a settled file waited and was claimed; otherwise there is nothing to do.
	Found bool `json:"found"`
}

// Turn says whether an import may go on to compare.
type Turn struct {
	// Free is set once no earlier import of the tenant is in the way.
	Free bool `json:"free"`
	// Same is set where the file says nothing new: its bytes and rules are those of the last import that was applied or changed nothing, or of one that waits for a
	// decision, which then stays open.
	Same bool `json:"same"`
}

// ImportRef names the import that an activity works for.
type ImportRef struct {
	Import tenant.ImportID `json:"import"`
}

// RosterRead is what the file came to.
type RosterRead struct {
	Refused  bool                `json:"refused"`
	Rows     int                 `json:"rows"`
	Accepted int                 `json:"accepted"`
	SetAside int                 `json:"set_aside"`
	Findings map[roster.Code]int `json:"findings"`
}

// Comparison is what the roster would change.
type Comparison struct {
	ChangeSet changeset.Digest `json:"changeset"`
	Totals    changeset.Totals `json:"totals"`
	Removals  int              `json:"removals"`
	RemovalOp changeset.Op     `json:"removal_op"`
	Checks    []approval.Check `json:"checks"`
	// Rehearsal is set while the tenant is not active: the run ends here.
	Rehearsal bool `json:"rehearsal"`
	// Wait is how long a decision may take, and what the workflow's timer is set by: business time may be moved against Temporal's. Deadline is
	// the same as an instant, to be shown.
	Wait     time.Duration `json:"wait"`
	Deadline time.Time     `json:"deadline"`
}

// LoadDecisionInput asks for the authoritative form of a decision.
type LoadDecisionInput struct {
	Import  tenant.ImportID `json:"import"`
	Message DecisionMessage `json:"message"`
	// Signal tells a signal, whose sender Temporal's history names, from an update.
	Signal bool `json:"signal"`
}

// EffectInput records what became of a decision.
type EffectInput struct {
	Import     tenant.ImportID `json:"import"`
	DecisionID string          `json:"decision_id"`
	Effect     approval.Effect `json:"effect"`
}

// BeginApplyInput starts the apply of what a decision released. The decision is read again from its row.
type BeginApplyInput struct {
	Import     tenant.ImportID `json:"import"`
	DecisionID string          `json:"decision_id"`
}

// ApplyPlan is what an apply is going to do.
type ApplyPlan struct {
	// Stale is set where a planned person was changed meanwhile, Paused while the tenant is paused; nothing was begun then.
	Stale  bool        `json:"stale"`
	Paused bool        `json:"paused"`
	Stages []StagePlan `json:"stages"`
}

// StagePlan is one stage of an apply.
type StagePlan struct {
	Stage   changeset.Stage `json:"stage"`
	Chunks  int             `json:"chunks"`
	Changes int             `json:"changes"`
}

// ApplyStageInput runs one stage.
type ApplyStageInput struct {
	Import tenant.ImportID `json:"import"`
	Stage  changeset.Stage `json:"stage"`
}

// ApplyProgress is the heartbeat of an apply and the result of a stage.
type ApplyProgress struct {
	Chunks   int `json:"chunks"`
	Applied  int `json:"applied"`
	SetAside int `json:"set_aside"`
}

// ApplyReport is what an apply did in all.
type ApplyReport struct {
	Planned  int `json:"planned"` // changes that were released
	Applied  int `json:"applied"`
	SetAside int `json:"set_aside"`
	Invited  int `json:"invited"`
}

// RowProgress is the heartbeat of reading and comparing, in rows.
type RowProgress struct {
	Rows int `json:"rows"`
}

// Untried is how many invitations of an import are due now and were never tried.
type Untried struct {
	Count int `json:"count"`
}

// LatenessInput starts the Lateness workflow.
type LatenessInput struct {
	Tenant tenant.ID `json:"tenant"`
}

// LatenessResult is what was told of a tenant's upload, and the result of the Lateness workflow. Its times are for people to read: the workflow writes them into its details and waits for none of
// them, so they need not be durations, and recorded histories hold them as they are.
type LatenessResult struct {
	Due       time.Time `json:"due"` // the due time that was looked at; zero where there is none
	Late      bool      `json:"late"`
	StillLate bool      `json:"still_late"`
	Arrived   bool      `json:"arrived"`
	Next      time.Time `json:"next"` // when it is looked at again; zero: not before something happens
}

// InvitationProgress is the heartbeat and result of sending invitations.
type InvitationProgress struct {
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
	Unknown   int `json:"unknown"`
	Retrying  int `json:"retrying"`
	// Notices is how many mails to contacts were delivered.
	Notices int `json:"notices,omitempty"`
	// NextIn is how long until the next mail is due; negative where none is waiting.
	NextIn time.Duration `json:"next_in"`
}

// CloseInput ends an import.
type CloseInput struct {
	Import  tenant.ImportID `json:"import"`
	Outcome Outcome         `json:"outcome"`
	// Again lets another import claim the same delivery.
	Again bool `json:"again"`
}

// Decided is a decision as its row has it, with the id that it was recorded under.
type Decided struct {
	Decision approval.Decision `json:"decision"`
	// Effect is what the row says of it already: pending for one that no run has seen.
	Effect approval.Effect `json:"effect"`
}
