package sftpd_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/tenant"
)

// blinking is an artifact store and a delivery store of which either may be away.
type blinking struct {
	sftpd.Store
	artifacts sftpd.Artifacts
	full      atomic.Bool
	away      atomic.Bool
	ahead     atomic.Int64 // of the system's clock
}

func (b *blinking) OpenDelivery(ctx context.Context, d inbox.Delivery, held time.Time) error {
	if b.away.Load() {
		return errors.New("away")
	}
	return b.Store.OpenDelivery(ctx, d, held)
}

func (b *blinking) Put(ctx context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error) {
	if b.full.Load() {
		return artifact.Ref{}, errors.New("no space left")
	}
	return b.artifacts.Put(ctx, id, kind, r)
}

func (b *blinking) Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error) {
	return b.artifacts.Open(ctx, ref)
}

func (b *blinking) Now() time.Time { return clock.System{}.Now().Add(time.Duration(b.ahead.Load())) }

// A server is well while customers can upload: not after it failed one of them, until another succeeds or a while has passed, and not once it is told to end. What a client does wrong is no matter.
func TestWell(t *testing.T) {
	b := &blinking{}
	r := newRig(t, func(o *sftpd.Options) {
		b.Store, b.artifacts = o.Store, o.Artifacts
		o.Store, o.Artifacts, o.Clock = b, b, b
	})
	_, client := r.dial("acme")
	want := func(want bool, when string) {
		t.Helper()
		if got := r.server.Well(); got != want {
			t.Errorf("%s: well is %t", when, got)
		}
	}
	upload := func(name string) error {
		t.Helper()
		f, err := client.Create(name)
		if err != nil {
			return err
		}
		if _, err := f.Write([]byte("Email\n")); err != nil {
			return errors.Join(err, f.Close())
		}
		return f.Close()
	}
	fails := func(name, why string) {
		t.Helper()
		if upload(name) == nil {
			t.Fatalf("an upload succeeded although %s", why)
		}
	}
	want(true, "at the start")
	fails("nowhere/roster.csv", "there is no such folder")
	want(true, "after a client's fault")
	b.full.Store(true)
	fails("roster.csv", "nothing can be stored")
	want(false, "after CLOSE failed")
	b.full.Store(false)
	r.check(upload("roster.csv"))
	want(true, "after another upload")
	b.away.Store(true)
	fails("roster.csv", "the database is away")
	want(false, "after OPEN failed")
	b.ahead.Store(int64(2 * time.Minute))
	want(true, "a while later")
	b.away.Store(false)
	r.check(r.stop())
	want(false, "once it has ended")
}

// A server that was made and serves nobody yet is not well.
func TestNotWellBeforeItServes(t *testing.T) {
	r := newRig(t)
	r.check(r.stop())
	server, err := sftpd.New(r.options)
	r.check(err)
	if server.Well() {
		t.Error("a server that does not serve is well")
	}
}
