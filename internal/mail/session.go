package mail

import (
	"bytes"
	"context"
	"errors"
	"net/textproto"
	"regexp"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"rollcall.internal/internal/invite"
)

// A Session is one connection to the mail server. It carries one message at a time; it is not safe for concurrent use.
type Session struct {
	sender *Sender
	smtp   *smtp.Client
	conn   *watched
	lost   bool
}

// quitTimeout bounds the farewell, which changes nothing any more.
const quitTimeout = 2 * time.Second

// Send hands over one message to one recipient and says where the try ended. It ends by the setting's Timeout, or by ctx's deadline where that is
// earlier; a cancelled ctx does not end it, since whoever breaks off after the content knows less than before. The caller has recorded
// that the message is being sent.
//
// An error means that the message could not be built and the server heard nothing of it. Whatever the server did is in the attempt.
func (s *Session) Send(ctx context.Context, e invite.Envelope, m invite.Message) (invite.Attempt, error) {
	message, err := s.sender.build(e, m)
	if err != nil {
		return invite.Attempt{}, err
	}
	if s.lost {
		return invite.Attempt{Step: invite.StepConnection, Lost: true}, nil
	}
	if err := s.conn.SetDeadline(s.deadline(ctx)); err != nil {
		s.lost = true
		return invite.Attempt{Step: invite.StepConnection, Lost: true}, nil
	}
	attempt := s.transact(message)
	attempt.Lost = s.lost
	return attempt, nil
}

func (s *Session) deadline(ctx context.Context) time.Time {
	at := time.Now().Add(s.sender.settings.Timeout)
	if end, ok := ctx.Deadline(); ok && end.Before(at) {
		return end
	}
	return at
}

// transact speaks one mail transaction.
func (s *Session) transact(m message) invite.Attempt {
	// A relay that was told SMTPUTF8 must refuse to pass the mail on to a server without it, so it is asked for only where it is needed.
	s.smtp.SkipSMTPUTF8(m.ascii)
	if err := s.smtp.Mail(m.from); err != nil {
		return s.refused(invite.StepSender, err)
	}
	if err := s.smtp.Rcpt(m.to); err != nil {
		return s.refused(invite.StepRecipient, err)
	}
	content, err := s.smtp.Data()
	if err != nil {
		return s.refused(invite.StepData, err)
	}
	if _, err := bytes.NewReader(m.content).WriteTo(content); err != nil {
		s.lost = true
		s.conn.close()
		return invite.Attempt{Step: invite.StepContent}
	}
	return s.settled(content.Close())
}

// settled reads what the reply to the final dot means; err is nil for a 250.
func (s *Session) settled(err error) invite.Attempt {
	if err == nil {
		return invite.Attempt{Step: invite.StepDot, Code: 250}
	}
	if reply := new(textproto.Error); errors.As(err, &reply) {
		s.lost = reply.Code == serviceNotAvailable
		return invite.Attempt{Step: invite.StepDot, Code: reply.Code, Enhanced: enhanced(reply.Msg)}
	}
	s.lost = true
	defer s.conn.close()
	if !s.conn.whole() {
		return invite.Attempt{Step: invite.StepContent}
	}
	return invite.Attempt{Step: invite.StepDot}
}

// serviceNotAvailable is the reply with which a server announces that it hangs up.
const serviceNotAvailable = 421

// refused reads an error before the content. After a plain refusal RSET makes the connection fit for the next message; where that fails, only the
// connection is lost, and what the refusal says about the message stands.
func (s *Session) refused(at invite.Step, err error) invite.Attempt {
	reply := new(textproto.Error)
	if !errors.As(err, &reply) {
		s.lost = true
		s.conn.close()
		return invite.Attempt{Step: at}
	}
	s.lost = reply.Code == serviceNotAvailable || s.smtp.Reset() != nil
	return invite.Attempt{Step: at, Code: reply.Code, Enhanced: enhanced(reply.Msg)}
}

var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// enhanced returns the enhanced status code at the start of a reply's text, if it has one. The rest of the text may quote the recipient.
func enhanced(text string) string { return enhancedCode.FindString(text) }

// Close says goodbye where the connection is sound, and closes it. What was delivered stays delivered. It may be called again.
func (s *Session) Close() {
	if !s.lost && s.conn.SetDeadline(time.Now().Add(quitTimeout)) == nil {
		_ = s.smtp.Quit()
	}
	s.lost = true
	s.conn.close()
}
