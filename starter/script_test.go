package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rollcall": main})
}

// TestScripts runs the command line as people do, as far as it needs no server.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: scriptCommands(), RequireExplicitExec: true, Setup: cleanEnvironment})
}

// cleanEnvironment keeps a stack of whoever runs the tests out of them.
func cleanEnvironment(env *testscript.Env) error {
	for _, name := range []string{"ROLLCALL_ENDPOINTS", "ROLLCALL_DATABASE_URL", "ROLLCALL_TEMPORAL_ADDRESS"} {
		env.Setenv(name, "")
	}
	return nil
}

// scriptCommands adds `exits CODE PROGRAM...`, which runs a program and wants exactly that exit code.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < 2 {
				ts.Fatalf("usage: exits CODE PROGRAM...")
			}
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			got := 0
			err = ts.Exec(args[1], args[2:]...)
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				got = exit.ExitCode()
			} else {
				ts.Check(err)
			}
			if got != want {
				ts.Fatalf("exit code %d, want %d", got, want)
			}
		},
	}
}
