package invite

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"
)

// maxSubject keeps a subject on one line of a mail (RFC 5322, section 2.1.1).
const maxSubject = 78

// MaxName bounds a name of a person or an organisation inside a mail: a longer one is cut, so that no cell of a roster can turn
// a greeting into a letter of its own.
const MaxName = 60

// Facts are what the wording of an invitation is about. Names may hold anything: they are put on one line, cut and escaped here.
type Facts struct {
	Org            string // the organisation, as its members know it
	Program        string // what members are invited to
	FirstName      string // "" greets without a name
	Locale         string // en-US or fr-CA; anything else reads as en-US
	AcceptURL      string
	UnsubscribeURL string
	Until          time.Time // the last day on which the link works, as its location counts days
}

// A Message is a mail's wording. Its HTML says what its text says.
type Message struct {
	Locale  string // en-US or fr-CA
	Subject string // one line, at most 78 characters
	Text    string
	HTML    string
}

//go:embed wording/*.tmpl
var wording embed.FS

var (
	texts = texttemplate.Must(texttemplate.ParseFS(wording, "wording/*.txt.tmpl"))
	pages = htmltemplate.Must(htmltemplate.ParseFS(wording, "wording/*.html.tmpl"))
)

// letter is what the templates see of the facts.
type letter struct {
	Facts
	UntilDay string
}

// Invitation returns an invitation in the language of f. Equal facts give equal messages.
func Invitation(f Facts) (Message, error) {
	f.Org, f.Program, f.FirstName = OneLine(f.Org, MaxName), OneLine(f.Program, MaxName), OneLine(f.FirstName, MaxName)
	if f.Locale != frCA {
		f.Locale = enUS
	}
	l := letter{Facts: f, UntilDay: LongDay(f.Locale, f.Until)}

	text, err := render(texts, "invitation."+f.Locale+".txt.tmpl", l)
	if err != nil {
		return Message{}, fmt.Errorf("render invitation: %w", err)
	}
	page, err := render(pages, "invitation."+f.Locale+".html.tmpl", l)
	if err != nil {
		return Message{}, fmt.Errorf("render invitation: %w", err)
	}
	// The first line of the text template is the subject, so that a language is one pair of files.
	subject, text, _ := strings.Cut(text, "\n\n")
	return Message{Locale: f.Locale, Subject: Cut(subject, maxSubject), Text: text, HTML: page}, nil
}

const (
	enUS = "en-US"
	frCA = "fr-CA"
)

// A templateSet is a set of text or of HTML templates.
type templateSet interface {
	ExecuteTemplate(w io.Writer, name string, data any) error
}

func render(templates templateSet, name string, l letter) (string, error) {
	var out strings.Builder
	err := templates.ExecuteTemplate(&out, name, l)
	return out.String(), err
}

// OneLine makes a name fit for a line of a mail: whatever is not a printable character becomes a space, runs of
// spaces one space, and what is longer than n characters is cut.
func OneLine(name string, n int) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, name)
	return Cut(strings.Join(strings.Fields(plain), " "), n)
}

// Cut shortens s to n characters, the last of which then is an ellipsis.
func Cut(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimSpace(string(runes[:n-1])) + "…"
}

// LongDay writes the day of t, as its location counts days, as the locale does: "December 1, 2026", or "1er décembre 2026" with no-break spaces.
func LongDay(locale string, t time.Time) string {
	if locale == frCA {
		return ShortDay(locale, t) + "\u00a0" + strconv.Itoa(t.Year())
	}
	return t.Format("January 2, 2006")
}

// ShortDay is [LongDay] without the year: "December 1", "1er décembre".
func ShortDay(locale string, t time.Time) string {
	if locale != frCA {
		return t.Format("January 2")
	}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return day + "\u00a0" + months[t.Month()-1] // a date does not break over lines
}
