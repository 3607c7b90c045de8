package registrar_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/deploy"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/registrar"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// An answer that does not name a list is about the newest, and one that names a list is about that one.
func TestAnswersThatNameNoList(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	change := func(email string) changeset.Change {
		return changeset.Change{Op: changeset.Create, Row: 2, Email: email, Fields: []changeset.FieldChange{{Field: roster.Email, After: email}}}
	}
	first := s.rehearse(roster.Summary{}, change("ana@acme.example"))
	second := s.rehearse(roster.Summary{}, change("ana@acme.example"), change("bob@acme.example"))
	if got := s.answer(ledger.Verification{Answer: ledger.AnswerRight}); got != second.ID {
		t.Errorf("the answer is about %s, want the newest", got)
	}
	if got := s.answer(ledger.Verification{Answer: ledger.AnswerRight, Import: first.ID}); got != first.ID {
		t.Errorf("the answer is about %s, want the one that it names", got)
	}
}

// A late change happens between the look at a tenant and its activation.
type late struct {
	stored
	change func()
}

// stored is an interface that has a method of its own name, under another.
type stored = registrar.Tenants

func (l late) ActivateTenant(ctx context.Context, id tenant.ID, a tenant.Activation) error {
	l.change()
	return l.stored.ActivateTenant(ctx, id, a)
}

// Nobody goes live on an answer that was taken back, or under rules that nobody verified, however late that comes.
func TestActivationIsOfWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settingUp){
		"the customer finds something wrong": func(s *settingUp) {
			s.answer(ledger.Verification{Answer: ledger.AnswerWrong, Comment: "Ben is missing"})
		},
		"the rules change": func(s *settingUp) {
			s.agree(strings.Replace(string(deploy.AcmeTenant), "missing: delete", "missing: keep", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSettingUp(t)
			s.record(tenant.StepFrequency, tenant.StepMapping, tenant.StepSample, tenant.StepReview)
			s.rehearse(roster.Summary{})
			s.answer(ledger.Verification{Answer: ledger.AnswerRight})
			slow := *s.r
			slow.Tenants = late{s.db, func() { change(s) }}
			activated, err := slow.Activate(t.Context(), "acme", "Emily", false, "")
			if activated || !errors.Is(err, registrar.ErrNotAllowed) || !strings.Contains(err.Error(), "meanwhile") {
				t.Errorf("activated %t, %v", activated, err)
			}
			if row, err := s.db.Tenant(t.Context(), "acme"); err != nil || row.State != tenant.SettingUp {
				t.Errorf("the tenant is %s, %v", row.State, err)
			}
		})
	}
}

// A tenant whose file an earlier release took goes on, and one whose file nobody understands keeps nobody else from being listed.
func TestTenantsOfOtherReleases(t *testing.T) {
	t.Parallel()
	s := newSettingUp(t)
	for id, people := range map[tenant.ID]string{"older": "protect: [ceo@acme.example, ceo@acme.example]", "newer": "missing: archive"} {
		source := []byte(strings.Replace(agreed, "tenant: acme", "tenant: "+string(id), 1) + "people: {" + people + "}\n")
		if _, _, err := s.db.PutTenantFile(t.Context(), id, tenant.FileVersion{Digest: tenantfile.Digest(source), Rules: "r", Source: source}); err != nil {
			t.Fatal(err)
		}
	}
	views, err := s.r.StoredTenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := map[tenant.ID]string{}
	for _, v := range views {
		told[v.ID] = v.File.Name
		if v.Unreadable != nil {
			told[v.ID] = v.Unreadable.Error()
		}
		if v.Version != 1 || v.State != tenant.SettingUp {
			t.Errorf("%s is at version %d and %s", v.ID, v.Version, v.State)
		}
	}
	want := map[tenant.ID]string{"acme": "Acme Corp", "older": "Acme Corp", "newer": `line 10: people.missing: "archive" is not known: use delete, deactivate or keep`}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
	if _, err := s.r.StoredTenant(t.Context(), "newer"); err == nil {
		t.Error("one tenant that can't be understood is shown")
	}
}
