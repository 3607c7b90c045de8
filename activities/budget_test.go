package activities

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// However many files there are, together they take no more than the budget; each gets its turn, and whoever is cancelled while it waits is not served.
func TestBudgetIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 192 << 20
		b := NewBudget(size)
		var mu sync.Mutex
		inUse, most, served := int64(0), int64(0), 0
		for range 20 {
			go func() {
				part, release, err := b.take(t.Context(), 1_000_000, comparingAPerson)
				if err != nil {
					t.Error(err)
					return
				}
				defer release()
				mu.Lock()
				inUse += part
				most = max(most, inUse)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				inUse -= part
				served++
				mu.Unlock()
			}()
			synctest.Wait()
		}
		cancelled, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, _, err := b.take(cancelled, 1, 1)
			ended <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait ended with %v", err)
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if served != 20 || most > size {
			t.Errorf("%d served, %d MiB in use at once, want 20 and at most %d", served, most>>20, size>>20)
		}
	})
}

func TestAHugeFileTakesHalfOfIt(t *testing.T) {
	t.Parallel()
	b := NewBudget(32 << 20)
	part, release, err := b.take(t.Context(), 10_000_000, comparingAPerson)
	if err != nil || part != 16<<20 {
		t.Fatalf("take = %d, %v, want half of it", part, err)
	}
	release()
	if part, _, err := b.take(t.Context(), 0, comparingAPerson); err != nil || part != partFloor {
		t.Errorf("take = %d, %v, want the floor", part, err)
	}
}
