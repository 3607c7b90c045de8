package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
)

// errReleaseRefused says that a decision's row does not release what the workflow was about to apply.
var errReleaseRefused = errors.New("the decision does not release this change set")

// errRefusedNow says that a file which was accepted is refused by the release that runs now.
var errRefusedNow = errors.New("the file was accepted when it was read, and would be refused now: start the import again")

// translate is the one place where errors become Temporal's: a type with a stable name, whether trying again can help, and the error's own
// message, which holds no data by the rules of those who make it.
func translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return temporal.NewCanceledError()
	case errors.Is(err, context.Canceled): // the worker stops: another goes on
		return temporal.NewApplicationError("the worker is stopping", contract.ErrFault)
	case errors.Is(err, ledger.ErrNotFound):
		return temporal.NewNonRetryableApplicationError(err.Error(), contract.ErrNotFound, nil)
	case errors.Is(err, errRefusedNow):
		return temporal.NewNonRetryableApplicationError(err.Error(), contract.ErrFault, nil)
	case errors.Is(err, errReleaseRefused), errors.Is(err, ledger.ErrOtherRelease):
		return temporal.NewNonRetryableApplicationError(err.Error(), contract.ErrReleaseRefused, nil)
	}
	return temporal.NewApplicationError(err.Error(), contract.ErrFault)
}
