package mail_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/mail"
	"rollcall.internal/internal/mail/mailtest"
	"rollcall.internal/internal/tenant"
)

func newSender(t *testing.T, s mail.Settings) *mail.Sender {
	t.Helper()
	if s.TLS == "" {
		s.TLS = mail.TLSNone
	}
	if s.From == "" {
		s.From = "Mentoring Hub <hub@hub.example>"
	}
	sender, err := mail.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func open(t *testing.T, sender *mail.Sender) *mail.Session {
	t.Helper()
	session, err := sender.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

func envelope(id, to string) invite.Envelope {
	return invite.Envelope{
		ID: id, Kind: invite.KindInvitation, To: to, Import: tenant.ImportID{Tenant: "acme", N: 3},
		Date: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), UnsubscribeURL: "https://hub.example/unsubscribe/T",
	}
}

func wording() invite.Message {
	return invite.Message{Locale: "fr-CA", Subject: "Acme vous invite à l’été", Text: "Bonjour Zoë,\n.\nUn point seul sur sa ligne.\n", HTML: "<p>Bonjour Zoë,</p>"}
}

func send(t *testing.T, session *mail.Session, id, to string) invite.Attempt {
	t.Helper()
	attempt, err := session.Send(t.Context(), envelope(id, to), wording())
	if err != nil {
		t.Fatal(err)
	}
	return attempt
}

// Each fault is met by the first message of a connection. What the try is called must agree with what the server took: delivered only where
// it took the message, retry and failed only where it did not.
func TestFaults(t *testing.T) {
	t.Parallel()
	hangup, stall := mailtest.Act{Hangup: true, Silent: true}, mailtest.Act{Stall: true}
	busy := mailtest.Act{Reply: "421 4.3.2 closing", Hangup: true}
	reply := func(s string) mailtest.Act { return mailtest.Act{Reply: s} }
	lost := func(s invite.Step) invite.Attempt { return invite.Attempt{Step: s, Lost: true} }
	cases := []struct {
		name  string
		at    mailtest.Point
		act   mailtest.Act
		want  invite.Attempt
		out   invite.Outcome
		taken int
	}{
		{"hangs up at MAIL", mailtest.Sender, hangup, lost(invite.StepSender), invite.OutcomeRetry, 0},
		{"hangs up at RCPT", mailtest.Recipient, hangup, lost(invite.StepRecipient), invite.OutcomeRetry, 0},
		{"hangs up at DATA", mailtest.Data, hangup, lost(invite.StepData), invite.OutcomeRetry, 0},
		{"hangs up after the dot", mailtest.Dot, hangup, lost(invite.StepDot), invite.OutcomeUnknown, 0},
		{"takes it and hangs up", mailtest.Dot, mailtest.Act{Take: true, Silent: true, Hangup: true}, lost(invite.StepDot), invite.OutcomeUnknown, 1},
		{"hangs up after the 250", mailtest.Dot, mailtest.Act{Hangup: true}, invite.Attempt{Step: invite.StepDot, Code: 250}, invite.OutcomeDelivered, 1},
		{"421 at MAIL", mailtest.Sender, busy, invite.Attempt{Step: invite.StepSender, Code: 421, Enhanced: "4.3.2", Lost: true}, invite.OutcomeRetry, 0},
		{"421 after the dot", mailtest.Dot, busy, invite.Attempt{Step: invite.StepDot, Code: 421, Enhanced: "4.3.2", Lost: true}, invite.OutcomeRetry, 0},
		{"451 at RCPT", mailtest.Recipient, reply("451 4.7.1 greylisted"), invite.Attempt{Step: invite.StepRecipient, Code: 451, Enhanced: "4.7.1"}, invite.OutcomeRetry, 0},
		{"550 at RCPT", mailtest.Recipient, reply("550 5.1.1 <person@example.test> unknown"),
			invite.Attempt{Step: invite.StepRecipient, Code: 550, Enhanced: "5.1.1"}, invite.OutcomeFailed, 0},
		{"550 at RCPT in two lines", mailtest.Recipient, reply("550-no\r\n550 such user"), invite.Attempt{Step: invite.StepRecipient, Code: 550}, invite.OutcomeFailed, 0},
		{"554 at DATA", mailtest.Data, reply("554 5.7.0 no"), invite.Attempt{Step: invite.StepData, Code: 554, Enhanced: "5.7.0"}, invite.OutcomeFailed, 0},
		{"552 after the dot", mailtest.Dot, reply("552 5.3.4 too big"), invite.Attempt{Step: invite.StepDot, Code: 552, Enhanced: "5.3.4"}, invite.OutcomeFailed, 0},
		{"nonsense at RCPT", mailtest.Recipient, reply("what?"), lost(invite.StepRecipient), invite.OutcomeRetry, 0},
		{"nonsense after the dot", mailtest.Dot, reply("what?"), lost(invite.StepDot), invite.OutcomeUnknown, 0},
		{"stalls at MAIL", mailtest.Sender, stall, lost(invite.StepSender), invite.OutcomeRetry, 0},
		{"stalls at RCPT", mailtest.Recipient, stall, lost(invite.StepRecipient), invite.OutcomeRetry, 0},
		{"stalls at DATA", mailtest.Data, stall, lost(invite.StepData), invite.OutcomeRetry, 0},
		{"stalls after the dot", mailtest.Dot, stall, lost(invite.StepDot), invite.OutcomeUnknown, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, mailtest.Once(c.at, c.act))
			timeout := 20 * time.Second
			if c.act.Stall {
				timeout = 300 * time.Millisecond
			}
			session := open(t, newSender(t, mail.Settings{Address: server.Addr, Timeout: timeout}))
			got := send(t, session, "m1", "person@example.test")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("attempt (-want +got):\n%s", diff)
			}
			if got.Outcome() != c.out {
				t.Errorf("outcome %s, want %s", got.Outcome(), c.out)
			}
			if c.act.Reply != "" && !c.want.Lost {
				if next := send(t, session, "m2", "other@example.test").Outcome(); next != invite.OutcomeDelivered {
					t.Errorf("the next message on the connection is %s", next)
				}
				c.taken++
			}
			session.Close()
			if taken := len(server.Taken()); taken != c.taken {
				t.Errorf("server took %d messages, want %d", taken, c.taken)
			}
		})
	}
}

// A refusal leaves the connection fit for the next message; where the RSET after it fails, only the connection is lost, and the refusal stands.
func TestRefusalAndItsReset(t *testing.T) {
	t.Parallel()
	script := func(e mailtest.Event) mailtest.Act {
		switch {
		case e.Point == mailtest.Recipient && strings.HasPrefix(e.To, "nobody"):
			return mailtest.Act{Reply: "550 5.1.1 no such user"}
		case e.Point == mailtest.Reset && e.Nth == 2:
			return mailtest.Act{Reply: "421 4.3.2 closing", Hangup: true}
		}
		return mailtest.Act{}
	}
	server := mailtest.Start(t, script)
	session := open(t, newSender(t, mail.Settings{Address: server.Addr}))
	want := []invite.Attempt{
		{Step: invite.StepRecipient, Code: 550, Enhanced: "5.1.1"},
		{Step: invite.StepDot, Code: 250},
		{Step: invite.StepRecipient, Code: 550, Enhanced: "5.1.1", Lost: true},
		{Step: invite.StepConnection, Lost: true},
	}
	var got []invite.Attempt
	for i, to := range []string{"nobody1@example.test", "a@example.test", "nobody2@example.test", "b@example.test"} {
		got = append(got, send(t, session, string(rune('1'+i)), to))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if len(server.Taken()) != 1 || server.Dialled() != 1 {
		t.Errorf("%d messages over %d connections, want 1 over 1", len(server.Taken()), server.Dialled())
	}
}

// A server that stops reading within the content never saw the final dot, and the part that it did see is no message: nothing may
// follow it, neither the dot nor QUIT.
func TestContentBrokenOffIsARetry(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t, mailtest.Once(mailtest.Content, mailtest.Act{Silent: true, Hangup: true}))
	session := open(t, newSender(t, mail.Settings{Address: server.Addr}))
	m := wording()
	m.Text = strings.Repeat("Plus que les tampons du noyau n’en prennent.\n", 400_000)
	got, err := session.Send(t.Context(), envelope("m1", "person@example.test"), m)
	if err != nil {
		t.Fatal(err)
	}
	if want := (invite.Attempt{Step: invite.StepContent, Lost: true}); got != want || got.Outcome() != invite.OutcomeRetry {
		t.Errorf("%+v, want %+v", got, want)
	}
	session.Close()
	if n := len(server.Taken()); n != 0 {
		t.Errorf("server took %d messages", n)
	}
}

// A cancelled context does not end a message, and nothing of a message goes out past the deadline of its context.
func TestContextOfAMessage(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := mailtest.Start(t, func(e mailtest.Event) mailtest.Act {
		if e.Point == mailtest.Recipient {
			cancel()
		}
		return mailtest.Act{}
	})
	session := open(t, newSender(t, mail.Settings{Address: server.Addr}))
	got, err := session.Send(ctx, envelope("m1", "person@example.test"), wording())
	if err != nil || got.Outcome() != invite.OutcomeDelivered {
		t.Errorf("%+v, %v; want it delivered", got, err)
	}

	past, cancelPast := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelPast()
	got, err = session.Send(past, envelope("m2", "person@example.test"), wording())
	if want := (invite.Attempt{Step: invite.StepSender, Lost: true}); err != nil || got != want {
		t.Errorf("past its deadline: %+v, %v; want %+v", got, err, want)
	}
	session.Close()
	if n := server.Reached(mailtest.Sender); n != 1 {
		t.Errorf("the server heard of %d messages, want 1", n)
	}
}

// Whatever goes wrong while connecting is an error in time, and the client closes its side.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	helloFails := func(e mailtest.Event) mailtest.Act {
		return mailtest.Act{Silent: e.Point == mailtest.Hello, Hangup: e.Point == mailtest.Hello}
	}
	cases := map[string]mailtest.Script{
		"turned away at the greeting": mailtest.Once(mailtest.Greeting, mailtest.Act{Reply: "554 no"}),
		"hung up at the greeting":     mailtest.Once(mailtest.Greeting, mailtest.Act{Silent: true, Hangup: true}),
		"stalls at the greeting":      mailtest.Once(mailtest.Greeting, mailtest.Act{Stall: true}),
		"hung up at EHLO":             helloFails,
		"stalls at EHLO":              mailtest.Once(mailtest.Hello, mailtest.Act{Stall: true}),
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t, script)
			sender := newSender(t, mail.Settings{Address: server.Addr, DialTimeout: 300 * time.Millisecond})
			session, err := sender.Open(t.Context())
			if err == nil {
				session.Close()
				t.Fatal("opened")
			}
			closed(t, server)
		})
	}
}

// closed waits until the server has seen the end of every connection.
func closed(t *testing.T, server *mailtest.Server) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); server.Connected() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are still open", server.Connected())
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := mailtest.Start(t, func(e mailtest.Event) mailtest.Act {
		if e.Point == mailtest.Hello {
			cancel()
			return mailtest.Act{Stall: true}
		}
		return mailtest.Act{}
	})
	begun := time.Now()
	if _, err := newSender(t, mail.Settings{Address: server.Addr, DialTimeout: time.Minute}).Open(ctx); err == nil {
		t.Fatal("opened")
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	closed(t, server)
}
