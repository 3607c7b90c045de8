package devstack

import (
	"fmt"
	"io"
	"sync"
)

// teller writes prose to people, one whole line at a time, from any goroutine.
type teller struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *teller) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Prose is a courtesy: a terminal that is gone must not stop the stack.
	_, _ = fmt.Fprintf(t.w, format+"\n", args...)
}
