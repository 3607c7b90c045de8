package main

import (
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/worker"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/invite"
	"rollcall.internal/workflows"
)

// drain is how long activities may take to come to a safe point after the worker was told to end: a chunk of an apply, or a mail from its claim to its record, which takes
// less than invite.Lease. Whoever stops a worker gives it this time; in development, where the mail server is on the same machine, less is enough.
func (p *parts) drain() time.Duration {
	if p.settings.Relaxed() {
		return 8 * time.Second
	}
	return invite.Lease
}

// start starts all workers and returns what stops them, all at once.
func start(workers []worker.Worker) (stop func(), err error) {
	stop = func() {
		var stopping sync.WaitGroup
		for _, w := range workers {
			stopping.Go(w.Stop)
		}
		stopping.Wait()
	}
	for i, w := range workers {
		if err := w.Start(); err != nil {
			workers = workers[:i]
			stop()
			return nil, fmt.Errorf("start worker: %w", err)
		}
	}
	return stop, nil
}

// workers returns a worker for each task queue. Their sizes follow what the work needs: reading files is bound by CPU and memory, applying by Postgres,
// mail by waiting.
func (p *parts) workers() []worker.Worker {
	a := p.activities()
	flows := worker.New(p.temporal, contract.QueueWorkflows, p.options(0))
	workflows.Workflows{Pace: p.settings.Pace}.Register(flows)
	// Those that read or compare wait for memory, activities.Budget, and hold their places meanwhile; there have to be others for whoever looks at a decision.
	intake := worker.New(p.temporal, contract.QueueIntake, p.options(200))
	a.RegisterIntake(intake)
	apply := worker.New(p.temporal, contract.QueueApply, p.options(8))
	a.RegisterApply(apply)
	notify := worker.New(p.temporal, contract.QueueNotify, p.options(40))
	a.RegisterNotify(notify)
	return []worker.Worker{flows, intake, apply, notify}
}

// options are those of one worker; a queue of activities alone polls for no workflow tasks, and one of workflows alone for no activities.
func (p *parts) options(activities int) worker.Options {
	return worker.Options{
		WorkerStopTimeout:                  p.drain(),
		MaxConcurrentActivityExecutionSize: activities,
		DisableWorkflowWorker:              activities > 0,
		LocalActivityWorkerOnly:            activities == 0,
		MaxHeartbeatThrottleInterval:       5 * time.Second,
		DefaultHeartbeatThrottleInterval:   5 * time.Second,
	}
}
