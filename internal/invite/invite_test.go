package invite

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	want := map[State][]State{
		Waiting:   {Sending, Cancelled},
		Sending:   {Waiting, Delivered, Failed, Unknown},
		Delivered: nil,
		Failed:    {Waiting},
		Unknown:   {Waiting, Delivered, Failed},
		Cancelled: {Waiting},
	}
	for _, from := range States() {
		allowed := map[State]bool{}
		for _, to := range want[from] {
			allowed[to] = true
		}
		for _, to := range States() {
			if got := from.MayBecome(to); got != allowed[to] {
				t.Errorf("%s.MayBecome(%s) = %t", from, to, got)
			}
		}
	}
	if State("sent").Valid() {
		t.Error(`"sent" is a valid state`)
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	cases := []struct {
		step Step
		code int
		want Outcome
	}{
		{StepConnection, 0, OutcomeRetry},
		{StepConnection, 421, OutcomeRetry},
		{StepConnection, 554, OutcomeRetry}, // about us, not about the message
		{StepSender, 0, OutcomeRetry},
		{StepSender, 421, OutcomeRetry},
		{StepSender, 550, OutcomeFailed},
		{StepRecipient, 0, OutcomeRetry},
		{StepRecipient, 451, OutcomeRetry},
		{StepRecipient, 550, OutcomeFailed},
		{StepData, 0, OutcomeRetry},
		{StepData, 250, OutcomeRetry}, // a success of the wrong kind is none
		{StepData, 554, OutcomeFailed},
		{StepContent, 0, OutcomeRetry},
		{StepDot, 0, OutcomeUnknown},
		{StepDot, 250, OutcomeDelivered},
		{StepDot, 251, OutcomeDelivered},
		{StepDot, 354, OutcomeUnknown},
		{StepDot, 452, OutcomeRetry},
		{StepDot, 552, OutcomeFailed},
	}
	for _, c := range cases {
		if got := (Attempt{Step: c.step, Code: c.code}).Outcome(); got != c.want {
			t.Errorf("%s %d: %s, want %s", c.step, c.code, got, c.want)
		}
	}
}

func TestRetriesEndAfterADay(t *testing.T) {
	t.Parallel()
	var got []string
	var total time.Duration
	tries := 1
	for ; ; tries++ {
		pause, ok := Pause(tries)
		if !ok {
			break
		}
		total += pause
		if tries <= 9 {
			got = append(got, pause.String())
		}
	}
	want := []string{"1m0s", "2m0s", "4m0s", "8m0s", "16m0s", "32m0s", "1h0m0s", "1h0m0s", "1h0m0s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first pauses (-want +got):\n%s", diff)
	}
	if total > 24*time.Hour || total < 23*time.Hour {
		t.Errorf("%d tries spread over %v, want just within a day", tries, total)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	mail := Claimed{ID: "m", Owner: "o", Tries: 2}
	cases := []struct {
		try  Attempt
		want Settlement
	}{
		{Attempt{Step: StepDot, Code: 250}, Settlement{State: Delivered, Reply: "250"}},
		{Attempt{Step: StepRecipient, Code: 550, Enhanced: "5.1.1"}, Settlement{State: Failed, Reply: "550 5.1.1"}},
		{Attempt{Step: StepDot}, Settlement{State: Unknown}},
		{Attempt{Step: StepRecipient, Code: 451}, Settlement{State: Waiting, Due: now.Add(2 * time.Minute), Reply: "451"}},
	}
	for _, c := range cases {
		c.want.ID, c.want.Owner = "m", "o"
		if diff := cmp.Diff(c.want, Settle(mail, c.try, now)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.try, diff)
		}
		if !Sending.MayBecome(c.want.State) {
			t.Errorf("%+v leads from sending to %s", c.try, c.want.State)
		}
	}
	mail.Tries = 1000
	if got := Settle(mail, Attempt{Step: StepSender}, now).State; got != Failed {
		t.Errorf("after a thousand tries: %s, want %s", got, Failed)
	}
}

func TestTokensDifferAndHashTheirText(t *testing.T) {
	t.Parallel()
	a, b := NewToken(), NewToken()
	if a == b || len(a) != 43 {
		t.Errorf("tokens %d and %d characters long, equal: %t", len(a), len(b), a == b)
	}
	// The digest was made with: printf abc | sha256sum
	if got := fmt.Sprintf("%x", Token("abc").Hash()); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("hash of abc is %s", got)
	}
}
