package e2e

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// A notice is a mail to a contact as it arrived.
type notice struct{ kind, to, language, subject, text string }

// notices reads the mails to contacts that the sink has, in the order in which they came.
func (s *stack) notices(t *testing.T) []notice {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.endpoints.MailDir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	var all []notice
	for _, file := range files {
		n, err := readNotice(file)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(file), err)
		}
		if n.kind != string(invite.KindInvitation) {
			all = append(all, n)
		}
	}
	return all
}

func readNotice(path string) (n notice, err error) {
	f, err := os.Open(path)
	if err != nil {
		return n, err
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		return n, err
	}
	n.kind, _, _ = strings.Cut(strings.TrimPrefix(m.Header.Get("Message-ID"), "<"), ".")
	n.to, n.language = strings.Trim(m.Header.Get("To"), "<>"), m.Header.Get("Content-Language")
	if n.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return n, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return n, err
	}
	text, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart() // the text comes first
	if err != nil {
		return n, err
	}
	decoded, err := io.ReadAll(quotedprintable.NewReader(text))
	n.text = strings.ReplaceAll(string(decoded), "\r\n", "\n")
	return n, err
}

// expectNotices waits until so many mails to contacts have arrived since the last look, and compares them: "KIND TO LANGUAGE" in any order.
func (s *stack) expectNotices(t *testing.T, seen *int, want ...string) (fresh []notice) {
	t.Helper()
	since := time.Now()
	eventually(t, patience, fmt.Sprintf("%d notices arrive", len(want)), func() bool { return len(s.notices(t)) >= *seen+len(want) })
	t.Logf("%d notices were there after %.1f s", len(want), time.Since(since).Seconds())
	fresh = s.notices(t)[*seen:]
	*seen += len(fresh)
	var got []string
	for _, n := range fresh {
		got = append(got, fmt.Sprint(n.kind, " ", n.to, " ", n.language))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	return fresh
}

// of returns the notice to somebody.
func of(t *testing.T, all []notice, to string) notice {
	t.Helper()
	i := slices.IndexFunc(all, func(n notice) bool { return n.to == to })
	if i < 0 {
		t.Fatalf("no notice to %s", to)
	}
	return all[i]
}

// says checks that a text has all parts, however its lines are broken.
func (n notice) says(t *testing.T, parts ...string) {
	t.Helper()
	text := strings.Join(strings.FieldsFunc(n.text, func(r rune) bool { return r == ' ' || r == '\n' }), " ")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the mail to %s lacks %q:\n%s", n.to, part, n.text)
		}
	}
}

// travel stops the stack and starts it so that it is the given time.
func (s *stack) travel(t *testing.T, to time.Time) {
	t.Helper()
	s.stop(t)
	s.offset = time.Until(to).Round(time.Second)
	s.start(t)
}

// A customer's contacts hear of refused and of missing files, on a stack of their own whose clock is moved by months.
func TestNotices(t *testing.T) {
	s := startStack(t)
	c := newTenant(t, s, "notices", 30)
	french := c.edited(c.file(), "email: it@acme.example}", "email: it@acme.example, locale: fr-CA}", `time: "06:00"`, `time: "12:00"`)
	s.must(t, "tenant", "apply", c.write("tenant.yaml", french), "--yes")
	seen := 0
	it, hris, csm := "it@acme.example", "hris@acme.example", "emily@hub.example"

	// While the tenant is being set up, of each bad file once.
	bad := c.without(c.export(), roster.Email)
	imp := c.deliverBad(bad)
	c.expect(imp, contract.Closed, contract.Refused)
	fresh := s.expectNotices(t, &seen, "file_refused "+it+" fr-CA", "file_refused "+hris+" en-US", "file_refused "+csm+" en-US")
	first := of(t, fresh, it)
	first.says(t, imp.File, "Rien n’a été modifié", "La colonne «\u00a0Email Address\u00a0»", "/reports/"+imp.File+".result.txt", "rollcall check", "Emily Hart")
	if first.subject != "Acme Corp\u00a0: fichier refusé — «\u00a0Email Address\u00a0» absente" {
		t.Errorf("subject %q", first.subject)
	}
	of(t, fresh, csm).says(t, "This is your copy", "told the same: 2")
	again := c.deliverBad(bad)
	c.expect(again, contract.Closed, contract.Refused)
	c.expect(c.deliverBad(header(c.export())), contract.Closed, contract.Refused)
	s.expectNotices(t, &seen, "file_refused "+it+" fr-CA", "file_refused "+hris+" en-US", "file_refused "+csm+" en-US")

	s.must(t, "tenant", "activate", c.id, "--skip-setup", "--reason", "known", "--by", emily)
	good := c.deliver(c.export())
	c.approve(good)
	c.check()
	tellLate(t, s, c, good, &seen)

	var list struct {
		Mails []struct{ Kind, To, State, Import string }
	}
	s.json(t, &list, "mail", "list", "--tenant", c.id, "--limit", "0")
	for _, m := range list.Mails {
		if m.State != "delivered" || m.Kind == "file_refused" && m.Import == "" {
			t.Errorf("mail list has %+v", m)
		}
	}
	if total := seen + len(c.invited); len(list.Mails) != total {
		t.Errorf("mail list has %d mails, want %d", len(list.Mails), total)
	}
}

// tellLate moves the clock: over one due time and its grace, and over the next and both graces.
func tellLate(t *testing.T, s *stack, c *customer, last imported, seen *int) {
	t.Helper()
	source, err := os.ReadFile(c.path("tenant.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := tenantfile.Decode(source)
	if err != nil {
		t.Fatal(err)
	}
	next := func(due time.Time) time.Time { return agreed.Upload.NextDue(due) }
	it, hris, csm := "it@acme.example", "hris@acme.example", "emily@hub.example"

	// The file that came may be that of the next due time, and surely isn't that of the one after it.
	due := next(next(time.Now()))
	s.travel(t, due.Add(agreed.Upload.Grace+time.Minute))
	fresh := s.expectNotices(t, seen, "upload_late "+it+" fr-CA", "upload_late "+hris+" en-US")
	of(t, fresh, hris).says(t, "has not arrived", last.File, "Our own server could not be reached between", "12:00 (America/Toronto)")
	of(t, fresh, it).says(t, "n’est pas arrivé", "inaccessible entre")
	s.replay(t, "lateness", contract.LatenessID(tenant.ID(c.id)), "")

	// A refused file is none; an accepted one is told of, though nobody has decided about it.
	c.expect(c.deliverBad(header(c.export())+"\r\n"), contract.Closed, contract.Refused)
	s.expectNotices(t, seen, "file_refused "+it+" fr-CA", "file_refused "+hris+" en-US", "file_refused "+csm+" en-US")
	c.company.Next(rostergen.Delta{Joiners: 1, Changed: 2})
	imp := c.deliver(c.export())
	c.expect(imp, contract.AwaitingDecision, "")
	fresh = s.expectNotices(t, seen, "upload_arrived "+it+" fr-CA", "upload_arrived "+hris+" en-US")
	of(t, fresh, hris).says(t, "has arrived", imp.File)
	c.approve(imp)
	c.check()

	s.travel(t, next(due).Add(3*agreed.Upload.Grace))
	fresh = s.expectNotices(t, seen, "upload_late "+it+" fr-CA", "upload_late "+hris+" en-US", "upload_still_late "+csm+" en-US")
	of(t, fresh, csm).says(t, "is still missing", "told on", ": 2.", "rollcall tenant pause "+c.id)
	c.expect(c.deliver(c.export()), contract.Closed, contract.NothingNew)
	s.expectNotices(t, seen, "upload_arrived "+it+" fr-CA", "upload_arrived "+hris+" en-US", "upload_arrived "+csm+" en-US")
}
