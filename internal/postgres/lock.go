package postgres

import (
	"context"
	"fmt"
	"time"
)

// Alone runs f while nobody else runs with the same name, on any machine that uses the database. It waits for its turn. The lock is the session's, so it is free again
// as soon as its holder dies; f's context ends where the session is lost, because by then somebody else may have the lock.
func (db *DB) Alone(ctx context.Context, name string, f func(ctx context.Context) error) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	// The session is closed, not returned to the pool: that frees the lock whatever happened to f.
	session := conn.Hijack()
	defer session.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the lock is free either way
	if _, err := session.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, "rollcall/"+name); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := session.Ping(ctx); err != nil {
					cancel(fmt.Errorf("lock %s was lost: %w", name, err))
					return
				}
			}
		}
	}()
	err = f(ctx)
	cancel(nil)
	<-done
	return err
}

// Listen calls heard for every notification on the channel, and once at the start, until the context ends or the session is lost.
func (db *DB) Listen(ctx context.Context, channel string, heard func()) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	session := conn.Hijack()
	defer session.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is open in it
	if _, err := session.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	heard()
	for {
		if _, err := session.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		heard()
	}
}
