package ledger

import (
	"fmt"
	"time"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/tenant"
)

// An Answer is what a customer says about a verification list: the guide's step in which they look at what an import would do.
type Answer string

const (
	// AnswerRight: the list is right. Whoever sets the tenant up acts next.
	AnswerRight Answer = "right"
	// AnswerWrong: something is wrong, and the comment says what. The step is open again; whoever has what is wrong acts next.
	AnswerWrong Answer = "wrong"
)

// ParseAnswer returns s as an Answer.
func ParseAnswer(s string) (Answer, error) {
	if a := Answer(s); a == AnswerRight || a == AnswerWrong {
		return a, nil
	}
	return "", fmt.Errorf("%q is not an answer: use right or wrong", s)
}

// A Verification is a customer's answer, as a CSM recorded it. Every answer is kept; the newest counts.
type Verification struct {
	Tenant tenant.ID
	Seq    int64 // grows with every answer that is recorded; 0 before it is
	// Import and ChangeSet name what was looked at; both are zero where the answer was recorded without an import.
	Import    tenant.ImportID
	ChangeSet changeset.Digest
	Answer    Answer
	By        string // who answered
	Comment   string // always there where the answer is wrong
	At        time.Time
}
