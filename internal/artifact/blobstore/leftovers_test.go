package blobstore_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rollcall.internal/internal/artifact/blobstore"
)

// What a killed process left behind is gone after a day, and what somebody may still be writing is not touched.
func TestOpenDirRemovesWhatWasAbandoned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	incoming := filepath.Join(dir, ".incoming")
	if err := os.MkdirAll(incoming, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"artifact-old": 25 * time.Hour, "artifact-new": time.Hour} {
		path := filepath.Join(incoming, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	store, err := blobstore.OpenDir(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	left, err := filepath.Glob(filepath.Join(incoming, "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "artifact-new" {
		t.Errorf("left are %v, %v, want artifact-new alone", left, err)
	}
}
