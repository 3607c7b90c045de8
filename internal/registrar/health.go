package registrar

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"rollcall.internal/internal/contract"
)

// pollerSilence is how long after its last poll a poller counts as gone. A poll that finds nothing ends after a minute and is followed by the next at once; Temporal
// itself remembers a poller for minutes longer than it lives.
const pollerSilence = 75 * time.Second

// Unpolled returns the task queues that no worker polls.
func Unpolled(ctx context.Context, c client.Client) (queues []string, err error) {
	for _, q := range []struct {
		name string
		kind enumspb.TaskQueueType
	}{
		{contract.QueueWorkflows, enumspb.TASK_QUEUE_TYPE_WORKFLOW}, {contract.QueueIntake, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
		{contract.QueueApply, enumspb.TASK_QUEUE_TYPE_ACTIVITY}, {contract.QueueNotify, enumspb.TASK_QUEUE_TYPE_ACTIVITY},
	} {
		d, err := c.DescribeTaskQueue(ctx, q.name, q.kind)
		if err != nil {
			return nil, fmt.Errorf("describe task queue %s: %w", q.name, err)
		}
		polled := false
		for _, p := range d.Pollers {
			polled = polled || time.Since(p.LastAccessTime.AsTime()) < pollerSilence
		}
		if !polled {
			queues = append(queues, q.name)
		}
	}
	return queues, nil
}
