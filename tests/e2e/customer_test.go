package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall.internal/deploy"
	"rollcall.internal/internal/rostergen"
)

// emily is who decides in these tests.
const emily = "Emily Hart"

// A customer is a tenant with its people, its IT and its CSM.
type customer struct {
	t       *testing.T
	s       *stack
	id      string
	home    string // where its IT keeps its things
	company *rostergen.Company
	invited map[string]invitation // who should have been invited so far, by unique ID
	uploads int
}

// newCustomer sets a tenant up as a person would, with a key, and activates it.
func newCustomer(t *testing.T, s *stack, id string, people int) *customer {
	t.Helper()
	c := newTenant(t, s, id, people)
	s.must(t, "tenant", "activate", id, "--skip-setup", "--reason", "known from the tests", "--by", emily)
	return c
}

// newTenant is a customer that is not activated.
func newTenant(t *testing.T, s *stack, id string, people int) *customer {
	t.Helper()
	c := &customer{t: t, s: s, id: id, home: filepath.Join(s.root, "customers", id), company: rostergen.New(seed(id), people), invited: map[string]invitation{}}
	if err := os.MkdirAll(c.home, 0o700); err != nil {
		t.Fatal(err)
	}
	s.must(t, "tenant", "apply", c.write("tenant.yaml", c.file()))
	r := s.run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "it", "-f", c.path("key"))
	if r.code != 0 {
		t.Fatalf("ssh-keygen: %s", r.stderr)
	}
	s.must(t, "key", "add", id, c.path("key.pub"), "--label", "IT")
	c.write("ssh_config", fmt.Sprintf(`Host *
  HostName %s
  Port %d
  IdentityFile %s
  IdentitiesOnly yes
  IdentityAgent none
  BatchMode yes
  StrictHostKeyChecking accept-new
  UserKnownHostsFile %s
  GlobalKnownHostsFile /dev/null
  LogLevel ERROR
`, s.endpoints.SFTP.Host, s.endpoints.SFTP.Port, c.path("key"), c.path("known_hosts")))
	return c
}

// seed makes each tenant's people other people.
func seed(id string) uint64 {
	n := uint64(14695981039346656037)
	for _, b := range []byte(id) {
		n = (n ^ uint64(b)) * 1099511628211
	}
	return n
}

// file is the tenant's file: the example's, with its id, and a due day that is far away whenever the tests run.
func (c *customer) file() string {
	c.t.Helper()
	day := (time.Now().UTC().Day()+13)%28 + 1
	return c.edited(string(deploy.AcmeTenant), "tenant: acme\n", "tenant: "+c.id+"\n", "{day: 1, time:", fmt.Sprintf("{day: %d, time:", day))
}

// edited replaces each first text by each second, all of which must be there.
func (c *customer) edited(text string, oldNew ...string) string {
	c.t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(text, oldNew[i]) {
			c.t.Fatalf("%q does not stand in the text to be edited", oldNew[i])
		}
		text = strings.ReplaceAll(text, oldNew[i], oldNew[i+1])
	}
	return text
}

func (c *customer) path(name string) string { return filepath.Join(c.home, name) }

// write writes a file of the customer's and returns its path.
func (c *customer) write(name, content string) string {
	c.t.Helper()
	if err := os.WriteFile(c.path(name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c.path(name)
}

// export is the roster of the company's people as they are now.
func (c *customer) export() string {
	c.t.Helper()
	var b bytes.Buffer
	if err := c.company.WriteCSV(&b); err != nil {
		c.t.Fatal(err)
	}
	return b.String()
}

// name is a file name of its own for each upload, as the guide has them.
func (c *customer) name() string {
	c.uploads++
	return rostergen.FileName("Acme Corp", c.company.Date().AddDate(0, 0, c.uploads))
}

// upload puts a file by OpenSSH's sftp and returns its name.
func (c *customer) upload(content string) string {
	c.t.Helper()
	name, r := c.tryUpload(content)
	if r.code != 0 {
		c.t.Fatalf("sftp ended with %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	return name
}

// uploadBad is upload of a file that is plainly bad: sftp fails, and the file is taken nevertheless.
func (c *customer) uploadBad(content string) string {
	c.t.Helper()
	name, r := c.tryUpload(content)
	if r.code != 1 {
		c.t.Fatalf("sftp ended with %d after a bad file, and should have ended with 1:\n%s%s", r.code, r.stdout, r.stderr)
	}
	return name
}

func (c *customer) tryUpload(content string) (name string, r result) {
	c.t.Helper()
	name = c.name()
	c.write("upload.csv", content)
	return name, c.trySFTP(fmt.Sprintf("put %q %q\n", c.path("upload.csv"), name))
}

// sftp runs the lines of a batch in OpenSSH's sftp.
func (c *customer) sftp(batch string) {
	c.t.Helper()
	if r := c.trySFTP(batch); r.code != 0 {
		c.t.Fatalf("sftp ended with %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func (c *customer) trySFTP(batch string) result {
	c.t.Helper()
	return c.s.run(c.t, "sftp", "-F", c.path("ssh_config"), "-b", c.write("batch", batch), c.id+"@rollcall")
}

// fetch gets a file from the server.
func (c *customer) fetch(remote string) string {
	c.t.Helper()
	c.sftp(fmt.Sprintf("get %q %q\n", remote, c.path("fetched")))
	raw, err := os.ReadFile(c.path("fetched"))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

// deliver uploads a file and waits until its import waits for a decision or is closed.
func (c *customer) deliver(content string) imported {
	c.t.Helper()
	return c.await(c.upload(content))
}

// deliverBad is deliver of a file that is plainly bad.
func (c *customer) deliverBad(content string) imported {
	c.t.Helper()
	return c.await(c.uploadBad(content))
}
