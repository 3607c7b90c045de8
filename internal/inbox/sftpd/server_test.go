package sftpd_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/inbox/sftpd"
)

func TestLimits(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) {
		o.Limits.PerTenant, o.Limits.PerAddress, o.Limits.Channels, o.Limits.Handles = 2, 4, 1, 3
	})
	conn, client := r.dial("acme")
	if _, err := conn.NewSession(); err == nil {
		t.Error("a second channel was opened")
	}
	for range 3 {
		_, err := client.Create("roster.csv")
		r.check(err)
	}
	if _, err := client.Create("roster.csv"); err == nil {
		t.Error("a fourth file was opened")
	}
	r.dial("acme")
	third, err := r.dialAs("acme", r.keys["acme"].signer, nil)
	r.check(err)
	if _, err := third.NewSession(); err == nil {
		t.Error("a third connection of a tenant is served")
	}
	r.dial("globex")
	_, err = r.dialAs("globex", r.keys["globex"].signer, nil)
	r.check(err)
	if _, err := r.dialAs("globex", r.keys["globex"].signer, nil); err == nil {
		t.Error("a fifth connection of an address is served")
	}
	r.check(conn.Close())
	r.within(10*time.Second, func() bool {
		again, err := r.dialAs("acme", r.keys["acme"].signer, nil)
		if err != nil {
			return false
		}
		defer again.Close()
		_, err = again.NewSession()
		return err == nil
	})
}

func TestSilenceEnds(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) { o.Limits.Handshake, o.Limits.Idle = 100*time.Millisecond, 200*time.Millisecond })
	mute, err := net.Dial("tcp", r.server.Addr().String())
	r.check(err)
	defer mute.Close()
	r.check(mute.SetReadDeadline(time.Now().Add(10 * time.Second)))
	buf := make([]byte, 4096)
	for err == nil {
		_, err = mute.Read(buf)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a client that never logs in is kept")
	}
	conn, _ := r.dial("acme")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// What it says depends on who closes first.
		_ = conn.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("a silent client is kept")
	}
}

func TestInsecureAlgorithmsAreNotSpoken(t *testing.T) {
	r := newRig(t)
	insecure := ssh.InsecureAlgorithms()
	rsaKey := r.addKey("acme", newRSA(t, 2048))
	offer := func(edit func(*ssh.ClientConfig)) error {
		conn, err := r.dialAs("acme", rsaKey.signer, edit)
		if err == nil {
			conn.Close()
		}
		return err
	}
	r.check(offer(nil))
	for _, a := range insecure.KeyExchanges {
		if offer(func(c *ssh.ClientConfig) { c.KeyExchanges = []string{a} }) == nil {
			t.Errorf("key exchange %s was spoken", a)
		}
	}
	for _, a := range insecure.Ciphers {
		if offer(func(c *ssh.ClientConfig) { c.Ciphers = []string{a} }) == nil {
			t.Errorf("cipher %s was spoken", a)
		}
	}
	for _, a := range append(insecure.MACs, ssh.HMACSHA1) {
		// An authenticated cipher would need no MAC.
		if offer(func(c *ssh.ClientConfig) { c.MACs, c.Ciphers = []string{a}, []string{ssh.CipherAES128CTR} }) == nil {
			t.Errorf("MAC %s was spoken", a)
		}
	}
	for _, a := range insecure.HostKeys {
		if offer(func(c *ssh.ClientConfig) { c.HostKeyAlgorithms = []string{a} }) == nil {
			t.Errorf("host key %s was used", a)
		}
	}
	for _, a := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512} {
		r.check(offer(func(c *ssh.ClientConfig) { c.HostKeyAlgorithms = []string{a} }))
	}
	sha1, err := ssh.NewSignerWithAlgorithms(rsaKey.signer.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	r.check(err)
	if _, err := r.dialAs("acme", sha1, nil); err == nil {
		t.Error("a signature by SHA-1 was accepted")
	}
}

func TestHostKeysAreMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := func() sftpd.Options {
		return sftpd.Options{HostKeyDir: filepath.Join(dir, "keys"), SpoolDir: t.TempDir()}
	}
	copyHostKeys(t, options().HostKeyDir)
	first, err := sftpd.New(options())
	if err != nil {
		t.Fatal(err)
	}
	second, err := sftpd.New(options())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.HostKeys(), second.HostKeys()); diff != "" || len(first.HostKeys()) != 3 {
		t.Errorf("host keys changed, or are not three:\n%s", diff)
	}
	for _, name := range []string{"ssh_host_ed25519_key", "ssh_host_ecdsa_key", "ssh_host_rsa_key"} {
		path := filepath.Join(options().HostKeyDir, name)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want it readable by its owner alone", name, info.Mode(), err)
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := sftpd.New(options()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s the server started: %v", name, err)
		}
		if err := os.WriteFile(path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpoolBelongsToOneServer(t *testing.T) {
	r := newRig(t)
	if _, err := sftpd.New(r.options); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a second server on the spool: %v, want it refused", err)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	line := func(t *testing.T, bits int) string {
		t.Helper()
		signer, err := ssh.NewSignerFromSigner(newRSA(t, bits))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	}
	good := line(t, 2048)
	for _, c := range []struct{ name, text, want string }{
		{"a key", good + " payroll server\n", ""},
		{"no key", "hello", "not a line"},
		{"a small key", line(t, 1024), "2048 bits"},
		{"options", `command="x" ` + good, "options"},
		{"two keys", good + "\n" + good + "\n", "more than one"},
	} {
		key, err := sftpd.ParseKey([]byte(c.text))
		switch {
		case c.want == "" && (err != nil || key.PublicKey != good || key.Label != "payroll server" || !strings.HasPrefix(key.Fingerprint, "SHA256:")):
			t.Errorf("%s: %+v, %v", c.name, key, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want it to say %q", c.name, err, c.want)
		}
	}
}
