//go:build !linux

package devstack

import (
	"os/exec"
	"strconv"
	"strings"
)

// identity says which process the number stands for now: when it started and its command line. It is false for a
// process that is gone, or dead and not yet reaped.
func identity(pid int) (string, bool) {
	line, err := exec.Command("ps", "-ww", "-o", "state=,lstart=,command=", "-p", strconv.Itoa(pid)).Output()
	fields := strings.Fields(string(line))
	if err != nil || len(fields) < 2 || strings.HasPrefix(fields[0], "Z") {
		return "", false
	}
	// The state changes while the process lives.
	return strings.Join(fields[1:], " "), true
}
