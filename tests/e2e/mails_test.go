package e2e

import (
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/roster"
)

// A letter is a mail as it arrived.
type letter struct {
	id       string // Message-ID
	to       string
	language string
	tenant   string
}

// An invitation is whom a mail should have reached, in which language.
type invitation struct{ to, language string }

// letters reads every mail to a member that the sink has.
func (s *stack) letters(t *testing.T) []letter {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.endpoints.MailDir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]letter, 0, len(files))
	for _, file := range files {
		l, err := readLetter(file)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		if strings.HasPrefix(l.id, "<"+string(invite.KindInvitation)+".") {
			all = append(all, l)
		}
	}
	return all
}

func readLetter(path string) (letter, error) {
	f, err := os.Open(path)
	if err != nil {
		return letter{}, err
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		return letter{}, err
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return letter{}, fmt.Errorf("the mail is to %v, %w", to, err)
	}
	imp := m.Header.Get("X-Rollcall-Import")
	tenant := imp[:max(0, strings.LastIndex(imp, "-"))]
	return letter{id: m.Header.Get("Message-ID"), to: to[0].Address, language: m.Header.Get("Content-Language"), tenant: tenant}, nil
}

// letterCount is how many mails have arrived, which is quicker than reading them.
func (s *stack) letterCount(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.endpoints.MailDir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// invite notes who has to be invited by an apply of the company's roster: whoever is active, eligible, and was not before.
func (c *customer) invite() {
	for _, p := range c.company.People() {
		id := p.Value(roster.UniqueID)
		if c.invited[id].to == "" && p.Value(roster.Status) == roster.StatusActive && p.Value(roster.ProgramEligibility) == roster.Eligible {
			c.invited[id] = invitation{to: p.Value(roster.Email), language: p.Value(roster.Locale)}
		}
	}
}

// checkMails holds the mails of the tenant to those who should have been invited: each once, in their language, and nobody else.
func (c *customer) checkMails() {
	c.t.Helper()
	want, got := map[string]int{}, map[string]int{}
	for _, i := range c.invited {
		want[i.to+" "+i.language]++
	}
	for _, l := range c.s.letters(c.t) {
		if l.tenant == c.id {
			got[l.to+" "+l.language]++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("invitations, %d and should be %d (-want +got):\n%.2000s", len(got), len(want), diff)
	}
}

// checkMailsBut is checkMails after a sender was killed: of at most so many mails it is not known whether they went. Those are shown as unknown, and nobody gets a second.
func (c *customer) checkMailsBut(most int) {
	c.t.Helper()
	var delivered, unknown int
	eventually(c.t, patience, "each mail is delivered or unknown", func() bool {
		delivered, unknown = c.mailsIn("delivered"), c.mailsIn("unknown")
		return delivered+unknown == len(c.invited)
	})
	if unknown > most {
		c.t.Errorf("%d mails are unknown, at most %d were under way", unknown, most)
	}
	want, got := map[string]bool{}, map[string]bool{}
	for _, i := range c.invited {
		want[i.to] = true
	}
	for _, l := range c.s.letters(c.t) {
		if l.tenant != c.id {
			continue
		}
		if got[l.to] || !want[l.to] {
			c.t.Errorf("%s got a second mail, or one that was not theirs", l.to)
		}
		got[l.to] = true
	}
	if len(got) < delivered || len(got) > delivered+unknown {
		c.t.Errorf("%d mails arrived; %d are delivered and %d unknown", len(got), delivered, unknown)
	}
}

// mailsIn is how many mails of the tenant are in a state, as `mail list` has it.
func (c *customer) mailsIn(state string) int {
	c.t.Helper()
	var list struct{ Total int }
	c.s.json(c.t, &list, "mail", "list", "--tenant", c.id, "--state", state, "--limit", "1")
	return list.Total
}

// checkNobodyInvitedTwice looks at all mails of all tests: no message and no person twice.
func (s *stack) checkNobodyInvitedTwice(t *testing.T) {
	ids, people := map[string]int{}, map[string]int{}
	letters := s.letters(t)
	for _, l := range letters {
		ids[l.id]++
		people[l.tenant+" "+l.to]++
	}
	twice := 0
	for _, n := range ids {
		twice += n - 1
	}
	for _, n := range people {
		twice += n - 1
	}
	if twice != 0 || len(letters) == 0 {
		t.Errorf("of %d mails %d are a message or a person's invitation for the second time", len(letters), twice)
	}
}
