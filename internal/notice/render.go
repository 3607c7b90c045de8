package notice

import (
	_ "embed"
	"html/template"
	"strings"
	"unicode/utf8"
)

//go:embed letter.html.tmpl
var letterPage string

var page = template.Must(template.New("letter").Parse(letterPage))

// page renders the mail as HTML: one column, no image, nothing to fetch.
func (w *writer) page(subject string) (string, error) {
	var out strings.Builder
	err := page.Execute(&out, struct {
		Locale, Subject, Lead string
		Blocks                []block
	}{w.locale, subject, w.blocks[1].Text, w.blocks})
	return out.String(), err
}

// width is how many characters a line of the text has at the most, but for what can't be broken.
const width = 76

// text renders the mail as text, complete on its own.
func (w *writer) text() string {
	var b strings.Builder
	for i, k := range w.blocks {
		if i > 0 && w.blocks[i-1].Heading == "" {
			b.WriteByte('\n')
		}
		switch {
		case k.Heading != "":
			b.WriteString(k.Heading + "\n")
		case k.Items != nil:
			for _, item := range k.Items {
				wrap(&b, "- ", "  ", item)
			}
		default:
			wrap(&b, "", "", k.Text)
			if k.Path != "" {
				b.WriteString(k.Path + "\n")
			}
		}
	}
	return b.String()
}

// wrap writes a text in lines, broken at spaces and at no other white space. The first line begins with first, the others with rest.
func wrap(b *strings.Builder, first, rest, text string) {
	b.WriteString(first)
	used := len(first)
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + rest)
			used = len(rest)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	b.WriteByte('\n')
}
