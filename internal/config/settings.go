package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall.internal/internal/contract"
)

// Settings are those of a deployed process (rollcall-worker, rollcall serve sftp), and of a command that is run against a deployment. They come from environment
// variables alone; a variable that begins with ROLLCALL_ and is not known is refused, so that a misspelt setting is never silently the default.
type Settings struct {
	// DatabaseURL is ROLLCALL_DATABASE_URL, postgres://... Required.
	DatabaseURL string
	// TemporalAddress is ROLLCALL_TEMPORAL_ADDRESS, host:port of the frontend. Required by whatever talks to Temporal.
	TemporalAddress string
	// TemporalNamespace is ROLLCALL_TEMPORAL_NAMESPACE. Defaults to rollcall.
	TemporalNamespace string
	// SMTPAddress is ROLLCALL_SMTP_ADDRESS, host:port of the server that takes mail. Required by the worker.
	SMTPAddress string
	// SFTPAddress is ROLLCALL_SFTP_ADDRESS, where the hosted SFTP server listens. Defaults to :2022.
	SFTPAddress string
	// StateDir is ROLLCALL_STATE_DIR, a folder that holds artifacts, spool and host keys. Required.
	StateDir string
	// Pace is ROLLCALL_PACE: production, dev or test; how patient timeouts and retries are. Defaults to production.
	Pace contract.Pace
	// QuietTime is ROLLCALL_QUIET_TIME, how long an upload must be left alone before it counts as whole. Defaults to 60s, and to 2s at the paces dev and test.
	QuietTime time.Duration
	// ApplyChunk is ROLLCALL_APPLY_CHUNK, how many changes one transaction of an apply takes, 1 to 100,000. Defaults to 2000.
	ApplyChunk int
	// Memory is ROLLCALL_MEMORY, how many MiB reading and comparing files take together, 64 to 1,048,576; what needs more goes to temporary files. A worker takes about twice that and
	// 128 MiB. Defaults to 192, with which it fits 512 MiB.
	Memory int
	// DecisionTime is ROLLCALL_DECISION_TIME, how long a decision may at least take: its deadline is the next due time after that. Only at the paces dev and test.
	// Defaults to 72h.
	DecisionTime time.Duration
	// RawSignals is ROLLCALL_DECISIONS_RAW_SIGNAL, accept or refuse: whether a decision counts that was sent to Temporal by other means than a command. Defaults to
	// refuse, and to accept at the paces dev and test.
	RawSignals bool
	// SMTPTLS is ROLLCALL_SMTP_TLS: mandatory, opportunistic or none. Defaults to mandatory, and to none at the paces dev and test.
	SMTPTLS string
	// SMTPUsername and SMTPPassword are ROLLCALL_SMTP_USERNAME and ROLLCALL_SMTP_PASSWORD. Default to no login.
	SMTPUsername, SMTPPassword string
	// Program is ROLLCALL_PROGRAM, what members are invited to, as they know it. It is a name, since it stands in mails of every language. Defaults to
	// Mentoring Hub.
	Program string
	// MailFrom is ROLLCALL_MAIL_FROM, the address that mail comes from. Required by the worker in production; defaults to rollcall@rollcall.example otherwise.
	MailFrom string
	// BaseURL is ROLLCALL_BASE_URL, what links in mail begin with. Required by the worker in production; defaults to http://127.0.0.1 otherwise.
	BaseURL string
	// ClockOffset is ROLLCALL_CLOCK_OFFSET, by how much business time is moved, such as 720h. Only at the paces dev and test. Defaults to 0.
	ClockOffset time.Duration
	// ReadyFile is ROLLCALL_READY_FILE, a file that the process makes once it is ready. Defaults to none.
	ReadyFile string
}

// decisionTime is how long a decision may at least take wherever people decide.
const decisionTime = 72 * time.Hour

// LoadSettings reads the settings from environ, which is in the form of os.Environ. All problems are told at once.
func LoadSettings(environ []string) (Settings, error) {
	e := environment{values: map[string]string{}}
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "ROLLCALL_") && value != "" {
			e.values[name] = value
		}
	}
	var s Settings
	s.Pace = contract.Pace(e.text("ROLLCALL_PACE", string(contract.Production)))
	relaxed := s.Relaxed()
	if !s.Pace.Valid() {
		e.problem("ROLLCALL_PACE", "is production, dev or test")
	}
	s.DatabaseURL = e.text("ROLLCALL_DATABASE_URL", "")
	s.TemporalAddress = e.address("ROLLCALL_TEMPORAL_ADDRESS", "")
	s.TemporalNamespace = e.text("ROLLCALL_TEMPORAL_NAMESPACE", "rollcall")
	s.SMTPAddress = e.address("ROLLCALL_SMTP_ADDRESS", "")
	s.SFTPAddress = e.address("ROLLCALL_SFTP_ADDRESS", ":2022")
	s.StateDir = e.text("ROLLCALL_STATE_DIR", "")
	s.QuietTime = e.duration("ROLLCALL_QUIET_TIME", either(relaxed, 2*time.Second, time.Minute))
	s.ApplyChunk = e.number("ROLLCALL_APPLY_CHUNK", 2000, 1, 100_000)
	s.Memory = e.number("ROLLCALL_MEMORY", 192, 64, 1<<20)
	s.DecisionTime = e.duration("ROLLCALL_DECISION_TIME", decisionTime)
	if s.DecisionTime != decisionTime && !relaxed {
		e.problem("ROLLCALL_DECISION_TIME", "is only for the paces dev and test")
	}
	s.RawSignals = e.choice("ROLLCALL_DECISIONS_RAW_SIGNAL", either(relaxed, "accept", "refuse"), "accept", "refuse") == "accept"
	s.SMTPTLS = e.choice("ROLLCALL_SMTP_TLS", either(relaxed, "none", "mandatory"), "mandatory", "opportunistic", "none")
	s.SMTPUsername, s.SMTPPassword = e.text("ROLLCALL_SMTP_USERNAME", ""), e.text("ROLLCALL_SMTP_PASSWORD", "")
	s.Program = e.text("ROLLCALL_PROGRAM", "Mentoring Hub")
	s.MailFrom = e.text("ROLLCALL_MAIL_FROM", either(relaxed, "rollcall@rollcall.example", ""))
	s.BaseURL = e.text("ROLLCALL_BASE_URL", either(relaxed, "http://127.0.0.1", ""))
	s.ClockOffset = e.duration("ROLLCALL_CLOCK_OFFSET", 0)
	if s.ClockOffset != 0 && !relaxed {
		e.problem("ROLLCALL_CLOCK_OFFSET", "is only for the paces dev and test")
	}
	s.ReadyFile = e.text("ROLLCALL_READY_FILE", "")
	e.text("ROLLCALL_ENDPOINTS", "") // read by commands
	return s, e.err()
}

// Relaxed reports whether the process runs at a pace of development: no quiet hours, no pace of mail.
func (s Settings) Relaxed() bool { return s.Pace != contract.Production }

// Require returns an error that names every one of the given variables that has no value.
func (s Settings) Require(names ...string) error {
	values := map[string]string{
		"ROLLCALL_DATABASE_URL": s.DatabaseURL, "ROLLCALL_TEMPORAL_ADDRESS": s.TemporalAddress, "ROLLCALL_SMTP_ADDRESS": s.SMTPAddress,
		"ROLLCALL_STATE_DIR": s.StateDir, "ROLLCALL_MAIL_FROM": s.MailFrom, "ROLLCALL_BASE_URL": s.BaseURL,
	}
	var errs []error
	for _, name := range names {
		if values[name] == "" {
			errs = append(errs, fmt.Errorf("%s is not set", name))
		}
	}
	return errors.Join(errs...)
}

// Artifacts is the folder of the artifacts, SFTP that of the hosted server's spool and host keys.
func (s Settings) Artifacts() string { return ArtifactsIn(s.StateDir) }

// SFTP is the folder of the hosted server's own state.
func (s Settings) SFTP() string { return filepath.Join(s.StateDir, "sftp") }

// ArtifactsIn is the folder of the artifacts inside a state folder.
func ArtifactsIn(stateDir string) string { return filepath.Join(stateDir, "artifacts") }

// Ready tells whoever waits for this process that it is ready.
func (s Settings) Ready() error {
	if s.ReadyFile == "" {
		return nil
	}
	if err := os.WriteFile(s.ReadyFile, nil, 0o600); err != nil {
		return fmt.Errorf("tell readiness: %w", err)
	}
	return nil
}

func either[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// environment reads variables and remembers what was wrong, and which were asked for.
type environment struct {
	values   map[string]string
	known    []string
	problems []error
}

func (e *environment) problem(name, what string) {
	e.problems = append(e.problems, fmt.Errorf("%s %s", name, what))
}

func (e *environment) text(name, otherwise string) string {
	e.known = append(e.known, name)
	if v, ok := e.values[name]; ok {
		return v
	}
	return otherwise
}

func (e *environment) address(name, otherwise string) string {
	v := e.text(name, otherwise)
	if v == "" {
		return ""
	}
	if _, _, err := net.SplitHostPort(v); err != nil {
		e.problem(name, "is an address of the form host:port")
	}
	return v
}

func (e *environment) choice(name, otherwise string, allowed ...string) string {
	v := e.text(name, otherwise)
	if !slices.Contains(allowed, v) {
		e.problem(name, "is one of "+strings.Join(allowed, ", "))
	}
	return v
}

func (e *environment) duration(name string, otherwise time.Duration) time.Duration {
	v := e.text(name, "")
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		e.problem(name, "is a duration such as 60s")
	}
	return d
}

func (e *environment) number(name string, otherwise, low, high int) int {
	v := e.text(name, "")
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		e.problem(name, fmt.Sprintf("is a number from %d to %d", low, high))
	}
	return n
}

// err returns all problems, those of unknown variables included.
func (e *environment) err() error {
	for name := range e.values {
		if !slices.Contains(e.known, name) {
			e.problem(name, "is not a setting")
		}
	}
	slices.SortFunc(e.problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(e.problems...)
}
