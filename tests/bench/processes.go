package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"rollcall.internal/tests/bench/measure"
)

// cores is how many of them everything may use.
const cores = "2"

// build builds the programs. Those of this project have to be there; a peer may be out.
func (b *bench) build(ctx context.Context) error {
	b.out = map[string]string{}
	b.say("building what is measured (DuckDB's library is downloaded the first time)")
	if err := goBuild(ctx, ".", filepath.Join(b.settings.out, "step"), "./tests/bench/step", "CGO_ENABLED=0"); err != nil {
		return fmt.Errorf("build step: %w", err)
	}
	if b.wanted("duckdb-csv") || b.wanted("duckdb-parquet") {
		if err := goBuild(ctx, "tests/bench/duckdb", filepath.Join(b.settings.out, "duckdb"), ".", "CGO_ENABLED=1"); err != nil {
			b.out["duckdb-csv"] = "DuckDB can't be built: " + oneLine(err)
			b.out["duckdb-parquet"] = b.out["duckdb-csv"]
			b.say("%s", b.out["duckdb-csv"])
		}
	}
	if b.wanted("postgres") {
		var err error
		if b.postgres, err = startServer(ctx); err != nil {
			b.out["postgres"] = "PostgreSQL can't be started: " + oneLine(err)
			b.say("%s", b.out["postgres"])
		}
	}
	return ctx.Err()
}

// goBuild builds a package of the module in dir, by the go command that runs this.
func goBuild(ctx context.Context, dir, out, pkg, env string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env, "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// runProgram runs a program to its end and reads its report.
func runProgram(ctx context.Context, path string, args []string) (sample, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+cores)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var report measure.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		return sample{}, errors.New("it wrote no report")
	}
	return sample{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak: report.PeakBytes, answer: report.Answer}, nil
}
