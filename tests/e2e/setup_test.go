package e2e

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"rollcall.internal/internal/contract"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// tellSettingUp walks the guide's six steps with a new tenant: its sample is rehearsed and mails nobody, the customer verifies what it would do, and the same file is
// planned once the tenant is active.
func tellSettingUp(t *testing.T, s *stack) {
	c := newTenant(t, s, "settingup", 40)
	s.must(t, "tenant", "setup", c.id, "frequency", "--by", emily)
	s.must(t, "tenant", "setup", c.id, "mapping", "--by", emily)
	early := s.rollcall(t, "tenant", "setup", c.id, "sample", "--by", emily)
	if early.code != 0 || !strings.Contains(early.stderr, "no sample file") {
		t.Errorf("a sample without a file ended with %d and said %q", early.code, early.stderr)
	}

	sample := c.spoilt(c.export())
	imp := c.deliver(sample)
	c.expect(imp, contract.Closed, contract.Rehearsed)
	c.checkLists(imp)

	s.must(t, "tenant", "setup", c.id, "sample", "--by", emily)
	s.must(t, "tenant", "setup", c.id, "review", "--by", emily)
	s.must(t, "tenant", "setup", c.id, "verification", "--by", "Ana Roy", "--answer", "wrong", "--comment", "Ben has left", "--import", imp.Import)
	refused := s.refuse(t, 5, "verification list (the customer's program owner, with the csm)", "tenant", "activate", c.id, "--by", emily)
	if !strings.Contains(refused.stderr, "Ben has left") || !strings.Contains(refused.stderr, "rollcall tenant setup "+c.id+" verification --by NAME") || strings.Contains(refused.stderr, "sample file") {
		t.Errorf("the activation is refused with %q", refused.stderr)
	}
	s.must(t, "tenant", "setup", c.id, "verification", "--by", "Ana Roy")
	c.checkAnswer(imp)

	// Other rules than those that were verified ask for another verification.
	s.must(t, "tenant", "apply", c.write("tenant.yaml", c.edited(c.file(), "missing: delete", "missing: deactivate")), "--yes")
	s.refuse(t, 5, "other rules", "tenant", "activate", c.id, "--by", emily)
	imp = c.deliver(sample)
	c.expect(imp, contract.Closed, contract.Rehearsed)
	s.must(t, "tenant", "setup", c.id, "verification", "--by", "Ana Roy")
	c.checkNobodyMailed()

	activated := s.rollcall(t, "tenant", "activate", c.id, "--by", emily)
	if activated.code != 0 || !strings.Contains(activated.stderr, "the next upload of "+c.id+" is the first that can be approved") {
		t.Fatalf("the activation ended with %d and said %q", activated.code, activated.stderr)
	}
	c.checkDirectory(map[string]member{})
	c.expect(c.deliver(sample), contract.AwaitingDecision, "")
	c.checkNobodyMailed()
}

// spoilt is a roster of which the last row is set aside: its address is none.
func (c *customer) spoilt(export string) string {
	c.t.Helper()
	people := c.company.People()
	address := people[len(people)-1].Value(roster.Email)
	return c.edited(export, address, strings.ReplaceAll(address, "@", " at "))
}

// checkLists looks at the verification list in each format: it says of the sample what stands in it.
func (c *customer) checkLists(imp imported) {
	c.t.Helper()
	agreed, err := tenantfile.Decode([]byte(c.file()))
	if err != nil {
		c.t.Fatal(err)
	}
	people := c.company.People()
	people = people[:len(people)-1]
	want := map[string][]string{}
	for _, p := range people {
		for _, field := range agreed.Mapping.Fields() {
			want[p.Value(roster.Email)] = append(want[p.Value(roster.Email)], p.Value(field))
		}
	}
	c.checkWorkbook(imp, agreed, want)
	table, page := c.list(imp, "csv", "--locale", "en-US"), c.list(imp, "html")
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\uFEFF"))).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	created := map[string]bool{}
	for _, cells := range records[1:] {
		if cells[0] == "Create" {
			created[cells[4]] = true
		}
	}
	for address := range want {
		if !created[address] || !strings.Contains(page, address) {
			c.t.Errorf("%s: in the table %t, in the page %t", address, created[address], strings.Contains(page, address))
		}
	}
	if len(created) != len(want) || !strings.Contains(page, `<html lang="fr-CA">`) || !strings.Contains(table, "email-format") {
		c.t.Errorf("the table has %d people, want %d; or the page is not in the program owner's language, or nobody is set aside", len(created), len(want))
	}
}

// checkWorkbook compares each new person in the workbook with their row, cell by cell.
func (c *customer) checkWorkbook(imp imported, agreed tenant.File, want map[string][]string) {
	c.t.Helper()
	c.list(imp, "xlsx", "--locale", "en-US")
	book, err := excelize.OpenFile(c.path("list.xlsx"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Create")
	if err != nil {
		c.t.Fatal(err)
	}
	for i, column := range agreed.Mapping.Columns {
		if !strings.HasPrefix(rows[0][i+2], column.Title) || strings.Contains(rows[0][i+2], "(private)") != (column.Visibility == roster.Private) {
			c.t.Errorf("the column of %s is called %q", column.Title, rows[0][i+2])
		}
	}
	got := map[string][]string{}
	for _, cells := range rows[1:] {
		cells = append(cells[2:], make([]string, len(agreed.Mapping.Columns))...)[:len(agreed.Mapping.Columns)]
		got[cells[2]] = cells // the address is the third column
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("people in the workbook (-want +got):\n%.2000s", diff)
	}
}

// list is the verification list in a format.
func (c *customer) list(imp imported, format string, options ...string) string {
	c.t.Helper()
	var told struct {
		Import, Out, Format, ChangeSet string
		Totals                         struct{ Create, SetAside int }
	}
	c.s.json(c.t, &told, append([]string{"import", "report", imp.Import, "--out", c.path("list." + format)}, options...)...)
	if told.Import != imp.Import || told.Format != format || told.ChangeSet != imp.ChangeSet || told.Totals.Create != imp.Totals.Create {
		c.t.Errorf("the report says of itself %+v", told)
	}
	raw, err := os.ReadFile(c.path("list." + format))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

// checkAnswer looks at what is told of the customer's answer.
func (c *customer) checkAnswer(imp imported) {
	c.t.Helper()
	var shown struct {
		Verification struct{ Answer, By, At, Comment string }
	}
	c.s.json(c.t, &shown, "import", "show", imp.Import)
	if v := shown.Verification; v.Answer != "right" || v.By != "Ana Roy" || v.At == "" {
		c.t.Errorf("the answer is shown as %+v", v)
	}
}

// checkNobodyMailed looks into the outbox and the mailboxes.
func (c *customer) checkNobodyMailed() {
	c.t.Helper()
	mails := 0
	c.rows(func(tx pgx.Tx) error { return tx.QueryRow(c.t.Context(), `SELECT count(*) FROM mail`).Scan(&mails) })
	if mails > 0 {
		c.t.Errorf("%d mails are due or sent", mails)
	}
	c.checkMails()
}
