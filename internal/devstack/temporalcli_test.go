package devstack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPinnedVersion keeps the name of the cached program in step with the module that it is built from.
func TestPinnedVersion(t *testing.T) {
	t.Parallel()
	module, err := buildSource()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\tgithub.com/temporalio/cli " + cliVersion + " ", "tool " + cliPackage + "\n"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s/go.mod lacks %q", module, want)
		}
	}
}

func TestUnfitCLI(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)":  "",
		"temporal version 1.9.1 (Server 1.32.0, UI 2.50.0)":  "",
		"temporal version 3.0.0 (Server 2.0.0, UI 3.0.0)":    "",
		"temporal version 1.4.0 (Server 1.28.2, UI 2.39.0)":  "older than 1.29.1",
		"temporal version 1.5.0 (Server 1.29.0, UI 2.41.0)":  "older than 1.29.1",
		"some other program that is called temporal as well": "does not tell",
	} {
		path := filepath.Join(t.TempDir(), "temporal")
		if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+version+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		got := unfit(t.Context(), path)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("unfit(%q) = %q, want %q", version, got, want)
		}
	}
}
