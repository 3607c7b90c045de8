package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/term"

	"rollcall.internal/internal/config"
)

// A shell runs commands in the demo's folder and shows them as a person would have typed them, with what they print.
type shell struct {
	out      io.Writer
	dir      string            // where commands run
	env      []string          // all of their environment
	programs map[string]string // paths of programs that are not on PATH, by the name that is shown
	styled   bool
}

// demoEnv is the environment of the demo's commands: what the person's own shell says of other stacks does not count.
func demoEnv(endpoints string, e config.Endpoints) []string {
	env := []string{"ROLLCALL_ENDPOINTS=" + endpoints, "TEMPORAL_ADDRESS=" + e.Temporal, "TEMPORAL_NAMESPACE=" + e.Namespace}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "ROLLCALL_ENDPOINTS=") && !strings.HasPrefix(entry, "TEMPORAL_") {
			env = append(env, entry)
		}
	}
	return env
}

// show runs a command, shows it and what it prints, and returns what it printed.
func (s *shell) show(ctx context.Context, args ...string) (string, error) {
	s.prompt(args)
	var printed bytes.Buffer
	shown := &excerpt{out: s.out}
	cmd := s.command(ctx, args)
	both := io.MultiWriter(&printed, shown) // one writer for both, so that lines come in their order
	cmd.Stdout, cmd.Stderr = both, both
	err := cmd.Run()
	shown.close()
	s.sayLine("")
	if err != nil {
		return printed.String(), fmt.Errorf("run %s %s: %w", args[0], args[1], err)
	}
	return printed.String(), nil
}

// read runs a command without showing it and returns its stdout.
func (s *shell) read(ctx context.Context, args ...string) ([]byte, error) {
	cmd := s.command(ctx, args)
	output, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("run %s %s: %w: %s", args[0], args[1], err, bytes.TrimSpace(failed.Stderr))
	}
	return output, err
}

func (s *shell) command(ctx context.Context, args []string) *exec.Cmd {
	program := args[0]
	if path := s.programs[program]; path != "" {
		program = path
	}
	cmd := exec.CommandContext(ctx, program, args[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// lineWidth is where a command that is shown goes on in the next line.
const lineWidth = 110

// prompt shows a command. A long one is broken before its flags, as one would in a shell.
func (s *shell) prompt(args []string) {
	var text strings.Builder
	width := 0
	for i, arg := range args {
		word := quote(arg)
		switch {
		case i > 0 && strings.HasPrefix(arg, "-") && width+len(word)+1+nextLength(args, i) > lineWidth:
			text.WriteString(" \\\n    ")
			width = len("    ")
		case i > 0:
			text.WriteString(" ")
			width++
		}
		text.WriteString(word)
		width += len(word)
	}
	s.sayLine(s.bold("$ " + text.String()))
}

// nextLength is the width of a flag's value, which stays on the flag's line.
func nextLength(args []string, i int) int {
	if i+1 == len(args) || strings.HasPrefix(args[i+1], "-") {
		return 0
	}
	return 1 + len(quote(args[i+1]))
}

// quote puts an argument as a shell takes it.
func quote(arg string) string {
	plain := strings.IndexFunc(arg, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@~+%", r)
	}) < 0
	if plain && arg != "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// chapter begins a part of the story.
func (s *shell) chapter(title string) {
	s.sayLine("\n" + s.bold("── "+title+" "+strings.Repeat("─", max(2, 76-len([]rune(title))))) + "\n")
}

// say tells a paragraph.
func (s *shell) say(format string, args ...any) { s.sayLine(fmt.Sprintf(format, args...) + "\n") }

// found tells what the demo has counted itself.
func (s *shell) found(format string, args ...any) { s.sayLine("  ✓ " + fmt.Sprintf(format, args...)) }

func (s *shell) sayLine(line string) {
	// A terminal that is gone must not leave half a demo behind.
	_, _ = fmt.Fprintln(s.out, line)
}

func (s *shell) bold(text string) string {
	if !s.styled {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
