package mailsink

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wneessen/go-mail"
)

func startSink(t *testing.T, dir string) *Sink {
	t.Helper()
	sink, err := Start(t.Context(), Options{
		SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", Dir: dir, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

func send(sink *Sink, to, subject, text string) error {
	body := fmt.Sprintf("To: %s\r\nSubject: %s\r\n\r\n%s\r\n", to, subject, text)
	return smtp.SendMail(sink.SMTPAddr(), nil, "hub@example.test", []string{to}, []byte(body))
}

// get fetches a page of the inbox; host overrides the name the page is asked by.
func get(t *testing.T, sink *Sink, path, host string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+sink.HTTPAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(page)
}

func contains(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
}

func TestMessageIsKeptAndShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink := startSink(t, dir)
	sendInvitation(t, sink)

	if diff := cmp.Diff([]string{"000000001.eml"}, names(t, dir)); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "000000001.eml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Return-Path: <hub@example.test>\r\nDelivered-To: zoe@example.test\r\nReceived: "; !strings.HasPrefix(string(raw), want) {
		t.Errorf("message starts %q, want %q", raw[:min(len(raw), 120)], want)
	}

	response, page := get(t, sink, "/", "localhost")
	contains(t, page, "Bienvenue, Zoé &lt;b&gt;", "zoe@example.test", `href="/messages/1"`)
	if got := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") {
		t.Errorf("Content-Security-Policy = %q", got)
	}
	_, page = get(t, sink, "/messages/1", "localhost")
	contains(t, page, "Bonjour Zoé &lt;script&gt;", "There is an HTML part too")
	if strings.Contains(page, "<script>") {
		t.Errorf("page holds markup of the message:\n%s", page)
	}
	response, page = get(t, sink, "/messages/1/raw", "localhost")
	if got, want := response.Header.Get("Content-Type"), "text/plain; charset=utf-8"; got != want || page != string(raw) {
		t.Errorf("raw source is %q, or differs from the file", got)
	}
}

// sendInvitation sends a message in two parts with the library that Rollcall sends with.
func sendInvitation(t *testing.T, sink *Sink) {
	t.Helper()
	host, port, _ := strings.Cut(sink.SMTPAddr(), ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	client, err := mail.NewClient(host, mail.WithPort(number), mail.WithTLSPolicy(mail.NoTLS))
	if err != nil {
		t.Fatal(err)
	}
	m := mail.NewMsg()
	if err := m.From("hub@example.test"); err != nil {
		t.Fatal(err)
	}
	if err := m.To("zoe@example.test"); err != nil {
		t.Fatal(err)
	}
	m.Subject("Bienvenue, Zoé <b>")
	m.SetBodyString(mail.TypeTextPlain, "Bonjour Zoé <script>alert(1)</script>, à bientôt.")
	m.AddAlternativeString(mail.TypeTextHTML, "<p>Bonjour</p>")
	if err := client.DialAndSendWithContext(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestNumbersGoOnAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, partial+"7"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		sink := startSink(t, dir)
		if err := send(sink, "a@example.test", "hello", "text"); err != nil {
			t.Fatal(err)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"000000001.eml", "000000002.eml"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestManyConnectionsAtOnce(t *testing.T) {
	t.Parallel()
	const connections, each = 8, 50
	dir := t.TempDir()
	sink := startSink(t, dir)
	var clients sync.WaitGroup
	for c := range connections {
		clients.Go(func() {
			for n := range each {
				if err := send(sink, fmt.Sprintf("p%d.%d@example.test", c, n), "hello", "text"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	if got, want := len(names(t, dir)), connections*each; got != want {
		t.Errorf("%d messages kept, want %d", got, want)
	}
}

func TestListIsPagedOverGaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := 1; n <= 2*pageSize+1; n++ {
		content := fmt.Sprintf("To: p%d@example.test\r\nSubject: s%d\r\n\r\n", n, n)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%09d.eml", n)), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "000000050.eml")); err != nil {
		t.Fatal(err)
	}
	sink := startSink(t, dir)
	var got []int
	for path := "/"; path != ""; {
		_, page := get(t, sink, path, "localhost")
		got = append(got, strings.Count(page, "<tr><td"))
		_, next, found := strings.Cut(page, `<a href="/?before=`)
		path = ""
		if found {
			path = "/?before=" + next[:strings.Index(next, `"`)]
		}
	}
	if want := []int{pageSize, pageSize}; !slices.Equal(got, want) {
		t.Errorf("messages a page = %v, want %v", got, want)
	}
}

func TestRequestsRefused(t *testing.T) {
	t.Parallel()
	sink := startSink(t, t.TempDir())
	cases := []struct {
		path, host string
		want       int
	}{
		{"/", "inbox.attacker.test", http.StatusMisdirectedRequest},
		{"/", "127.0.0.1", http.StatusOK},
		{"/", "[::1]:80", http.StatusOK},
		{"/?before=x", "localhost", http.StatusNotFound},
		{"/messages/1", "localhost", http.StatusNotFound},
		{"/messages/..%2Fsecret", "localhost", http.StatusNotFound},
		{"/messages/-1/raw", "localhost", http.StatusNotFound},
	}
	for _, c := range cases {
		if response, _ := get(t, sink, c.path, c.host); response.StatusCode != c.want {
			t.Errorf("GET %s as %s = %d, want %d", c.path, c.host, response.StatusCode, c.want)
		}
	}
}

func TestSinkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sink, err := Start(ctx, Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(sink, "a@example.test", "late", "text"); err == nil {
		t.Error("a closed sink took a message")
	}
}
