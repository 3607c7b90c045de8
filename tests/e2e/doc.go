// Package e2e tests Rollcall as people use it: the programs as they are built, the stack that `rollcall dev` starts, OpenSSH's sftp and scp, the Temporal CLI, and the
// mails that arrive. Nothing is simulated and nothing of the product's own code stands between a test and what it looks at, but for package rostergen, which says what
// a file should have come to.
//
// # One stack
//
// Starting PostgreSQL, Temporal, the SFTP server and the worker takes seconds, so all tests share one stack, and each has a tenant of its own; a tenant sees nothing of
// another's, so tests run beside each other. [TestStack] is the order of it all:
//
//	stories       beside each other: what happens to a file, from upload to receipt
//	faults        one after the other, since they kill parts that all tests use
//	afterwards    what must hold of everything that ran: nothing personal in Temporal or a log, no second mail
//	again         the stack is stopped and started: its state is there, and after the end no process is
//
// [TestDemo] is apart from it: the README's first command, with a stack of its own, to its end.
//
// A story runs alone by `go test ./tests/e2e -run 'TestStack/stories/superseded$'`.
//
// # Histories
//
// Where a story ends in an outcome, it replays the run's history, as the server has it, with the workflows as they are now, and with -record keeps it in
// workflows/testdata/histories, where later workflows are held to it.
package e2e
