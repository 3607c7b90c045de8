package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/api/serviceerror"

	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant/tenantfile"
)

// Exit codes. Scripts rely on them, so none is given another meaning.
const (
	exitDone        = 0
	exitFailed      = 1
	exitChanges     = 2  // something would change; only where the caller asked to be told so
	exitRefused     = 3  // the file was refused
	exitHeld        = 4  // a decision is needed
	exitNotAllowed  = 5  // not as things stand: a stale digest, the wrong state, a number not confirmed
	exitUsage       = 64 // usage, or a tenant file that is not valid
	exitUnreachable = 69 // a needed service does not answer
	exitInterrupted = 130
)

// A failure is an error with all that a command knows of it.
type failure struct {
	code  int
	err   error // nil: the exit code says it all, and nothing is printed
	hints []string
}

// Error implements error.
func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

// Unwrap returns what failed.
func (f *failure) Unwrap() error { return f.err }

// hint adds a line that says what to do.
func (f *failure) hint(format string, args ...any) *failure {
	f.hints = append(f.hints, fmt.Sprintf(format, args...))
	return f
}

// fail makes a failure with an exit code of its own.
func fail(code int, format string, args ...any) *failure {
	return &failure{code: code, err: fmt.Errorf(format, args...)}
}

// usage makes a failure that is the caller's.
func usage(format string, args ...any) *failure { return fail(exitUsage, format, args...) }

// asUsage makes err a usage error, unless it is a failure that has its code already.
func asUsage(err error) error {
	if _, ok := errors.AsType[*failure](err); ok || err == nil {
		return err
	}
	return &failure{code: exitUsage, err: err}
}

// exitWith ends a command with a code and without a word: what there was to say is on stdout.
func exitWith(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

// absent makes a miss of the ledger a sentence, and leaves other errors as they are.
func absent(err error, what, hint string) error {
	if !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return fail(exitFailed, "there is no %s", what).hint("%s", hint)
}

// translate gives every error its exit code. This is the only place that does.
func translate(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	_, invalidFile := errors.AsType[*tenantfile.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return &failure{code: exitInterrupted}
	case errors.Is(err, registrar.ErrNotAllowed) || errors.Is(err, invite.ErrNotResendable):
		return &failure{code: exitNotAllowed, err: err}
	case errors.Is(err, registrar.ErrInvalid) || invalidFile:
		return &failure{code: exitUsage, err: err}
	case outdated(err):
		return (&failure{code: exitFailed, err: errors.New("the database's schema is not that of this program")}).hint("rollcall migrate brings it up to date")
	case databaseGone(err):
		return fail(exitUnreachable, "the database does not answer%s", reason(err)).hint("rollcall doctor says which part does not answer")
	case unanswered(err):
		return (&failure{code: exitUnreachable, err: err}).hint("rollcall doctor says which part does not answer")
	}
	return &failure{code: exitFailed, err: err}
}

// unanswered reports whether a service stopped answering after it was reached.
func unanswered(err error) bool {
	_, unavailable := errors.AsType[*serviceerror.Unavailable](err)
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	_, network := errors.AsType[*net.OpError](err)
	return unavailable || late || network || errors.Is(err, context.DeadlineExceeded)
}

// databaseGone reports whether the database refused, ended or lost the connection. Of SQLSTATE's classes, 08 is about connections, and 57 about what whoever operates the
// server did to it: shutting it down, or ending a session.
func databaseGone(err error) bool {
	if _, unconnected := errors.AsType[*pgconn.ConnectError](err); unconnected || errors.Is(err, pgconn.ErrConnClosed) {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57"))
}

// What Postgres says where a table, a column or the role of every process is not there: nobody has migrated, or not to this program's schema.
func outdated(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "42P01" || pg.Code == "42703" || pg.Code == "22023" && strings.Contains(pg.Message, "role"))
}

// conclude tells what went wrong, if anything did, and returns the process's exit code.
func conclude(ctx context.Context, prose io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return exitInterrupted
	}
	f := translate(err)
	if f.err != nil {
		_, _ = fmt.Fprintf(prose, "error: %s\n", f.err)
	}
	for _, hint := range f.hints {
		_, _ = fmt.Fprintf(prose, "hint: %s\n", hint)
	}
	return f.code
}

// warn tells something on stderr that does not keep the command from its work.
func warn(prose io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(prose, "warning: "+format+"\n", args...)
}

// note tells something on stderr that is only good to know.
func note(prose io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(prose, format+"\n", args...)
}
