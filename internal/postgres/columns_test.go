package postgres_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Queries name their columns: rows are read by position, and the old program runs on the new schema.
func TestColumnsAreEnumerated(t *testing.T) {
	t.Parallel()
	every := regexp.MustCompile(`(?i)\bSELECT\s+(?:\w+\.)?\*|\bRETURNING\s+\*`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if found := every.FindString(string(text)); found != "" {
			t.Errorf("%s: %q takes every column", path, found)
		}
	}
}
