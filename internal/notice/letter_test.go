package notice

import (
	"flag"
	"html"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	received = time.Date(2026, 12, 1, 10, 58, 0, 0, time.UTC)
	house    = House{Tenant: "acme", Org: "Acme Corp", Program: "Mentoring Hub", Manager: tenant.Contact{Role: tenant.CSM, Name: "Emily Hart", Email: "emily@hub.example"}}
)

// A sample is a notice of which there is a golden in each language.
type sample struct {
	name  string
	kind  invite.Kind
	role  tenant.Role
	facts Facts
}

func samples() []sample {
	const file = "10KC Membership File - Acme Corp - All Active Personnel - 12.01.2026.csv"
	refused := Facts{
		Told: 2, Zone: "America/Toronto", File: file, ReceivedAt: received,
		Findings: []Finding{
			{Code: roster.ColumnMissing, Row: 1, Column: "Email Address", Variant: "near", Words: []string{"near", "E-Mail"}},
			{Code: roster.ColumnMissing, Row: 1, Column: "Status"},
		},
		Problems: 3, Expected: []string{"First Name", "Last Name", "Email Address", "Status"}, Missing: []string{"Email Address", "Status"}, Foreign: []string{"E-Mail"},
	}
	empty := Facts{Zone: "America/Toronto", File: "roster.csv", ReceivedAt: received, Findings: []Finding{{Code: roster.FileEmpty}}, Problems: 1}
	late := Facts{
		Told: 2, Zone: "America/Toronto", Due: time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC), LastFile: "10KC Membership File - Acme Corp - All Active Personnel - 11.01.2026.csv",
		LastReceivedAt: received.AddDate(0, -1, 0), LastLogin: received, RefusedFile: file, RefusedAt: received,
		AwayFrom: received.Add(3 * time.Hour), AwayTo: received.Add(5 * time.Hour),
	}
	still := late
	still.ToldAt = received.AddDate(0, 0, 1)
	first := Facts{Zone: "America/Toronto", Due: late.Due}
	arrived := Facts{Zone: "America/Toronto", Due: late.Due, File: file, ReceivedAt: received.AddDate(0, 0, 2)}
	return []sample{
		{"file_refused", invite.KindFileRefused, tenant.TechnicalSFTP, refused},
		{"file_refused.copy", invite.KindFileRefused, tenant.CSM, refused},
		{"file_refused.nobody", invite.KindFileRefused, tenant.CSM, empty},
		{"upload_late", invite.KindUploadLate, tenant.TechnicalHRIS, late},
		{"upload_late.first", invite.KindUploadLate, tenant.ProgramOwner, first},
		{"upload_still_late", invite.KindUploadStillLate, tenant.CSM, still},
		{"upload_still_late.nobody", invite.KindUploadStillLate, tenant.CSM, first},
		{"upload_arrived", invite.KindUploadArrived, tenant.TechnicalSFTP, arrived},
	}
}

func (s sample) in(t *testing.T, locale string) invite.Message {
	t.Helper()
	n := Claimed{ID: "n", Kind: s.kind, To: Recipient{Role: s.role, Name: "Zoë", Email: "zoe@acme.example", Locale: locale}, Facts: s.facts}
	m, err := Compose(n, house)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// each calls f for every sample in each language.
func each(t *testing.T, f func(name string, m invite.Message)) {
	t.Helper()
	for _, s := range samples() {
		for _, locale := range roster.Locale.Choices() {
			f(s.name+"."+locale, s.in(t, locale))
		}
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	each(t, func(name string, m invite.Message) {
		golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		golden(t, name+".html", m.HTML)
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var tags = regexp.MustCompile(`(?s)<style>.*?</style>|<title>.*?</title>|<[^>]*>`)

// plain is the text of a page, each run of white space a space.
func plain(page string) string {
	return strings.Join(strings.FieldsFunc(html.UnescapeString(tags.ReplaceAllString(page, " ")), ascii), " ")
}

func ascii(r rune) bool { return r == ' ' || r == '\n' }

// The HTML says what the text says, word by word, in one column and without anything to fetch.
func TestHTMLMirrorsText(t *testing.T) {
	t.Parallel()
	each(t, func(name string, m invite.Message) {
		page := plain(m.HTML)
		text := strings.Join(strings.FieldsFunc(strings.ReplaceAll(m.Text, "\n- ", "\n"), ascii), " ")
		if !strings.HasSuffix(page, text) || !strings.Contains(page, m.Subject) {
			t.Errorf("%s: the page says\n%s\nand the text\n%s", name, page, text)
		}
		if strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "<table") || strings.ContainsAny(m.Text+m.Subject, "{}") {
			t.Errorf("%s holds an image, a table or a hole", name)
		}
		if strings.Count(m.HTML, `lang="`+m.Locale+`"`) != 2 {
			t.Errorf("%s does not tell its language on the page and on the wrapper", name)
		}
	})
}

func TestSubjectsAndLinesAreShort(t *testing.T) {
	t.Parallel()
	each(t, func(name string, m invite.Message) {
		if n := utf8.RuneCountInString(m.Subject); n > 60 || !strings.HasPrefix(m.Subject, "Acme") {
			t.Errorf("%s: the subject has %d characters: %s", name, n, m.Subject)
		}
		for line := range strings.Lines(m.Text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 76 && !strings.HasPrefix(line, "/reports/") {
				t.Errorf("%s: a line has %d characters: %s", name, n, line)
			}
		}
	})
}

// French as Canada writes it: a no-break space before a colon, a percent sign and within guillemets, none before ; ! and ?.
func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`[^\x{a0}]( [:%$»]|« |[\s\x{a0}][;!?])|\pL:(\s|$)|«[^\x{a0}]|[^\x{a0}]»`)
	each(t, func(name string, m invite.Message) {
		if m.Locale != roster.FrCA {
			return
		}
		for _, s := range []string{m.Subject, m.Text, plain(m.HTML)} {
			if found := wrong.FindString(s); found != "" {
				t.Errorf("%s: wrong space: %q", name, found)
			}
		}
	})
}

// Every sentence is there in both languages, and what is filled in is the same.
func TestLanguagesAgree(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{[a-z]+\}`)
	en, fr := reflect.ValueOf(english), reflect.ValueOf(french)
	for i := range en.NumField() {
		name := en.Type().Field(i).Name
		if en.Field(i).Kind() != reflect.String {
			continue
		}
		a, b := en.Field(i).String(), fr.Field(i).String()
		inA, inB := hole.FindAllString(a, -1), hole.FindAllString(b, -1)
		slices.Sort(inA)
		slices.Sort(inB)
		if name == "moment" { // hours are written without a leading zero in French
			inB = []string{"{day}", "{hour}", "{minute}", "{zone}"}
		}
		if a == "" || b == "" || !slices.Equal(inA, inB) || a == b && name != "list" && name != "andMore" {
			t.Errorf("%s: %q and %q", name, a, b)
		}
	}
	for code := range english.reasons {
		if french.reasons[code] == "" {
			t.Errorf("no reason for %s in French", code)
		}
	}
	if len(english.reasons) != len(french.reasons) || len(english.roles) != 5 || len(french.roles) != 5 {
		t.Error("reasons or roles are missing")
	}
}

// Every code that refuses a file has a reason that fits a subject beside the name of an organisation.
func TestReasons(t *testing.T) {
	t.Parallel()
	codes := roster.Codes()
	for _, code := range codes[:slices.Index(codes, roster.ColumnUnmapped)] {
		if code == roster.FileNameDate {
			continue // a note
		}
		s := samples()[0]
		s.facts.Findings = []Finding{{Code: code, Column: "Email Address"}}
		for _, locale := range roster.Locale.Choices() {
			subject := s.in(t, locale).Subject
			if _, reason, ok := strings.Cut(subject, " — "); !ok || reason == "" || strings.HasSuffix(subject, "…") {
				t.Errorf("%s in %s: %s", code, locale, subject)
			}
		}
	}
}

// Names come from people and from files; whatever they hold, they stay on one line and outside of the markup.
func TestNamesAreDefused(t *testing.T) {
	t.Parallel()
	evil := "A\r\nBcc: everyone@example.test\n\n{org}<b>&\u202e" + strings.Repeat("x", 500)
	for _, s := range samples() {
		s.facts.File, s.facts.LastFile, s.facts.RefusedFile = evil, evil, evil
		s.facts.Findings = []Finding{{Code: roster.ColumnMissing, Column: evil, Variant: "near", Words: []string{"near", evil}}}
		s.facts.Missing, s.facts.Expected, s.facts.Foreign = []string{evil}, []string{evil}, []string{evil}
		n := Claimed{Kind: s.kind, To: Recipient{Role: s.role, Name: evil, Locale: roster.EnUS}, Facts: s.facts}
		m, err := Compose(n, House{Org: evil, Program: evil, Manager: tenant.Contact{Name: evil, Email: "emily@hub.example"}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(m.Subject, "\r\n") || utf8.RuneCountInString(m.Subject) > 60 {
			t.Errorf("%s: subject %q", s.name, m.Subject)
		}
		if strings.Contains(m.HTML, "<b>") || strings.ContainsAny(m.Text, "\r\u202e") {
			t.Errorf("%s: a name broke out:\n%s", s.name, m.Text)
		}
	}
}

func TestUnknownLocaleZoneAndKind(t *testing.T) {
	t.Parallel()
	n := Claimed{Kind: invite.KindUploadLate, To: Recipient{Role: tenant.TechnicalSFTP, Locale: "de-DE"}, Facts: Facts{Due: received, Zone: "Mars/Olympus"}}
	m, err := Compose(n, House{Org: "Acme"})
	if err != nil || m.Locale != roster.EnUS || !strings.HasPrefix(m.Text, "Hello,\n") || !strings.Contains(m.Text, "10:58 (UTC)") || !strings.Contains(m.Text, "tell your customer success manager") {
		t.Errorf("%v, %s:\n%s", err, m.Locale, m.Text)
	}
	if _, err := Compose(Claimed{Kind: invite.KindInvitation}, House{}); err == nil {
		t.Error("an invitation is composed as a notice")
	}
}
