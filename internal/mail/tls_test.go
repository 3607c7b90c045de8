package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mail"
)

// relay is a real SMTP server that wants a login, over TLS where it has a certificate.
type relay struct{ taken atomic.Int32 }

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return &relaySession{relay: r}, nil }

type relaySession struct {
	relay    *relay
	loggedIn bool
}

func (s *relaySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *relaySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "hub" || password != "right" {
			return errors.New("wrong password")
		}
		s.loggedIn = true
		return nil
	}), nil
}

func (s *relaySession) Mail(string, *smtp.MailOptions) error {
	if !s.loggedIn {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (s *relaySession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *relaySession) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.relay.taken.Add(1)
	return nil
}
func (s *relaySession) Reset()        {}
func (s *relaySession) Logout() error { return nil }

// startRelay starts one with the certificate, or without TLS where it is nil.
func startRelay(t *testing.T, cert *tls.Certificate) (*relay, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{}
	server := smtp.NewServer(r)
	server.AllowInsecureAuth = cert == nil
	if cert != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return r, listener.Addr().String()
}

func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestTLSAndLogin(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	right := mail.Settings{TLS: mail.TLSMandatory, Roots: roots, Username: "hub", Password: "right"}
	cases := []struct {
		name  string
		cert  *tls.Certificate
		spoil func(*mail.Settings)
		opens bool
		sends bool
	}{
		{"mandatory TLS and a login", cert, func(*mail.Settings) {}, true, true},
		{"opportunistic TLS and a login", cert, func(s *mail.Settings) { s.TLS = mail.TLSOpportunistic }, true, true},
		{"mandatory TLS that is not offered", nil, func(*mail.Settings) {}, false, false},
		{"opportunistic TLS, and a password that must not go in the clear", nil, func(s *mail.Settings) { s.TLS = mail.TLSOpportunistic }, false, false},
		{"no TLS and a login on this machine", nil, func(s *mail.Settings) { s.TLS = mail.TLSNone }, true, true},
		{"an unknown authority", cert, func(s *mail.Settings) { s.Roots = x509.NewCertPool() }, false, false},
		{"an unknown authority, opportunistic", cert, func(s *mail.Settings) { s.TLS, s.Roots = mail.TLSOpportunistic, x509.NewCertPool() }, false, false},
		{"a wrong password", cert, func(s *mail.Settings) { s.Password = "wrong" }, false, false},
		{"no login", cert, func(s *mail.Settings) { s.Username = "" }, true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, address := startRelay(t, c.cert)
			settings := right
			c.spoil(&settings)
			settings.Address = address
			session, err := newSender(t, settings).Open(t.Context())
			if (err == nil) != c.opens {
				t.Fatalf("open: %v", err)
			}
			if err != nil {
				return
			}
			defer session.Close()
			attempt := send(t, session, "m1", "person@example.test")
			if got := attempt.Outcome() == invite.OutcomeDelivered; got != c.sends || server.taken.Load() != map[bool]int32{true: 1}[c.sends] {
				t.Errorf("%+v, server took %d", attempt, server.taken.Load())
			}
		})
	}
}
