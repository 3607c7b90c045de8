// Package mailsink is the mail server of a development stack: it takes every message by SMTP, delivers
// it nowhere, and keeps it as a file.
//
// # Files
//
// Each delivered message is one file NNNNNNNNN.eml in the sink's folder; the number grows by one a message and
// goes on where it was after a restart, so names sort by arrival. A file appears whole (it is written beside
// and renamed) before the client hears 250. The bytes are the client's own, preceded by what a real
// delivery adds on top: Return-Path, one Delivered-To a recipient, and Received. Signatures over the
// message stay valid. Nothing is flushed to the disk: a killed process loses nothing, a dead machine may.
//
// # Inbox
//
// A web page lists the messages, newest first, and shows one: headers, the text part, and the raw source. The folder is
// the only index: a page walks the numbers down from the newest, so memory does not grow with the mail, and
// files may be deleted at will. Messages hold invitation links, so the page answers to loopback names only
// (a web page elsewhere can't reach it through a name of its own), and nothing in a message is ever
// interpreted as markup.
package mailsink

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"
)

// Limits of one message. They are far above what Rollcall sends, and keep a stray client from filling the disk.
const (
	maxMessageBytes = 25 << 20
	maxRecipients   = 100
)

// Options says where a sink listens and keeps its mail.
type Options struct {
	SMTPAddr string       // host:port for SMTP; port 0 takes a free one
	HTTPAddr string       // host:port for the inbox; port 0 takes a free one
	Dir      string       // folder of the messages, made if absent
	Log      *slog.Logger // never told an address or a subject
}

// Sink is a running mail sink. Its methods are safe for concurrent use.
type Sink struct {
	smtp     *smtp.Server
	http     *http.Server
	smtpAddr string
	httpAddr string
	store    *store
}

// Start listens on both addresses and returns once both answer. The sink runs until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Sink, error) {
	store, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	smtpListener, err := net.Listen("tcp", o.SMTPAddr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	httpListener, err := net.Listen("tcp", o.HTTPAddr)
	if err != nil {
		_ = smtpListener.Close()
		return nil, fmt.Errorf("listen for the inbox: %w", err)
	}
	s := &Sink{
		smtp:     newSMTPServer(store, o.Log),
		http:     newHTTPServer(store, o.Log),
		smtpAddr: smtpListener.Addr().String(),
		httpAddr: httpListener.Addr().String(),
		store:    store,
	}
	// Serve ends with an error only when its listener is closed, which is Close's work.
	go func() { _ = s.smtp.Serve(smtpListener) }()
	go func() { _ = s.http.Serve(httpListener) }()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// SMTPAddr returns the host:port that takes mail.
func (s *Sink) SMTPAddr() string { return s.smtpAddr }

// HTTPAddr returns the host:port of the inbox.
func (s *Sink) HTTPAddr() string { return s.httpAddr }

// Close stops the sink at once: a message that was not answered with 250 by then is not kept, and its client
// sees the connection end. It may be called again.
func (s *Sink) Close() error {
	// The store first: afterwards no handler that still runs can add a file.
	s.store.close()
	if err := s.smtp.Close(); err != nil && err != smtp.ErrServerClosed {
		return fmt.Errorf("stop mail server: %w", err)
	}
	if err := s.http.Close(); err != nil {
		return fmt.Errorf("stop inbox: %w", err)
	}
	return nil
}

func newHTTPServer(store *store, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           newInbox(store, log),
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      30 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
