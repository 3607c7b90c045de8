package config

import (
	"strings"
	"testing"
	"time"

	"rollcall.internal/internal/contract"
)

func TestLoadSettingsDefaults(t *testing.T) {
	t.Parallel()
	s, err := LoadSettings([]string{"PATH=/bin", "ROLLCALL_STATE_DIR="})
	if err != nil {
		t.Fatal(err)
	}
	if s.Pace != contract.Production || s.QuietTime != time.Minute || s.ApplyChunk != 2000 || s.RawSignals || s.SMTPTLS != "mandatory" || s.SFTPAddress != ":2022" || s.DecisionTime != 72*time.Hour {
		t.Errorf("got %+v", s)
	}
	s, err = LoadSettings([]string{"ROLLCALL_PACE=dev"})
	if err != nil || s.QuietTime != 2*time.Second || !s.RawSignals || s.SMTPTLS != "none" || !s.Relaxed() {
		t.Errorf("got %+v, %v", s, err)
	}
}

// Every problem is told at once, each with the variable's name.
func TestLoadSettingsRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		environ []string
		want    []string // variables that the error names
	}{
		{"an unknown variable", []string{"ROLLCALL_QUIETTIME=2s"}, []string{"ROLLCALL_QUIETTIME"}},
		{"values that can't be", []string{"ROLLCALL_PACE=fast", "ROLLCALL_QUIET_TIME=soon", "ROLLCALL_APPLY_CHUNK=0", "ROLLCALL_MEMORY=1", "ROLLCALL_SMTP_ADDRESS=mail"},
			[]string{"ROLLCALL_PACE", "ROLLCALL_QUIET_TIME", "ROLLCALL_APPLY_CHUNK", "ROLLCALL_MEMORY", "ROLLCALL_SMTP_ADDRESS"}},
		{"what is for development", []string{"ROLLCALL_CLOCK_OFFSET=720h", "ROLLCALL_DECISION_TIME=1s"}, []string{"ROLLCALL_CLOCK_OFFSET", "ROLLCALL_DECISION_TIME"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := LoadSettings(test.environ)
			if err == nil {
				t.Fatal("no error")
			}
			for _, name := range test.want {
				if !strings.Contains(err.Error(), name+" ") {
					t.Errorf("the error does not name %s:\n%v", name, err)
				}
			}
		})
	}
}

func TestRequireNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	err := Settings{DatabaseURL: "postgres://x"}.Require("ROLLCALL_DATABASE_URL", "ROLLCALL_STATE_DIR", "ROLLCALL_SMTP_ADDRESS")
	if err == nil || strings.Contains(err.Error(), "DATABASE") || !strings.Contains(err.Error(), "STATE_DIR") || !strings.Contains(err.Error(), "SMTP_ADDRESS") {
		t.Errorf("got %v", err)
	}
}
