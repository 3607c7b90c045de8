package main

import (
	"context"
	"log/slog"
	"time"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/postgres"
)

// seenEvery is how often a server notes that it is up. It is well below what counts as being away (lateness.Gap), so that one note may fail.
const seenEvery = 5 * time.Second

// keepSeen notes now and then that the SFTP server is up, until stop is called or ctx ends: nobody is told that an upload is late while customers could not upload. The first note comes after a
// while, so that a server that ends as soon as it is started is not seen.
func keepSeen(ctx context.Context, db *postgres.DB, now clock.Clock, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(seenEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := db.TouchService(ctx, postgres.ServiceSFTP, now.Now()); err != nil && ctx.Err() == nil {
				log.Warn("note that the server is up", "error", err.Error())
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
