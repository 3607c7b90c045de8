package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"rollcall.internal/internal/roster"
	"rollcall.internal/tests/bench/measure"
)

// compare loads both files, side by side in a session each, joins them and counts.
func (s *server) compare(ctx context.Context, r rosters) (sample, error) {
	if s == nil {
		return sample{}, errors.New("there is no server")
	}
	conns := make([]*pgx.Conn, 2)
	for i := range conns {
		var err error
		if conns[i], err = s.connect(ctx); err != nil {
			return sample{}, err
		}
		defer conns[i].Close(ctx) //nolint:errcheck // nothing is pending
	}
	if _, err := conns[0].Exec(ctx, "DROP TABLE IF EXISTS old_roster, new_roster"); err != nil {
		return sample{}, err
	}
	cpu := func() time.Duration { return s.cpu(conns) + ownCPU() }
	cpuBefore, began := cpu(), time.Now()
	if err := load(ctx, conns, r); err != nil {
		return sample{}, err
	}
	answer, err := join(ctx, conns[0], r.columns)
	if err != nil {
		return sample{}, err
	}
	result := sample{wall: time.Since(began), answer: answer}
	result.cpu = cpu() - cpuBefore
	_, err = conns[0].Exec(ctx, "DROP TABLE old_roster, new_roster")
	return result, err
}

// load copies both files into tables without a log.
func load(ctx context.Context, conns []*pgx.Conn, r rosters) error {
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i, side := range []struct{ table, path string }{{"old_roster", r.old}, {"new_roster", r.new}} {
		both.Go(func() { errs[i] = copyFile(ctx, conns[i], side.table, side.path, r.columns) })
	}
	both.Wait()
	return errors.Join(errs...)
}

// copyFile makes a table of a file. Table and rows are of one transaction, which spares the rows their check for who may see them.
func copyFile(ctx context.Context, conn *pgx.Conn, table, path string, columns []string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE UNLOGGED TABLE "+table+" ("+strings.Join(columns, " text, ")+" text)"); err != nil {
			return err
		}
		_, err := tx.Conn().PgConn().CopyFrom(ctx, file, "COPY "+table+" FROM STDIN (FORMAT csv, HEADER, FREEZE)")
		return err
	})
}

// join counts what differs.
func join(ctx context.Context, conn *pgx.Conn, columns []string) (measure.Answer, error) {
	var others, differ, counts []string
	for _, c := range columns {
		if c == string(roster.UniqueID) {
			continue
		}
		others = append(others, c)
		differ = append(differ, fmt.Sprintf("o.%[1]s IS DISTINCT FROM n.%[1]s", c))
		counts = append(counts, fmt.Sprintf("count(*) FILTER (WHERE o.unique_id = n.unique_id AND o.%[1]s IS DISTINCT FROM n.%[1]s)", c))
	}
	query := `SELECT count(*) FILTER (WHERE o.unique_id IS NULL), count(*) FILTER (WHERE n.unique_id IS NULL), count(*) FILTER (WHERE o.unique_id = n.unique_id), ` + strings.Join(counts, ", ") +
		` FROM old_roster o FULL JOIN new_roster n ON o.unique_id = n.unique_id WHERE o.unique_id IS NULL OR n.unique_id IS NULL OR ` + strings.Join(differ, " OR ")
	a := measure.Answer{Cells: map[string]int{}}
	cells := make([]int, len(others))
	into := []any{&a.Added, &a.Removed, &a.Changed}
	for i := range cells {
		into = append(into, &cells[i])
	}
	if err := conn.QueryRow(ctx, query).Scan(into...); err != nil {
		return a, err
	}
	for i, n := range cells {
		if n > 0 {
			a.Cells[others[i]] = n
		}
	}
	return a, nil
}

// cpu is the time that the sessions took, and that of server processes that have ended, as workers of a query have. It is 0 where the system does not tell.
func (s *server) cpu(conns []*pgx.Conn) time.Duration {
	ticks := 0
	for _, c := range conns {
		ticks += statTicks(int(c.PgConn().PID()), 13, 14)
	}
	return time.Duration(ticks+statTicks(s.pid, 15, 16)) * (time.Second / 100)
}

// statTicks adds up fields of /proc/PID/stat, counted from 0, in hundredths of a second.
func statTicks(pid int, fields ...int) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	text := string(data)
	rest := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // the name before may hold anything
	sum := 0
	for _, f := range fields {
		if i := f - 2; i < len(rest) {
			n, _ := strconv.Atoi(rest[i])
			sum += n
		}
	}
	return sum
}

// ownCPU is the time that this process took.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
