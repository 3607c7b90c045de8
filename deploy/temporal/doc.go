// Package temporal pins the Temporal CLI: its dev server (with the Web UI) is the Temporal of
// `rollcall dev`, `rollcall demo` and the end-to-end tests, and its commands are those of the runbooks.
//
// It is a module of its own, because the server inside the CLI asks for some two hundred modules, and
// some of them in versions that the program must not have. The tool line of go.mod is all it needs:
//
//	go -C deploy/temporal build -o /usr/local/bin/temporal github.com/temporalio/cli/cmd/temporal
//
// internal/devstack does so by itself, once, into the user's cache; a `temporal` on PATH is used
// instead where its server is new enough. CLI v1.5.1 carries Server 1.29.1, which is Rollcall's floor. To
// move on, `go get -tool` another version here and change the constant in internal/devstack.
package temporal
