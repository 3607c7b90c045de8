package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	stdmail "net/mail"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// A Sender opens connections to one mail server. It is safe for concurrent use and holds none itself.
type Sender struct {
	settings Settings
	host     string
	port     int
	domain   string // of Message-IDs
}

// New returns a sender with s, or an error where s can't be honoured. It connects to nothing.
func New(s Settings) (*Sender, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.withDefaults()
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, fmt.Errorf("parse address of mail server: %w", err)
	}
	from, err := stdmail.ParseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("parse sender of mail: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("parse port of mail server: %w", err)
	}
	domain := s.MessageIDDomain
	if domain == "" {
		_, domain, _ = strings.Cut(from.Address, "@")
	}
	return &Sender{settings: s, host: host, port: n, domain: domain}, nil
}

// Open connects, and returns a session for any number of messages, one after the other. It ends with ctx, or after the setting's DialTimeout. The caller
// closes the session. An error means that the server could not be reached or would not have us; no message was mentioned to it.
func (s *Sender) Open(ctx context.Context) (*Session, error) {
	client, conn, err := s.client()
	if err != nil {
		return nil, fmt.Errorf("make mail client: %w", err)
	}
	// go-mail watches a deadline while it greets and logs in, and no cancellation.
	stop := context.AfterFunc(ctx, conn.close)
	defer stop()
	protocol, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		// go-mail leaves the connection open when what follows the dial fails.
		conn.close()
		return nil, fmt.Errorf("reach mail server: %w", err)
	}
	return &Session{sender: s, smtp: protocol, conn: conn}, nil
}

// client returns a go-mail client and the place where its one connection will stand.
func (s *Sender) client() (*mail.Client, *watched, error) {
	conn := &watched{}
	options := []mail.Option{
		mail.WithPort(s.port),
		mail.WithTimeout(s.settings.DialTimeout),
		mail.WithTLSPolicy(s.tlsPolicy()),
		mail.WithTLSConfig(&tls.Config{ServerName: s.host, RootCAs: s.settings.Roots, MinVersion: tls.VersionTLS12}),
		mail.WithDialContextFunc(conn.dial),
	}
	if s.settings.Username != "" {
		options = append(options, mail.WithSMTPAuth(s.authType()),
			mail.WithUsername(s.settings.Username), mail.WithPassword(s.settings.Password))
	}
	client, err := mail.NewClient(s.host, options...)
	return client, conn, err
}

// authType lets a login go in the clear only where the settings ask for no TLS, which they may on this machine alone.
func (s *Sender) authType() mail.SMTPAuthType {
	if s.settings.TLS == TLSNone {
		return mail.SMTPAuthPlainNoEnc
	}
	return mail.SMTPAuthAutoDiscover
}

func (s *Sender) tlsPolicy() mail.TLSPolicy {
	switch s.settings.TLS {
	case TLSNone:
		return mail.NoTLS
	case TLSOpportunistic:
		return mail.TLSOpportunistic
	}
	return mail.TLSMandatory
}
