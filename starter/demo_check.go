package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant"
)

// demoMember is what the demo reads of a member's JSON.
type demoMember struct {
	UniqueID  string                  `json:"unique_id"`
	Email     string                  `json:"email"`
	FirstName string                  `json:"first_name"`
	LastName  string                  `json:"last_name"`
	State     directory.State         `json:"state"`
	Fields    map[roster.Field]string `json:"fields"`
}

func (m demoMember) value(f roster.Field) string {
	switch f {
	case roster.UniqueID:
		return m.UniqueID
	case roster.Email:
		return m.Email
	case roster.FirstName:
		return m.FirstName
	case roster.LastName:
		return m.LastName
	}
	return m.Fields[f]
}

// members returns the directory as the command prints it.
func (s *story) members(ctx context.Context) ([]byte, error) {
	return s.read(ctx, "rollcall", "member", "search", "acme", "--limit", "0", "--json")
}

// checkHeldAsFirst makes sure that an import waits for a decision because its tenant never had one before.
func (s *story) checkHeldAsFirst(ctx context.Context, imp demoImport) error {
	now, err := s.look(ctx, imp)
	if err != nil {
		return err
	}
	held := slices.ContainsFunc(now.Checks, func(c approval.Check) bool { return c.ID == approval.CheckFirstImport && c.Level == approval.Hold })
	if !held {
		return fmt.Errorf("import %s should be held as the first of its tenant, and is %s with %v", imp.Import, now.Phase, now.Checks)
	}
	return now.expect(contract.AwaitingDecision, "")
}

// checkApplied makes sure that an import was applied, and that the directory and the mails are what its roster says.
func (s *story) checkApplied(ctx context.Context, imp demoImport) error {
	now, err := s.look(ctx, imp)
	if err == nil {
		err = now.expect(contract.Closed, contract.Applied)
	}
	if err == nil {
		err = s.checkDirectory(ctx)
	}
	if err == nil {
		err = s.checkInvitations()
	}
	return err
}

// checkDirectory compares every cell of the roster with the directory, and the state of every person with what the roster says about them.
func (s *story) checkDirectory(ctx context.Context) error {
	raw, err := s.members(ctx)
	if err != nil {
		return err
	}
	var list struct {
		Total   int          `json:"total"`
		Members []demoMember `json:"members"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("decode members: %w", err)
	}
	people := s.company.People()
	if list.Total != len(people) || len(list.Members) != len(people) {
		return fmt.Errorf("the directory has %d members and the file has %d people", list.Total, len(people))
	}
	members := map[string]demoMember{}
	for _, m := range list.Members {
		members[m.UniqueID] = m
	}
	states := map[directory.State]int{}
	for _, p := range people {
		m, there := members[p.Value(roster.UniqueID)]
		if !there {
			return fmt.Errorf("somebody of the file is not in the directory")
		}
		if err := s.checkMember(m, p); err != nil {
			return err
		}
		states[m.State]++
	}
	s.found("the directory has %s members and equals the file, cell by cell: %s cells compared", planview.Number(len(people)), planview.Number(len(people)*len(rostergen.Columns())))
	s.found("%s invited, %s on leave and hidden, %s not eligible and not invited",
		planview.Number(states[directory.Invited]), planview.Number(states[directory.Deactivated]), planview.Number(states[directory.Pending]))
	return nil
}

// checkMember compares a member with the person's row.
func (s *story) checkMember(m demoMember, p rostergen.Person) error {
	for _, c := range rostergen.Columns() {
		if m.value(c.Field) != p.Value(c.Field) {
			return fmt.Errorf("the directory does not equal the file: a member's %s differs", c.Title)
		}
	}
	if want := s.stateOf(p); m.State != want {
		return fmt.Errorf("a member is %s and should be %s", m.State, want)
	}
	return nil
}

// stateOf is where a person of the roster should stand.
func (s *story) stateOf(p rostergen.Person) directory.State {
	switch {
	case p.Value(roster.Status) != roster.StatusActive:
		return directory.Deactivated
	case invitable(p) || s.invited[p.Value(roster.UniqueID)]:
		return directory.Invited
	}
	return directory.Pending
}

func invitable(p rostergen.Person) bool {
	return directory.Invitable(p.Value(roster.Status), p.Value(roster.ProgramEligibility), tenant.InviteAfterApproval)
}

// checkPlan compares the counts of a plan with what happened at the company.
func (s *story) checkPlan(imp demoImport, m rostergen.Month) error {
	want := changeset.Totals{
		Create: len(m.Joiners), Delete: len(m.Leavers), Deactivate: len(m.OnLeave), Reactivate: len(m.BackFromLeave), Update: len(m.Changed) + len(m.NewAddress),
	}
	want.Unchanged = s.company.Len() - want.Create - want.Update - want.Deactivate - want.Reactivate
	if imp.Totals != want {
		return fmt.Errorf("the plan's counts are %+v and should be %+v", imp.Totals, want)
	}
	s.found("%s people change and %s do not, as it happened at Acme", planview.Number(imp.Totals.Changes()), planview.Number(imp.Totals.Unchanged))
	return nil
}

// checkInvitations compares the messages that arrived since the last look with the people who became due: one each, in their language, and no other.
func (s *story) checkInvitations() error {
	due, joined := s.due()
	messages, err := s.newMails()
	if err != nil {
		return err
	}
	languages := map[string]int{}
	for _, m := range messages {
		p, expected := due[m.to]
		switch {
		case !expected:
			return errors.New("somebody was written to who is not due an invitation, or was written to twice")
		case m.language != p.Value(roster.Locale):
			return errors.New("somebody was written to in another language than theirs")
		}
		delete(due, m.to)
		languages[m.language]++
		s.invited[p.Value(roster.UniqueID)] = true
	}
	if len(due) > 0 {
		return fmt.Errorf("%d people are due an invitation and got none", len(due))
	}
	s.tellInvitations(messages, joined, languages)
	for _, p := range s.company.People() {
		s.known[p.Value(roster.UniqueID)] = true
	}
	return nil
}

// due returns, by address, everybody who is to be invited and never was, and how many of them are new to the directory; the others were on leave when they came into it.
func (s *story) due() (due map[string]rostergen.Person, joined int) {
	due = map[string]rostergen.Person{}
	for _, p := range s.company.People() {
		id := p.Value(roster.UniqueID)
		if !invitable(p) || s.invited[id] {
			continue
		}
		due[p.Value(roster.Email)] = p
		if !s.known[id] {
			joined++
		}
	}
	return due, joined
}

func (s *story) tellInvitations(messages []demoMail, joined int, languages map[string]int) {
	who := "one to each person who joined and is active and eligible"
	if back := len(messages) - joined; back > 0 {
		who = fmt.Sprintf("one to each of the %s who joined and of the %s back from a leave in which they were never invited", planview.Number(joined), planview.Number(back))
	}
	s.found("%s invitations arrived, %s,\n    and none to anybody else; each in the person's language: %s in English, %s in French",
		planview.Number(len(messages)), who, planview.Number(languages[roster.EnUS]), planview.Number(languages[roster.FrCA]))
	for _, sample := range samples(messages) {
		s.sayLine(fmt.Sprintf("      %s  %s", sample.language, sample.subject))
	}
}

// checkReceipt looks for the code in the receipt that was fetched.
func (s *story) checkReceipt(code string) error {
	raw, err := os.ReadFile(filepath.Join(s.dir, "receipt.json"))
	if err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	var receipt struct {
		Verdict roster.Verdict `json:"verdict"`
		Totals  map[string]int `json:"totals"`
	}
	if err := json.Unmarshal(raw, &receipt); err != nil {
		return fmt.Errorf("decode receipt: %w", err)
	}
	if receipt.Verdict != roster.RefusedByFile || receipt.Totals[code] == 0 {
		return fmt.Errorf("the receipt should say refused, with %s, and says %s, with %v", code, receipt.Verdict, receipt.Totals)
	}
	s.found("refused, with the finding %s", code)
	return nil
}

// checkNothingChanged compares the directory with what it was, byte by byte, and looks for messages.
func (s *story) checkNothingChanged(ctx context.Context, before []byte) error {
	after, err := s.members(ctx)
	if err != nil {
		return err
	}
	messages, err := s.newMails()
	if err != nil {
		return err
	}
	if !bytes.Equal(before, after) || len(messages) > 0 {
		return errors.New("a refused file changed the directory, or sent mail to members")
	}
	s.found("nothing has changed: the directory is the same to the byte, and nobody got a message")
	return nil
}

// samples returns one message of each language.
func samples(messages []demoMail) []demoMail {
	var some []demoMail
	for _, m := range messages {
		if !slices.ContainsFunc(some, func(s demoMail) bool { return s.language == m.language }) {
			some = append(some, m)
		}
	}
	slices.SortFunc(some, func(a, b demoMail) int { return bytes.Compare([]byte(a.language), []byte(b.language)) })
	return some
}
