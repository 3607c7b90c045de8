package invite

import (
	"fmt"
	"strings"
	"time"

	"rollcall.internal/internal/tenant"
)

// Lease is how long a mail may be in sending. A courier ends each try, and records it, well within it; whatever is in sending for longer belongs
// to a courier that died.
const Lease = time.Minute

// A Claim asks for the next mail that is due.
type Claim struct {
	// Owner names this one claim, and no other: a repeated claim of the same owner, after a reply was lost, gets the same mail again.
	Owner string
	// Token is the mail's; its hash is stored with the claim.
	Token Token
}

// A Claimed mail is in sending, and only the claim's owner may send it.
type Claimed struct {
	ID        string // the row's UUID; the Message-ID is made of it
	Kind      Kind
	Owner     string
	To        string          // the address as the directory had it at the claim; personal data
	FirstName string          // personal data
	Locale    string          // en-US or fr-CA
	Import    tenant.ImportID // the import that caused it; zero where none did
	Tries     int             // including this one
}

// An Envelope is all of a mail but its wording.
type Envelope struct {
	ID             string // the row's UUID
	Kind           Kind
	To             string // one bare address; personal data
	Import         tenant.ImportID
	Date           time.Time
	UnsubscribeURL string // "" where nothing can be unsubscribed from
	ReplyTo        string // one bare address; "" for the deployment's own
}

// A Settlement says what came of a claimed mail.
type Settlement struct {
	ID    string
	Owner string
	State State     // delivered, failed, unknown, or waiting for another try
	Due   time.Time // when to try again, for waiting
	// Unsure says that nobody knows whether the mail went, although it is to be tried again.
	Unsure bool
	// Reply is the code of the server's last reply, like "550 5.1.1" or "421"; "" where none came. The text of a reply
	// is not kept: servers quote addresses in it.
	Reply string
}

// Settle returns what is to be recorded of a try that ended at now.
func Settle(mail Claimed, try Attempt, now time.Time) Settlement {
	s := Settlement{ID: mail.ID, Owner: mail.Owner, Reply: try.reply()}
	switch try.Outcome() {
	case OutcomeDelivered:
		s.State = Delivered
	case OutcomeUnknown:
		s.State = Unknown
	case OutcomeFailed:
		s.State = Failed
	case OutcomeRetry:
		pause, ok := Pause(mail.Tries)
		if !ok {
			s.State = Failed
			break
		}
		s.State, s.Due = Waiting, now.Add(pause)
	}
	return s
}

func (a Attempt) reply() string {
	if a.Code == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Code, a.Enhanced))
}

// A Backlog is what a tenant's outbox holds for a courier.
type Backlog struct {
	Due    int // waiting, and due by now
	Recent int // claimed within the span asked for: what a pace is measured by
	// Next is when a courier is next needed: when the first waiting mail is due, or the lease of one in sending ends. Zero where neither is there.
	Next time.Time
}

// A Filter selects mails for people to look at.
type Filter struct {
	State State // "" for all
	Limit int   // the newest so many; 0 for all
}

// An Entry is a mail as people are shown it.
type Entry struct {
	ID     string
	Kind   Kind
	To     string // personal data
	State  State
	Import tenant.ImportID // zero where no import caused it
	Tries  int
	Reply  string // see [Settlement]
	Made   time.Time
	At     time.Time // of the last change
}
