package invite

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func facts(locale string) Facts {
	return Facts{
		Org: "Acme", Program: "Mentoring Hub", FirstName: "Zoë", Locale: locale,
		AcceptURL: "https://hub.example/invitation/TOKEN", UnsubscribeURL: "https://hub.example/unsubscribe/TOKEN",
		Until: time.Date(2026, 12, 1, 23, 0, 0, 0, time.UTC),
	}
}

func TestInvitationGolden(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"en-US", "fr-CA"} {
		m, err := Invitation(facts(locale))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "invitation."+locale+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		golden(t, "invitation."+locale+".html", m.HTML)
		if m.Locale != locale {
			t.Errorf("asked for %s, got %s", locale, m.Locale)
		}
	}
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

// Names come from customers' files; whatever they hold, they stay a name within one line and within the markup.
func TestNamesAreDefused(t *testing.T) {
	t.Parallel()
	f := facts("fr-CA")
	f.Org = "A\r\nBcc: everyone@example.test\n\n<b>&" + strings.Repeat("x", 500)
	f.FirstName = `"><script>alert(1)</script>`
	m, err := Invitation(f)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(m.Subject, "\r\n") || utf8.RuneCountInString(m.Subject) > 78 {
		t.Errorf("subject %q", m.Subject)
	}
	if !strings.HasPrefix(m.Subject, "A Bcc: everyone@example.test <b>&x") {
		t.Errorf("subject %q, want the name on one line", m.Subject)
	}
	if strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, "<b>") {
		t.Error("a name became markup")
	}
	if strings.Contains(m.Text, strings.Repeat("x", 100)) {
		t.Error("a name was not cut")
	}
	if !strings.Contains(m.Text, f.FirstName) {
		t.Error("the text escapes a name that it needn't")
	}
}

func TestUnknownLocaleAndNoNameReadWell(t *testing.T) {
	t.Parallel()
	f := facts("de-DE")
	f.FirstName = ""
	m, err := Invitation(f)
	if err != nil {
		t.Fatal(err)
	}
	if m.Locale != "en-US" || !strings.HasPrefix(m.Text, "Hello,\n") {
		t.Errorf("locale %s, text %q", m.Locale, m.Text[:20])
	}
}

// French as Canada writes it: a no-break space before a colon, a percent sign and within guillemets, none before ; ! and ?.
func TestFrenchSpaces(t *testing.T) {
	t.Parallel()
	m, err := Invitation(facts("fr-CA"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := regexp.MustCompile(`[^\x{a0}]( [:%$»]|« |[\s\x{a0}][;!?])|\pL:(\s|<br>)`)
	html := regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).ReplaceAllString(m.HTML, "")
	for _, s := range []string{m.Subject, m.Text, html} {
		if found := wrong.FindString(s); found != "" {
			t.Errorf("wrong space: %q", found)
		}
	}
	if !strings.Contains(m.Text, "1er\u00a0décembre\u00a02026") {
		t.Error("the date is not written out in French")
	}
}

// The HTML says what the text says, in one column and without anything to fetch.
func TestHTMLMirrorsText(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"en-US", "fr-CA"} {
		m, err := Invitation(facts(locale))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"Acme", "Mentoring Hub", "Zoë", "https://hub.example/invitation/TOKEN", "https://hub.example/unsubscribe/TOKEN"} {
			if !strings.Contains(m.Text, part) || !strings.Contains(m.HTML, part) {
				t.Errorf("%s lacks %q", locale, part)
			}
		}
		if strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "<table") || strings.Contains(m.Text+m.HTML, "{{") {
			t.Errorf("%s holds an image, a table or a hole", locale)
		}
		if strings.Count(m.HTML, `lang="`+locale+`"`) != 2 {
			t.Errorf("%s does not tell its language on the page and on the wrapper", locale)
		}
	}
}
