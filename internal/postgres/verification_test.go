package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

// Every answer is kept, the newest counts, and the step says what it does.
func TestVerifications(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(applyTime))
	ctx := t.Context()
	pgtest.Tenant(t, url, "zeta")
	if _, _, err := db.PutTenantFile(ctx, "acme", tenant.FileVersion{Digest: "d", Rules: "r", Source: []byte("version: 1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.LastCompared(ctx, "acme"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("newest compared of no import: %v", err)
	}
	imp, err := db.OpenImport(ctx, "acme", "import/acme/run", "run-1", false)
	if err != nil {
		t.Fatal(err)
	}
	imp.Summary.Digest = "sha256:ab"
	if err := db.RecordPlan(ctx, imp, false); err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenImport(ctx, "acme", "import/acme/run", "run-2", false); err != nil { // newer, and not compared
		t.Fatal(err)
	}
	if last, err := db.LastCompared(ctx, "acme"); err != nil || last.ID != imp.ID {
		t.Errorf("newest compared is %s, %v", last.ID, err)
	}

	answers := []ledger.Verification{
		{Tenant: "acme", Answer: ledger.AnswerRight, By: "Ana"},
		{Tenant: "acme", Import: imp.ID, ChangeSet: "sha256:ab", Answer: ledger.AnswerWrong, By: "Ana", Comment: "Ben is missing"},
		{Tenant: "acme", Import: imp.ID, ChangeSet: "sha256:ab", Answer: ledger.AnswerRight, By: "Sam"},
		{Tenant: "acme", Answer: ledger.AnswerWrong, By: "Ana", Comment: "not so fast"},
	}
	var seq int64
	for _, v := range answers {
		got, err := db.RecordVerification(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		if got.Seq <= seq {
			t.Errorf("the answer has number %d after %d", got.Seq, seq)
		}
		seq, v.Seq, v.At = got.Seq, got.Seq, applyTime.UTC()
		if diff := cmp.Diff(v, got); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		if last, err := db.LastVerification(ctx, "acme"); err != nil || !cmp.Equal(last, v) {
			t.Errorf("the newest is %+v, %v; want %+v", last, err, v)
		}
		steps, err := db.Steps(ctx, "acme")
		if done := len(steps) == 1 && steps[0].Step == "verification" && steps[0].By == v.By; err != nil || done != (v.Answer == ledger.AnswerRight) {
			t.Errorf("after %s the steps are %+v, %v", v.Answer, steps, err)
		}
	}
	if of, err := db.VerificationOf(ctx, imp.ID); err != nil || of.By != "Sam" {
		t.Errorf("the newest about %s is %+v, %v", imp.ID, of, err)
	}
	for _, id := range []tenant.ID{"zeta", "nobody"} {
		if v, err := db.LastVerification(ctx, id); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("%s sees %+v, %v", id, v, err)
		}
	}
	_, err = db.RecordVerification(ctx, ledger.Verification{Tenant: "acme", ChangeSet: changeset.Digest("sha256:ab"), Answer: ledger.AnswerRight, By: "Ana"})
	if err == nil {
		t.Error("an answer of a change set without its import is kept")
	}
}
