package devstack

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// identity says which process the number stands for now: when it started (in ticks since boot) and its command
// line. It is false for a process that is gone, or dead and not yet reaped.
func identity(pid int) (string, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// proc(5): the name, in parentheses, may hold anything; behind it field 3 is the state, 22 the start.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return "", false
	}
	return fields[19] + " " + string(bytes.ReplaceAll(bytes.TrimRight(command, "\x00"), []byte{0}, []byte{' '})), true
}
