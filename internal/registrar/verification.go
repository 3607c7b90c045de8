package registrar

import (
	"context"
	"fmt"
	"strings"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/tenant"
)

// Verifications remembers what customers answered about verification lists, and knows what a list needs to tell of members.
type Verifications interface {
	RecordVerification(ctx context.Context, v ledger.Verification) (ledger.Verification, error)
	LastVerification(ctx context.Context, id tenant.ID) (ledger.Verification, error)
	VerificationOf(ctx context.Context, id tenant.ImportID) (ledger.Verification, error)
	LastCompared(ctx context.Context, id tenant.ID) (ledger.Import, error)
	InvitationsOf(ctx context.Context, id tenant.ImportID) (int, error)
	PeopleNamed(ctx context.Context, id tenant.ID, members []string) (map[string]directory.Known, error)
}

// RecordVerification keeps a customer's answer about what an import would do: v.Import, or where that is zero the newest import that was compared, since a newer sample takes the
// place of an older one. Where nothing was compared, the answer is kept without an import, and the zero Import that comes back says so. "Right" records the step of setting
// up; "wrong" opens it again and needs a comment. The import that comes back is the one that the answer is about: whoever did not name it is to be told.
func (r *Registrar) RecordVerification(ctx context.Context, v ledger.Verification) (ledger.Verification, ledger.Import, error) {
	if v.Answer == ledger.AnswerWrong && strings.TrimSpace(v.Comment) == "" {
		return ledger.Verification{}, ledger.Import{}, fmt.Errorf("%w: an answer that something is wrong needs a comment that says what", ErrInvalid)
	}
	if _, err := r.Tenants.Tenant(ctx, v.Tenant); err != nil {
		return ledger.Verification{}, ledger.Import{}, err
	}
	imp, err := r.answered(ctx, v)
	if err != nil {
		return ledger.Verification{}, ledger.Import{}, err
	}
	v.Import, v.ChangeSet = imp.ID, imp.Summary.Digest
	v, err = r.Ledger.RecordVerification(ctx, v)
	return v, imp, err
}

// answered returns the import that an answer is about, the zero Import where there is none.
func (r *Registrar) answered(ctx context.Context, v ledger.Verification) (ledger.Import, error) {
	if v.Import == (tenant.ImportID{}) {
		newest, err := r.Ledger.LastCompared(ctx, v.Tenant)
		if isNotFound(err) {
			return ledger.Import{}, nil
		}
		return newest, err
	}
	if v.Import.Tenant != v.Tenant {
		return ledger.Import{}, fmt.Errorf("%w: %s is not an import of %s", ErrInvalid, v.Import, v.Tenant)
	}
	imp, err := r.Ledger.Import(ctx, v.Import)
	if err != nil {
		return ledger.Import{}, err
	}
	return imp, compared(imp)
}

// compared refuses an import that has no list, because it was not compared with the directory.
func compared(imp ledger.Import) error {
	switch {
	case imp.Summary.Digest != "":
		return nil
	case imp.Outcome == contract.Refused:
		return fmt.Errorf("%w: the file of %s was refused, so it changes nobody; its receipt says what is wrong with it", ErrNotAllowed, imp.ID)
	case imp.Phase == contract.Closed:
		return fmt.Errorf("%w: %s ended before its file was compared with the directory (%s), so there is nothing to list", ErrNotAllowed, imp.ID, word(string(imp.Outcome)))
	}
	return fmt.Errorf("%w: %s is not compared with the directory yet (%s); wait until it is", ErrNotAllowed, imp.ID, word(string(imp.Phase)))
}

// word is a phase or an outcome in words.
func word(s string) string { return strings.ReplaceAll(s, "_", " ") }

// verificationOf returns the newest answer about an import, nil where there is none.
func (r *Registrar) verificationOf(ctx context.Context, id tenant.ImportID) (*ledger.Verification, error) {
	v, err := r.Ledger.VerificationOf(ctx, id)
	switch {
	case isNotFound(err):
		return nil, nil // nobody has answered
	case err != nil:
		return nil, err
	}
	return &v, nil
}
