// Command step does one piece of work in a process of its own, to be measured: a part of this project, or a reader of CSV that it is measured against.
//
//	step csv       -new FILE              encoding/csv reads the file
//	step arrowcsv  -new FILE              arrow/go's reader of CSV makes record batches of it, all columns text
//	step read      -new FILE              the file becomes validated batches, which are thrown away
//	step prepare   -old FILE -state DIR   leaves in DIR the roster and the snapshot that an import of the old file leaves behind
//	step diff      -old FILE -new FILE    the two files are compared
//	step import    -new FILE -state DIR   the file is compared with the snapshot
//	step next      -new FILE -state DIR   the same, and the next snapshot is written
//	step known     -new FILE -state DIR   as import, and lines that the old file had are not parsed again
//
// It says what it found on standard output, see package measure.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"

	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
	"rollcall.internal/tests/bench/measure"
)

//go:embed tenant.yaml
var tenantYAML []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// A task is what a step works on.
type task struct {
	old, new string // files
	state    string // folder
	tenant   tenant.File
}

var steps = map[string]func(context.Context, task) (measure.Answer, error){
	"csv": readEncodingCSV, "arrowcsv": readArrowCSV, "read": read, "prepare": prepare, "diff": compareFiles, "import": importFile, "next": importAndWriteNext,
	"known": importKnowing,
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("name a step")
	}
	step, ok := steps[args[0]]
	if !ok {
		return fmt.Errorf("there is no step %q", args[0])
	}
	var t task
	flags := flag.NewFlagSet("step "+args[0], flag.ContinueOnError)
	flags.StringVar(&t.old, "old", "", "the old file")
	flags.StringVar(&t.new, "new", "", "the new file")
	flags.StringVar(&t.state, "state", "", "the folder of what the import of the old file left behind")
	profile := flags.String("cpuprofile", "", "where to write a CPU profile, for go tool pprof")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	stop, err := startProfile(*profile)
	if err != nil {
		return err
	}
	defer stop()
	if t.tenant, err = tenantfile.Decode(tenantYAML); err != nil {
		return err
	}
	answer, err := step(ctx, t)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return measure.Write(os.Stdout, answer)
}

// startProfile writes a CPU profile to the file at path until stop is called; "" is none.
func startProfile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		file.Close() //nolint:errcheck // a profile that is cut short is told by its reader
	}, nil
}
