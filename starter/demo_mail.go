package main

import (
	"bufio"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"rollcall.internal/internal/invite"
)

// demoMail is what the demo reads of a message of the mail sink.
type demoMail struct {
	to, language, subject string
	member                bool // it went to a member, and not to one of the tenant's contacts
}

// newMails returns the messages to members that arrived since it was called last.
func (s *story) newMails() ([]demoMail, error) {
	files, err := filepath.Glob(filepath.Join(s.endpoints.MailDir, "*.eml"))
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	var fresh []demoMail
	for _, file := range files {
		if s.mails[file] {
			continue
		}
		m, err := readMail(file)
		if err != nil {
			return nil, err
		}
		s.mails[file] = true
		if m.member {
			fresh = append(fresh, m)
		}
	}
	return fresh, nil
}

func readMail(file string) (demoMail, error) {
	f, err := os.Open(file)
	if err != nil {
		return demoMail{}, fmt.Errorf("read mail: %w", err)
	}
	defer f.Close()
	message, err := mail.ReadMessage(bufio.NewReader(f))
	if err != nil {
		return demoMail{}, fmt.Errorf("read mail: %w", err)
	}
	to, err := mail.ParseAddress(message.Header.Get("To"))
	if err != nil {
		return demoMail{}, fmt.Errorf("read address of mail: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return demoMail{}, fmt.Errorf("read subject of mail: %w", err)
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(message.Header.Get("Message-ID"), "<"), ".")
	return demoMail{
		to: to.Address, language: message.Header.Get("Content-Language"), subject: subject, member: !invite.Kind(kind).Notice(),
	}, nil
}
