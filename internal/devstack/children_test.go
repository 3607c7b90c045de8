package devstack

import (
	"context"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// ownerVariable makes the test's program run a stack in the folder it names, until it is killed.
const ownerVariable = "DEVSTACK_TEST_OWNER"

// TestMain lets the test's own program stand in for the programs around a stack: without a flag it is a child
// (worker or sftp) that the stack started, or a process that owns a stack.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("ROLLCALL_READY_FILE") != "":
		runChild()
	case os.Getenv(ownerVariable) != "":
		runOwner(os.Getenv(ownerVariable))
	default:
		os.Exit(m.Run())
	}
}

// runChild is a child of a stack: it checks that the database named to it answers, greets as an SSH server where
// it is the sftp, and runs until SIGTERM.
func runChild() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := pingDatabase(ctx, os.Getenv("ROLLCALL_DATABASE_URL")); err != nil {
		panic(err)
	}
	if os.Args[len(os.Args)-1] == "sftp" {
		listener, err := net.Listen("tcp", os.Getenv("ROLLCALL_SFTP_ADDRESS"))
		if err != nil {
			panic(err)
		}
		go greetAll(listener)
	}
	if err := os.WriteFile(os.Getenv("ROLLCALL_READY_FILE"), nil, 0o600); err != nil {
		panic(err)
	}
	<-ctx.Done()
}

func greetAll(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte("SSH-2.0-test\r\n"))
		_ = conn.Close()
	}
}

func runOwner(dir string) {
	if _, err := Start(context.Background(), options(dir, os.Stderr)); err != nil {
		panic(err)
	}
	select {}
}

func options(dir string, out io.Writer) Options {
	return Options{Dir: dir, Out: out, Rollcall: os.Args[0], Worker: os.Args[0], Env: []string{ownerVariable + "="}}
}
