package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rollcall.internal/deploy"
	"rollcall.internal/internal/devstack"
)

// newDemoCommand is `rollcall demo`: the story of a roster, told by doing it.
func newDemoCommand() *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a roster go the whole way, on a stack of its own",
		Long: `Watch a roster go the whole way, on a stack of its own: PostgreSQL, Temporal, the SFTP server, the worker and a mail sink, started for
the demo and gone afterwards. Every step runs the real command and shows what it printed; after every step the demo counts, and ends with exit code 1 where
what it finds is not what it tells.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), keep)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the stack running until Ctrl-C, and its folder after that")
	return cmd
}

func runDemo(ctx context.Context, out, prose io.Writer, keep bool) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := findOpenSSH(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rollcall-demo-")
	if err != nil {
		return fmt.Errorf("make folder of the demo: %w", err)
	}
	err = tellDemo(ctx, out, prose, dir, keep)
	switch {
	case ctx.Err() != nil && !keep:
		err = errors.Join(ctx.Err(), removeDemo(dir))
	case err != nil:
		_, _ = fmt.Fprintf(prose, "what the demo left is in %s; the logs of its parts are in %s\n", dir, filepath.Join(stackDir(dir), "logs"))
	case !keep:
		err = removeDemo(dir)
	}
	return err
}

// findOpenSSH looks for the programs of customer IT before anything is started.
func findOpenSSH() error {
	for _, program := range []string{"sftp", "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s was not found: install OpenSSH's client (Debian, Ubuntu: apt install openssh-client)", program)
		}
	}
	return nil
}

// stackDir is the stack's folder inside the demo's.
func stackDir(dir string) string { return filepath.Join(dir, "stack") }

// removeDemo removes the demo's folder and the database, which may lie elsewhere.
func removeDemo(dir string) error {
	if err := devstack.Remove(stackDir(dir)); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// tellDemo starts the stack, tells the story on it, and stops it again.
func tellDemo(ctx context.Context, out, prose io.Writer, dir string, keep bool) (err error) {
	started := time.Now()
	_, _ = fmt.Fprintln(prose, "starting PostgreSQL, Temporal, the SFTP server, the worker and a mail sink, all private to this demo")
	stack, err := startStack(ctx, devstack.Options{Dir: stackDir(dir), Out: prose})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()

	s := &story{
		shell: shell{
			out: out, dir: filepath.Join(dir, "acme-it"), styled: styleFor(out).Colour,
			env:      demoEnv(filepath.Join(stackDir(dir), "endpoints.json"), stack.Endpoints()),
			programs: map[string]string{"temporal": stack.TemporalCLI()},
		},
		endpoints: stack.Endpoints(),
	}
	if err := s.prepare(deploy.AcmeTenant); err != nil {
		return err
	}
	if err := s.tell(ctx); err != nil {
		return err
	}
	s.end(time.Since(started), dir, keep)
	if keep {
		<-ctx.Done()
		_, _ = fmt.Fprintln(prose, "stopping")
	}
	return nil
}
