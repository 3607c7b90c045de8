package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Histories of closed runs are kept for as long in a namespace that the stack makes on a server elsewhere.
const namespaceRetention = 30 * 24 * time.Hour

// temporalServer is the part that is Temporal's dev server with its Web UI.
func (s *Stack) temporalServer() *part {
	p := s.part("temporal", syscall.SIGTERM)
	p.tries = 3 // it takes further ports of its own choice, which another program may take in between
	p.command = func() *exec.Cmd { return exec.Command(s.temporal, s.temporalArgs()...) }
	p.answers = func(ctx context.Context) error {
		return askTemporal(ctx, loopback(s.ports.Temporal), s.options.Namespace)
	}
	return p
}

func (s *Stack) temporalArgs() []string {
	args := []string{
		"server", "start-dev",
		"--ip", loopbackHost,
		"--port", strconv.Itoa(s.ports.Temporal),
		"--ui-port", strconv.Itoa(s.ports.TemporalUI),
		"--namespace", s.options.Namespace,
		"--db-filename", s.path("temporal.db"),
		// Four times the activities a second; what is lost with the machine's power is the last moments.
		"--sqlite-pragma", "journal_mode=WAL",
		"--sqlite-pragma", "synchronous=NORMAL",
		"--log-format", "json",
		"--log-level", "warn",
	}
	// Fairness between tenants is a property of the server's matching, off by default, and strict on one partition only.
	for _, value := range []string{
		"matching.useNewMatcher=true", "matching.enableFairness=true",
		"matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1",
	} {
		args = append(args, "--dynamic-config-value", value)
	}
	// They are there from the first moment, which saves the dev server's slow first registration.
	for _, attribute := range []string{
		"RollcallTenant=Keyword", "RollcallImport=Keyword", "RollcallPhase=Keyword", "RollcallOutcome=Keyword",
		"RollcallChangeSet=Keyword", "RollcallConfig=Keyword", "RollcallRows=Int", "RollcallChanges=Int",
		"RollcallDeadline=Datetime", "RollcallFlags=KeywordList",
	} {
		args = append(args, "--search-attribute", attribute)
	}
	return args
}

// askTemporal asks each service behind the frontend something small: the frontend alone answers before the others can.
func askTemporal(ctx context.Context, address, namespace string) error {
	c, err := dialTemporal(ctx, address, namespace)
	if err != nil {
		return err
	}
	defer c.Close()
	service := c.WorkflowService()
	if _, err := service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace}); err != nil {
		return fmt.Errorf("ask for namespace: %w", err)
	}
	if _, err := service.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: namespace, TaskQueue: &taskqueue.TaskQueue{Name: "rollcall-workflows"},
	}); err != nil {
		return fmt.Errorf("ask matching: %w", err)
	}
	if _, err := service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 1}); err != nil {
		return fmt.Errorf("ask visibility: %w", err)
	}
	var absent *serviceerror.NotFound
	if _, err := c.DescribeWorkflowExecution(ctx, "rollcall-ready", ""); err != nil && !errors.As(err, &absent) {
		return fmt.Errorf("ask history: %w", err)
	}
	return nil
}

func dialTemporal(ctx context.Context, address, namespace string) (client.Client, error) {
	return client.DialContext(ctx, client.Options{
		HostPort: address, Namespace: namespace,
		// The SDK would say on stderr that it has no worker to say it.
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
}

// makeNamespace reaches a Temporal elsewhere and makes the namespace there if it is absent.
func makeNamespace(ctx context.Context, address, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	c, err := dialTemporal(ctx, address, namespace)
	if err != nil {
		return err
	}
	defer c.Close()
	var exists *serviceerror.NamespaceAlreadyExists
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: namespace, WorkflowExecutionRetentionPeriod: durationpb.New(namespaceRetention),
	})
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("make namespace %s: %w", namespace, err)
	}
	return awaitTemporal(ctx, address, namespace)
}

// awaitTemporal returns once a namespace can be used: a server learns of a new one after some seconds.
func awaitTemporal(ctx context.Context, address, namespace string) error {
	for {
		err := askTemporal(ctx, address, namespace)
		if err == nil || !pause(ctx, retryPause) {
			return err
		}
	}
}
