package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var errNoPostgres = errors.New("PostgreSQL's server programs (initdb, postgres) were not found: install them " +
	"(Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql), or set DATABASE_URL to a database that runs")

// programs is a folder that holds PostgreSQL's server programs.
type programs struct {
	bin   string
	major int
}

func (p programs) path(name string) string { return filepath.Join(p.bin, name) }

// findPrograms returns the server programs to use: the first found, in the order of places below. A cluster belongs to
// the major version that made it, so where one exists (want is not 0) only programs of that version will do.
func findPrograms(ctx context.Context, want int) (programs, error) {
	var seen []string
	for _, bin := range programFolders(ctx) {
		major, err := majorVersion(ctx, bin)
		if err != nil {
			continue
		}
		if want == 0 || major == want {
			return programs{bin: bin, major: major}, nil
		}
		seen = append(seen, strconv.Itoa(major))
	}
	if len(seen) == 0 {
		return programs{}, errNoPostgres
	}
	return programs{}, fmt.Errorf("the stack's database was made by PostgreSQL %d, and only %s is installed: install %d again, or remove the stack's folder to start afresh",
		want, strings.Join(slices.Compact(seen), ", "), want)
}

// programFolders lists where the programs may be: PATH, what pg_config says, Debian's and Red Hat's folders a version
// (not on PATH there), Homebrew's. Of several versions the newest comes first.
func programFolders(ctx context.Context) []string {
	var folders []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// A link into the folder of a version leads to the rest of that version.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
		folders = append(folders, filepath.Dir(initdb))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // its only error is a malformed pattern
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		folders = append(folders, found...)
	}
	return slices.DeleteFunc(folders, func(bin string) bool { return !executable(filepath.Join(bin, "initdb")) })
}

// versionIn reads the version out of a folder's path, 0 where it has none.
func versionIn(path string) int {
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(strings.TrimPrefix(path, "/home/linuxbrew")))
	return n
}

func majorVersion(ctx context.Context, bin string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("ask postgres for its version: %w", err)
	}
	match := regexp.MustCompile(`PostgreSQL\) (\d+)`).FindSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("read version of postgres: %q", out)
	}
	return strconv.Atoi(string(match[1]))
}

// executable reports whether path is a file that may be run.
func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
