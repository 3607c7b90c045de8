package sftpd

import (
	"net"
	"sync"
)

// A gate counts connections against the limits.
type gate struct {
	limits Limits

	mu      sync.Mutex
	total   int
	holders map[string]int // by address, and by tenant behind a slash, which no address holds first
}

func newGate(limits Limits) gate { return gate{limits: limits, holders: make(map[string]int)} }

// address admits a connection from an address; ok is false where it has too many or the server has. The caller calls leave when it ends.
func (g *gate) address(addr net.Addr) (leave func(), ok bool) {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		host = addr.String()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.total >= g.limits.Connections || g.holders[host] >= g.limits.PerAddress {
		return nil, false
	}
	g.total++
	g.holders[host]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.total--
		g.release(host)
	}, true
}

// tenant admits a connection that has logged in, which address admitted before.
func (g *gate) tenant(who login) (leave func(), ok bool) {
	holder := "/" + string(who.tenant)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holders[holder] >= g.limits.PerTenant {
		return nil, false
	}
	g.holders[holder]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.release(holder)
	}, true
}

func (g *gate) release(holder string) {
	g.holders[holder]--
	if g.holders[holder] == 0 {
		delete(g.holders, holder)
	}
}
