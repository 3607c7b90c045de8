package sftpd_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/tenant"
)

// looking is a server whose quick look finds fault with whatever begins with "bad".
func looking(o *sftpd.Options) {
	o.QuickLook = func(_ context.Context, _ tenant.ID, _ string, content io.Reader) (string, error) {
		text, err := io.ReadAll(content)
		if strings.HasPrefix(string(text), "broken look") {
			return "", errors.New("the look failed")
		}
		if strings.HasPrefix(string(text), "bad") {
			return "the file is bad", nil
		}
		return "", err
	}
}

// OpenSSH's own clients exit non-zero for a file that a quick look finds bad; the file is kept and goes its way.
func TestBadFileFailsItsClose(t *testing.T) {
	r := newRig(t, looking)
	it := r.user("acme")
	bad, good, odd := r.write("bad.csv", "bad\n"), r.write("good.csv", "good\n"), r.write("odd.csv", "broken look\n")
	if out, err := it.sftp("put " + bad + " by-sftp.csv"); err == nil {
		t.Errorf("sftp -b ended well with a bad file:\n%s", out)
	}
	if out, err := it.scp(bad, "by-scp.csv"); err == nil {
		t.Errorf("scp ended well with a bad file:\n%s", out)
	}
	for _, name := range []string{"by-sftp.csv", "by-scp.csv"} {
		r.wantContent("acme", name, "bad\n")
		r.reaches("acme", name, inbox.Settled)
	}
	it.mustSFTP("put " + good + " good.csv")
	it.mustSFTP("put " + odd + " odd.csv") // a fault of the look is no fault of the file
	it.mustSFTP("put "+bad+" roster.csv.filepart", "rename roster.csv.filepart roster.csv")
	r.reaches("acme", "roster.csv", inbox.Settled)
}

// What a client says that shows the server's words is the sentence of the look.
func TestClientHearsWhatIsBad(t *testing.T) {
	r := newRig(t, looking)
	_, client := r.dial("acme")
	f, err := client.Create("bad.csv")
	r.check(err)
	_, err = f.Write([]byte("bad\n"))
	r.check(err)
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "the file is bad") {
		t.Errorf("CLOSE of a bad file answered %v", err)
	}
}
