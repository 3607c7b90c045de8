package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/tenant"
)

// Typed keys of the search attributes that runs carry.
var (
	attrTenant    = temporal.NewSearchAttributeKeyKeyword(contract.AttrTenant)
	attrImport    = temporal.NewSearchAttributeKeyKeyword(contract.AttrImport)
	attrPhase     = temporal.NewSearchAttributeKeyKeyword(contract.AttrPhase)
	attrOutcome   = temporal.NewSearchAttributeKeyKeyword(contract.AttrOutcome)
	attrChangeSet = temporal.NewSearchAttributeKeyKeyword(contract.AttrChangeSet)
	attrRows      = temporal.NewSearchAttributeKeyInt64(contract.AttrRows)
	attrChanges   = temporal.NewSearchAttributeKeyInt64(contract.AttrChanges)
	attrDeadline  = temporal.NewSearchAttributeKeyTime(contract.AttrDeadline)
	attrFlags     = temporal.NewSearchAttributeKeyKeywordList(contract.AttrFlags)
)

// enter moves the run to a phase and shows it.
func (i *importRun) enter(ctx workflow.Context, phase contract.Phase) error {
	i.status.Phase = phase
	return i.describe(ctx)
}

// describe shows where the run stands: search attributes and memo for a run that is closed or whose workers are down, current details
// for one that is alive.
func (i *importRun) describe(ctx workflow.Context) error {
	s := i.status
	workflow.SetCurrentDetails(ctx, importDetails(s, i.result))
	updates := []temporal.SearchAttributeUpdate{
		attrTenant.ValueSet(string(s.Tenant)), attrImport.ValueSet(s.Import.String()), attrPhase.ValueSet(string(s.Phase)),
		attrRows.ValueSet(int64(s.Rows)), attrChanges.ValueSet(int64(s.Totals.Changes())),
	}
	if s.Outcome != "" {
		updates = append(updates, attrOutcome.ValueSet(string(s.Outcome)))
	}
	if s.ChangeSet != "" {
		updates = append(updates, attrChangeSet.ValueSet(string(s.ChangeSet)), attrFlags.ValueSet(flags(s)))
	}
	if s.Phase == contract.AwaitingDecision {
		updates = append(updates, attrDeadline.ValueSet(s.Deadline))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		return err
	}
	if s.Phase != contract.Closed {
		return nil
	}
	return workflow.UpsertMemo(ctx, map[string]any{"summary": summaryLine(s, i.result)})
}

// flags are the ids of the checks that hold.
func flags(s contract.Status) []string {
	ids := []string{}
	for _, c := range s.Checks {
		if c.Level.Holds() && !slices.Contains(ids, string(c.ID)) {
			ids = append(ids, string(c.ID))
		}
	}
	return ids
}

// importDetails is the live page of a run, in Markdown.
func importDetails(s contract.Status, r contract.ApplyResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", summaryLine(s, r))
	fmt.Fprintf(&b, "%s\n\n", nextStep(s))
	if s.Rows > 0 {
		fmt.Fprintf(&b, "| | people |\n|---|---:|\n| rows in the file | %d |\n| rows set aside | %d |\n", s.Rows, s.Totals.SetAside)
		for _, op := range changeset.Ops() {
			fmt.Fprintf(&b, "| %s | %d |\n", op, s.Totals.Of(op))
		}
		fmt.Fprintf(&b, "| unchanged | %d |\n", s.Totals.Unchanged)
	}
	if r.Applied > 0 {
		fmt.Fprintf(&b, "| **applied** | %d |\n| set aside while applying | %d |\n| invitations | %d |\n", r.Applied, r.SetAside, r.Invited)
	}
	if s.ChangeSet != "" {
		fmt.Fprintf(&b, "\nchange set `%s`\n", s.ChangeSet)
	}
	for _, c := range s.Checks {
		if c.Level.Holds() {
			fmt.Fprintf(&b, "\n- **%s** %s: %s\n", c.Level, c.ID, c.Message)
		}
	}
	return b.String()
}

// summaryLine says in one line what the import is and where it stands.
func summaryLine(s contract.Status, r contract.ApplyResult) string {
	name := s.Import.String()
	if name == "" {
		name = string(s.Tenant)
	}
	switch {
	case s.Phase != contract.Closed:
		return fmt.Sprintf("%s · %s", name, strings.ReplaceAll(string(s.Phase), "_", " "))
	case r.Applied > 0:
		return fmt.Sprintf("%s · %s · %d changes, %d set aside, %d invitations", name, s.Outcome, r.Applied, r.SetAside, r.Invited)
	}
	return fmt.Sprintf("%s · %s", name, strings.ReplaceAll(string(s.Outcome), "_", " "))
}

// nextStep says whose turn it is.
func nextStep(s contract.Status) string {
	switch s.Phase {
	case contract.AwaitingDecision:
		return fmt.Sprintf("Waits for a person until %s: `rollcall import show %s`, then approve or turn down.", s.Deadline.Format("2006-01-02 15:04 MST"), s.Import)
	case contract.Closed:
		return "Nothing is left to do in this run."
	}
	return "Rollcall is working; nobody has to act."
}

// applyDetails shows the stages of an apply and which of them is running.
func applyDetails(id tenant.ImportID, plan contract.ApplyPlan, running changeset.Stage) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s · apply\n\n| stage | changes | chunks | |\n|---|---:|---:|---|\n", id)
	state := "done"
	for _, s := range plan.Stages {
		shown := state
		if s.Stage == running {
			shown, state = "running", "to come"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", s.Stage, s.Changes, s.Chunks, shown)
	}
	return b.String()
}

// invitationDetails shows what was sent so far.
func invitationDetails(id tenant.ID, p contract.InvitationProgress) string {
	return fmt.Sprintf("### %s · mail\n\n| delivered | failed | unknown | to be tried again | notices to contacts |\n|---:|---:|---:|---:|---:|\n| %d | %d | %d | %d | %d |\n",
		id, p.Delivered, p.Failed, p.Unknown, p.Retrying, p.Notices)
}
