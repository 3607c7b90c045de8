package inbox_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"rollcall.internal/internal/inbox"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 255)
	for _, c := range []struct{ name, want string }{
		{"roster.csv", "roster.csv"},
		{"Roster 10.31.2026 (final).csv", "Roster 10.31.2026 (final).csv"},
		{"employe\u0301s.csv", "employ\u00e9s.csv"},
		{"名簿.csv", "名簿.csv"},
		{long, long},
		{long + "a", ""},
		{"", ""},
		{".", ""},
		{"..", ""},
		{"a/b", ""},
		{"a\x00b", ""},
		{"a\nb", ""},
		{"a\x7fb", ""},
		{"a\u0085b", ""},
		{"a\u200bb", ""},
		{"a\u200db", ""},
		{"a\u202ecsv.exe", ""},
		{"a\u2066b", ""},
		{"\ufeffa", ""},
		{"a\u00adb", ""},
		{"a\ufe0fb", ""},
		{"a\u3164b", ""},
		{"a\u2028b", ""},
		{"a\xff", ""},
	} {
		got, err := inbox.CleanName(c.name)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("CleanName(%q) = %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestCleanNameIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, err := inbox.CleanName(rapid.String().Draw(t, "name"))
		if err != nil {
			return
		}
		again, err := inbox.CleanName(name)
		if again != name || err != nil || !norm.NFC.IsNormalString(name) {
			t.Fatalf("CleanName(%q) = %q, %v; want it unchanged", name, again, err)
		}
	})
}

func TestTemporaryName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"roster.csv": false, "party": false, "roster.part.csv": false, "a.tmpl": false,
		"roster.csv.filepart": true, "roster.csv.PART": true, "roster.partial": true, "x.tmp": true, "x.swp": true,
		"x.crdownload": true, "roster.csv~": true, ".roster.csv": true, ".in.roster.csv.": true,
	} {
		if got := inbox.TemporaryName(name); got != want {
			t.Errorf("TemporaryName(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestSettled(t *testing.T) {
	t.Parallel()
	settings := inbox.Settings{Quiet: 2 * time.Second, TornQuiet: 2 * time.Minute}
	changed := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	closed := inbox.Delivery{Place: inbox.Place{Folder: inbox.Inbox, Name: "roster.csv"}, State: inbox.Closed, ChangedAt: changed}
	for _, c := range []struct {
		name  string
		edit  func(*inbox.Delivery)
		after time.Duration
		want  bool
	}{
		{"quiet", func(*inbox.Delivery) {}, 2 * time.Second, true},
		{"not yet quiet", func(*inbox.Delivery) {}, 2*time.Second - 1, false},
		{"written again", func(d *inbox.Delivery) { d.Writing = true }, time.Hour, false},
		{"torn", func(d *inbox.Delivery) { d.Torn = true }, 2*time.Minute - 1, false},
		{"torn and long quiet", func(d *inbox.Delivery) { d.Torn = true }, 2 * time.Minute, true},
		{"temporary name", func(d *inbox.Delivery) { d.Name = "roster.csv.filepart" }, 24 * time.Hour, false},
		{"open", func(d *inbox.Delivery) { d.State = inbox.Open }, 24 * time.Hour, false},
		{"broken", func(d *inbox.Delivery) { d.State = inbox.Broken }, 24 * time.Hour, false},
		{"settled before", func(d *inbox.Delivery) { d.State = inbox.Settled }, 24 * time.Hour, false},
	} {
		d := closed
		c.edit(&d)
		if got := settings.Settled(d, changed.Add(c.after)); got != c.want {
			t.Errorf("%s: Settled = %v, want %v", c.name, got, c.want)
		}
	}
	patient := inbox.Settings{Quiet: time.Hour, TornQuiet: 2 * time.Minute}
	torn := closed
	torn.Torn = true
	if patient.Settled(torn, changed.Add(30*time.Minute)) {
		t.Error("a torn delivery settled before the quiet time")
	}
}

func TestTorn(t *testing.T) {
	t.Parallel()
	for tail, want := range map[string]bool{
		"": false, "\n": false, "\r\n": false, "a\r": false, "a\n": false, "\n\x00": false, "\x00\n": false,
		"a": true, "ab": true, "\x00": true, "a\x00": true,
	} {
		if got := inbox.Torn([]byte(tail)); got != want {
			t.Errorf("Torn(%q) = %v, want %v", tail, got, want)
		}
	}
}
