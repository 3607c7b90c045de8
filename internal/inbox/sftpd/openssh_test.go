package sftpd_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall.internal/internal/inbox"
)

func TestOpenSSHUploads(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	long, short := rows(300_000), rows(1000)
	longFile, shortFile := r.write("long.csv", long), r.write("short.csv", short)

	it.mustSFTP("put " + longFile + " roster.csv")
	it.mustSFTP("put -p " + longFile + " kept.csv")
	it.mustSCP(longFile, "copied.csv")
	it.mustSCP(longFile, "Effectif 03.02.2026.csv")
	r.wantContent("acme", "roster.csv", long)
	r.wantContent("acme", "kept.csv", long)
	r.wantContent("acme", "copied.csv", long)
	r.wantContent("acme", "Effectif 03.02.2026.csv", long)

	// scp opens without truncating and sets the size at the end.
	it.mustSCP(shortFile, "copied.csv")
	it.mustSFTP("put "+shortFile+" roster.csv", "put -p "+shortFile+" kept.csv")
	r.wantContent("acme", "copied.csv", short)
	r.wantContent("acme", "roster.csv", short)
	r.wantContent("acme", "kept.csv", short)

	it.mustSFTP("put " + r.write("empty.csv", "") + " empty.csv")
	r.wantContent("acme", "empty.csv", "")
}

// The guide tells customers to run exactly this, with an RSA key.
func TestGuidesOwnLine(t *testing.T) {
	r := newRig(t)
	key := r.addKey("acme", newRSA(t, 2048))
	it := user{r, "acme", key.path}
	args := []string{"-P", it.port(), "-i", key.path, "acme@127.0.0.1"}
	// Only what a terminal would ask a person about goes before it.
	args = append([]string{"-o", "UserKnownHostsFile=" + filepath.Join(r.dir, "their_hosts"), "-o", "StrictHostKeyChecking=accept-new", "-o", "IdentityAgent=none"}, args...)
	cmd := exec.CommandContext(t.Context(), "sftp", args...)
	cmd.Stdin = strings.NewReader("put " + r.write("roster.csv", rows(1000)) + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sftp: %v\n%s", err, out)
	}
	r.wantContent("acme", "roster.csv", rows(1000))
}

func TestReput(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	whole := rows(500_000)
	file := r.write("roster.csv", whole[:200_001])
	it.mustSFTP("put " + file + " roster.csv")
	torn := r.reaches("acme", "roster.csv", inbox.Closed)
	if !torn.Torn {
		t.Error("an upload cut in a record is not torn")
	}
	r.write("roster.csv", whole)
	it.mustSFTP("reput " + file + " roster.csv")
	r.wantContent("acme", "roster.csv", whole)
}

func TestRenames(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	first, second := rows(1000), rows(2000)
	a, b := r.write("a.csv", first), r.write("b.csv", second)
	it.mustSFTP("put "+a+" roster.csv.filepart", "rename roster.csv.filepart roster.csv")
	r.wantContent("acme", "roster.csv", first)

	// The client's rename is posix-rename, which replaces; its legacy one doesn't.
	if out, err := it.sftp("put "+b+" new.tmp", "rename -l new.tmp roster.csv"); err == nil {
		t.Errorf("a rename onto a taken name succeeded:\n%s", out)
	}
	it.mustSFTP("rename new.tmp roster.csv")
	r.wantContent("acme", "roster.csv", second)
	if out := it.mustSFTP("ls -1"); strings.Contains(out, "new.tmp") {
		t.Errorf("the old name is still listed:\n%s", out)
	}

	it.mustSFTP("rm roster.csv")
	if out := it.mustSFTP("ls -1"); strings.Contains(out, "roster.csv") {
		t.Errorf("the removed file is still listed:\n%s", out)
	}
}

func TestWhatAClientSees(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	receipt := inbox.Receipt{Name: "roster.csv", Kind: inbox.ImportReceipt, ImportN: 1, JSON: []byte(`{"verdict":"refused"}`), Text: []byte("refused\n"), ReceivedAt: time.Now()}
	r.check(r.db.PutReceipt(t.Context(), "acme", receipt))
	file := r.write("roster.csv", rows(1000))
	out := it.mustSFTP("pwd", "put "+file, "ls -1", "ls -1 check", "ls -1 reports", "ls -l roster.csv")
	for _, want := range []string{"/\n", "check", "reports", "roster.csv", "reports/latest.json", "reports/roster.csv.result.json", "reports/roster.csv.result.txt",
		fmt.Sprintf(" %d ", len(rows(1000)))} {
		if !strings.Contains(out, want) {
			t.Errorf("the client does not see %q in\n%s", want, out)
		}
	}
	for name, want := range map[string]string{"roster.csv.result.json": string(receipt.JSON), "roster.csv.result.txt": string(receipt.Text), "latest.json": string(receipt.JSON)} {
		to := filepath.Join(r.dir, "got-"+name)
		it.mustSFTP("get reports/" + name + " " + to)
		if got, err := os.ReadFile(to); string(got) != want || err != nil {
			t.Errorf("%s reads %q, %v; want %q", name, got, err, want)
		}
	}
	for _, command := range []string{
		"get roster.csv " + filepath.Join(r.dir, "back"), "put " + file + " reports/x.csv", "rm reports/latest.json", "mkdir sub", "put " + file + " sub/x.csv", "rmdir check",
		"symlink roster.csv link", "ln roster.csv link", "put " + file + " a\u202eb.csv", "rename roster.csv reports", "rm check", "put " + file + " reports/../../x/y",
	} {
		if out, err := it.sftp(command); err == nil {
			t.Errorf("%q succeeded:\n%s", command, out)
		}
	}
	// What tries to leave the folder by .. stays in it.
	it.mustSFTP("put " + file + " ../../../up.csv")
	r.wantContent("acme", "up.csv", rows(1000))
}

// Nothing answers what is put into /check yet, so nothing is taken there, by whichever way, and the client says so.
func TestCheckTakesNothing(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	file := r.write("roster.csv", rows(1000))
	it.mustSFTP("put " + file)
	for _, command := range []string{"put " + file + " check/trial.csv", "rename roster.csv check/trial.csv", "rm check/trial.csv"} {
		if out, err := it.sftp(command); err == nil || !strings.Contains(out, "unsupported") {
			t.Errorf("%q: %v\n%s", command, err, out)
		}
	}
	_, client := r.dial("acme")
	if err := client.Truncate("/check/trial.csv", 10); err == nil || !strings.Contains(err.Error(), "not checked here yet") {
		t.Errorf("setting the size of a file of /check: %v", err)
	}
	if there, err := r.db.Deliveries(t.Context(), "acme", inbox.Check, time.Now()); err != nil || len(there) != 0 {
		t.Errorf("%d deliveries in /check, %v", len(there), err)
	}
	if out := it.mustSFTP("ls -1", "ls -1 check"); !strings.Contains(out, "check\n") || strings.Contains(out, "trial.csv") {
		t.Errorf("the client sees\n%s", out)
	}
}

// A name may be as long as a name can be, and its reports are longer still.
func TestReportsOfLongNames(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	for _, length := range []int{243, 244, 255} {
		name := strings.Repeat("n", length-len(".csv")) + ".csv"
		it.mustSFTP("put " + r.write("roster.csv", rows(1000)) + " " + name)
		receipt := inbox.Receipt{Name: name, Kind: inbox.ImportReceipt, ImportN: 1, JSON: []byte("{}"), Text: []byte("refused\n"), ReceivedAt: time.Now()}
		r.check(r.db.PutReceipt(t.Context(), "acme", receipt))
		for suffix, want := range map[string]string{".result.json": "{}", ".result.txt": "refused\n"} {
			to := filepath.Join(r.dir, fmt.Sprint("got-", length, suffix))
			it.mustSFTP("get reports/" + name + suffix + " " + to)
			if got, err := os.ReadFile(to); string(got) != want || err != nil {
				t.Errorf("%d bytes and %s: %q, %v", length, suffix, got, err)
			}
		}
	}
	if out, err := it.sftp("put " + r.write("roster.csv", rows(1000)) + " " + strings.Repeat("n", 256)); err == nil {
		t.Errorf("a name of 256 bytes was taken:\n%s", out)
	}
}

func TestTenantsAreApart(t *testing.T) {
	r := newRig(t)
	mine, theirs := r.user("acme"), r.user("globex")
	mine.mustSFTP("put " + r.write("a.csv", rows(1000)) + " roster.csv")
	theirs.mustSFTP("put " + r.write("b.csv", rows(2000)) + " roster.csv")
	r.wantContent("acme", "roster.csv", rows(1000))
	r.wantContent("globex", "roster.csv", rows(2000))
	mine.mustSFTP("put " + r.write("c.csv", rows(100)) + " mine.csv")
	if out := theirs.mustSFTP("ls -1"); strings.Contains(out, "mine.csv") {
		t.Errorf("another tenant sees the file:\n%s", out)
	}
	if out, err := theirs.sftp("rm mine.csv"); err == nil {
		t.Errorf("another tenant removed the file:\n%s", out)
	}
}

func TestWhoGetsIn(t *testing.T) {
	r := newRig(t)
	acme, globex := r.keys["acme"].path, r.keys["globex"].path
	ecdsa := r.addKey("acme", newECDSA(t))
	removed := r.addKey("acme", newECDSA(t))
	r.check(r.db.RemoveKey(t.Context(), "acme", fingerprint(removed)))
	for _, c := range []struct {
		name string
		user user
		want bool
	}{
		{"its key", user{r, "acme", acme}, true},
		{"another of its keys", user{r, "acme", ecdsa.path}, true},
		{"a removed key", user{r, "acme", removed.path}, false},
		{"another tenant's key", user{r, "acme", globex}, false},
		{"another tenant's name", user{r, "globex", acme}, false},
		{"no tenant", user{r, "nobody", acme}, false},
		{"a name that is none", user{r, "Not A Tenant", acme}, false},
	} {
		out, err := c.user.sftp("ls")
		if (err == nil) != c.want {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		if err != nil && !regexp.MustCompile(`Permission denied \(publickey\)\.`).MatchString(out) {
			t.Errorf("%s: the client said %q", c.name, out)
		}
	}
	keys, err := r.db.ListKeys(t.Context(), "acme")
	r.check(err)
	for _, key := range keys {
		if key.LastUsedAt.IsZero() {
			t.Errorf("key %s was used and says it never was", key.Algorithm)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	for _, args := range [][]string{{"-T"}, {"-tt"}, {"id"}, {"status"}, {"-s", "shell"}, {"-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", "-N"}, {"-W", "127.0.0.1:22"}} {
		if out, status := it.ssh(args...); status == 0 {
			t.Errorf("ssh %q ended with 0:\n%s", args, out)
		}
	}
}

func TestInterruptedClient(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	whole := rows(3_000_000)
	file := r.write("roster.csv", whole)
	// The client is limited to 800 Kbit/s, so that it is killed in the middle.
	args := append(it.sshOptions(), "-l", "800", "-P", it.port(), "-b", "-", "acme@127.0.0.1")
	cmd := exec.CommandContext(t.Context(), "sftp", args...)
	cmd.Stdin = strings.NewReader("put " + file + " roster.csv\n")
	r.check(cmd.Start())
	r.within(10*time.Second, func() bool {
		_, err := r.db.Delivery(t.Context(), "acme", inbox.Place{Folder: inbox.Inbox, Name: "roster.csv"}, time.Now())
		return err == nil
	})
	_, client := r.dial("acme")
	r.within(10*time.Second, func() bool {
		info, err := client.Stat("roster.csv")
		return err == nil && info.Size() > 50_000
	})
	r.check(cmd.Process.Kill())
	if err := cmd.Wait(); err == nil {
		t.Fatal("the client ended before it was killed")
	}
	broken := r.reaches("acme", "roster.csv", inbox.Broken)
	if got := r.content(broken); got == "" || !strings.HasPrefix(whole, got) {
		t.Errorf("what is kept of the upload, %d bytes, is not how it begins", len(got))
	}
	it.mustSFTP("reput " + file + " roster.csv")
	r.wantContent("acme", "roster.csv", whole)
}

// A claimed delivery stays as it is while the same name is written again, by any way of writing.
func TestUploadOverClaimed(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	first := rows(100_000)
	it.mustSFTP("put " + r.write("first.csv", first) + " roster.csv")
	claimed := r.settled("acme", "roster.csv")
	r.claimAll("acme")

	if out, err := it.sftp("rm roster.csv"); err == nil {
		t.Errorf("a claimed file was removed:\n%s", out)
	}
	if out := it.mustSFTP("ls -l roster.csv"); !strings.Contains(out, fmt.Sprint(len(first))) {
		t.Errorf("the claimed file is not listed with its size:\n%s", out)
	}
	it.mustSCP(r.write("short.csv", rows(500)), "roster.csv")
	second := r.settled("acme", "roster.csv")
	if second.ID == claimed.ID || r.content(second) != rows(500) || r.content(claimed) != first {
		t.Error("writing over a claimed file did not make a right new one beside it")
	}
	r.claimAll("acme")
	longer := rows(200_000)
	it.mustSFTP("reput " + r.write("longer.csv", rows(500)+longer[len(rows(500)):]) + " roster.csv")
	r.wantContent("acme", "roster.csv", longer)
}

func TestSameNameAtOnce(t *testing.T) {
	r := newRig(t)
	it := r.user("acme")
	contents := []string{rows(400_000), rows(500_000), rows(500_000)}
	errs := make(chan error, len(contents))
	for i, content := range contents {
		file := r.write(fmt.Sprintf("%d.csv", i), content)
		go func() {
			out, err := it.sftp("put " + file + " roster.csv")
			if err != nil {
				err = errors.New(out)
			}
			errs <- err
		}()
	}
	for range contents {
		r.check(<-errs)
	}
	got := r.content(r.settled("acme", "roster.csv"))
	if got != contents[0] && got != contents[1] {
		t.Errorf("the file holds %d bytes that nobody uploaded", len(got))
	}
	waiting, err := r.db.SettledUnclaimed(t.Context(), "acme")
	if len(waiting) != 1 || err != nil {
		t.Errorf("%d deliveries wait for a run, %v; want 1", len(waiting), err)
	}
}

// Two servers on one database and store: a client may be sent to either at any time.
func TestSeveralCopies(t *testing.T) {
	r := newRig(t)
	other := *r
	other.options.SpoolDir = filepath.Join(r.dir, "spool of another")
	other.start()
	t.Cleanup(func() { other.check(other.stop()) })

	whole := rows(300_000)
	file := r.write("roster.csv", whole)
	conn, client := r.dial("acme")
	f, err := client.Create("roster.csv")
	r.check(err)
	_, err = f.Write([]byte(whole[:100_000]))
	r.check(errors.Join(err, conn.Close()))
	broken := r.reaches("acme", "roster.csv", inbox.Broken)
	if broken.Bytes != 100_000 {
		t.Errorf("%d bytes are kept, want 100000", broken.Bytes)
	}
	other.user("acme").mustSFTP("reput " + file + " roster.csv")
	r.wantContent("acme", "roster.csv", whole)
	if out := r.user("acme").mustSFTP("ls -l roster.csv"); !strings.Contains(out, fmt.Sprint(len(whole))) {
		t.Errorf("the first server does not see what came to the other:\n%s", out)
	}
}
