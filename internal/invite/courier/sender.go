package courier

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"rollcall.internal/internal/invite"
)

// A sender works with one connection at a time.
type sender struct {
	*run
	session Session // nil before the first and after a failed one
	used    bool    // it has carried a message
	lost    bool    // it can carry no more
}

// work sends until nothing is left that may go, or ctx ends.
func (s *sender) work(ctx context.Context) error {
	defer s.close()
	var result *invite.Settlement
	for s.more(ctx) {
		if s.session == nil || s.lost {
			// Connecting may take long, and the result's lease is running.
			if err := s.record(ctx, result); err != nil {
				return err
			}
			result = nil
			if err := s.reopen(ctx); err != nil {
				return err
			}
		}
		claim := s.newClaim()
		mail, ok, err := s.turnOver(ctx, result, &claim)
		if err != nil || !ok {
			return err
		}
		result = s.deliver(ctx, mail)
	}
	return s.record(ctx, result)
}

// more reports whether another mail may be claimed, and takes it off the allowance.
func (r *run) more(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil || r.allowed == 0 {
		return false
	}
	r.allowed--
	return true
}

func (r *run) newClaim() invite.Claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claims++
	return invite.Claim{Owner: fmt.Sprintf("%s/%d", r.name, r.claims), Token: invite.NewToken()}
}

func (s *sender) reopen(ctx context.Context) error {
	s.close()
	session, err := s.Open(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	s.session, s.used, s.lost = session, false, false
	return nil
}

func (s *sender) close() {
	if s.session != nil {
		s.session.Close()
		s.session = nil
	}
}

// record settles one mail without claiming another; nil records nothing.
func (s *sender) record(ctx context.Context, result *invite.Settlement) error {
	if result == nil {
		return nil
	}
	_, _, err := s.turnOver(ctx, result, nil)
	return err
}

// The pauses between two tries to reach the database: from the first, doubled, to the longest.
const (
	firstRest   = 50 * time.Millisecond
	longestRest = 2 * time.Second
)

// turnOver settles one mail and claims the next. It goes on after ctx has ended, and repeats itself while the database is away: a call that was lost
// may have committed a claim, and an unrecorded delivery would have to be called unknown.
func (s *sender) turnOver(ctx context.Context, result *invite.Settlement, claim *invite.Claim) (parcel, bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.settings.SettleWithin)
	defer cancel()
	for pause := firstRest; ; pause = min(2*pause, longestRest) {
		mail, ok, err := s.pile.turnOver(ctx, result, claim)
		if err == nil {
			s.pile.count(result)
			return mail, ok, nil
		}
		select {
		case <-ctx.Done():
			return mail, false, err
		case <-time.After(pause):
		}
	}
}

// deliver hands one claimed mail to the server and says what is to be recorded. It is not cut short by the end of ctx.
func (s *sender) deliver(ctx context.Context, mail parcel) *invite.Settlement {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.settings.SendWithin)
	defer cancel()
	log := s.Log.With("tenant", s.job.Tenant, "mail", mail.id, "try", mail.tries)
	envelope, message, err := mail.compose()
	if err != nil {
		return unbuilt(log, mail, err)
	}
	attempt, err := s.hand(ctx, envelope, message)
	if err != nil {
		return unbuilt(log, mail, err)
	}
	if outcome := attempt.Outcome(); outcome != invite.OutcomeDelivered {
		log.Warn("mail not delivered", "outcome", outcome, "step", attempt.Step, "code", attempt.Code, "enhanced", attempt.Enhanced)
	}
	result := mail.settle(attempt, s.Clock.Now())
	return &result
}

// unbuilt settles a mail of which no message can be made, such as one to an address that is none: trying again would change nothing.
func unbuilt(log *slog.Logger, mail parcel, err error) *invite.Settlement {
	log.Error("mail can't be built", "error", err)
	return &invite.Settlement{ID: mail.id, Owner: mail.owner, State: invite.Failed}
}

// hand sends over the connection at hand, and once more over a fresh one where the old one had died between two messages.
func (s *sender) hand(ctx context.Context, e invite.Envelope, m invite.Message) (invite.Attempt, error) {
	attempt, err := s.session.Send(ctx, e, m)
	stale := s.used && attempt.Lost && attempt.BeforeContent() && attempt.Outcome() == invite.OutcomeRetry
	s.used, s.lost = true, attempt.Lost
	if err != nil || !stale || s.reopen(ctx) != nil {
		return attempt, err
	}
	attempt, err = s.session.Send(ctx, e, m)
	s.used, s.lost = true, attempt.Lost
	return attempt, err
}

// webAddress reports whether s can stand before the path of a link.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" &&
		!strings.HasSuffix(s, "/")
}
