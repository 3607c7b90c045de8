package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// answerStatus answers `ssh TENANT@host status [--json]`: what waits in the inbox, and the newest receipt, as JSON the receipt alone.
func answerStatus(db *postgres.DB, now clock.Clock) sftpd.Exec {
	return func(ctx context.Context, id tenant.ID, command string, out io.Writer) (uint32, bool) {
		var err error
		var code uint32
		switch command {
		case "status --json":
			code, err = tellReceipt(ctx, db, id, out, true)
		case "status":
			if err = tellWaiting(ctx, db, id, now, out); err == nil {
				code, err = tellReceipt(ctx, db, id, out, false)
			}
		default:
			return 0, false
		}
		if err != nil {
			// The client is gone, or hears only what it can do about it.
			_, _ = fmt.Fprintln(out, "the status can't be read now; try again later")
			return exitFailed, true
		}
		return code, true
	}
}

// tellWaiting names the uploads that are not whole yet, or that no run has taken.
func tellWaiting(ctx context.Context, db *postgres.DB, id tenant.ID, now clock.Clock, out io.Writer) error {
	deliveries, err := db.Deliveries(ctx, id, inbox.Inbox, now.Now())
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if !d.State.Unclaimed() {
			continue
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n\n", d.Name, waitingFor(d)); err != nil {
			return err
		}
	}
	return nil
}

// waitingFor says what an upload that no run has taken is waiting for.
func waitingFor(d inbox.Delivery) string {
	switch {
	case d.State == inbox.Open:
		return "is being uploaded"
	case d.State == inbox.Broken:
		return "the upload broke off; upload it again"
	case d.State == inbox.Settled:
		return "received; it is read next"
	case inbox.TemporaryName(d.Name):
		return "received under a temporary name; it is read once it is renamed"
	case d.Torn:
		return "received; its last line has no line end and may have been cut, so it is read after two minutes of quiet"
	}
	return "received; it is read once it has been left alone for a while"
}

// tellReceipt writes the newest receipt and returns the exit code that goes with it, which is that of `rollcall check`.
func tellReceipt(ctx context.Context, db *postgres.DB, id tenant.ID, out io.Writer, asJSON bool) (uint32, error) {
	latest, err := db.LatestReceipt(ctx, id)
	if errors.Is(err, inbox.ErrNotFound) && !asJSON {
		_, err = fmt.Fprintln(out, "no file was read yet")
		return 0, err
	}
	if errors.Is(err, inbox.ErrNotFound) {
		_, err = fmt.Fprintln(out, "null")
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	text := latest.Text
	if asJSON {
		text = latest.JSON
	}
	if _, err := out.Write(text); err != nil {
		return 0, err
	}
	var verdict struct {
		Verdict roster.Verdict `json:"verdict"`
	}
	if err := json.Unmarshal(latest.JSON, &verdict); err != nil {
		return 0, fmt.Errorf("read receipt: %w", err)
	}
	if verdict.Verdict == roster.RefusedByFile {
		return exitRefused, nil
	}
	return 0, nil
}
