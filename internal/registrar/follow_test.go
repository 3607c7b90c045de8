package registrar_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
)

var errGone = errors.New("the server is gone")

// A blinkingLedger is one of which only an import can be read, at times.
type blinkingLedger struct {
	registrar.Ledger
	read func() (contract.Phase, error)
}

func (l blinkingLedger) Import(_ context.Context, id tenant.ImportID) (ledger.Import, error) {
	phase, err := l.read()
	return ledger.Import{ID: id, Phase: phase}, err
}

func (blinkingLedger) Decisions(context.Context, tenant.ImportID) ([]ledger.Decision, error) {
	return nil, nil
}

func (blinkingLedger) ApplyProgress(context.Context, tenant.ImportID) (ledger.Apply, error) {
	return ledger.Apply{}, ledger.ErrNotFound
}

func (blinkingLedger) VerificationOf(context.Context, tenant.ImportID) (ledger.Verification, error) {
	return ledger.Verification{}, ledger.ErrNotFound
}

// Following goes on over what lasts for less than 30 seconds, counted anew from every good look, and ends with what lasts.
func TestFollowOutlastsABlink(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		read func(sofar time.Duration) (contract.Phase, error)
		want error
		ends time.Duration // not earlier, and at most a second later
	}{
		{"two blinks", func(sofar time.Duration) (contract.Phase, error) {
			switch {
			case sofar > time.Minute:
				return contract.Closed, nil
			case sofar < 25*time.Second || sofar > 30*time.Second && sofar < 55*time.Second:
				return "", errGone
			}
			return contract.Applying, nil
		}, nil, time.Minute},
		{"gone for good", func(sofar time.Duration) (contract.Phase, error) {
			if sofar > 5*time.Second {
				return "", errGone
			}
			return contract.Applying, nil
		}, errGone, 35 * time.Second},
		{"no such import", func(time.Duration) (contract.Phase, error) { return "", ledger.ErrNotFound }, ledger.ErrNotFound, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r := registrar.Registrar{Ledger: blinkingLedger{read: func() (contract.Phase, error) { return test.read(time.Since(start)) }}}
				_, err := r.Follow(t.Context(), tenant.ImportID{Tenant: "acme", N: 1}, false, func(registrar.ImportView) {})
				if !errors.Is(err, test.want) {
					t.Errorf("ended with %v, want %v", err, test.want)
				}
				if took := time.Since(start); took < test.ends || took > test.ends+time.Second {
					t.Errorf("ended after %s, want %s", took, test.ends)
				}
			})
		})
	}
}

// Ctrl-C ends it, even while nothing answers.
func TestFollowEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := registrar.Registrar{Ledger: blinkingLedger{read: func() (contract.Phase, error) {
		cancel()
		return "", errGone
	}}}
	if _, err := r.Follow(ctx, tenant.ImportID{Tenant: "acme", N: 1}, false, func(registrar.ImportView) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
