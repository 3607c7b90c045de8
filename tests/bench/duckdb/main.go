// Command duckdb compares two rosters with DuckDB, to be measured. It is a module of its own, so that nobody needs DuckDB's library, nor a C compiler, to build or to
// test this project.
//
//	duckdb csv     -old FILE -new FILE        both files are read and compared
//	duckdb store   -old FILE -stored FILE     the old file is made a Parquet file
//	duckdb stored  -stored FILE -new FILE     the Parquet file is compared with the new file
//
// It does no more than it has to: every column is text, no type is guessed, no order is kept, and nothing but counts leaves the query. It writes on standard output the
// report that package measure describes.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// A task is what to compare.
type task struct {
	old, new, stored string   // files
	columns          []string // names in the order of the files, letters and underscores
	key              string   // the column by which people are told
}

// A report is package measure's.
type report struct {
	Answer    answer `json:"answer"`
	PeakBytes int64  `json:"peak_bytes"`
}

type answer struct {
	Added   int            `json:"added"`
	Removed int            `json:"removed"`
	Changed int            `json:"changed"`
	Cells   map[string]int `json:"cells,omitempty"`
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("name what to do")
	}
	var t task
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(&t.old, "old", "", "the old file")
	flags.StringVar(&t.new, "new", "", "the new file")
	flags.StringVar(&t.stored, "stored", "", "the old file as Parquet")
	flags.StringVar(&t.key, "key", "unique_id", "the column by which people are told")
	columns := flags.String("columns", "", "the names of the columns, with commas")
	threads := flags.Int("threads", 2, "how many threads compute")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	t.columns = strings.Split(*columns, ",")
	db, err := open(ctx, *threads)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // in memory
	r := report{}
	switch args[0] {
	case "csv":
		r.Answer, err = t.compare(ctx, db, t.readCSV(t.old))
	case "stored":
		r.Answer, err = t.compare(ctx, db, "read_parquet("+quote(t.stored)+")")
	case "store":
		_, err = db.ExecContext(ctx, "COPY (SELECT * FROM "+t.readCSV(t.old)+") TO "+quote(t.stored)+" (FORMAT parquet)")
	default:
		err = fmt.Errorf("there is nothing called %q to do", args[0])
	}
	if err != nil {
		return err
	}
	r.PeakBytes = peak()
	return json.NewEncoder(os.Stdout).Encode(r)
}

// open opens a database in memory.
func open(ctx context.Context, threads int) (*sql.DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, s := range []string{"SET threads = " + strconv.Itoa(threads), "SET preserve_insertion_order = false"} {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// readCSV is the table of a file.
func (t task) readCSV(file string) string {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = quote(c) + ": 'VARCHAR'"
	}
	return "read_csv(" + quote(file) + ", auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n', columns = {" + strings.Join(columns, ", ") + "})"
}

// compare joins old with the new file and counts.
func (t task) compare(ctx context.Context, db *sql.DB, old string) (answer, error) {
	var others, differ, counts []string
	for _, c := range t.columns {
		if c == t.key {
			continue
		}
		others = append(others, c)
		differ = append(differ, fmt.Sprintf("o.%[1]s IS DISTINCT FROM n.%[1]s AS %[1]s", c))
		counts = append(counts, fmt.Sprintf("count(*) FILTER (both_sides AND %s)", c))
	}
	query := fmt.Sprintf(`WITH pairs AS (
	SELECT o.%[1]s IS NULL AS added, n.%[1]s IS NULL AS removed, o.%[1]s = n.%[1]s IS TRUE AS both_sides, %[2]s
	FROM %[3]s AS o FULL JOIN %[4]s AS n ON o.%[1]s = n.%[1]s)
SELECT count(*) FILTER (added), count(*) FILTER (removed), count(*) FILTER (both_sides AND (%[5]s)), %[6]s FROM pairs WHERE added OR removed OR %[5]s`,
		t.key, strings.Join(differ, ", "), old, t.readCSV(t.new), strings.Join(others, " OR "), strings.Join(counts, ", "))
	a := answer{Cells: map[string]int{}}
	cells := make([]int, len(others))
	into := []any{&a.Added, &a.Removed, &a.Changed}
	for i := range cells {
		into = append(into, &cells[i])
	}
	if err := db.QueryRowContext(ctx, query).Scan(into...); err != nil {
		return answer{}, err
	}
	for i, n := range cells {
		if n > 0 {
			a.Cells[others[i]] = n
		}
	}
	return a, nil
}

// quote writes s as a text of SQL.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// peak reads the high-water mark of this process's memory, 0 where the system does not tell.
func peak() int64 {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer status.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
