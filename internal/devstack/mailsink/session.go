package mailsink

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/emersion/go-smtp"
)

func newSMTPServer(store *store, log *slog.Logger) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{store: store, log: log}, nil
	}))
	server.Domain = "mailsink.localhost"
	server.MaxMessageBytes = maxMessageBytes
	server.MaxRecipients = maxRecipients
	server.EnableSMTPUTF8 = true
	server.ReadTimeout = 5 * time.Minute
	server.WriteTimeout = time.Minute
	server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	return server
}

// session is one SMTP connection's transaction under way.
type session struct {
	store *store
	log   *slog.Logger
	from  string
	to    []string
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	err := s.store.deliver(envelope{from: s.from, to: s.to}, r)
	if refusal := new(smtp.SMTPError); err == nil || errors.As(err, &refusal) {
		return err // a refusal by the protocol, such as a message that is too long, goes out as it is
	}
	s.log.Error("mail not kept", "error", err)
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "message not kept"}
}
