// Command rollcall-worker does Rollcall's work, driven by Temporal: it runs the workflows and their activities, and wakes imports for uploads that have settled.
//
// Any number of workers may run side by side: what one does is recorded in Postgres, and the waking is done by one of them at a time. A worker that is told to end
// (SIGTERM) takes no new work and lets what runs reach a safe point; one that is killed loses nothing, because another repeats what it had not recorded.
//
// Settings come from the environment: see config.Settings. This package wires; it decides nothing.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // zones of tenants are known on machines that have no time-zone database

	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"

	"rollcall.internal/activities"
	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/config"
	"rollcall.internal/internal/invite/courier"
	"rollcall.internal/internal/mail"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/snapshot"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log); err != nil {
		log.Error("worker ended", "error", err.Error())
		os.Exit(1)
	}
}

// run works until ctx ends.
func run(ctx context.Context, log *slog.Logger) error {
	settings, err := config.LoadSettings(os.Environ())
	if err != nil {
		return err
	}
	required := []string{"ROLLCALL_DATABASE_URL", "ROLLCALL_TEMPORAL_ADDRESS", "ROLLCALL_SMTP_ADDRESS", "ROLLCALL_STATE_DIR", "ROLLCALL_MAIL_FROM", "ROLLCALL_BASE_URL"}
	if err := settings.Require(required...); err != nil {
		return err
	}
	limitMemory(settings)
	p, err := open(ctx, settings, log)
	if err != nil {
		return err
	}
	defer p.close()

	stop, err := start(p.workers())
	if err != nil {
		return err
	}
	defer stop()
	if err := settings.Ready(); err != nil {
		return err
	}
	log.Info("worker ready", "pace", string(settings.Pace))
	if err := p.wakeImports(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	log.Info("worker stopping")
	return nil
}

// limitMemory makes the collector work harder before the process takes more than its settings say, rather than let the heap grow to twice what is in use. GOMEMLIMIT, where it is set, goes before.
func limitMemory(s config.Settings) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2*int64(s.Memory)<<20 + 64<<20)
	}
}

// parts is what a worker is joined from.
type parts struct {
	settings  config.Settings
	log       *slog.Logger
	clock     clock.Clock
	db        *postgres.DB
	artifacts *blobstore.Store
	temporal  client.Client
	courier   *courier.Courier
	budget    *activities.Budget
}

// startPatience is how long a worker waits for Postgres and Temporal when it starts; its supervisor starts it again after that.
const startPatience = 30 * time.Second

func open(ctx context.Context, s config.Settings, log *slog.Logger) (*parts, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	p := &parts{settings: s, log: log, clock: clock.System{Offset: s.ClockOffset}, budget: activities.NewBudget(int64(s.Memory) << 20)}
	err := errors.Join(p.openStores(ctx), p.openMail(), p.openTemporal(ctx))
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *parts) openStores(ctx context.Context) (err error) {
	if p.db, err = postgres.Open(ctx, p.settings.DatabaseURL, p.clock); err != nil {
		return err
	}
	if err := p.db.Ping(ctx); err != nil {
		return err
	}
	p.artifacts, err = blobstore.OpenDir(p.settings.Artifacts(), p.db)
	return err
}

func (p *parts) openMail() error {
	sender, err := mail.New(mail.Settings{
		Address: p.settings.SMTPAddress, TLS: mail.TLSPolicy(p.settings.SMTPTLS), Username: p.settings.SMTPUsername, Password: p.settings.SMTPPassword,
		From: p.settings.MailFrom,
	})
	if err != nil {
		return err
	}
	settings := courier.Settings{BaseURL: p.settings.BaseURL, Program: p.settings.Program}
	p.courier = &courier.Courier{
		Outbox: p.db, Settings: settings, Clock: p.clock, Log: p.log,
		Open: func(ctx context.Context) (courier.Session, error) { return sender.Open(ctx) },
	}
	return settings.Validate()
}

func (p *parts) openTemporal(ctx context.Context) (err error) {
	p.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: p.settings.TemporalAddress, Namespace: p.settings.TemporalNamespace, Logger: sdklog.NewStructuredLogger(p.log), Identity: identity(),
	})
	if err != nil {
		return fmt.Errorf("reach Temporal: %w", err)
	}
	return nil
}

// identity names this worker in Temporal's histories.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("rollcall-worker:%d@%s", os.Getpid(), host)
}

func (p *parts) close() {
	if p.temporal != nil {
		p.temporal.Close()
	}
	if p.artifacts != nil {
		if err := p.artifacts.Close(); err != nil {
			p.log.Warn("close artifacts", "error", err.Error())
		}
	}
	if p.db != nil {
		p.db.Close()
	}
}

// activities joins the activities with the parts.
func (p *parts) activities() *activities.Activities {
	return &activities.Activities{
		Imports: p.db, Deliveries: p.db, Decisions: p.db, Tenants: p.db, Receipts: p.db, Uploads: p.db, Artifacts: p.artifacts, Directory: p.db,
		Snapshots: snapshot.New(p.db, p.artifacts, memory.DefaultAllocator),
		Courier:   invitations{parts: p}, Runs: registrar.Runs{Temporal: p.temporal}, Clock: p.clock,
		Memory: p.budget, Chunk: p.settings.ApplyChunk, DecisionTime: p.settings.DecisionTime, RawSignals: p.settings.RawSignals,
		OutageRest: p.outageRest(),
	}
}

// outageRest is how long customers have to upload after our own server was away, before anybody is told that they are late.
func (p *parts) outageRest() time.Duration {
	if p.settings.Relaxed() {
		return 2 * time.Second
	}
	return time.Hour
}

// wakeEvery is how often settled uploads are looked for where no notification comes.
const wakeEvery = 2 * time.Second

// wakeImports triggers imports for settled uploads until ctx ends, in one worker at a time. A lost database or Temporal is waited for.
func (p *parts) wakeImports(ctx context.Context) error {
	r := &registrar.Registrar{
		Temporal: p.temporal, Namespace: p.settings.TemporalNamespace, Tenants: p.db, Ledger: p.db, Deliveries: p.db, Artifacts: p.artifacts, Clock: p.clock, Log: p.log,
	}
	for ctx.Err() == nil {
		err := p.db.Alone(ctx, "wake", func(ctx context.Context) error {
			return p.wakeOnNotice(ctx, r.NewWaker(p.db, p.db, p.activities().Bury))
		})
		if err != nil && ctx.Err() == nil {
			p.log.Warn("wake imports", "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(wakeEvery):
		}
	}
	return ctx.Err()
}

// wakeOnNotice looks for settled uploads whenever the SFTP server tells of one, and every two seconds.
func (p *parts) wakeOnNotice(ctx context.Context, w *registrar.Waker) error {
	notice := make(chan struct{}, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return p.db.Listen(ctx, postgres.DeliveryChannel, func() {
			select {
			case notice <- struct{}{}:
			default: // one look answers any number of notices
			}
		})
	})
	group.Go(func() error {
		tick := time.NewTicker(wakeEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-notice:
			case <-tick.C:
			}
			if err := w.Wake(ctx); err != nil {
				return err
			}
		}
	})
	return group.Wait()
}
