package devstack

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClusterFollowsItsFolder makes one cluster a folder, and a fresh one where either is lost.
func TestClusterFollowsItsFolder(t *testing.T) {
	t.Parallel()
	dir, out := stackDir(t), &transcript{}
	if _, err := openDir(dir); err != nil {
		t.Fatal(err)
	}
	open := func() *cluster {
		t.Helper()
		c, err := openCluster(t.Context(), dir, &teller{w: out})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := open()
	mark := filepath.Join(first.data(), "mark")
	runs := filepath.Join(dir, "temporal.db")
	for _, path := range []string{mark, runs} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	again := open()
	if again.base != first.base || again.password != first.password || !exists(t, mark) || !exists(t, runs) {
		t.Errorf("a whole cluster was not used again: %s and %s", first.base, again.base)
	}

	if err := os.Remove(clusterRecordFile(dir)); err != nil {
		t.Fatal(err)
	}
	if fresh := open(); fresh.password == first.password || exists(t, mark) || exists(t, runs) {
		t.Error("a cluster of an earlier folder was used by a fresh one, or its runs were")
	}

	if err := os.RemoveAll(first.base); err != nil {
		t.Fatal(err)
	}
	if fresh := open(); !exists(t, filepath.Join(fresh.data(), "PG_VERSION")) {
		t.Error("no cluster in the place of one that was lost")
	}
	for _, want := range []string{"is gone from " + first.base, "is set aside in " + dir} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("said %q, want %q in it", out, want)
		}
	}
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// TestForeignFolderIsLeftAlone refuses what somebody else may have put into the cluster's place.
func TestForeignFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := stackDir(t)
	if _, err := openDir(dir); err != nil {
		t.Fatal(err)
	}
	base, _, err := clusterPlace(dir)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, base); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(base) })
	_, err = openCluster(t.Context(), dir, &teller{w: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "is not the stack's") {
		t.Errorf("err = %v, want a refusal", err)
	}
}

func TestProgramsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	_, err := findPrograms(t.Context(), 8)
	if err == nil || !strings.Contains(err.Error(), "was made by PostgreSQL 8, and only ") {
		t.Errorf("err = %v, want it to name both versions", err)
	}
	if found, err := findPrograms(t.Context(), 0); err != nil || found.major < 10 {
		t.Errorf("programs = %+v, %v", found, err)
	}
}
