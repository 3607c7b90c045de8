package sftpd

import (
	"context"
	"log/slog"
	"time"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// settleEvery is how often a server looks for what has become whole: it adds to the quiet time of every upload.
const settleEvery = 250 * time.Millisecond

// tend does what time asks for, until ctx ends: settles deliveries, vouches for the uploads of this server, and breaks those of servers that are gone.
func (s *Server) tend(ctx context.Context) {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	settle := chore{log: s.Log, what: "settle deliveries"}
	hold := chore{log: s.Log, what: "hold uploads"}
	clear := chore{log: s.Log, what: "break abandoned uploads"}
	var held time.Time
	for {
		settle.report(s.settle(ctx))
		clear.report(s.breakAbandoned(ctx))
		if time.Since(held) >= holdEvery {
			held = time.Now()
			hold.report(s.hold(ctx))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	n, err := s.Store.SettleDeliveries(ctx, s.Settings, s.Clock.Now())
	if n > 0 {
		s.Log.Info("deliveries settled", "count", n)
	}
	return err
}

func (s *Server) breakAbandoned(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	n, err := s.Store.BreakAbandoned(ctx, s.Clock.Now())
	if n > 0 {
		s.Log.Warn("uploads lost with their server", "count", n)
	}
	return err
}

// hold vouches for the uploads of this server. One tenant's failure ends the round: it is the database's.
func (s *Server) hold(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	written := make(map[tenant.ID]map[inbox.ID]time.Time)
	for _, u := range s.uploads.all() {
		if written[u.row.Tenant] == nil {
			written[u.row.Tenant] = make(map[inbox.ID]time.Time)
		}
		written[u.row.Tenant][u.row.ID] = u.lastWrite()
	}
	until := s.Clock.Now().Add(holdFor)
	for id, uploads := range written {
		if err := s.Store.HoldDeliveries(ctx, id, uploads, until); err != nil {
			return err
		}
	}
	return nil
}

// A chore is something done again and again; it logs when that begins to fail and when it works again, not each time.
type chore struct {
	log     *slog.Logger
	what    string
	failing bool
}

func (c *chore) report(err error) {
	switch {
	case err != nil && !c.failing:
		c.log.Error(c.what, "error", err)
	case err == nil && c.failing:
		c.log.Info(c.what + ": works again")
	}
	c.failing = err != nil
}
