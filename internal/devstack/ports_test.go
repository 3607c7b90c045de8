package devstack

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func listen(t *testing.T, address string) int {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestPortsAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := assignPorts(dir, Options{}, &teller{w: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	second, err := assignPorts(dir, Options{}, &teller{w: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("ports (-first +second):\n%s", diff)
	}
	distinct := map[int]bool{}
	for _, c := range first.claims(Options{}) {
		distinct[*c.port] = true
	}
	if got, want := len(distinct), 6; got != want || distinct[0] {
		t.Errorf("%d distinct ports, want %d, none of them 0: %+v", got, want, first)
	}
}

func TestKeptPortTakenByAnother(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), &transcript{}
	taken := listen(t, "127.0.0.1:0")
	if err := writeJSON(dir+"/ports.json", ports{SFTP: taken}); err != nil {
		t.Fatal(err)
	}
	got, err := assignPorts(dir, Options{}, &teller{w: out})
	if err != nil {
		t.Fatal(err)
	}
	if got.SFTP == taken || got.SFTP == 0 {
		t.Errorf("sftp port = %d, want another than %d", got.SFTP, taken)
	}
	if !strings.Contains(out.String(), "kept for --sftp-port, is taken by another program") {
		t.Errorf("said %q", out)
	}
}

func TestPortsRefused(t *testing.T) {
	t.Parallel()
	taken := listen(t, "127.0.0.1:0")
	onAll := listen(t, ":0")
	cases := []struct {
		name string
		o    Options
		want string
	}{
		{"in use", Options{SMTPPort: taken}, "(--smtp-port) is in use on 127.0.0.1"},
		{"in use on all addresses", Options{PostgresPort: onAll}, "(--postgres-port) is in use on 127.0.0.1"},
		{"asked twice", Options{SFTPPort: 20022, MailUIPort: 20022}, "--sftp-port and --mail-ui-port both ask for port 20022"},
		{"no port", Options{TemporalPort: 70000}, "--temporal-port 70000 is not a port"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := assignPorts(t.TempDir(), c.o, &teller{w: io.Discard})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want it to say %q", err, c.want)
			}
		})
	}
}

func TestUnhonouredOptionsRefused(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"--postgres-port has no meaning": {DatabaseURL: "postgres://127.0.0.1/x", PostgresPort: 20001},
		"--temporal-ui-port have no":     {TemporalAddress: "127.0.0.1:7233", TemporalUIPort: 20001},
	} {
		o.Dir = t.TempDir()
		if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want it to say %q", err, want)
		}
	}
}
