package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"rollcall.internal/internal/config"
	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/planview"
	"rollcall.internal/internal/rostergen"
)

// The story's company: its size, and what happens in it within a month.
const (
	storySeed   = 2026
	storyPeople = 5000
	storyBy     = "Emily Hart"
)

func storyMonth() rostergen.Delta {
	return rostergen.Delta{Joiners: 60, Leavers: 40, Changed: 250, OnLeave: 15, BackFromLeave: 5, NewAddress: 3}
}

// A story is the demo as it is told: what it knows of the customer's people is what it checks Rollcall against.
type story struct {
	shell
	endpoints config.Endpoints
	company   *rostergen.Company
	invited   map[string]bool // unique IDs of those who were invited
	known     map[string]bool // unique IDs of those who were in the directory at the last look
	mails     map[string]bool // files of the mail sink that were counted already
}

// prepare writes what the people of the story have on their machines, and makes up the company.
func (s *story) prepare(tenantFile []byte) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	s.programs["rollcall"] = program
	s.company = rostergen.New(storySeed, storyPeople)
	s.invited, s.known, s.mails = map[string]bool{}, map[string]bool{}, map[string]bool{}
	sshConfig := fmt.Sprintf(`Host acme
  HostName %s
  Port %d
  User acme
  IdentityFile acme_key
  IdentitiesOnly yes
  IdentityAgent none
  BatchMode yes
  StrictHostKeyChecking accept-new
  UserKnownHostsFile known_hosts
  GlobalKnownHostsFile /dev/null
  LogLevel ERROR
`, s.endpoints.SFTP.Host, s.endpoints.SFTP.Port)
	for name, content := range map[string][]byte{"acme.yaml": tenantFile, "ssh_config": []byte(sshConfig)} {
		if err := s.write(name, content); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file into the folder in which the demo's commands run.
func (s *story) write(name string, content []byte) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make folder of the demo: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
		return fmt.Errorf("write file of the demo: %w", err)
	}
	return nil
}

// tell tells the whole story. An error is where it did not go as told.
func (s *story) tell(ctx context.Context) error {
	s.sayLine("Rollcall: the way of a roster, from a customer's machine to the people in it.")
	for _, chapter := range []func(context.Context) error{s.setUp, s.firstRoster, s.nextMonth, s.twoBrokenFiles} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) setUp(ctx context.Context) error {
	s.chapter("1. A customer is set up")
	s.say("Acme Corp will upload the list of its people once a month. What was agreed with them stands in one file:\n" +
		"the columns, the cadence, who hears of what, and what happens to somebody who is no longer listed.")
	if _, err := s.show(ctx, "rollcall", "tenant", "apply", "acme.yaml"); err != nil {
		return err
	}
	s.say("Acme's IT makes a key and sends us its public half. There are no passwords.")
	if _, err := s.show(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "it@acme.example", "-f", "acme_key"); err != nil {
		return err
	}
	if _, err := s.show(ctx, "rollcall", "key", "add", "acme", "acme_key.pub", "--label", "Acme IT"); err != nil {
		return err
	}
	s.say("Until a tenant is activated, its files are read and compared, and nothing is applied.")
	_, err := s.show(ctx, "rollcall", "tenant", "activate", "acme", "--skip-setup", "--reason", "known from the demo", "--by", storyBy)
	return err
}

func (s *story) firstRoster(ctx context.Context) error {
	s.chapter("2. The first roster")
	file, err := s.exportRoster()
	if err != nil {
		return err
	}
	s.say("Acme's HR system exports %s people: names in many scripts, English and French, quoted cells, supervisors.", planview.Number(s.company.Len()))
	if _, err := s.show(ctx, "head", "-n", "4", file); err != nil {
		return err
	}
	s.say("IT uploads it with the sftp that every machine has.")
	imp, err := s.deliver(ctx, file)
	if err != nil {
		return err
	}
	if err := s.checkHeldAsFirst(ctx, imp); err != nil {
		return err
	}
	s.say("An upload counts as whole once it was left alone for a while: 2 seconds here, a minute in a deployment.\n" +
		"Then Rollcall has read it, and holds it, since it is Acme's first.")
	if _, err := s.show(ctx, "rollcall", "import", "show", imp.Import); err != nil {
		return err
	}
	s.say("A customer success manager (CSM) has looked, and approves exactly this change set.")
	if _, err := s.show(ctx, "rollcall", "import", "approve", imp.Import, "--changeset", imp.ChangeSet, "--by", storyBy,
		"--reason", "counts agreed with Acme", "--wait"); err != nil {
		return err
	}
	return s.checkApplied(ctx, imp)
}

func (s *story) nextMonth(ctx context.Context) error {
	s.chapter("3. A month later")
	month := s.company.Next(storyMonth())
	file, err := s.exportRoster()
	if err != nil {
		return err
	}
	s.say("%d people joined, %d left, %d changed their job, department or city, %d went on leave, %d came back, and\n%d have another address under the same Unique ID. The next file does not say so: it is again a list of everybody.",
		len(month.Joiners), len(month.Leavers), len(month.Changed), len(month.OnLeave), len(month.BackFromLeave), len(month.NewAddress))
	imp, err := s.deliver(ctx, file)
	if err != nil {
		return err
	}
	if err := imp.expect(contract.AwaitingDecision, ""); err != nil {
		return err
	}
	s.say("Acme has agreed that a person decides about every file. This is what would change:")
	if _, err := s.show(ctx, "rollcall", "import", "show", imp.Import, "--changes", "--limit", "0"); err != nil {
		return err
	}
	if err := s.checkPlan(imp, month); err != nil {
		return err
	}
	s.say("\nThis time it is approved by a signal of the Temporal CLI, as another system or the Web UI would do it.")
	if err := s.signal(ctx, imp); err != nil {
		return err
	}
	if _, err := s.show(ctx, "rollcall", "import", "watch", imp.Import); err != nil {
		return err
	}
	return s.checkApplied(ctx, imp)
}

// signal approves an import through the Temporal CLI.
func (s *story) signal(ctx context.Context, imp demoImport) error {
	decision := fmt.Sprintf(`{"decision_id": "demo", "verdict": "approve", "by": %q, "reason": "as announced by Acme",
              "changeset": %q}`, storyBy, imp.ChangeSet)
	_, err := s.show(ctx, "temporal", "workflow", "signal", "--workflow-id", imp.WorkflowID, "--name", contract.SignalDecision, "--input", decision)
	return err
}

func (s *story) twoBrokenFiles(ctx context.Context) error {
	s.chapter("4. Two files that must never become a plan")
	before, err := s.members(ctx)
	if err != nil {
		return err
	}
	s.say("An export broke after its header. Read naively, everybody at Acme has left.")
	if err := s.refused(ctx, "file-no-rows", s.exportHeader); err != nil {
		return err
	}
	s.say("\nAnother has lost the column that people are written to by.")
	if err := s.refused(ctx, "column-missing", s.exportWithoutEmail); err != nil {
		return err
	}
	return s.checkNothingChanged(ctx, before)
}

// refused delivers a file that must be refused, and fetches the receipt that says why, as customer IT does.
func (s *story) refused(ctx context.Context, code string, export func() (string, error)) error {
	file, err := export()
	if err != nil {
		return err
	}
	if err := s.upload(ctx, file); !failedWith(err, 1) {
		return fmt.Errorf("the upload of a bad file ended with %v, and should have failed", err)
	}
	s.found("sftp ended with exit code 1, so that the customer's own script hears of it at once\n")
	imp, err := s.awaitImport(ctx, file)
	if err != nil {
		return err
	}
	if err := imp.expect(contract.Closed, contract.Refused); err != nil {
		return err
	}
	s.say("It is refused, and Acme's IT can read why where they uploaded it:")
	batch := fmt.Sprintf("get \"reports/%s.result.txt\" receipt.txt\nget \"reports/%s.result.json\" receipt.json\n", file, file)
	if err := s.sftp(ctx, "fetch.batch", batch); err != nil {
		return err
	}
	if _, err := s.show(ctx, "cat", "receipt.txt"); err != nil {
		return err
	}
	return s.checkReceipt(code)
}

// end says where to look and how long it took.
func (s *story) end(took time.Duration, dir string, keep bool) {
	s.chapter("That was the whole way of a file")
	s.say("It took %.0f seconds, with the start of everything. Nothing of it was simulated.", took.Seconds())
	if !keep {
		s.say("This stack stops now. With --keep it stays up, and these show the runs, the mails and the rest:")
	} else {
		s.say("The stack keeps running. Here it can be seen:")
	}
	for _, a := range addresses(s.endpoints) {
		s.sayLine(fmt.Sprintf("  %-16s %s", a.what, a.where))
	}
	if keep {
		s.say("\nTo use it from another terminal:\n\n  export ROLLCALL_ENDPOINTS=%s\n\nCtrl-C stops it. Its folder stays: `rollcall dev --dir %s` starts it again.",
			quote(filepath.Join(stackDir(dir), "endpoints.json")), quote(stackDir(dir)))
	}
}
