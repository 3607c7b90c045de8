package main

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/config"
)

// A stack is where the parts of Rollcall are that a command talks to, and who says so. "" is a part that is not named.
type stack struct {
	source    string // the endpoints file, or "environment"
	dev       bool   // a development stack: any --by is believed
	database  string // postgres://..., with its password
	temporal  string // host:port
	namespace string
	sftp      string // host:port
	smtp      string // host:port
	artifacts string // the folder
	clock     clock.Clock
}

// endpointsHere is where `rollcall dev` writes unless it is told otherwise.
const endpointsHere = ".rollcall/endpoints.json"

// addEndpointsFlag lets a command and those below it be pointed at a stack.
func addEndpointsFlag(cmd *cobra.Command) *cobra.Command {
	cmd.PersistentFlags().String("endpoints", "", "`FILE` that says where the stack is (default $ROLLCALL_ENDPOINTS, else "+endpointsHere+", else a deployment's settings)")
	return cmd
}

// findStack finds the stack: --endpoints, else ROLLCALL_ENDPOINTS, else .rollcall/endpoints.json here, else the settings of a deployment.
func findStack(cmd *cobra.Command) (stack, error) {
	file, err := cmd.Flags().GetString("endpoints")
	if err != nil {
		return stack{}, err
	}
	if file == "" {
		file = os.Getenv("ROLLCALL_ENDPOINTS")
	}
	if file != "" {
		return stackFromFile(file)
	}
	if _, err := os.Stat(endpointsHere); errors.Is(err, fs.ErrNotExist) {
		return stackFromEnvironment()
	}
	return stackFromFile(endpointsHere)
}

func stackFromFile(file string) (stack, error) {
	e, err := config.LoadEndpoints(file)
	if errors.Is(err, fs.ErrNotExist) {
		return stack{}, fail(exitUnreachable, "no stack is up: there is no %s", file).hint("rollcall dev starts a stack, and writes that file once all of it answers")
	}
	if err != nil {
		return stack{}, err
	}
	offset, err := clockOffset()
	if err != nil {
		return stack{}, err
	}
	s := stack{
		source: file, dev: true, database: e.Postgres, temporal: e.Temporal, namespace: e.Namespace, smtp: e.SMTP, clock: clock.System{Offset: offset},
	}
	if e.SFTP.Host != "" {
		s.sftp = joinHostPort(e.SFTP.Host, e.SFTP.Port)
	}
	if e.StateDir != "" {
		s.artifacts = config.ArtifactsIn(e.StateDir)
	}
	return s, nil
}

// clockOffset is by how much business time is moved in a development stack; the environment tells commands as it tells the stack's processes.
func clockOffset() (time.Duration, error) {
	text := os.Getenv("ROLLCALL_CLOCK_OFFSET")
	if text == "" {
		return 0, nil
	}
	offset, err := time.ParseDuration(text)
	if err != nil {
		return 0, usage("ROLLCALL_CLOCK_OFFSET must be a duration such as 720h")
	}
	return offset, nil
}

func stackFromEnvironment() (stack, error) {
	settings, err := config.LoadSettings(os.Environ())
	if err != nil {
		return stack{}, asUsage(err)
	}
	if settings.DatabaseURL == "" && settings.TemporalAddress == "" {
		return stack{}, fail(exitUnreachable, "no stack is known here: there is no %s, and ROLLCALL_DATABASE_URL is not set", endpointsHere).
			hint("rollcall dev starts a stack; --endpoints names one that runs elsewhere")
	}
	s := stack{
		source: "environment", database: settings.DatabaseURL, temporal: settings.TemporalAddress, namespace: settings.TemporalNamespace, smtp: settings.SMTPAddress,
		clock: clock.System{Offset: settings.ClockOffset},
	}
	// The default address is where a server listens, and says nothing about which machine it is on.
	if os.Getenv("ROLLCALL_SFTP_ADDRESS") != "" {
		s.sftp = dialable(settings.SFTPAddress)
	}
	if settings.StateDir != "" {
		s.artifacts = settings.Artifacts()
	}
	return s, nil
}

// dialable is the address under which this machine reaches a server that listens at address.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// databaseHost is where the database is, without user and password.
func (s stack) databaseHost() string {
	u, err := url.Parse(s.database)
	if err != nil || u.Host == "" {
		return "the address given"
	}
	return u.Host
}

// databaseShown is the database's address with its password hidden.
func (s stack) databaseShown() string {
	if s.database == "" {
		return ""
	}
	u, err := url.Parse(s.database)
	if err != nil {
		return "(not an address)"
	}
	return u.Redacted()
}
