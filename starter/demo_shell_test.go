package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	input := strings.Repeat("  + 60 create\n", 6) + strings.Repeat("+ joiner\n~ changed\n", 7) + strings.Repeat("é", 151) + "\n+notsymbol\n\n- last"
	want := strings.Repeat("  + 60 create\n", 6) + strings.Repeat("+ joiner\n~ changed\n", 4) + strings.Repeat("é", 149) + "…\n+notsymbol\n\n- last\n" +
		"… and more of them: 3 +, 3 ~\n"
	for _, size := range []int{1, 3, 1000} {
		var got strings.Builder
		e := &excerpt{out: &got}
		if _, err := io.CopyBuffer(struct{ io.Writer }{e}, struct{ io.Reader }{strings.NewReader(input)}, make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		e.close()
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("excerpt of writes of %d bytes (-want +got):\n%s", size, diff)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"acme_key.pub": "acme_key.pub", "--limit": "--limit", "sha256:ab": "sha256:ab",
		"": "''", "two words": "'two words'", `{"a":1}`: `'{"a":1}'`, "it's": `'it'\''s'`, "$HOME": "'$HOME'",
	} {
		if got := quote(arg); got != want {
			t.Errorf("quote(%q) = %s, want %s", arg, got, want)
		}
	}
}

func TestPromptBreaksBeforeFlags(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	s := shell{out: &got}
	s.prompt([]string{"program", "do", "--first", strings.Repeat("a", 50), "--second", strings.Repeat("b", 50), "--third"})
	want := "$ program do --first " + strings.Repeat("a", 50) + " \\\n    --second " + strings.Repeat("b", 50) + " --third\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("prompt (-want +got):\n%s", diff)
	}
}
