package activities

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeat tells Temporal every second that the activity is alive and how far it is, until stop is called. Cancellation of an activity arrives by its
// heartbeats, so each long activity has one. progress may be called from other goroutines.
func heartbeat[P any](ctx context.Context, first P) (progress func(P), stop func()) {
	var now atomic.Pointer[P]
	now.Store(&first)
	done := make(chan struct{})
	activity.RecordHeartbeat(ctx, first)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				activity.RecordHeartbeat(ctx, *now.Load())
			}
		}
	}()
	return func(p P) { now.Store(&p) }, func() { close(done) }
}
