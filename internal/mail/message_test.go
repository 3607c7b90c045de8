package mail_test

import (
	"io"
	"mime"
	"mime/multipart"
	stdmail "net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mail"
	"rollcall.internal/internal/mail/mailtest"
)

// deliver sends one message through a server and returns what arrived.
func deliver(t *testing.T, s mail.Settings, e invite.Envelope, m invite.Message) mailtest.Message {
	t.Helper()
	server := mailtest.Start(t, mailtest.Behave)
	s.Address = server.Addr
	attempt, err := open(t, newSender(t, s)).Send(t.Context(), e, m)
	if err != nil || attempt.Outcome() != invite.OutcomeDelivered {
		t.Fatalf("%+v, %v", attempt, err)
	}
	return server.Taken()[0]
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := mail.Settings{From: "Mentoring Hub <hub@hub.example>", ReplyTo: "csm@hub.example", MessageIDDomain: "mail.hub.example"}
	got := deliver(t, s, envelope("0190f3e2-0000-7000-8000-000000000001", "person@example.test"), wording())
	headers := map[string]string{}
	for name, values := range got.Header {
		headers[name] = strings.Join(values, "|")
	}
	delete(headers, "Content-Type") // holds a random boundary
	want := map[string]string{
		"Auto-Submitted":           "auto-generated",
		"Content-Language":         "fr-CA",
		"Date":                     "Tue, 01 Dec 2026 09:00:00 +0000",
		"From":                     `"Mentoring Hub" <hub@hub.example>`,
		"List-Unsubscribe":         "<https://hub.example/unsubscribe/T>",
		"List-Unsubscribe-Post":    "List-Unsubscribe=One-Click",
		"Message-Id":               "<invitation.0190f3e2-0000-7000-8000-000000000001@mail.hub.example>",
		"Mime-Version":             "1.0",
		"Precedence":               "bulk",
		"Reply-To":                 "<csm@hub.example>",
		"Subject":                  "=?UTF-8?q?Acme_vous_invite_=C3=A0_l=E2=80=99=C3=A9t=C3=A9?=",
		"To":                       "<person@example.test>",
		"X-Auto-Response-Suppress": "All",
		"X-Entity-Ref-Id":          "0190f3e2-0000-7000-8000-000000000001",
		"X-Rollcall-Import":        "acme-3",
	}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// The text comes first and both parts arrive as they were written, a lone dot included.
func TestParts(t *testing.T) {
	t.Parallel()
	m := wording()
	got := deliver(t, mail.Settings{}, envelope("m1", "person@example.test"), m)
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	var parts []string
	for reader := multipart.NewReader(strings.NewReader(got.Body), params["boundary"]); ; {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part.Header.Get("Content-Type"), strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	want := []string{"text/plain; charset=UTF-8", m.Text, "text/html; charset=UTF-8", m.HTML}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// A name or a subject can't add a header or a recipient, whatever it holds.
func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	m := wording()
	m.Subject = "Hi\r\nBcc: everyone@example.test\r\n\r\nbody"
	got := deliver(t, mail.Settings{}, envelope("m1", "person@example.test"), m)
	if got.To != "person@example.test" || got.Header.Get("Bcc") != "" {
		t.Errorf("to %s, bcc %q", got.To, got.Header.Get("Bcc"))
	}
	if _, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject")); err != nil {
		t.Error(err)
	}
}

// One click needs https (RFC 8058); a development stack has the plain link only.
func TestUnsubscribeWithoutTLSIsNoOneClick(t *testing.T) {
	t.Parallel()
	e := envelope("m1", "person@example.test")
	e.UnsubscribeURL = "http://127.0.0.1:1/unsubscribe/T"
	got := deliver(t, mail.Settings{}, e, wording())
	if got.Header.Get("List-Unsubscribe") != "<http://127.0.0.1:1/unsubscribe/T>" || got.Header.Get("List-Unsubscribe-Post") != "" {
		t.Errorf("%q, %q", got.Header.Get("List-Unsubscribe"), got.Header.Get("List-Unsubscribe-Post"))
	}
}

// What is no single address is refused before the server hears of it, by an error that does not quote it.
func TestRecipientsRefused(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t, mailtest.Behave)
	session := open(t, newSender(t, mail.Settings{Address: server.Addr}))
	for _, to := range []string{"", "secret", "secret@example.test\r\nRCPT TO:<x@example.test>", "a@example.test, secret@example.test"} {
		_, err := session.Send(t.Context(), envelope("m1", to), wording())
		if err == nil {
			t.Errorf("%q was sent to", to)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("error quotes the address: %v", err)
		}
	}
	if n := server.Reached(mailtest.Sender); n != 0 {
		t.Errorf("the server heard of %d messages", n)
	}
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	good := mail.Settings{Address: "mail.example:25", From: "hub@hub.example"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*mail.Settings){
		"no port":              func(s *mail.Settings) { s.Address = "mail.example" },
		"port out of range":    func(s *mail.Settings) { s.Address = "mail.example:70000" },
		"no host":              func(s *mail.Settings) { s.Address = ":25" },
		"unknown policy":       func(s *mail.Settings) { s.TLS = "sometimes" },
		"no sender":            func(s *mail.Settings) { s.From = "" },
		"sender is no address": func(s *mail.Settings) { s.From = "hub" },
		"answers go nowhere":   func(s *mail.Settings) { s.ReplyTo = "csm" },
		"login in the clear":   func(s *mail.Settings) { s.Username, s.TLS = "hub", mail.TLSNone },
		"negative timeout":     func(s *mail.Settings) { s.Timeout = -1 },
	}
	for name, spoil := range cases {
		s := good
		spoil(&s)
		if _, err := mail.New(s); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The Message-ID's domain follows the sender's where none is set.
func TestMessageIDDomainDefaultsToSenders(t *testing.T) {
	t.Parallel()
	got := deliver(t, mail.Settings{}, envelope("m1", "person@example.test"), wording())
	if got.MessageID != "<invitation.m1@hub.example>" {
		t.Errorf("Message-ID %s", got.MessageID)
	}
	if _, err := stdmail.ParseAddress(got.Header.Get("Reply-To")); err != nil {
		t.Error(err)
	}
}
