// Package mail hands messages to an SMTP server, by go-mail.
//
// # Why it drives the transaction itself
//
// go-mail connects, encrypts, authenticates, builds the message and speaks each verb. The order of the verbs of one message is ours ([Session.Send]), because
// what matters here is exactly where a try ended (package invite): go-mail's Client.Send reports an error for a message that was
// delivered when the RSET behind it fails, and drops the error that tells a reply from a lost connection. Nothing is sent after a successful
// message, so nothing behind it can fail: a server forgets the transaction by itself (RFC 5321, section 4.1.1.4).
//
// # Never half a message
//
// Go's textproto ends an open message with the final dot before it writes the next command. A failure in the middle of the content, followed by
// as much as QUIT, would therefore deliver half a message. So a message is rendered whole before its transaction begins, and a connection that failed
// within the content is closed without another word. Whether the final dot left whole is known from the connection underneath: see watched.
//
// # Deadlines
//
// Connecting, and each message in all, have one deadline. A server that answers a byte a minute gains nothing by it, and a process that
// was frozen in the middle of a message writes nothing more once its deadline has passed.
package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"strconv"
	"time"
)

// A TLSPolicy says how a connection is encrypted.
type TLSPolicy string

const (
	// TLSMandatory: STARTTLS, and no mail without it.
	TLSMandatory TLSPolicy = "mandatory"
	// TLSOpportunistic: STARTTLS where the server offers it. Its certificate is verified then.
	TLSOpportunistic TLSPolicy = "opportunistic"
	// TLSNone: never; for a sink on the same machine.
	TLSNone TLSPolicy = "none"
)

// Valid reports whether p is one of the policies.
func (p TLSPolicy) Valid() bool {
	return p == TLSMandatory || p == TLSOpportunistic || p == TLSNone
}

// Settings say how to reach the mail server, and who writes.
type Settings struct {
	// Address is the server's host:port. It has no default.
	Address string
	// TLS is how the connection is encrypted. Defaults to mandatory.
	TLS TLSPolicy
	// Roots are the authorities that the server's certificate must come from. Defaults to the machine's.
	Roots *x509.CertPool
	// Username and Password log in where Username is set; not over an unencrypted connection, but to this machine. Default to none.
	Username, Password string
	// From is who writes, like "Hub <hub@example.org>"; bounces go there too. It has no default.
	From string
	// ReplyTo is where answers go. Defaults to From.
	ReplyTo string
	// MessageIDDomain is the right side of Message-IDs. Defaults to the domain of From.
	MessageIDDomain string
	// DialTimeout bounds connecting, greeting, TLS and login together. Defaults to 10 s.
	DialTimeout time.Duration
	// Timeout bounds one message, from MAIL FROM to the reply to the final dot. Defaults to 25 s.
	Timeout time.Duration
}

// withDefaults fills in what s leaves out.
func (s Settings) withDefaults() Settings {
	if s.TLS == "" {
		s.TLS = TLSMandatory
	}
	if s.DialTimeout == 0 {
		s.DialTimeout = 10 * time.Second
	}
	if s.Timeout == 0 {
		s.Timeout = 25 * time.Second
	}
	if s.ReplyTo == "" {
		s.ReplyTo = s.From
	}
	return s
}

// Validate says whether s can be honoured.
func (s Settings) Validate() error {
	host, port, err := net.SplitHostPort(s.Address)
	if n, portErr := strconv.Atoi(port); err != nil || host == "" || portErr != nil || n < 1 || n > 65535 {
		return fmt.Errorf("address of mail server %q is not host:port", s.Address)
	}
	if s.TLS != "" && !s.TLS.Valid() {
		return fmt.Errorf("%q is no TLS policy: use mandatory, opportunistic or none", s.TLS)
	}
	if _, err := stdmail.ParseAddress(s.From); err != nil {
		return fmt.Errorf("sender of mail %q is not an address", s.From)
	}
	if _, err := stdmail.ParseAddress(s.ReplyTo); s.ReplyTo != "" && err != nil {
		return fmt.Errorf("address for answers %q is not an address", s.ReplyTo)
	}
	if s.Username != "" && s.TLS == TLSNone && !loopback(host) {
		return errors.New("a login to the mail server needs TLS")
	}
	if s.DialTimeout < 0 || s.Timeout < 0 {
		return errors.New("a timeout of mail can't be negative")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
