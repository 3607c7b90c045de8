package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"rollcall.internal/internal/roster"
)

// openTerminal returns the two ends of a new terminal: what is written to tty can be read from screen.
func openTerminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	var locked, number uint32
	err = errors.Join(control(screen, syscall.TIOCSPTLCK, &locked), control(screen, syscall.TIOCGPTN, &number))
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

func control(f *os.File, request uintptr, argument *uint32) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(argument)))
	})
	if failed != 0 {
		err = failed
	}
	return err
}

// On a terminal a large file has a bar, which is gone when the file was read; nowhere else is there anything. Not parallel: it sets TERM.
func TestCheckProgress(t *testing.T) {
	t.Setenv("TERM", "xterm")
	screen, tty := openTerminal(t)
	p := newCheckProgress(tty, 10*worthABar, roster.FrCA)
	if p == nil {
		t.Fatal("no bar on a terminal")
	}
	p.add(worthABar)
	p.end()
	if err := screen.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var shown []byte
	for buf := make([]byte, 4096); !bytes.Contains(shown, []byte("10%")) || !bytes.HasSuffix(shown, []byte("\r")); {
		n, err := screen.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, shown)
		}
		shown = append(shown, buf[:n]...)
	}
	if !strings.Contains(string(shown), "lecture") {
		t.Errorf("shown is %q", shown)
	}
	var file bytes.Buffer
	if newCheckProgress(&file, 10*worthABar, roster.EnUS) != nil || newCheckProgress(tty, worthABar-1, roster.EnUS) != nil {
		t.Error("a bar where nobody looks, or where there is nothing to see")
	}
	t.Setenv("TERM", "dumb")
	if newCheckProgress(tty, 10*worthABar, roster.EnUS) != nil {
		t.Error("a bar on a terminal that can't take it away")
	}
}
