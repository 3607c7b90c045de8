package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"rollcall.internal/internal/rostergen"
	"rollcall.internal/tests/bench/measure"
)

// rosters are the two files of one size, what they differ by, and the place of what an import of the old one leaves behind.
type rosters struct {
	old, new string
	columns  []string // names of the fields, in the order of the files
	truth    measure.Answer
	state    string // folder, gone after the size was measured
	parquet  string // in it
}

func (r rosters) clear() { os.RemoveAll(r.state) } //nolint:errcheck // in a folder that `make clean` removes

// makeRosters makes the rosters of a size, or takes those of an earlier run.
func (b *bench) makeRosters(ctx context.Context, rows int) (rosters, error) {
	print, err := fingerprint(b.seed)
	if err != nil {
		return rosters{}, err
	}
	dir := filepath.Join(b.settings.out, "rosters", fmt.Sprintf("%d-%s-%s", b.seed, short(rows), print))
	pair := rostergen.NewPair(b.seed, rows)
	r := rosters{old: filepath.Join(dir, "old.csv"), new: filepath.Join(dir, "new.csv")}
	for _, c := range pair.Columns() {
		r.columns = append(r.columns, string(c.Field))
	}
	if r.truth, err = readTruth(dir); err != nil {
		b.say("%s rows: making the rosters", short(rows))
		if r.truth, err = writeRosters(ctx, pair, dir); err != nil {
			return r, fmt.Errorf("make rosters: %w", err)
		}
	}
	r.state = filepath.Join(b.settings.out, "state")
	if err := errors.Join(os.RemoveAll(r.state), os.Mkdir(r.state, 0o755)); err != nil { // one that was killed has left its own
		return r, fmt.Errorf("make folder: %w", err)
	}
	r.parquet = filepath.Join(r.state, "old.parquet")
	return r, nil
}

// fingerprint tells the rosters of one generator from another's, so that none of an older build is taken.
func fingerprint(seed uint64) (string, error) {
	pair, sum := rostergen.NewPair(seed, 1000), sha256.New()
	if err := errors.Join(pair.WriteOld(sum), pair.WriteNew(sum)); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:4]), nil
}

// The truth is written last: where it is, the rosters are whole.
const truthName = "truth.json"

func readTruth(dir string) (a measure.Answer, err error) {
	data, err := os.ReadFile(filepath.Join(dir, truthName))
	if err != nil {
		return a, err
	}
	return a, json.NewDecoder(bytes.NewReader(data)).Decode(&a)
}

func writeRosters(ctx context.Context, pair *rostergen.Pair, dir string) (measure.Answer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return measure.Answer{}, err
	}
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i, side := range []struct {
		name  string
		write func(io.Writer) error
	}{{"old.csv", pair.WriteOld}, {"new.csv", pair.WriteNew}} {
		both.Go(func() { errs[i] = writeFile(ctx, filepath.Join(dir, side.name), side.write) })
	}
	both.Wait()
	truth := truthOf(pair.Counts())
	data, err := json.Marshal(truth)
	if err := errors.Join(append(slices.Clone(errs), err)...); err != nil {
		return truth, err
	}
	return truth, os.WriteFile(filepath.Join(dir, truthName), data, 0o644)
}

func writeFile(ctx context.Context, path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(&stoppable{ctx, file}), file.Close())
}

// A stoppable writer fails once its context has ended.
type stoppable struct {
	ctx context.Context
	io.Writer
}

func (s *stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Writer.Write(p)
}
