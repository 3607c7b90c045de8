package registrar

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// StepActivation is the last of the guide's six steps. It is done by activating the tenant and not by vouching for it.
const StepActivation tenant.SetupStep = "activation"

// A SetupStep is one of the guide's six steps of setting a tenant up, with where it stands.
type SetupStep struct {
	Step  tenant.SetupStep
	Title string
	Owner string // who acts on it
	Done  bool
	By    string // who vouched for it; "" while it is open
	At    time.Time
	// Reason is why activation skipped the steps before it; "" where it did not.
	Reason string
	// Evidence is what there is to see of the step, whether somebody vouched for it or not; "" where there is nothing.
	Evidence string
	Next     string // what is to be done; "" where it is done, or the tenant was activated without it
}

// setup returns the guide's six steps in order, with what there is to see of each.
func (r *Registrar) setup(ctx context.Context, v TenantView) ([]SetupStep, error) {
	sample, err := r.newestFile(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	var open []OpenStep // who is activated is asked no more
	if v.State == tenant.SettingUp {
		if open, err = r.OpenSteps(ctx, v); err != nil {
			return nil, err
		}
	}
	var steps []SetupStep
	for _, step := range append(tenant.SetupSteps(), StepActivation) {
		s := SetupStep{Step: step, Title: stepTitle(step), Owner: stepOwner(step), Evidence: v.evidence(step, sample, open)}
		at := slices.IndexFunc(open, func(o OpenStep) bool { return o.Step == step })
		done := slices.IndexFunc(v.Steps, func(d tenant.StepDone) bool { return d.Step == string(step) })
		switch {
		case done >= 0 && at < 0:
			s.Done, s.By, s.At, s.Reason = true, v.Steps[done].By, v.Steps[done].At, v.Steps[done].Reason
		case v.State == tenant.SettingUp:
			s.Next = v.next(step, sample, open)
		}
		if at >= 0 {
			s.Evidence = strings.TrimPrefix(s.Evidence+open[at].evidence(), "; ")
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// evidence says what the customer's answer has to do with an open step, to stand behind other evidence; "" where it has nothing.
func (o OpenStep) evidence() string {
	day := o.Answer.At.Format(time.DateOnly)
	switch o.Problem {
	case AnsweredWrong:
		return fmt.Sprintf("; %s answered on %s that something is wrong", o.Answer.By, day)
	case RulesChanged:
		return fmt.Sprintf("; %s answered on %s about %s, and the rules have changed since", o.Answer.By, day, o.Answer.Import)
	}
	return ""
}

// A sampleFile is the newest file of a tenant that is being set up; its id is zero where none came.
type sampleFile struct {
	ledger.Import
	read roster.Summary // zero where it can't be told
}

func (s sampleFile) came() bool     { return s.ID != tenant.ImportID{} }
func (s sampleFile) refused() bool  { return s.Outcome == contract.Refused }
func (s sampleFile) accepted() bool { return s.read.Verdict == roster.Accepted || s.compared() }
func (s sampleFile) compared() bool { return s.Summary.Digest != "" }

// newestFile returns the newest import that had a file. What reading found is left out where its artifact can't be read from here.
func (r *Registrar) newestFile(ctx context.Context, id tenant.ID) (sampleFile, error) {
	imports, _, err := r.Ledger.Imports(ctx, id, false, 20)
	if err != nil {
		return sampleFile{}, err
	}
	for _, imp := range imports {
		if imp.File == "" {
			continue
		}
		s := sampleFile{Import: imp}
		if read, err := imp.Findings(ctx, r.Artifacts); err == nil {
			s.read = read
		}
		return s, nil
	}
	return sampleFile{}, nil
}

func stepTitle(step tenant.SetupStep) string {
	switch step {
	case tenant.StepFrequency:
		return "upload frequency"
	case tenant.StepMapping:
		return "data mapping"
	case tenant.StepSample:
		return "sample file"
	case tenant.StepReview:
		return "sample review"
	case tenant.StepVerification:
		return "verification list"
	}
	return string(step)
}

// stepOwner is who acts on a step of the guide.
func stepOwner(step tenant.SetupStep) string {
	switch step {
	case tenant.StepFrequency, tenant.StepVerification:
		return "the customer's program owner, with the CSM"
	case tenant.StepMapping, tenant.StepSample:
		return "the customer's HRIS team, with the CSM"
	}
	return "the CSM"
}

func (v TenantView) evidence(step tenant.SetupStep, sample sampleFile, open []OpenStep) string {
	switch step {
	case tenant.StepFrequency:
		return fmt.Sprintf("%s, %s", v.File.Upload.Cadence, v.File.Upload.DueSentence())
	case tenant.StepMapping:
		return v.mappingEvidence()
	case tenant.StepSample:
		return sample.evidence()
	case tenant.StepReview:
		return sample.reviewEvidence()
	case tenant.StepVerification:
		return sample.planEvidence()
	}
	var titles []string
	for _, o := range open {
		titles = append(titles, o.Title)
	}
	if len(titles) == 0 {
		return ""
	}
	return "open: " + strings.Join(titles, ", ")
}

func (v TenantView) mappingEvidence() string {
	public, sets := 0, 0
	for _, c := range v.File.Mapping.Columns {
		if c.Visibility == roster.Public {
			public++
		}
		if len(c.Values) > 0 {
			sets++
		}
	}
	return fmt.Sprintf("version %d: %d columns, %d of them public, %d with a set of values", v.Version, len(v.File.Mapping.Columns), public, sets)
}

func (s sampleFile) evidence() string {
	switch {
	case !s.came():
		return ""
	case s.refused():
		return fmt.Sprintf("%s: refused, %s", s.ID, counted(s.findings(), "finding"))
	case !s.accepted():
		return fmt.Sprintf("%s: being read", s.ID)
	}
	return fmt.Sprintf("%s: accepted, %s, %s", s.ID, counted(s.Rows, "row"), counted(s.findings(), "finding"))
}

func (s sampleFile) reviewEvidence() string {
	if !s.came() || s.refused() || !s.accepted() {
		return ""
	}
	return fmt.Sprintf("%s: %s set aside, %s", s.ID, counted(s.SetAside, "row"), counted(s.findings(), "finding"))
}

func (s sampleFile) planEvidence() string {
	if !s.compared() {
		return ""
	}
	t := s.Summary.Totals
	return fmt.Sprintf("%s: %d to create, %d to update, %d to deactivate, %d to delete", s.ID, t.Create, t.Update, t.Deactivate, t.Delete)
}

func (s sampleFile) findings() int {
	n := 0
	for _, count := range s.read.Totals {
		n += count
	}
	return n
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// next says what is to be done about an open step.
func (v TenantView) next(step tenant.SetupStep, sample sampleFile, open []OpenStep) string {
	record := fmt.Sprintf("rollcall tenant setup %s %s --by NAME", v.ID, step)
	ready := sample.came() && !sample.refused() && sample.accepted()
	switch step {
	case tenant.StepSample:
		switch {
		case !sample.came():
			return "a file in the inbox"
		case sample.refused():
			return fmt.Sprintf("a corrected file in the inbox; rollcall import show %s tells what is wrong", sample.ID)
		case !ready:
			return ""
		}
		return "record it: " + record
	case tenant.StepReview:
		if !ready {
			return "a sample file that is accepted"
		}
		return fmt.Sprintf("look at it: rollcall import show %s; then record it: %s", sample.ID, record)
	case tenant.StepVerification:
		if !ready || !sample.compared() {
			return "a sample file that is accepted"
		}
		return fmt.Sprintf("send the list: rollcall import report %s --out FILE.xlsx; then record the customer's answer: %s --import %s", sample.ID, record, sample.ID)
	case StepActivation:
		if len(open) > 0 {
			return "the open steps"
		}
		return fmt.Sprintf("rollcall tenant activate %s", v.ID)
	}
	return "agree it with the customer, then record it: " + record
}
