package main

import (
	"context"
	"log/slog"
	"time"
)

// seenEvery is how often a server notes that it is up. It is well below what counts as being away (lateness.Gap), so that one note may fail.
const seenEvery = 5 * time.Second

// keepSeen notes by touch, now and then, that the SFTP server is up, where it is well, until stop is called or ctx ends: nobody is told that an upload is late while customers could not upload. The
// first note comes after a while, so that a server that ends as soon as it is started is not seen.
func keepSeen(ctx context.Context, well func() bool, touch func(context.Context) error, log *slog.Logger) (stop func()) {
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
			if !well() {
				continue
			}
			if err := touch(ctx); err != nil && ctx.Err() == nil {
				log.Warn("note that the server is up", "error", err.Error())
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
