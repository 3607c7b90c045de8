// Command rollcall is Rollcall's command line, for the people who drive it: customer success managers, ops, developers, and customer IT who check a file before they send it.
//
// # Conventions
//
// They are kept by every command, since scripts and people rely on them:
//
//   - stdout is data: what was asked for, and nothing else. With --json it is one JSON document; see json.go for what is promised about it.
//   - stderr is prose: lower case, one sentence, and a line "hint: ..." where we know what to do.
//   - The exit code is a contract; exit.go has the table.
//   - Text of other people (names, cells, file names) never reaches a terminal with its control characters; see package planview.
//   - A command connects to what it needs and to nothing else: whatever only reads the ledger works while Temporal is down.
//
// This package wires. What can be asked of Rollcall is in package registrar, and how a plan is told in package planview.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	// From the first signal on, a second one has its usual effect.
	context.AfterFunc(ctx, stop)
	err := newRoot().ExecuteContext(ctx)
	os.Exit(conclude(ctx, os.Stderr, err))
}
