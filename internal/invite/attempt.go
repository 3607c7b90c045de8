package invite

import "time"

// A Step is the part of a mail transaction (RFC 5321, section 3.3) at which a try ended.
type Step string

const (
	// StepConnection: before the transaction; the server could not be reached or turned us away.
	StepConnection Step = "connection"
	// StepSender: at MAIL FROM.
	StepSender Step = "sender"
	// StepRecipient: at RCPT TO.
	StepRecipient Step = "recipient"
	// StepData: at DATA, before the server asked for the content.
	StepData Step = "data"
	// StepContent: within the content; the final dot did not leave whole.
	StepContent Step = "content"
	// StepDot: after the final dot left.
	StepDot Step = "dot"
)

// An Attempt is what a connection saw of one try to hand over one message.
type Attempt struct {
	// Step is where the try ended.
	Step Step
	// Code is the reply that ended it; 0 where none came.
	Code int
	// Enhanced is the reply's enhanced status (RFC 3463), such as 5.1.1; "" where the server gave none.
	Enhanced string
	// Lost says that the connection can't carry another message.
	Lost bool
}

// An Outcome is what a try means for the mail.
type Outcome string

// The outcomes.
const (
	OutcomeDelivered Outcome = "delivered" // the server took it
	OutcomeRetry     Outcome = "retry"     // the server surely did not take it, and may later
	OutcomeFailed    Outcome = "failed"    // the server refused it for good
	OutcomeUnknown   Outcome = "unknown"   // the server may or may not have taken it
)

// Outcome classifies the try. The rules, in their order:
//
//   - A server that could not be reached, or turned the connection away with whatever code, said nothing about this message: retry.
//   - Only a 2xx reply to the final dot is delivery. What comes after it (RSET, QUIT, a lost connection) changes nothing.
//   - A 5xx reply is for good, a 4xx reply for later, at every step: after a 4xx to the final dot the server has taken no
//     responsibility (RFC 5321, section 4.2.5).
//   - Without such a reply, everything before the final dot is a retry, since a server takes nothing without the dot; after it, nobody knows.
func (a Attempt) Outcome() Outcome {
	switch class := a.Code / 100; {
	case a.Step == StepConnection:
		return OutcomeRetry
	case a.Step == StepDot && class == 2:
		return OutcomeDelivered
	case class == 5:
		return OutcomeFailed
	case class == 4:
		return OutcomeRetry
	case a.Step == StepDot:
		return OutcomeUnknown
	}
	return OutcomeRetry
}

// BeforeContent reports whether the try ended before the server was given any of the message.
func (a Attempt) BeforeContent() bool { return a.Step != StepContent && a.Step != StepDot }

// The schedule of retries: 1, 2, 4, 8, 16, 32 minutes, then every hour.
const (
	firstPause = time.Minute
	longPause  = time.Hour
	// retryFor bounds the pauses in all. It counts pauses and not the time of day, so that a day on which nothing ran, or quiet hours, take
	// no tries away.
	retryFor = 24 * time.Hour
)

// Pause returns how long to wait after the given number of tries (at least 1) before the next one. It returns false
// where the pauses would exceed 24 hours in all: the mail has failed then.
func Pause(tries int) (time.Duration, bool) {
	pause, total := firstPause, firstPause
	for range tries - 1 {
		pause = min(2*pause, longPause)
		total += pause
		if total > retryFor {
			return 0, false
		}
	}
	return pause, true
}
