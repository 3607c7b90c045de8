package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// The activation is audited: who resumes the tenant later does not take the place of who activated it.
func TestActivationIsRecordedOnce(t *testing.T) {
	t.Parallel()
	db, _ := pgtest.New(t, clock.Fixed(applyTime))
	ctx := t.Context()
	if _, _, err := db.PutTenantFile(ctx, "acme", tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	for _, move := range []struct {
		to         tenant.State
		by, reason string
	}{{tenant.Active, "emily", "known from elsewhere"}, {tenant.Paused, "otto", ""}, {tenant.Active, "otto", ""}} {
		if err := db.SetTenantState(ctx, "acme", move.to, move.by, move.reason); err != nil {
			t.Fatal(err)
		}
		if row, err := db.Tenant(ctx, "acme"); err != nil || row.State != move.to {
			t.Errorf("the tenant is %s, %v; want %s", row.State, err, move.to)
		}
	}
	got, err := db.Steps(ctx, "acme")
	if err != nil || len(got) != 1 {
		t.Fatalf("steps %v, %v", got, err)
	}
	if diff := cmp.Diff(got[0], tenant.StepDone{Step: "activation", By: "emily", At: got[0].At, Reason: "known from elsewhere"}); diff != "" {
		t.Errorf("the activation (-got +want):\n%s", diff)
	}
	if err := db.SetTenantState(ctx, "nobody", tenant.Active, "emily", ""); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("activating no tenant: %v", err)
	}
}

// Whoever activates has looked at a file and at an answer: where there is another by now, or somebody else was quicker, nothing is moved.
func TestActivationOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	db, _ := pgtest.New(t, clock.Fixed(applyTime))
	ctx := t.Context()
	if _, _, err := db.PutTenantFile(ctx, "acme", tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	answer, err := db.RecordVerification(ctx, ledger.Verification{Tenant: "acme", Answer: ledger.AnswerRight, By: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	seen := tenant.Activation{By: "emily", Version: 1, Answer: answer.Seq}
	for name, other := range map[string]tenant.Activation{
		"another version": {By: "emily", Version: 2, Answer: answer.Seq},
		"another answer":  {By: "emily", Version: 1, Answer: answer.Seq - 1},
	} {
		if err := db.ActivateTenant(ctx, "acme", other); !errors.Is(err, tenant.ErrChangedMeanwhile) {
			t.Errorf("%s: %v", name, err)
		}
		if row, err := db.Tenant(ctx, "acme"); err != nil || row.State != tenant.SettingUp {
			t.Errorf("%s: the tenant is %s, %v", name, row.State, err)
		}
	}
	for i, want := range []error{nil, tenant.ErrChangedMeanwhile} {
		if err := db.ActivateTenant(ctx, "acme", seen); !errors.Is(err, want) {
			t.Errorf("activation %d: %v, want %v", i+1, err, want)
		}
	}
	steps, err := db.Steps(ctx, "acme")
	if err != nil || len(steps) != 2 || steps[0].Step != "activation" || steps[0].By != "emily" {
		t.Errorf("steps %+v, %v", steps, err)
	}
	if err := db.ActivateTenant(ctx, "nobody", seen); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("activating no tenant: %v", err)
	}
}
