package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The server is seen while it is well, and not while it only runs.
func TestSeenWhileWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Bool
		var touched atomic.Int64
		touch := func(context.Context) error {
			touched.Add(1)
			return nil
		}
		stop := keepSeen(t.Context(), well.Load, touch, slog.New(slog.DiscardHandler))
		for _, step := range []struct {
			well bool
			want int64
		}{{true, 2}, {false, 2}, {true, 4}} {
			well.Store(step.well)
			time.Sleep(2*seenEvery + time.Millisecond)
			synctest.Wait()
			if touched.Load() != step.want {
				t.Errorf("seen %d times, want %d", touched.Load(), step.want)
			}
		}
		stop()
		time.Sleep(time.Minute)
		if touched.Load() != 4 {
			t.Error("seen after the end")
		}
	})
}
