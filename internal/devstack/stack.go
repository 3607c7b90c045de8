// Package devstack is the whole of Rollcall on one machine: the stack under `rollcall dev`, `rollcall demo`
// and the end-to-end tests. Every part is the real one.
//
// # Parts
//
//	mail sink    in this process           SMTP on loopback, one .eml a message, an inbox to look at
//	postgres     the machine's programs    a private cluster, TCP on loopback only
//	temporal     the CLI's dev server      its database is a file, so schedules and runs survive
//	sftp         `rollcall serve sftp`     the hosted SFTP server
//	worker       `rollcall-worker`         workflows and activities
//
// They start in that order and stop in the reverse one: what writes stops before what it writes to. Between
// temporal and sftp the caller's Prepare runs (migrations, search attributes). Given a database or a
// Temporal elsewhere, that part is not started. Start returns once every part answers, not when it is spawned,
// and only then writes endpoints.json: a reader of that file may connect at once.
//
// # The folder
//
// All state is in one folder, so that two stacks are two folders, and a stack that is stopped and started goes on
// where it was:
//
//	lock             held (flock) by the process that runs the stack
//	ports.json       the ports taken last, taken again next time
//	postgres/        the cluster; as root it lies in a temporary folder of the postgres user's
//	postgres.json    where the cluster is, and its password
//	temporal.db      Temporal's database
//	mail/            the mail sink's messages
//	state/           what worker and sftp keep: artifacts, spool, host keys
//	logs/NAME.log    what each part prints
//	run/             process ids and ready files of the parts under way
//	endpoints.json   where everything answers; absent while it does not
//
// # Processes
//
// Each part leads a process group of its own: Ctrl-C in a terminal reaches this process alone, which then stops
// the parts in order, and what a part may have started goes with it. A part that dies is started again
// at once, however often, since a developer (and a test) kills them on purpose. On Linux the parts die with
// this process even when it is killed; elsewhere, and to be sure, the next start on the same folder clears
// what run/ says was left, after checking that the process id still means that very process.
//
// Durations here are of machines (how long a restart took), so they come from the system's clock and
// not from the business clock.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rollcall.internal/internal/config"
	"rollcall.internal/internal/devstack/mailsink"
)

// Options says what stack to start. Ports of 0 are chosen, and kept in Dir for the next start; a port
// that is asked for and in use is refused, by the name of the flag that stands beside it here.
type Options struct {
	Dir string       // folder of all state, made if absent. Defaults to ".rollcall"
	Out io.Writer    // prose for people: what is being prepared, what was restarted. Defaults to nowhere
	Log *slog.Logger // Defaults to nowhere

	Rollcall string // path of the rollcall executable, run as `serve sftp`
	Worker   string // path of the worker's executable. Defaults to the one beside Rollcall, else on PATH

	SFTPPort       int // --sftp-port
	SMTPPort       int // --smtp-port
	TemporalPort   int // --temporal-port
	TemporalUIPort int // --temporal-ui-port
	PostgresPort   int // --postgres-port
	MailUIPort     int // --mail-ui-port

	DatabaseURL     string // used instead of a private PostgreSQL
	TemporalAddress string // used instead of a private Temporal
	Namespace       string // Temporal namespace, made if absent. Defaults to "rollcall"

	Env []string // further environment of sftp and worker, as KEY=VALUE; it wins over the stack's own

	// Prepare is called on every start once PostgreSQL and Temporal answer, before sftp and worker start.
	// It may be nil.
	Prepare func(ctx context.Context, e config.Endpoints) error
}

// Stack is a running stack. Its methods are safe for concurrent use.
type Stack struct {
	options   Options
	dir       string // absolute
	out       *teller
	lock      *os.File
	fork      *forker
	ports     ports
	sink      *mailsink.Sink
	cluster   *cluster // nil with a database elsewhere
	temporal  string   // path of the Temporal CLI; "" with a Temporal elsewhere
	endpoints config.Endpoints
	parts     []*part // in the order of their start

	closing sync.Once
	closed  chan struct{}
	err     error // of Close; set before closed is closed
}

// Start brings the stack up and returns once every part answers and endpoints.json is written. The stack runs
// until Close, or until ctx ends. On an error nothing is left running. A second stack on the same folder is
// refused.
func Start(ctx context.Context, o Options) (*Stack, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	dir, err := openDir(o.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Stack{options: o, dir: dir, out: &teller{w: o.Out}, lock: lock, fork: newForker(), closed: make(chan struct{})}
	if err := s.bringUp(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Dir == "" {
		o.Dir = ".rollcall"
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Namespace == "" {
		o.Namespace = "rollcall"
	}
	return o
}

// validate refuses what would not be honoured.
func (o Options) validate() error {
	if o.DatabaseURL != "" && o.PostgresPort != 0 {
		return errors.New("--postgres-port has no meaning with DATABASE_URL, which names a database that runs already")
	}
	if o.TemporalAddress != "" && (o.TemporalPort != 0 || o.TemporalUIPort != 0) {
		return errors.New("--temporal-port and --temporal-ui-port have no meaning with TEMPORAL_ADDRESS, which names a server that runs already")
	}
	return nil
}

// bringUp starts everything, in order. What it started when it fails is for Close to stop.
func (s *Stack) bringUp(ctx context.Context) error {
	if err := s.clearLeftovers(ctx); err != nil {
		return err
	}
	worker, err := findWorker(s.options)
	if err != nil {
		return err
	}
	if s.ports, err = assignPorts(s.dir, s.options, s.out); err != nil {
		return err
	}
	if s.sink, err = s.startSink(); err != nil {
		return err
	}
	if err := s.startServices(ctx); err != nil {
		return err
	}
	s.endpoints = s.describe()
	if s.options.Prepare != nil {
		if err := s.options.Prepare(ctx, s.endpoints); err != nil {
			return fmt.Errorf("prepare stack: %w", err)
		}
	}
	if err := s.startParts(ctx, s.sftp(), s.worker(worker)); err != nil {
		return err
	}
	return s.endpoints.Write(s.path("endpoints.json"))
}

func (s *Stack) startSink() (*mailsink.Sink, error) {
	return mailsink.Start(context.Background(), mailsink.Options{
		SMTPAddr: loopback(s.ports.SMTP),
		HTTPAddr: loopback(s.ports.MailUI),
		Dir:      s.path("mail"),
		Log:      s.options.Log,
	})
}

// startServices prepares and starts PostgreSQL and Temporal, as far as they are the stack's own, and returns
// once both answer. Whatever can be missing on a machine is looked for before anything is started.
func (s *Stack) startServices(ctx context.Context) error {
	var err error
	var parts []*part
	if s.options.DatabaseURL == "" {
		if s.cluster, err = openCluster(ctx, s.dir, s.out); err != nil {
			return err
		}
		parts = append(parts, s.postgres())
	}
	if s.options.TemporalAddress == "" {
		if s.temporal, err = temporalCLI(ctx, s.out); err != nil {
			return err
		}
		parts = append(parts, s.temporalServer())
	}
	if err := s.startParts(ctx, parts...); err != nil {
		return err
	}
	if s.cluster != nil {
		if err := s.cluster.makeDatabase(ctx, s.ports.Postgres); err != nil {
			return err
		}
	}
	return s.reachElsewhere(ctx)
}

// reachElsewhere makes sure of the database and the Temporal that the caller named.
func (s *Stack) reachElsewhere(ctx context.Context) error {
	if s.options.DatabaseURL != "" {
		if err := pingDatabase(ctx, s.options.DatabaseURL); err != nil {
			return fmt.Errorf("reach the database of DATABASE_URL: %w", err)
		}
	}
	if s.options.TemporalAddress != "" {
		if err := makeNamespace(ctx, s.options.TemporalAddress, s.options.Namespace); err != nil {
			return fmt.Errorf("reach the Temporal of TEMPORAL_ADDRESS at %s: %w", s.options.TemporalAddress, err)
		}
	}
	return nil
}

// startParts starts the parts at once and returns when all answer. They are stopped in the reverse of the order
// that they are given in.
func (s *Stack) startParts(ctx context.Context, parts ...*part) error {
	s.parts = append(s.parts, parts...)
	failures := make([]error, len(parts))
	var starting sync.WaitGroup
	for i, p := range parts {
		starting.Go(func() { failures[i] = p.start(ctx) })
	}
	starting.Wait()
	return errors.Join(failures...)
}

func (s *Stack) path(elements ...string) string {
	return filepath.Join(append([]string{s.dir}, elements...)...)
}

// Endpoints returns what endpoints.json holds.
func (s *Stack) Endpoints() config.Endpoints { return s.endpoints }

// TemporalCLI returns the path of the Temporal CLI that the stack runs, "" where Temporal is elsewhere.
func (s *Stack) TemporalCLI() string { return s.temporal }

// Wait returns once the stack has stopped, by Close or by the end of its context, with what Close returned.
func (s *Stack) Wait() error {
	<-s.closed
	return s.err
}

// Close removes endpoints.json and stops every part, in order: each is asked first, and killed if it takes too
// long. When it returns no process is left. It may be called again and from several goroutines; all calls
// return once the stack has stopped.
func (s *Stack) Close() error {
	s.closing.Do(func() {
		defer close(s.closed)
		s.err = s.takeDown()
	})
	<-s.closed
	return s.err
}

func (s *Stack) takeDown() error {
	var failures []error
	if err := os.Remove(s.path("endpoints.json")); err != nil && !os.IsNotExist(err) {
		failures = append(failures, fmt.Errorf("remove endpoints: %w", err))
	}
	for _, p := range slices.Backward(s.parts) {
		p.shutdown()
	}
	if s.sink != nil {
		failures = append(failures, s.sink.Close())
	}
	s.fork.close()
	return errors.Join(append(failures, s.lock.Close())...)
}

// describe says where everything answers.
func (s *Stack) describe() config.Endpoints {
	e := config.Endpoints{
		Temporal:  s.options.TemporalAddress,
		Namespace: s.options.Namespace,
		Postgres:  s.options.DatabaseURL,
		SFTP:      config.SFTP{Host: loopbackHost, Port: s.ports.SFTP},
		SMTP:      s.sink.SMTPAddr(),
		MailDir:   s.path("mail"),
		MailUI:    "http://" + s.sink.HTTPAddr(),
		StateDir:  s.path("state"),
	}
	if s.cluster != nil {
		e.Postgres = s.cluster.url(applicationRole, s.ports.Postgres)
	}
	if s.temporal != "" {
		e.Temporal = loopback(s.ports.Temporal)
		e.TemporalUI = "http://" + loopback(s.ports.TemporalUI)
	}
	return e
}

// seconds renders a duration for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
