package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/wneessen/go-mail"

	"rollcall.internal/internal/invite"
)

var errNotOneRecipient = errors.New("message has not exactly one recipient that is an address")

// A message is rendered and ready for its transaction.
type message struct {
	from, to string // as the envelope has them, in angle brackets
	ascii    bool   // neither address needs SMTPUTF8
	content  []byte
}

// build renders a message: the text first and complete on its own, the HTML as its alternative. The Message-ID is made of the mail's
// kind and id, so that every try of one mail bears the same.
//
// Errors hold no address.
func (s *Sender) build(e invite.Envelope, m invite.Message) (message, error) {
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	if err := s.address(msg, e); err != nil {
		return message{}, err
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(e.Date)
	msg.SetMessageIDWithValue(fmt.Sprintf("%s.%s@%s", e.Kind, e.ID, s.domain))
	setMachineHeaders(msg, e)
	msg.SetGenHeader(mail.HeaderContentLang, m.Locale)
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)

	var content bytes.Buffer
	if _, err := msg.WriteTo(&content); err != nil {
		return message{}, fmt.Errorf("render message: %w", err)
	}
	from, err := msg.GetSender(false)
	if err != nil {
		return message{}, fmt.Errorf("read sender of message: %w", err)
	}
	to, err := msg.GetRecipients()
	if err != nil || len(to) != 1 {
		return message{}, errNotOneRecipient
	}
	return message{from: from, to: to[0], ascii: isASCII(from + to[0]), content: content.Bytes()}, nil
}

// address sets the three addresses. go-mail's errors quote the address that they are about, so they are not passed on.
func (s *Sender) address(msg *mail.Msg, e invite.Envelope) error {
	if err := msg.From(s.settings.From); err != nil {
		return fmt.Errorf("set sender of message: %w", err)
	}
	if e.ReplyTo == "" || msg.ReplyTo(e.ReplyTo) != nil { // an address that answers can't go to is no reason not to write
		if err := msg.ReplyTo(s.settings.ReplyTo); err != nil {
			return fmt.Errorf("set address for answers: %w", err)
		}
	}
	if err := msg.To(e.To); err != nil {
		return errNotOneRecipient
	}
	return nil
}

// setMachineHeaders tells machines what this is: nothing that an out-of-office reply should answer (RFC 3834), and how to
// unsubscribe in one click (RFC 8058, which asks for https).
func setMachineHeaders(msg *mail.Msg, e invite.Envelope) {
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if e.Kind.Notice() {
		msg.SetGenHeader("X-Auto-Response-Suppress", "All") // without Precedence: bulk, which a filter may put an alarm aside for
	} else {
		msg.SetBulk()
	}
	msg.SetGenHeader("X-Entity-Ref-ID", e.ID)
	if name := e.Import.String(); name != "" {
		msg.SetGenHeader("X-Rollcall-Import", name)
	}
	if e.UnsubscribeURL == "" {
		return
	}
	msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+e.UnsubscribeURL+">")
	if strings.HasPrefix(e.UnsubscribeURL, "https://") {
		msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
