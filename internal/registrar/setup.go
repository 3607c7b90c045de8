package registrar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// RecordStep records that somebody vouches for a step of setting up. The verification has an answer and is recorded by RecordVerification.
func (r *Registrar) RecordStep(ctx context.Context, id tenant.ID, step tenant.SetupStep, by string) error {
	if _, err := r.Tenants.Tenant(ctx, id); err != nil {
		return err
	}
	return r.Tenants.RecordStep(ctx, id, string(step), by, "")
}

// Rehearsed reports whether any file of the tenant was ever compared with the directory: without one there is neither an accepted sample nor anything to review.
func (r *Registrar) Rehearsed(ctx context.Context, id tenant.ID) (bool, error) {
	_, err := r.Ledger.LastCompared(ctx, id)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// A StepProblem says why a step of setting up counts as open.
type StepProblem string

const (
	// StepNotDone: nobody has vouched for it.
	StepNotDone StepProblem = "not_done"
	// AnsweredWrong: the customer's last answer is that something is wrong.
	AnsweredWrong StepProblem = "answered_wrong"
	// RulesChanged: the mapping, or another rule that decides what a file changes, is another one than that of the import which was verified.
	RulesChanged StepProblem = "rules_changed"
)

// An OpenStep is a step of setting up that keeps a tenant from being activated.
type OpenStep struct {
	Step    tenant.SetupStep
	Title   string // as the guide calls it
	Owner   string // who acts on it
	Problem StepProblem
	// Answer is the customer's last answer where the problem is about it; zero otherwise.
	Answer ledger.Verification
}

// A SetupOpen is the error of an activation for which steps are missing. It is an [ErrNotAllowed].
type SetupOpen struct {
	Tenant tenant.ID
	Steps  []OpenStep // in the guide's order
}

// Error implements error.
func (e *SetupOpen) Error() string {
	steps := make([]tenant.SetupStep, len(e.Steps))
	for i, s := range e.Steps {
		steps[i] = s.Step
	}
	return fmt.Sprintf("%v: steps of setting up %s are open: %s", ErrNotAllowed, e.Tenant, join(steps))
}

// Unwrap returns [ErrNotAllowed].
func (e *SetupOpen) Unwrap() error { return ErrNotAllowed }

func openStep(step tenant.SetupStep, problem StepProblem) OpenStep {
	return OpenStep{Step: step, Title: stepTitle(step), Owner: stepOwner(step), Problem: problem}
}

// OpenSteps returns the steps that keep a tenant from being activated, in the guide's order: those that nobody has vouched for, and a verification that does not hold. One
// that was recorded without an import holds for as long as there is no list that could have been verified.
func (r *Registrar) OpenSteps(ctx context.Context, v TenantView) ([]OpenStep, error) {
	last, err := r.Ledger.LastVerification(ctx, v.ID)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	var open []OpenStep
	for _, step := range v.Missing() {
		o := openStep(step, StepNotDone)
		if step == tenant.StepVerification && last.Answer == ledger.AnswerWrong {
			o.Problem, o.Answer = AnsweredWrong, last
		}
		open = append(open, o)
	}
	if slices.Contains(v.Missing(), tenant.StepVerification) {
		return open, nil
	}
	if last.Import == (tenant.ImportID{}) {
		listed, err := r.Rehearsed(ctx, v.ID)
		if listed {
			open = append(open, openStep(tenant.StepVerification, StepNotDone))
		}
		return open, err
	}
	imp, err := r.Ledger.Import(ctx, last.Import)
	if err != nil {
		return nil, err
	}
	if imp.MappingDigest != v.File.RulesDigest() {
		o := openStep(tenant.StepVerification, RulesChanged)
		o.Answer = last
		open = append(open, o) // the verification is the last step before the activation
	}
	return open, nil
}

// Activate lets a tenant's imports be applied from now on; it applies nothing by itself. It refuses by a [*SetupOpen] while steps of setting up are missing, unless a reason
// is given for skipping them, and by [ErrNotAllowed] where the tenant is changed while it is looked at. It reports whether the tenant was not active before.
func (r *Registrar) Activate(ctx context.Context, id tenant.ID, by string, skipSetup bool, reason string) (activated bool, err error) {
	// The answer is read first: one that comes after it is noticed when the tenant is moved, and one that came before it is in what is looked at.
	last, err := r.Ledger.LastVerification(ctx, id)
	if err != nil && !isNotFound(err) {
		return false, err
	}
	view, err := r.StoredTenant(ctx, id)
	if err != nil {
		return false, err
	}
	switch {
	case view.State == tenant.Active:
		return false, nil
	case view.State == tenant.Paused:
		return false, fmt.Errorf("%w: %s is paused; resume it", ErrNotAllowed, id)
	case skipSetup && strings.TrimSpace(reason) == "":
		return false, fmt.Errorf("%w: skipping the set-up needs a reason", ErrInvalid)
	case !skipSetup:
		open, err := r.OpenSteps(ctx, view)
		if err != nil {
			return false, err
		}
		if len(open) > 0 {
			return false, &SetupOpen{Tenant: id, Steps: open}
		}
	}
	err = r.Tenants.ActivateTenant(ctx, id, tenant.Activation{By: by, Reason: reason, Version: view.Version, Answer: last.Seq})
	if errors.Is(err, tenant.ErrChangedMeanwhile) {
		return false, fmt.Errorf("%w: the file of %s, an answer of the customer or where the tenant stands was changed meanwhile; look at it again", ErrNotAllowed, id)
	}
	return err == nil, err
}

// join lists words for a sentence.
func join[T ~string](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = string(item)
	}
	return strings.Join(texts, ", ")
}
