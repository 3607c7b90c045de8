package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"rollcall.internal/internal/config"
	"rollcall.internal/internal/devstack"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/rostergen"
)

// newDevCommand is `rollcall dev`: the whole of Rollcall on this machine.
func newDevCommand() *cobra.Command {
	var o devstack.Options
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run the whole of Rollcall on this machine until Ctrl-C",
		Long: `Run the whole of Rollcall on this machine until Ctrl-C: PostgreSQL, Temporal with its Web UI, the SFTP server, the worker, and a mail sink
that keeps every message as a file. A part that dies is started again. All state is in one folder and survives a stop.

With DATABASE_URL or TEMPORAL_ADDRESS in the environment, those are used instead of private ones.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.DatabaseURL, o.TemporalAddress = os.Getenv("DATABASE_URL"), os.Getenv("TEMPORAL_ADDRESS")
			return runDev(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Dir, "dir", ".rollcall", "folder of all state")
	flags.IntVar(&o.SFTPPort, "sftp-port", 0, "port of the SFTP server (0: a free one, kept in the folder)")
	flags.IntVar(&o.SMTPPort, "smtp-port", 0, "port of the mail sink")
	flags.IntVar(&o.TemporalPort, "temporal-port", 0, "port of Temporal")
	flags.IntVar(&o.TemporalUIPort, "temporal-ui-port", 0, "port of Temporal's Web UI")
	flags.IntVar(&o.PostgresPort, "postgres-port", 0, "port of PostgreSQL")
	flags.IntVar(&o.MailUIPort, "mail-ui-port", 0, "port of the inbox over the mails")
	return cmd
}

func runDev(ctx context.Context, o devstack.Options, out, prose io.Writer) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	o.Out = prose
	stack, err := startStack(ctx, o)
	if err != nil {
		return interrupted(ctx, err)
	}
	dir := absolute(o.Dir)
	roster, err := writeSample(dir)
	if err != nil {
		return errors.Join(err, stack.Close())
	}
	tellDev(out, dir, roster, stack.Endpoints())
	<-ctx.Done()
	_, _ = fmt.Fprintln(prose, "stopping")
	return stack.Close()
}

// untilSignal returns a context that ends with the first signal to stop. A second signal changes nothing: the stack is then being taken down, and what
// would be left behind otherwise is processes.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, stopSignals()...)
}

// stopSignals are the signals that ask a program to stop.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks for just that
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// interrupted returns err, or nil where it only says that a person stopped the stack while it was starting.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// startStack starts a stack of this program and the worker beside it, ready for use.
func startStack(ctx context.Context, o devstack.Options) (*devstack.Stack, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	o.Rollcall = program
	o.Prepare = prepareStack
	return devstack.Start(ctx, o)
}

// prepareStack brings the database to this program's schema and the namespace to its search attributes.
func prepareStack(ctx context.Context, e config.Endpoints) error {
	if _, err := postgres.Migrate(ctx, e.Postgres); err != nil {
		return err
	}
	temporal, err := client.DialContext(ctx, client.Options{
		HostPort: e.Temporal, Namespace: e.Namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	defer temporal.Close()
	return registrar.EnsureSearchAttributes(ctx, temporal, e.Namespace)
}

// samplePeople is how many people the sample roster has: enough for a plan to look like one.
const samplePeople = 50

// writeSample writes a roster of made-up people for the tenant of deploy/tenants/acme.yaml into the folder of a stack, and returns its path.
func writeSample(dir string) (path string, err error) {
	company := rostergen.New(storySeed, samplePeople)
	var content bytes.Buffer
	if err := company.WriteCSV(&content); err != nil {
		return "", err
	}
	path = filepath.Join(dir, rostergen.FileName(customer, company.Date()))
	if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("write sample roster: %w", err)
	}
	return path, nil
}

// absolute is a path that is right in every folder, where that can be told.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// ownName is how this program is called from any folder: by its name where it was found by that.
func ownName(arg string) string {
	if !strings.ContainsRune(arg, filepath.Separator) {
		return arg
	}
	return absolute(arg)
}

// tellDev prints where everything is, and what to do first. Its commands work in any folder; roster is the file that they upload.
func tellDev(out io.Writer, dir, roster string, e config.Endpoints) {
	file := filepath.Join(dir, "endpoints.json")
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprint(table, "\nRollcall is up.\n\n")
	for _, row := range append(addresses(e), address{"endpoints", file}) {
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", row.what, row.where)
	}
	_ = table.Flush()
	_, _ = fmt.Fprintf(out, `
Try, in another terminal:

  export ROLLCALL_ENDPOINTS=%[1]s
  %[2]s tenant apply %[6]s
  %[2]s tenant activate acme --skip-setup --reason "trying it out"
  %[2]s key add acme ~/.ssh/id_ed25519.pub
  echo %[7]s | sftp -P %[3]d acme@%[4]s
  %[2]s import list

A file is read a few seconds after it came. import list then says that it needs a decision, and import show acme-1 why.

Ctrl-C stops it; its state stays in %[5]s.
`, quote(file), quote(ownName(os.Args[0])), e.SFTP.Port, e.SFTP.Host, dir, quote(absolute("deploy/tenants/acme.yaml")), quote(`put "`+roster+`"`))
}

// An address is where a part of the stack is found.
type address struct{ what, where string }

// addresses lists where a person can look, leaving out what is not run.
func addresses(e config.Endpoints) []address {
	all := []address{
		{"Temporal Web UI", e.TemporalUI}, {"console", e.Console}, {"mails", e.MailUI}, {"mails as files", e.MailDir},
		{"SFTP", fmt.Sprintf("%s port %d", e.SFTP.Host, e.SFTP.Port)}, {"Temporal", e.Temporal},
	}
	known := all[:0]
	for _, a := range all {
		if a.where != "" {
			known = append(known, a)
		}
	}
	return known
}
