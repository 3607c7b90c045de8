package main

import (
	"time"

	"go.temporal.io/sdk/worker"

	"rollcall.internal/internal/contract"
	"rollcall.internal/workflows"
)

// drain is how long activities may go on after a worker was told to end: a chunk of an apply or a mail under way is finished, and what is longer is
// begun again elsewhere.
const drain = 8 * time.Second

// workers returns a worker for each task queue. Their sizes follow what the work needs: reading files is bound by CPU and memory, applying by Postgres,
// mail by waiting.
func (p *parts) workers() []worker.Worker {
	a := p.activities()
	flows := worker.New(p.temporal, contract.QueueWorkflows, p.options(0))
	workflows.Workflows{Pace: p.settings.Pace}.Register(flows)
	intake := worker.New(p.temporal, contract.QueueIntake, p.options(20))
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
		WorkerStopTimeout:                  drain,
		MaxConcurrentActivityExecutionSize: activities,
		DisableWorkflowWorker:              activities > 0,
		LocalActivityWorkerOnly:            activities == 0,
		MaxHeartbeatThrottleInterval:       5 * time.Second,
		DefaultHeartbeatThrottleInterval:   5 * time.Second,
	}
}
