package activities

import (
	"context"
	"fmt"
	"testing"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// tenantWith is a tenant with live imports, as TakeTurn sees it. Every method that TakeTurn must not need panics.
type tenantWith struct {
	Imports
	Runs
	live       []ledger.Import
	last       ledger.Last
	whole      bool
	applying   bool
	superseded []string
}

func (w *tenantWith) Import(_ context.Context, id tenant.ImportID) (ledger.Import, error) {
	for _, imp := range w.live {
		if imp.ID == id {
			return imp, nil
		}
	}
	return ledger.Import{}, ledger.ErrNotFound
}

func (w *tenantWith) LiveImports(context.Context, tenant.ID) ([]ledger.Import, error) {
	return w.live, nil
}

func (w *tenantWith) LastBegun(context.Context, tenant.ImportID) (ledger.Last, bool, error) {
	return w.last, w.whole, nil
}

func (w *tenantWith) Alive(context.Context, ledger.Import) (bool, error) { return true, nil }

func (w *tenantWith) Applying(context.Context, tenant.ID) (bool, error) { return w.applying, nil }

func (w *tenantWith) Supersede(_ context.Context, older ledger.Import, by tenant.ImportID) error {
	w.superseded = append(w.superseded, fmt.Sprint(older.ID, " by ", by))
	return nil
}

func TestTakeTurn(t *testing.T) {
	t.Parallel()
	imp := func(n int, phase contract.Phase, sha string) ledger.Import {
		return ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: n}, Phase: phase, SHA256: sha, MappingDigest: "rules"}
	}
	own := imp(5, contract.Reading, "x")
	for _, test := range []struct {
		name       string
		with       tenantWith
		want       contract.Turn
		superseded string
	}{
		{"nobody before it", tenantWith{}, contract.Turn{Free: true}, ""},
		{"the same as what was applied last", tenantWith{last: ledger.Last{SHA256: "x", MappingDigest: "rules"}, whole: true}, contract.Turn{Free: true, Same: true}, ""},
		{"the same as what was applied in part", tenantWith{last: ledger.Last{SHA256: "x", MappingDigest: "rules"}}, contract.Turn{Free: true}, ""},
		{"the same bytes under other rules", tenantWith{last: ledger.Last{SHA256: "x", MappingDigest: "other"}, whole: true}, contract.Turn{Free: true}, ""},
		{"another file waits", tenantWith{live: []ledger.Import{imp(3, contract.AwaitingDecision, "y")}}, contract.Turn{}, "[acme-3 by acme-5]"},
		{"the same file waits", tenantWith{live: []ledger.Import{imp(3, contract.AwaitingDecision, "x")}}, contract.Turn{Same: true}, ""},
		{"the same file waits, and another came between", tenantWith{live: []ledger.Import{imp(3, contract.AwaitingDecision, "x"), imp(4, contract.Reading, "y")}}, contract.Turn{}, ""},
		{"one is being applied", tenantWith{live: []ledger.Import{imp(3, contract.Applying, "x")}}, contract.Turn{}, ""},
		{"one sends its invitations", tenantWith{live: []ledger.Import{imp(3, contract.Inviting, "y")}}, contract.Turn{Free: true}, ""},
		{"an apply outlives its import", tenantWith{applying: true}, contract.Turn{}, ""},
		{"a newer one is no hindrance", tenantWith{live: []ledger.Import{imp(6, contract.Reading, "y")}}, contract.Turn{Free: true}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			with := test.with
			with.live = append(with.live, own)
			a := &Activities{Imports: &with, Runs: &with}
			got, err := a.TakeTurn(t.Context(), contract.ImportRef{Import: own.ID})
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
			want := test.superseded
			if want == "" {
				want = "[]"
			}
			if told := fmt.Sprint(with.superseded); told != want {
				t.Errorf("superseded %s, want %s", told, want)
			}
		})
	}
}
