package sftpd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/postgres/pgtest"
	"rollcall.internal/internal/tenant"
)

func fingerprint(key clientKey) string { return ssh.FingerprintSHA256(key.signer.PublicKey()) }

// claimAll has the waiting deliveries claimed, as a run does.
func (r *rig) claimAll(id tenant.ID) {
	r.Helper()
	pgtest.Exec(r, r.url, `UPDATE delivery SET state = 'claimed', import_n = 1 WHERE tenant_id = $1 AND state = 'settled'`, id)
}

func TestOpenFlags(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	const before = "before\n"
	wants := map[string]string{}
	for _, c := range []struct {
		name   string
		flags  int
		exists bool
		write  string
		want   string // empty: OPEN must fail
	}{
		{"write-create-truncate", os.O_WRONLY | os.O_CREATE | os.O_TRUNC, true, "new\n", "new\n"},
		{"write-create-truncate-new", os.O_WRONLY | os.O_CREATE | os.O_TRUNC, false, "new\n", "new\n"},
		{"write-create", os.O_WRONLY | os.O_CREATE, true, "BEF", "BEFore\n"},
		{"write-create-new", os.O_WRONLY | os.O_CREATE, false, "new\n", "new\n"},
		{"write", os.O_WRONLY, true, "BEF", "BEFore\n"},
		{"write-new", os.O_WRONLY, false, "new\n", ""},
		{"write-truncate", os.O_WRONLY | os.O_TRUNC, true, "new\n", "new\n"},
		{"read-write", os.O_RDWR, true, "BEF", "BEFore\n"},
		{"read-write-create-truncate", os.O_RDWR | os.O_CREATE | os.O_TRUNC, true, "new\n", "new\n"},
		{"exclusive", os.O_WRONLY | os.O_CREATE | os.O_EXCL, true, "new\n", ""},
		{"exclusive-new", os.O_WRONLY | os.O_CREATE | os.O_EXCL, false, "new\n", "new\n"},
		{"append-from-start", os.O_WRONLY | os.O_APPEND | os.O_CREATE, true, "after\n", "before\nafter\n"},
		{"append-new", os.O_WRONLY | os.O_APPEND | os.O_CREATE, false, "new\n", "new\n"},
	} {
		name := c.name + ".csv"
		wants[name] = c.want
		if c.exists {
			r.put(client, name, before)
		}
		f, err := client.OpenFile(name, c.flags)
		if (err == nil) != (c.want != "") {
			t.Errorf("%s: OPEN gave %v", c.name, err)
		}
		if err != nil {
			continue
		}
		_, err = f.Write([]byte(c.write))
		r.check(errors.Join(err, f.Close()))
	}
	for name, want := range wants {
		if want != "" {
			r.wantContent("acme", name, want)
		}
	}
}

func (r *rig) put(client *sftp.Client, name, content string) {
	r.Helper()
	f, err := client.Create(name)
	r.check(err)
	_, err = io.Copy(f, strings.NewReader(content))
	r.check(errors.Join(err, f.Close()))
}

// A client such as OpenSSH's counts the offsets of an appending write from the start of the file, and keeps many writes under way.
func TestAppendAtAbsoluteOffsets(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	whole := rows(400_000)
	r.put(client, "roster.csv", whole[:100_000])
	f, err := client.OpenFile("roster.csv", os.O_WRONLY|os.O_APPEND)
	r.check(err)
	_, err = f.Seek(100_000, io.SeekStart)
	r.check(err)
	_, err = f.ReadFromWithConcurrency(strings.NewReader(whole[100_000:]), 64)
	r.check(errors.Join(err, f.Close()))
	r.wantContent("acme", "roster.csv", whole)
}

func TestWritesInAnyOrder(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	whole := rows(100_000)
	f, err := client.Create("roster.csv")
	r.check(err)
	const step = 9973
	for at := (len(whole) / step) * step; at >= 0; at -= step {
		_, err := f.WriteAt([]byte(whole[at:min(at+step, len(whole))]), int64(at))
		r.check(err)
	}
	info, err := f.Stat()
	if err != nil || info.Size() != int64(len(whole)) {
		t.Errorf("FSTAT says %d bytes, %v; want %d", info.Size(), err, len(whole))
	}
	r.check(f.Close())
	r.wantContent("acme", "roster.csv", whole)
}

func TestHoleIsNotContent(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	f, err := client.Create("roster.csv")
	r.check(err)
	_, err = f.WriteAt([]byte("Email\n"), 0)
	r.check(err)
	_, err = f.WriteAt([]byte("late\n"), 1000)
	r.check(err)
	if err := f.Close(); err == nil {
		t.Error("CLOSE of a file with a hole answered OK")
	}
	if d := r.newest("acme", "roster.csv"); d.State != inbox.Broken || d.Bytes != 6 {
		t.Errorf("it is %s with %d bytes, want broken with the 6 before the hole", d.State, d.Bytes)
	}
}

func TestSetSize(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	r.put(client, "roster.csv", "Email\na@example.test\n")
	r.check(client.Truncate("roster.csv", 6))
	r.wantContent("acme", "roster.csv", "Email\n")
	r.claimAll("acme")
	r.check(client.Truncate("roster.csv", 0))
	r.wantContent("acme", "roster.csv", "")
	if err := client.Truncate("nothing.csv", 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("setting the size of nothing gave %v", err)
	}
	r.check(client.Chmod("roster.csv", 0o600))
	r.check(client.Chtimes("roster.csv", time.Now(), time.Now()))
}

func TestOutOfRange(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) { o.Limits.FileBytes = 1000 })
	_, client := r.dial("acme")
	for _, offset := range []int64{990, 1 << 40, 1<<63 - 1, -1} {
		f, err := client.Create("roster.csv")
		r.check(err)
		if _, err := f.WriteAt([]byte("eleven bytes"), offset); err == nil {
			t.Errorf("a write at %d succeeded", offset)
		}
		if err := f.Close(); err == nil {
			t.Errorf("CLOSE after a failed write at %d answered OK", offset)
		}
	}
	if d := r.newest("acme", "roster.csv"); d.State != inbox.Broken {
		t.Errorf("the file is %s, want broken", d.State)
	}
}

func TestOpenAndCloseChangesNothing(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	r.put(client, "roster.csv", "Email\n")
	before := r.settled("acme", "roster.csv")
	f, err := client.OpenFile("roster.csv", os.O_WRONLY)
	r.check(err)
	r.check(f.Close())
	if after := r.newest("acme", "roster.csv"); after.ID != before.ID || after.State != inbox.Settled {
		t.Errorf("opening without writing made %+v of %+v", after, before)
	}
}

func TestResumeFromLiveConnection(t *testing.T) {
	r := newRig(t)
	stuck, old := r.dial("acme")
	whole := rows(200_000)
	f, err := old.Create("roster.csv")
	r.check(err)
	_, err = f.Write([]byte(whole[:100_000]))
	r.check(err)

	// The first connection hangs; the client comes again, sees what arrived and goes on from there.
	_, client := r.dial("acme")
	info, err := client.Stat("roster.csv")
	if err != nil || info.Size() != 100_000 {
		t.Fatalf("STAT says %v, %v; want 100000", info, err)
	}
	g, err := client.OpenFile("roster.csv", os.O_WRONLY)
	r.check(err)
	_, err = g.WriteAt([]byte(whole[100_000:]), 100_000)
	r.check(errors.Join(err, g.Close()))
	r.check(stuck.Close())
	r.wantContent("acme", "roster.csv", whole)
}

func TestDrain(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	idle, _ := r.dial("acme")
	whole := rows(100_000)
	f, err := client.Create("roster.csv.tmp")
	r.check(err)
	_, err = f.Write([]byte(whole[:50_000]))
	r.check(err)

	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	// A connection without an upload ends, which shows that the server drains.
	r.check(ignoreEnd(idle.Wait()))
	if _, err := r.dialAs("acme", r.keys["acme"].signer, nil); err == nil {
		t.Error("a draining server took a connection")
	}
	if _, err := client.Create("another.csv"); err == nil {
		t.Error("a draining server took an upload")
	}
	_, err = f.Write([]byte(whole[50_000:]))
	r.check(errors.Join(err, f.Close()))
	r.check(client.Rename("roster.csv.tmp", "roster.csv"))
	r.check(<-ended)
	r.start()
	r.wantContent("acme", "roster.csv", whole)
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || err != nil && strings.Contains(err.Error(), "closed") {
		return nil
	}
	return err
}

func TestDrainGivesUp(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) { o.Drain = 50 * time.Millisecond })
	_, client := r.dial("acme")
	f, err := client.Create("roster.csv")
	r.check(err)
	_, err = f.Write([]byte("Email\n"))
	r.check(err)
	r.check(r.stop())
	if d := r.newest("acme", "roster.csv"); d.State != inbox.Broken || r.content(d) != "Email\n" {
		t.Errorf("the upload is %s, want broken with what came", d.State)
	}
}

func TestKilledServerLeavesBrokenUpload(t *testing.T) {
	r := newRig(t)
	r.check(r.stop())
	id := inbox.ID(uuid.Must(uuid.NewV7()).String())
	now := time.Now()
	d := inbox.Delivery{Tenant: "acme", ID: id, Place: inbox.Place{Folder: inbox.Inbox, Name: "roster.csv"}, OpenedAt: now}
	r.check(r.db.OpenDelivery(t.Context(), d, now.Add(time.Hour)))
	left := filepath.Join(r.options.SpoolDir, "acme."+string(id)+".upload")
	r.check(os.WriteFile(left, []byte("half"), 0o600))
	r.start()
	r.reaches("acme", "roster.csv", inbox.Broken)
	r.within(10*time.Second, func() bool {
		_, err := os.Stat(left)
		return errors.Is(err, os.ErrNotExist)
	})
	r.user("acme").mustSFTP("reput " + r.write("roster.csv", rows(1000)) + " roster.csv")
	r.wantContent("acme", "roster.csv", rows(1000))
}

func TestSpoolIsEmptied(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	r.put(client, "a.csv", "Email\n")
	f, err := client.OpenFile("a.csv", os.O_WRONLY)
	r.check(errors.Join(err, f.Close()))
	_, err = client.OpenFile("nothing.csv", os.O_WRONLY)
	if err == nil {
		t.Error("a missing file was opened without CREATE")
	}
	if left, _ := filepath.Glob(filepath.Join(r.options.SpoolDir, "*.upload")); len(left) > 0 {
		t.Errorf("the spool holds %d files, want none", len(left))
	}
}

// failing is an artifact store that is full.
type failing struct{ sftpd.Artifacts }

func (failing) Put(context.Context, tenant.ID, artifact.Kind, io.Reader) (artifact.Ref, error) {
	return artifact.Ref{}, errors.New("no space left")
}

func TestCloseFailsWhereNothingIsStored(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) { o.Artifacts = failing{o.Artifacts} })
	_, client := r.dial("acme")
	f, err := client.Create("roster.csv")
	r.check(err)
	_, err = f.Write([]byte("Email\n"))
	r.check(err)
	err = f.Close()
	if err == nil {
		t.Error("CLOSE answered OK although nothing was stored")
	}
	if err != nil && strings.Contains(err.Error(), "space") {
		t.Errorf("the client was told %q, which is not for it", err)
	}
	if d := r.newest("acme", "roster.csv"); d.State != inbox.Broken || d.Bytes != 0 {
		t.Errorf("the upload is %s with %d bytes, want broken with none", d.State, d.Bytes)
	}
}

// panicking is a store with a fault.
type panicking struct{ sftpd.Store }

func (panicking) Deliveries(context.Context, tenant.ID, inbox.Folder, time.Time) ([]inbox.Delivery, error) {
	panic("anna@example.test")
}

func TestPanicIsSurvived(t *testing.T) {
	r := newRig(t, func(o *sftpd.Options) { o.Store = panicking{o.Store} })
	_, client := r.dial("acme")
	for range 2 {
		if _, err := client.ReadDir("/"); err == nil {
			t.Error("a listing that panics succeeded")
		}
	}
	r.put(client, "roster.csv", "Email\n")
	r.wantContent("acme", "roster.csv", "Email\n")
	if log := r.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "anna") {
		t.Errorf("the log does not tell of the panic, or tells too much:\n%s", log)
	}
}

func TestNoNamesInLog(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	r.put(client, "anna-canary.csv", "Email\nanna-canary@example.test\n")
	r.settled("acme", "anna-canary.csv")
	if _, err := r.dialAs("bob-canary", r.keys["acme"].signer, nil); err == nil {
		t.Error("an unknown user got in")
	}
	if log := r.log.String(); strings.Contains(log, "canary") {
		t.Errorf("the log holds what a client sent:\n%s", log)
	}
}

func TestReadingBackOwnWrites(t *testing.T) {
	r := newRig(t)
	_, client := r.dial("acme")
	f, err := client.OpenFile("roster.csv", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	r.check(err)
	_, err = f.Write([]byte("Email\n"))
	r.check(err)
	got := make([]byte, 6)
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, []byte("Email\n")) {
		t.Errorf("read back %q, %v", got, err)
	}
	r.check(f.Close())
	f, err = client.OpenFile("roster.csv", os.O_RDWR)
	r.check(err)
	defer f.Close()
	if _, err := f.ReadAt(got, 0); err == nil {
		t.Error("what was uploaded before can be read")
	}
	if _, err := client.Open("roster.csv"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("opening an upload to read gave %v, want permission denied", err)
	}
}
