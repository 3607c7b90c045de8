package tenantfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// parse returns the file's one document as a tree; stored says that it was accepted once.
func parse(data []byte, stored bool) (*yaml.Node, error) {
	refuse := func(line int, format string, args ...any) error {
		return &Error{Problems: []Problem{{Line: line, Message: fmt.Sprintf(format, args...)}}}
	}
	if len(data) > MaxBytes && !stored {
		return nil, refuse(0, "the file is larger than %d bytes", MaxBytes)
	}
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 { // a NUL is what UTF-16 leaves between letters, and nothing that Postgres stores as text
		return nil, refuse(0, "the file is not UTF-8; save it as UTF-8")
	}
	if at := bytes.IndexFunc(data, isControl); at >= 0 && !stored {
		return nil, refuse(1+bytes.Count(data[:at], []byte("\n")), "an invisible control character stands here: take it out")
	}
	loader := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := loader.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, refuse(0, "the file is empty")
	} else if err != nil {
		return nil, &Error{Problems: []Problem{syntax(err, 1+bytes.Count(bytes.TrimRight(data, "\r\n"), []byte("\n")))}}
	}
	if err := loader.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, refuse(more.Line, "the file holds more than one document")
	}
	if len(doc.Content) != 1 {
		return nil, refuse(0, "the file is empty")
	}
	return doc.Content[0], nil
}

// isControl reports whether r has no business in a text that people write: all control characters but tabs and line ends.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7F && r < 0xA0 && r != 0x85
}

// syntax tells what the YAML parser says in our form. The parser sees the end of a file on a line after the last.
func syntax(err error, lastLine int) Problem {
	load, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return Problem{Message: "not YAML: " + strings.Join(strings.Fields(err.Error()), " ")}
	}
	p := Problem{Line: min(load.Mark.Line, lastLine), Message: "not YAML: " + load.Message}
	if from := load.ContextMark.Line; from > 0 && from < p.Line {
		p.Message += fmt.Sprintf(" (%s on line %d)", load.ContextMsg, from)
	}
	for _, h := range syntaxHints() {
		if strings.Contains(load.Message, h[0]) {
			p.Message += "; " + h[1]
		}
	}
	return p
}

// syntaxHints are parts of the parser's messages with what people mostly did to get them.
func syntaxHints() [][2]string {
	return [][2]string{
		{"mapping values are not allowed", "put quotes around a text that holds a colon, and begin keys of one mapping in one column"},
		{"cannot start any token", "put quotes around a text that begins with @, ` or %, and indent with spaces, never with tabs"},
		{"tab character", "indent with spaces, never with tabs"},
		{"unexpected end of stream", "a quote is not closed"},
		{"unknown escape", `inside double quotes a backslash is written \\`},
		{"unknown anchor", "put quotes around a text that begins with *"},
	}
}
