package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"time"
)

const loopbackHost = "127.0.0.1"

// Ports are chosen below the ranges that systems take the ports of outgoing connections from (from 32768 on
// Linux, 49152 on macOS): one from there could be taken, between a stop and the next start, by any
// connection of any program.
const (
	lowestPort  = 20000
	highestPort = 31999
)

// ports are the loopback ports of a stack, as ports.json keeps them. A port of a part that lies elsewhere keeps
// what it was, so that it is the same again once the part is the stack's own.
type ports struct {
	SFTP       int `json:"sftp"`
	SMTP       int `json:"smtp"`
	Temporal   int `json:"temporal"`
	TemporalUI int `json:"temporal_ui"`
	Postgres   int `json:"postgres"`
	MailUI     int `json:"mail_ui"`
}

// claim is one port to be settled: what the flag asks for, what was kept.
type claim struct {
	flag   string
	asked  int
	port   *int
	unused bool
}

func (p *ports) claims(o Options) []claim {
	return []claim{
		{flag: "sftp-port", asked: o.SFTPPort, port: &p.SFTP},
		{flag: "smtp-port", asked: o.SMTPPort, port: &p.SMTP},
		{flag: "temporal-port", asked: o.TemporalPort, port: &p.Temporal, unused: o.TemporalAddress != ""},
		{flag: "temporal-ui-port", asked: o.TemporalUIPort, port: &p.TemporalUI, unused: o.TemporalAddress != ""},
		{flag: "postgres-port", asked: o.PostgresPort, port: &p.Postgres, unused: o.DatabaseURL != ""},
		{flag: "mail-ui-port", asked: o.MailUIPort, port: &p.MailUI},
	}
}

// assignPorts settles the stack's ports: the one asked for, else the one kept if it is free, else a free one; and
// keeps them. It runs after leftovers are cleared, since those hold the very ports that were kept.
func assignPorts(dir string, o Options, out *teller) (ports, error) {
	file := filepath.Join(dir, "ports.json")
	var p ports
	if err := readJSON(file, &p); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ports{}, err
	}
	taken := map[int]string{} // by flag
	claims := p.claims(o)
	for _, c := range claims {
		if err := c.settleAsked(taken); err != nil {
			return ports{}, err
		}
	}
	for _, c := range claims {
		if err := c.settleFree(taken, out); err != nil {
			return ports{}, err
		}
	}
	return p, writeJSON(file, p)
}

// settleAsked takes the port that a flag asks for, or says why it can't be had.
func (c claim) settleAsked(taken map[int]string) error {
	if c.asked == 0 || c.unused {
		return nil
	}
	if c.asked < 1 || c.asked > 65535 {
		return fmt.Errorf("--%s %d is not a port: give a number from 1 to 65535", c.flag, c.asked)
	}
	if other, ok := taken[c.asked]; ok {
		return fmt.Errorf("--%s and --%s both ask for port %d", other, c.flag, c.asked)
	}
	if !portFree(c.asked) {
		return fmt.Errorf("port %d (--%s) is in use on %s: stop what listens there, or choose another port", c.asked, c.flag, loopbackHost)
	}
	*c.port = c.asked
	taken[c.asked] = c.flag
	return nil
}

// settleFree takes the kept port of a claim that asks for none, or another where that is no longer free.
func (c claim) settleFree(taken map[int]string, out *teller) error {
	if c.asked != 0 || c.unused {
		return nil
	}
	kept := *c.port
	if _, clash := taken[kept]; kept != 0 && !clash && portFree(kept) {
		taken[kept] = c.flag
		return nil
	}
	port, err := freePort(taken)
	if err != nil {
		return err
	}
	if kept != 0 {
		out.say("port %d, kept for --%s, is taken by another program; using %d", kept, c.flag, port)
	}
	*c.port = port
	taken[port] = c.flag
	return nil
}

func freePort(taken map[int]string) (int, error) {
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		if _, clash := taken[port]; !clash && portFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find free port between %d and %d on %s: all tried are in use", lowestPort, highestPort, loopbackHost)
}

// portFree reports whether the port can be listened on and nobody answers there. On macOS the first alone would not
// notice a program that listens on all addresses.
func portFree(port int) bool {
	listener, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return false
	}
	_ = listener.Close()
	conn, err := net.DialTimeout("tcp", loopback(port), 200*time.Millisecond)
	if err != nil {
		return true
	}
	_ = conn.Close()
	return false
}

func loopback(port int) string { return net.JoinHostPort(loopbackHost, strconv.Itoa(port)) }
