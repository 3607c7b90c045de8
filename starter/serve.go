package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"
	_ "time/tzdata" // tenants' zones are known on machines without a database of them

	"github.com/spf13/cobra"

	"rollcall.internal/internal/artifact/blobstore"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/config"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/postgres"
)

// newServeCommand is `rollcall serve`: the processes of a deployment, beside rollcall-worker.
func newServeCommand() *cobra.Command {
	return newGroup("serve", "Run a process of a deployment", &cobra.Command{
		Use:   "sftp",
		Short: "Run the hosted SFTP server until SIGTERM",
		Long: `Run the hosted SFTP server that customers upload their rosters to.

Its settings are environment variables: ROLLCALL_DATABASE_URL, ROLLCALL_STATE_DIR (artifacts, spool and host keys), ROLLCALL_SFTP_ADDRESS (:2022)
and ROLLCALL_QUIET_TIME (60s). On SIGTERM it takes no more connections and lets uploads that are under way end; a second signal ends it at once.`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return serveSFTP(cmd.Context(), cmd.ErrOrStderr()) },
	})
}

func serveSFTP(ctx context.Context, logs io.Writer) error {
	settings, err := config.LoadSettings(os.Environ())
	if err == nil {
		err = settings.Require("ROLLCALL_DATABASE_URL", "ROLLCALL_STATE_DIR")
	}
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(logs, nil)).With("process", "sftp")
	now := clock.System{Offset: settings.ClockOffset}
	db, err := postgres.Open(ctx, settings.DatabaseURL, now)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Ping(ctx); err != nil {
		return err
	}
	artifacts, err := blobstore.OpenDir(settings.Artifacts(), db)
	if err != nil {
		return err
	}
	defer artifacts.Close()
	return listenSFTP(ctx, settings, db, sftpd.Options{
		HostKeyDir: filepath.Join(settings.SFTP(), "keys"), SpoolDir: filepath.Join(settings.SFTP(), "spool"),
		Store: db, Artifacts: artifacts, Clock: now, Log: log,
		Settings: inbox.Settings{Quiet: settings.QuietTime, TornQuiet: inbox.DefaultSettings().TornQuiet},
		Limits:   sftpd.DefaultLimits(), Drain: drainTime(settings), Exec: answerStatus(db, now), QuickLook: lookQuickly(db),
	})
}

// listenSFTP serves until ctx ends; from the moment it listens it counts as ready, and db hears that it is seen.
func listenSFTP(ctx context.Context, settings config.Settings, db *postgres.DB, o sftpd.Options) error {
	var err error
	if o.Listener, err = net.Listen("tcp", settings.SFTPAddress); err != nil {
		return fmt.Errorf("listen for sftp: %w", err)
	}
	server, err := sftpd.New(o)
	if err != nil {
		return errors.Join(err, o.Listener.Close())
	}
	for _, key := range server.HostKeys() {
		o.Log.Info("host key", "algorithm", key.Algorithm, "fingerprint", key.Fingerprint)
	}
	o.Log.Info("listening", "address", server.Addr().String())
	if err := settings.Ready(); err != nil {
		return errors.Join(err, o.Listener.Close())
	}
	defer keepSeen(ctx, server.Well, func(ctx context.Context) error { return db.TouchService(ctx, postgres.ServiceSFTP, o.Clock.Now()) }, o.Log)()
	err = server.Serve(ctx)
	o.Log.Info("stopped")
	return err
}

// drainTime is how long uploads may take to end once the server is told to. A development stack does not wait for anybody's connection.
func drainTime(settings config.Settings) time.Duration {
	if settings.Relaxed() {
		return 3 * time.Second
	}
	return time.Minute
}
