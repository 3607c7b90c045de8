package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/roster"
)

// Whatever goes wrong with a value, its text is in no error, nor in the causes that something which records errors would find.
func TestErrorsQuoteNoValues(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	ctx := t.Context()
	a.apply(creation("1", "ana@x.example", roster.StatusActive, roster.Eligible))
	long := creation(strings.Repeat("s", 256), "secret@x.example", roster.StatusActive, roster.Eligible)
	unreadable := changeset.Change{Op: changeset.Update, Member: "secret@xx" + strings.Repeat("0", 36)}
	apply := func(c changeset.Change) error {
		id, _ := a.begin(c)
		_, err := a.db.ApplyChunk(ctx, id, directory.Chunk{Stage: changeset.StageUpdates, Changes: []changeset.Change{c}}, true)
		return err
	}
	for name, c := range map[string]struct {
		err    error
		secret string
		want   string // what the error still says
	}{
		"a value of the wrong form": {a.db.ResendMail(ctx, "acme", "secret", applyTime), "secret", "22P02"},
		"a parameter out of range":  {second(a.db.MailCounts(ctx, "acme", 987654321987)), "987654321987", "does not fit"},
		"a check":                   {apply(long), "secret", "violates member_unique_id_length"},
		"a row to copy":             {apply(unreadable), "secret", "57014"},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, which does not say %q", name, c.err, c.want)
		}
		for err := c.err; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(err.Error(), c.secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, ok := errors.AsType[*pgconn.PgError](apply(long)); !ok {
		t.Error("Postgres's error can't be found any more")
	}
}

func second[T any](_ T, err error) error { return err }

func TestAValueThatCannotBeRead(t *testing.T) {
	t.Parallel()
	a := newApplying(t)
	a.apply(creation("1", "ana@x.example", roster.StatusActive, roster.Eligible))
	pgtest.Exec(t, a.url, `UPDATE member SET profile = '{"city": ["Bern"]}'`)
	_, err := a.db.Member(t.Context(), "acme", "1")
	if _, ok := errors.AsType[pgx.ScanArgError](err); !ok || !strings.HasSuffix(err.Error(), "it does not fit") {
		t.Errorf("reading it: %v", err)
	}
}

func TestSanitizeKeeps(t *testing.T) {
	t.Parallel()
	const said = "what the server said"
	for code, kept := range map[string]bool{
		"08006": true, "40P01": true, "53300": true, "55P03": true, "57P01": true, "58030": true,
		"22003": false, "22P02": false, "23505": false, "42601": false, "54000": false, "57014": false, "P0001": false, "XX000": false, "": false,
	} {
		err := postgres.Sanitize(&pgconn.PgError{Code: code, Message: said, Detail: said, Where: said, Hint: said})
		if got := strings.Contains(err.Error(), said); got != kept {
			t.Errorf("the message of %q is kept: %t, want %t", code, got, kept)
		}
		if pg, _ := errors.AsType[*pgconn.PgError](err); pg.Code != code || pg.Detail+pg.Where+pg.Hint != "" {
			t.Errorf("%q became %+v", code, pg)
		}
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, pgx.ErrNoRows, postgres.ErrNotFound} {
		if got := postgres.Sanitize(cause); got != cause {
			t.Errorf("%v became %v", cause, got)
		}
		encoding := postgres.Sanitize(fmt.Errorf("failed to encode args[0]: secret: %w", cause))
		if !errors.Is(encoding, cause) || strings.Contains(encoding.Error(), "secret") {
			t.Errorf("%v under a parameter's error became %v", cause, encoding)
		}
	}
	if err := postgres.Sanitize(nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
}

// What keeps a program from connecting is told in full: nothing of a row is in it.
func TestConnectingTellsWhy(t *testing.T) {
	t.Parallel()
	_, url := pgtest.New(t, clock.Fixed(applyTime))
	start, end := strings.Index(url, "@/"), strings.Index(url, "?")
	db, err := postgres.Open(t.Context(), url[:start]+"@/nowhere"+url[end:], clock.Fixed(applyTime))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	_, err = db.Tenants(t.Context())
	if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Message != `database "nowhere" does not exist` {
		t.Errorf("listing tenants of no database: %v", err)
	}
}
