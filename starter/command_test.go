package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// Every command that answers a question answers it in JSON too, and says what it is for.
func TestEveryCommandTakesJSON(t *testing.T) {
	t.Parallel()
	told := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			switch c.Name() {
			case "dev", "demo", "serve", "help", "completion":
				continue
			}
			look(c)
			if c.Short == "" || strings.HasSuffix(c.Short, ".") {
				t.Errorf("%s is told as %q", c.CommandPath(), c.Short)
			}
			if c.HasSubCommands() {
				continue
			}
			told++
			if c.Flag("json") == nil {
				t.Errorf("%s has no --json", c.CommandPath())
			}
		}
	}
	look(newRoot())
	if told < 20 {
		t.Errorf("only %d commands were looked at", told)
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"a failure keeps its code", fmt.Errorf("wrapped: %w", fail(exitHeld, "x")), exitHeld},
		{"refused by the rules", fmt.Errorf("decide: %w", &registrar.RefusedDecision{Effect: approval.Stale}), exitNotAllowed},
		{"not allowed", fmt.Errorf("pause: %w", registrar.ErrNotAllowed), exitNotAllowed},
		{"not to be sent again", fmt.Errorf("resend: %w", invite.ErrNotResendable), exitNotAllowed},
		{"not valid", fmt.Errorf("activate: %w", registrar.ErrInvalid), exitUsage},
		{"tenant file", fmt.Errorf("apply: %w", &tenantfile.Error{Problems: []tenantfile.Problem{{Message: "x"}}}), exitUsage},
		{"not found", fmt.Errorf("read: %w", ledger.ErrNotFound), exitFailed},
		{"Temporal is gone", serviceerror.NewUnavailable("x"), exitUnreachable},
		{"Temporal is slow", serviceerror.NewDeadlineExceeded("x"), exitUnreachable},
		{"network", fmt.Errorf("read: %w", &net.OpError{Op: "read", Err: errors.New("reset")}), exitUnreachable},
		{"Postgres is shut down", fmt.Errorf("read: %w", &pgconn.PgError{Code: "57P01"}), exitUnreachable},
		{"Postgres lost the connection", fmt.Errorf("read: %w", &pgconn.PgError{Code: "08006"}), exitUnreachable},
		{"Postgres was never reached", fmt.Errorf("read: %w", &pgconn.ConnectError{}), exitUnreachable},
		{"connection closed", fmt.Errorf("read: %w", pgconn.ErrConnClosed), exitUnreachable},
		{"a statement that is wrong", fmt.Errorf("read: %w", &pgconn.PgError{Code: "22003"}), exitFailed},
		{"never migrated", fmt.Errorf("read: %w", &pgconn.PgError{Code: "42P01"}), exitFailed},
		{"interrupted", fmt.Errorf("follow: %w", context.Canceled), exitInterrupted},
		{"anything else", errors.New("x"), exitFailed},
	} {
		if got := translate(test.err).code; got != test.want {
			t.Errorf("%s: exit code %d, want %d", test.name, got, test.want)
		}
	}
}

func TestConclude(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name  string
		ctx   context.Context
		err   error
		code  int
		prose string
	}{
		{"done", t.Context(), nil, exitDone, ""},
		{"only a code", t.Context(), exitWith(exitRefused), exitRefused, ""},
		{"no code", t.Context(), exitWith(exitDone), exitDone, ""},
		{"hints", t.Context(), usage("bad %s", "x").hint("do %s", "y"), exitUsage, "error: bad x\nhint: do y\n"},
		{"interrupted", ended, fmt.Errorf("read: %w", context.Canceled), exitInterrupted, ""},
		{"failed although interrupted", ended, errors.New("x"), exitFailed, "error: x\n"},
	} {
		var prose bytes.Buffer
		if got := conclude(test.ctx, &prose, test.err); got != test.code || prose.String() != test.prose {
			t.Errorf("%s: exit code %d, want %d; said %q, want %q", test.name, got, test.code, prose.String(), test.prose)
		}
	}
}

func TestCodeOfImport(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[contract.Outcome]int{
		contract.Applied: 0, contract.NoChange: 0, contract.NothingNew: 0, contract.Rehearsed: 0, contract.Refused: 3, contract.TurnedDown: 1, contract.Expired: 1,
		contract.SupersededByNewer: 1, contract.AppliedWithFailures: 1, contract.Stopped: 1, contract.Stale: 1, contract.Withdrawn: 1,
	} {
		if got := codeOfImport(ledger.Import{Phase: contract.Closed, Outcome: outcome}); got != want {
			t.Errorf("%s ends with %d, want %d", outcome, got, want)
		}
	}
	if got := codeOfImport(ledger.Import{Phase: contract.AwaitingDecision}); got != exitHeld {
		t.Errorf("an import that waits ends with %d", got)
	}
}

// The dialogue asks for what the rules want and nothing else, and takes nothing but a clear yes.
func TestDialogue(t *testing.T) {
	t.Parallel()
	hold := approval.Check{ID: approval.CheckDeletes, Level: approval.Hold}
	three := 3
	for _, test := range []struct {
		name    string
		verdict approval.Verdict
		checks  []approval.Check
		answers string
		want    registrar.Decision // what was completed
		code    int
		asked   string
	}{
		{"nothing unusual", approval.Approve, nil, "y\n", registrar.Decision{}, 0, "approve acme-2? [y/N] "},
		{"no", approval.Approve, nil, "n\n", registrar.Decision{}, exitFailed, "approve acme-2? [y/N] "},
		{"an empty line is no", approval.Approve, nil, "\n", registrar.Decision{}, exitFailed, "approve acme-2? [y/N] "},
		{"the end of input is no", approval.Approve, nil, "", registrar.Decision{}, exitFailed, "approve acme-2? [y/N] "},
		{"removals over their limit", approval.Approve, []approval.Check{hold}, "agreed\n3\ny\n", registrar.Decision{Reason: "agreed", ConfirmDeletes: &three}, 0,
			"why? how many people would be removed? approve acme-2? [y/N] "},
		{"no number", approval.Approve, []approval.Check{hold}, "agreed\nall\ny\n", registrar.Decision{Reason: "agreed"}, exitNotAllowed, "why? how many people would be removed? "},
		{"without removals", approval.ApproveWithoutRemovals, []approval.Check{hold}, "yes\n", registrar.Decision{}, 0, "approve without removals acme-2? [y/N] "},
		{"turning down needs a reason", approval.TurnDown, nil, "too many\ny\n", registrar.Decision{Reason: "too many"}, 0, "why? turn down acme-2? [y/N] "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			d := registrar.Decision{Import: tenant.ImportID{Tenant: "acme", N: 2}, Verdict: test.verdict}
			a := dialogue{ctx: t.Context(), in: bufio.NewReader(strings.NewReader(test.answers)), out: &out}
			err := a.complete(&d, approval.State{Removals: 3, Checks: test.checks})
			code := 0
			if err != nil {
				code = translate(err).code
			}
			if code != test.code {
				t.Errorf("exit code %d (%v), want %d", code, err, test.code)
			}
			test.want.Import, test.want.Verdict = d.Import, d.Verdict
			if diff := cmp.Diff(d, test.want); diff != "" {
				t.Errorf("decision (-got +want):\n%s", diff)
			}
			if got := strings.TrimPrefix(out.String(), "\n"); got != test.asked {
				t.Errorf("asked %q, want %q", got, test.asked)
			}
		})
	}
}

func TestDialogueEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent, _ := net.Pipe() // nothing ever comes of it
	defer silent.Close()
	a := dialogue{ctx: ctx, in: bufio.NewReader(silent), out: &bytes.Buffer{}}
	if _, err := a.ask("why?"); !errors.Is(err, context.Canceled) {
		t.Errorf("asking ended with %v", err)
	}
}

func TestUndone(t *testing.T) {
	t.Parallel()
	const planned, anew = "sha256:aa", "sha256:bb"
	for _, test := range []struct {
		effect approval.Effect
		phase  contract.Phase
		digest string
		want   bool
	}{
		{approval.Recorded, contract.AwaitingDecision, planned, false},
		{approval.Taken, contract.AwaitingDecision, planned, false}, // the run has said so, and has not gone on yet
		{approval.Taken, contract.Applying, planned, false},
		{approval.Taken, contract.AwaitingDecision, anew, true},
		{approval.Stale, contract.AwaitingDecision, anew, true},
		{approval.NotAllowed, contract.AwaitingDecision, planned, true},
	} {
		v := registrar.ImportView{Import: ledger.Import{Phase: test.phase}}
		v.Summary.Digest = "sha256:aa"
		if test.digest == anew {
			v.Summary.Digest = "sha256:bb"
		}
		if got := undone(v, ledger.Decision{Effect: test.effect, ChangeSet: planned}); got != test.want {
			t.Errorf("%s while %s: %v, want %v", test.effect, test.phase, got, test.want)
		}
	}
}
