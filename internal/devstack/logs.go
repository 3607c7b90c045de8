package devstack

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

const (
	maxLogBytes  = 16 << 20
	tailBytes    = 4 << 10
	tailLines    = 12
	tailIndented = "\n    "
)

// openLog opens a part's log to append to. One that has grown large is set aside, over the one set aside before.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("set log aside: %w", err)
		}
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return log, nil
}

// logTail renders where the part's log is and how it ends, to be put behind an error.
func (p *part) logTail() string {
	return "; " + p.logFile() + " ends:" + tail(p.logFile())
}

// tail returns the last lines of a file, each on an indented line of its own.
func tail(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return " (unreadable)"
	}
	raw = bytes.TrimSpace(raw[max(0, len(raw)-tailBytes):])
	if len(raw) == 0 {
		return " (nothing)"
	}
	lines := strings.Split(string(raw), "\n")
	return tailIndented + strings.Join(lines[max(0, len(lines)-tailLines):], tailIndented)
}
