package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rollcall.internal/internal/config"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
)

// newStory is a story of a small company whose mail sink is empty.
func newStory(t *testing.T) *story {
	t.Helper()
	dir := t.TempDir()
	s := &story{
		shell:     shell{out: io.Discard, dir: filepath.Join(dir, "it"), programs: map[string]string{}},
		endpoints: config.Endpoints{MailDir: dir},
	}
	if err := s.prepare(nil); err != nil {
		t.Fatal(err)
	}
	s.company = rostergen.New(1, 200)
	return s
}

// deliverMail puts an invitation into the mail sink.
func deliverMail(t *testing.T, s *story, n int, to, language string) {
	t.Helper()
	text := fmt.Sprintf("To: <%s>\r\nSubject: =?utf-8?q?h=C3=A9?=\r\nContent-Language: %s\r\n\r\nbody\r\n", to, language)
	if err := os.WriteFile(filepath.Join(s.endpoints.MailDir, fmt.Sprintf("%06d.eml", n)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The demo's word is worth as much as its checks: each of these deviations must end it.
func TestCheckInvitations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(t *testing.T, s *story, last int)
		ok   bool
	}{
		{"one each", func(*testing.T, *story, int) {}, true},
		{"a stranger", func(t *testing.T, s *story, last int) {
			deliverMail(t, s, last+1, "stranger@acme.example", roster.EnUS)
		}, false},
		{"one missing", func(t *testing.T, s *story, last int) {
			if err := os.Remove(filepath.Join(s.endpoints.MailDir, fmt.Sprintf("%06d.eml", last))); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"twice", func(t *testing.T, s *story, last int) {
			deliverMail(t, s, last+1, s.company.People()[0].Value(roster.Email), s.company.People()[0].Value(roster.Locale))
		}, false},
		{"another language", func(t *testing.T, s *story, _ int) {
			deliverMail(t, s, 1, s.company.People()[0].Value(roster.Email), "de-DE")
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, n := newStory(t), 0
			for _, p := range s.company.People() {
				if invitable(p) {
					n++
					deliverMail(t, s, n, p.Value(roster.Email), p.Value(roster.Locale))
				}
			}
			c.edit(t, s, n)
			if err := s.checkInvitations(); (err == nil) != c.ok {
				t.Errorf("err = %v, want success %v", err, c.ok)
			}
			if c.ok {
				// Whoever was invited is due nothing more.
				if due, _ := s.due(); len(due) != 0 {
					t.Errorf("%d people are still due", len(due))
				}
			}
		})
	}
}

func TestCheckMember(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	p := s.company.People()[0]
	m := demoMember{State: s.stateOf(p), Fields: map[roster.Field]string{}}
	for _, c := range rostergen.Columns() {
		m.Fields[c.Field] = p.Value(c.Field)
	}
	m.UniqueID, m.Email = p.Value(roster.UniqueID), p.Value(roster.Email)
	m.FirstName, m.LastName = p.Value(roster.FirstName), p.Value(roster.LastName)
	if err := s.checkMember(m, p); err != nil {
		t.Errorf("equal: %v", err)
	}
	m.Fields[roster.City] += "x"
	if s.checkMember(m, p) == nil {
		t.Error("a wrong city is not noticed")
	}
	m.Fields[roster.City] = p.Value(roster.City)
	m.State = "deleted"
	if s.checkMember(m, p) == nil {
		t.Error("a wrong state is not noticed")
	}
}

func TestBrokenExports(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	records := func(export func() (string, error)) [][]string {
		name, err := export()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	whole, header, without := records(s.exportRoster), records(s.exportHeader), records(s.exportWithoutEmail)
	if got, want := len(whole), s.company.Len()+1; got != want {
		t.Errorf("the roster has %d rows, want %d", got, want)
	}
	if len(header) != 1 || len(header[0]) != len(whole[0]) {
		t.Errorf("the header alone is %d rows of %d columns", len(header), len(header[0]))
	}
	if len(without) != len(whole) || len(without[0]) != len(whole[0])-1 || without[0][2] != whole[0][3] {
		t.Errorf("without addresses it is %d rows of %d columns", len(without), len(without[0]))
	}
}
