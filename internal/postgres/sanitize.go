package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sanitize takes out of an error of Postgres or pgx what may quote the values of rows and parameters, and returns all other errors as they are.
//
// Of Postgres it keeps the code and the name of the constraint; the message only of the classes of codes that are about the server or the session. Of a value that pgx
// could not encode or decode it keeps that much. [errors.Is] and [errors.As] find in the result what they found before.
func sanitize(err error) error {
	if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
		return err // nothing was sent yet
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		pgErr.Detail, pgErr.Where, pgErr.InternalQuery, pgErr.Hint = "", "", "", ""
		if !aboutTheServer(pgErr.Code) {
			pgErr.Message = withheldMessage(pgErr.ConstraintName)
		}
		return err
	}
	if _, scanning := errors.AsType[pgx.ScanArgError](err); scanning {
		return &withheldError{"read a value of the database: it does not fit", err}
	}
	if err != nil && strings.HasPrefix(err.Error(), encodingFailed) {
		return &withheldError{"send a value to the database: it does not fit its parameter", err}
	}
	return err
}

// encodingFailed begins pgx's error about a parameter, which has no type of its own.
const encodingFailed = "failed to encode args["

// aboutTheServer reports whether messages with the code can't hold a value. 57014 can: it is also what a COPY ends with, in the words of the client's error.
func aboutTheServer(code string) bool {
	if len(code) < 2 || code == "57014" {
		return false
	}
	switch code[:2] {
	case "08", "40", "53", "55", "57", "58":
		return true
	}
	return false
}

func withheldMessage(constraint string) string {
	if constraint != "" {
		return "violates " + constraint
	}
	return "message withheld"
}

// A withheldError stands for one whose text quotes a value. It has no Unwrap, because whoever records errors with their causes would record that text.
type withheldError struct {
	text  string
	cause error
}

// Error implements error.
func (e *withheldError) Error() string { return e.text }

// Is lets [errors.Is] look at the cause.
func (e *withheldError) Is(target error) bool { return errors.Is(e.cause, target) }

// As lets [errors.As] look at the cause.
func (e *withheldError) As(target any) bool { return errors.As(e.cause, target) }

// A discreetTx is a transaction whose every error went through [sanitize].
type discreetTx struct{ pgx.Tx }

// Exec implements pgx.Tx, as do the methods below.
func (t discreetTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := t.Tx.Exec(ctx, sql, args...)
	return tag, sanitize(err)
}

// Query returns rows whose errors are sanitized too.
func (t discreetTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := t.Tx.Query(ctx, sql, args...)
	return discreetRows{rows}, sanitize(err)
}

// QueryRow returns a row whose errors are sanitized too.
func (t discreetTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return discreetRow{t.Tx.QueryRow(ctx, sql, args...)}
}

// CopyFrom copies rows into a table.
func (t discreetTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	n, err := t.Tx.CopyFrom(ctx, table, columns, source)
	return n, sanitize(err)
}

type discreetRow struct{ pgx.Row }

// Scan implements pgx.Row.
func (r discreetRow) Scan(into ...any) error { return sanitize(r.Row.Scan(into...)) }

type discreetRows struct{ pgx.Rows }

// Scan implements pgx.Rows, as does Err.
func (r discreetRows) Scan(into ...any) error { return sanitize(r.Rows.Scan(into...)) }

// Err is of the whole query.
func (r discreetRows) Err() error { return sanitize(r.Rows.Err()) }
