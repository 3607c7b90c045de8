package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall.internal/internal/config"
)

// What dev says to try is a whole way to a held file, and works in any folder.
func TestDevTellsTheWayToAHeldFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	roster, err := writeSample(dir)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(roster); err != nil || bytes.Count(content, []byte("\n")) != samplePeople+1 {
		t.Errorf("the sample has not a header and %d people: %v\n%s", samplePeople, err, content)
	}
	var out bytes.Buffer
	e := config.Endpoints{}
	e.SFTP.Host, e.SFTP.Port = "127.0.0.1", 2022
	tellDev(&out, dir, roster, e)
	rest := out.String()
	for _, step := range []string{
		"export ROLLCALL_ENDPOINTS='" + dir + "/endpoints.json'", "tenant apply /", `tenant activate acme --skip-setup --reason "trying it out"`, "key add acme ~/.ssh/id_ed25519.pub",
		`echo 'put "` + dir + "/", "sftp -P 2022 acme@127.0.0.1", "import list",
	} {
		_, after, found := strings.Cut(rest, step)
		if !found {
			t.Fatalf("%q is not told, or not in its place:\n%s", step, out.String())
		}
		rest = after
	}
}
