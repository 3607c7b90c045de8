package mailsink

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// Bounds of what a page shows of a message; the raw source has all of it.
const (
	maxTextBytes = 512 << 10
	maxPartDepth = 8
)

// header is what the list shows of a message.
type header struct {
	Number  int64
	To      string
	Subject string
	Arrived time.Time
}

// field is one header line, decoded.
type field struct{ Name, Value string }

// message is what the page of one message shows.
type message struct {
	header
	Fields []field
	Text   string
	Cut    bool // the text was longer than the page shows
	HTML   bool // there is an HTML part, which only the raw source shows
}

// readHeader reads the top of message n. A message that is not there is fs.ErrNotExist.
func (s *store) readHeader(n int64) (header, error) {
	f, parsed, err := s.open(n)
	if err != nil {
		return header{}, err
	}
	defer func() { _ = f.Close() }()
	return headerOf(n, f, parsed.Header)
}

// read reads message n, decoded for people. A message that is not there is fs.ErrNotExist.
func (s *store) read(n int64) (message, error) {
	f, parsed, err := s.open(n)
	if err != nil {
		return message{}, err
	}
	defer func() { _ = f.Close() }()
	top, err := headerOf(n, f, parsed.Header)
	if err != nil {
		return message{}, err
	}
	m := message{header: top, Fields: fieldsOf(parsed.Header)}
	m.addPart(textproto.MIMEHeader(parsed.Header), parsed.Body, 0)
	return m, nil
}

func (s *store) open(n int64) (*os.File, *mail.Message, error) {
	f, err := os.Open(s.path(n))
	if err != nil {
		return nil, nil, err
	}
	parsed, err := mail.ReadMessage(bufio.NewReader(f))
	if err != nil {
		// Whatever came by SMTP is shown: one that is no proper message has an empty top and is read raw.
		parsed = &mail.Message{Header: mail.Header{}, Body: strings.NewReader("")}
	}
	return f, parsed, nil
}

func headerOf(n int64, f *os.File, h mail.Header) (header, error) {
	info, err := f.Stat()
	if err != nil {
		return header{}, err
	}
	return header{Number: n, To: decodeWords(h.Get("To")), Subject: decodeWords(h.Get("Subject")), Arrived: info.ModTime()}, nil
}

// fieldsOf lists the headers that people look for, in the order they read them, without the machinery
// (routes, signatures), which the raw source shows.
func fieldsOf(h mail.Header) []field {
	var fields []field
	for _, name := range []string{"Date", "From", "To", "Cc", "Reply-To", "Subject", "Content-Language", "List-Unsubscribe", "Message-Id", "Delivered-To"} {
		for _, value := range h[name] {
			fields = append(fields, field{Name: name, Value: decodeWords(value)})
		}
	}
	return fields
}

// decodeWords decodes the encoded words (RFC 2047) of a header; one that can't be decoded is shown as it came.
func decodeWords(value string) string {
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	if decoded, err := decoder.DecodeHeader(value); err == nil {
		return decoded
	}
	return value
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return encoding.NewDecoder().Reader(r), nil
}

// addPart takes the first text part and notes whether there is an HTML one; parts are walked in their order.
func (m *message) addPart(h textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && depth < maxPartDepth:
		m.addParts(multipart.NewReader(body, params["boundary"]), depth)
	case kind == "text/plain" && m.Text == "":
		m.addText(h.Get("Content-Transfer-Encoding"), params["charset"], body)
	case kind == "text/html":
		m.HTML = true
	}
}

func (m *message) addParts(parts *multipart.Reader, depth int) {
	for {
		// NextPart would decode quoted-printable itself, and drop the header that says so.
		part, err := parts.NextRawPart()
		if err != nil {
			return
		}
		m.addPart(part.Header, part, depth+1)
	}
}

func (m *message) addText(transfer, charset string, body io.Reader) {
	switch strings.ToLower(strings.TrimSpace(transfer)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	if charset != "" {
		if decoded, err := charsetReader(charset, body); err == nil {
			body = decoded
		}
	}
	// A body that breaks off is shown as far as it can be read.
	text, _ := io.ReadAll(io.LimitReader(body, maxTextBytes+1))
	m.Cut = len(text) > maxTextBytes
	m.Text = strings.ToValidUTF8(string(text[:min(len(text), maxTextBytes)]), "\uFFFD")
}

// page lists up to size messages numbered below before, newest first, and says whether older ones remain.
func (s *store) page(before int64, size int) (list []header, more bool, err error) {
	for n := min(before-1, s.last.Load()); n > 0; n-- {
		top, err := s.readHeader(n)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if len(list) == size {
			return list, true, nil
		}
		list = append(list, top)
	}
	return list, false, nil
}
