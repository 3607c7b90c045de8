package filediff_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/approval"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/mapping"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant"
)

// A fataler is a test, of the standard library or of rapid.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// columns are those of the files here.
func columns(fields ...roster.Field) mapping.Mapping {
	var m mapping.Mapping
	for _, f := range fields {
		m.Columns = append(m.Columns, mapping.Column{Title: string(f), Field: f, Visibility: roster.Private})
	}
	return m
}

func usual() tenant.File {
	return tenant.File{
		Mapping: columns(roster.FirstName, roster.LastName, roster.Email, roster.UniqueID, roster.Status, roster.City),
		People:  tenant.People{Missing: tenant.MissingDelete, MissingAfter: 1},
	}
}

const header = "first_name,last_name,email,unique_id,status,city\n"

const (
	ana = "Ana,Roy,ana@x.example,1,active,Bern\n"
	bob = "Bob,Ng,bob@x.example,2,active,Oslo\n"
	ida = "Ida,Low,ida@x.example,3,inactive,Rome\n"
)

// crowd is lines of so many people, whom no other line is about.
func crowd(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "First%d,%s,crowd%d@x.example,c%d,active,Lima\n", i, longName, i, i)
	}
	return b.String()
}

// With so many people of such a name a file is read in blocks, and lines that are known are passed over.
const enough = 200

var longName = strings.Repeat("Long and ", 100) + "Longer"

// compare compares two texts, and looks after its memory and its files: nothing is left of them in the end. Whether the files can be read at any place or only once, in order, the same comes out.
func compare(t fataler, dir, old, new string, o filediff.Options) told {
	t.Helper()
	o.OldDigest = true
	once := compareOnce(t, dir, old, new, o)
	o.Old.At, o.Old.Size = strings.NewReader(old), int64(len(old))
	o.New.At, o.New.Size = strings.NewReader(new), int64(len(new))
	sameTold(t, once, compareOnce(t, dir, old, new, o))
	return once
}

func sameTold(t fataler, got, want told) {
	t.Helper()
	for what, sides := range map[string][2]any{
		"changes": {got.changes, want.changes}, "summary": {got.Summary, want.Summary}, "checks": {got.Checks, want.Checks}, "old": {got.Old, want.Old}, "new": {got.New, want.New}, "names": {got.names, want.names},
	} {
		if diff := cmp.Diff(sides[0], sides[1]); diff != "" {
			t.Errorf("%s (-got +want):\n%s", what, diff)
		}
	}
}

func compareOnce(t fataler, dir, old, new string, o filediff.Options) told {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	o.Old.In, o.New.In, o.Alloc, o.TempDir = strings.NewReader(old), strings.NewReader(new), alloc, dir
	r, err := filediff.Compare(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	told := told{Result: r, changes: changes(t, r)}
	if told.names, err = r.Names(context.Background(), told.changes); err != nil {
		t.Fatal(err)
	}
	if again := changes(t, r); !cmp.Equal(again, told.changes) {
		t.Errorf("read a second time, the changes are others: %s", cmp.Diff(again, told.changes))
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("while there is a result, %d files have a name: %v", len(entries), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := alloc.CurrentAlloc(); n != 0 {
		t.Errorf("%d bytes of Arrow memory were not given back", n)
	}
	return told
}

// told is a result with all that it tells.
type told struct {
	*filediff.Result
	changes []changeset.Change
	names   map[string]string
}

func changes(t fataler, r *filediff.Result) []changeset.Change {
	t.Helper()
	var all []changeset.Change
	for c, err := range r.Changes() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// inShort is changes in short: "op address field:before→after".
func inShort(all []changeset.Change) []string {
	var short []string
	for _, c := range all {
		text := string(c.Op) + " " + c.Email
		for _, f := range c.Fields {
			text += " " + string(f.Field) + ":" + f.Before + "→" + f.After
		}
		short = append(short, text)
	}
	return short
}

func TestCompare(t *testing.T) {
	t.Parallel()
	eve := "Eve,Fox,eve@x.example,4,,\n" // of whom the file does not say that she is active
	for _, test := range []struct {
		name, old, new string
		want           []string
		unchanged      int
	}{
		{"the same", ana + bob + ida + eve, ana + bob + ida + eve, nil, 4},
		{"another order", ana + bob + ida, ida + ana + bob, nil, 3},
		{"somebody new", ana, ana + bob, []string{
			"create bob@x.example first_name:→Bob last_name:→Ng email:→bob@x.example unique_id:→2 status:→active city:→Oslo"}, 1},
		{"somebody gone", ana + bob, ana, []string{"delete bob@x.example"}, 1},
		{"a field", ana, strings.Replace(ana, "Bern", "Basel", 1), []string{"update ana@x.example city:Bern→Basel"}, 0},
		{"a field emptied", ana, strings.Replace(ana, "Bern", "", 1), []string{"update ana@x.example city:Bern→"}, 0},
		{"an address", ana, strings.Replace(ana, "ana@", "roy@", 1), []string{"update roy@x.example email:ana@x.example→roy@x.example"}, 0},
		{"a unique ID", ana, strings.Replace(ana, "1", "9", 1), []string{"update ana@x.example unique_id:1→9"}, 0},
		{"on leave", ana, strings.Replace(ana, "active", "inactive", 1), []string{"deactivate ana@x.example status:active→inactive"}, 0},
		{"back from leave", ida, strings.Replace(ida, "inactive", "active", 1), []string{"reactivate ida@x.example status:inactive→active"}, 0},
		{"active for the first time", eve, strings.Replace(eve, ",,", ",active,", 1), []string{"reactivate eve@x.example status:inactive→active"}, 0},
		{"still on leave, and a field", ida, strings.Replace(ida, "Rome", "Pisa", 1), []string{"update ida@x.example city:Rome→Pisa"}, 0},
		{"what the old file set aside is nobody's", ana + "Bob,Ng,bob,2,active,Oslo\n", ana + bob, []string{
			"create bob@x.example first_name:→Bob last_name:→Ng email:→bob@x.example unique_id:→2 status:→active city:→Oslo"}, 1},
		{"what the new file sets aside is not removed", ana + bob, ana + "Bob,Ng,bob,2,active,Oslo\n", nil, 1},
		{"a repeated row counts once", ana + bob + bob, ana + bob, nil, 2},
		{"rows that contradict each other are nobody's", ana + bob + strings.Replace(bob, "Oslo", "Pisa", 1), ana, nil, 1},
		{"rows that contradict each other remove nobody", ana + bob, ana + bob + strings.Replace(bob, "Oslo", "Pisa", 1), nil, 1},
		{"a row that contradicts others is about somebody who had a good one", ana + bob + ida, ana + strings.Replace(bob, "Oslo", "Pisa", 1) + strings.Replace(bob, "Oslo", "Rome", 1) + ida, nil, 2},
		{"a line that both have, and one that shares its address", ana + bob, ana + bob + "Rob,Ng,bob@x.example,9,active,Oslo\n", nil, 1},
		{"a line that both have, twice", ana + bob, ana + bob + bob, nil, 2},
		{"a line that repeats another in both", ana + bob + bob, bob + bob + ana, nil, 2},
		{"a value aside", strings.Replace(ana, "Bern", "#REF!", 1) + bob, ana + strings.Replace(bob, "Oslo", "#REF!", 1), []string{"update ana@x.example city:→Bern"}, 1},
		{"a value aside, and its clearing", strings.Replace(ana, "Bern", "#REF!", 1), strings.Replace(ana, "Bern", "", 1), nil, 1},
		{"something to say of a name in both", strings.Replace(ana, "Ana", "Zo\u00c3\u00ab", 1), strings.Replace(strings.Replace(ana, "Ana", "Zo\u00c3\u00ab", 1), "Bern", "Basel", 1), []string{
			"update ana@x.example city:Bern→Basel"}, 0},
		{"a row of several lines", strings.Replace(ana, "Bern", "\"Bern\nWest\"", 1) + bob, bob + strings.Replace(ana, "Bern", "\"Bern\nEast\"", 1), []string{
			"update ana@x.example city:Bern\nWest→Bern\nEast"}, 1},
		{"lines that end otherwise", ana + strings.ReplaceAll(bob, "\n", "\r\n"), strings.ReplaceAll(ana, "\n", "\r\n") + bob, nil, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, others := range []int{0, enough} {
				r := compare(t, t.TempDir(), header+test.old+crowd(others), header+crowd(others)+test.new, filediff.Options{Tenant: usual()})
				if diff := cmp.Diff(inShort(r.changes), test.want); diff != "" {
					t.Errorf("among %d others, changes (-got +want):\n%s", others, diff)
				}
				if got := r.Summary.Totals; got.Unchanged != test.unchanged+others || got.Changes() != len(test.want) {
					t.Errorf("%d unchanged and %d changes, want %d and %d", got.Unchanged, got.Changes(), test.unchanged+others, len(test.want))
				}
			}
		})
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	broken := "Bob,Ng,bob,2,active,Oslo\n"
	r := compare(t, t.TempDir(), header+ana+bob+ida, header+broken+strings.Replace(ana, "Bern", "Basel", 1), filediff.Options{
		Tenant: usual(), Old: filediff.Source{Name: "roster 12.01.2026.csv"}, New: filediff.Source{Name: "roster 11.01.2026.csv"},
	})
	want := changeset.Totals{Update: 1, Delete: 1, SetAside: 1}
	if diff := cmp.Diff(r.Summary.Totals, want); diff != "" {
		t.Errorf("totals (-got +want):\n%s", diff)
	}
	if r.Old.Rows != 3 || r.New.Rows != 2 || r.New.SetAside != 1 || r.Summary.Members != 3 || !r.Summary.Digest.Valid() {
		t.Errorf("old rows %d, new rows %d, %d set aside, %d members, digest %q", r.Old.Rows, r.New.Rows, r.New.SetAside, r.Summary.Members, r.Summary.Digest)
	}
	levels := map[approval.CheckID]approval.Level{}
	for _, c := range r.Checks {
		levels[c.ID] = c.Level
	}
	for id, level := range map[approval.CheckID]approval.Level{
		approval.CheckOlderFile: approval.Hold, approval.CheckRosterShrunk: approval.Hold, approval.CheckRejectedRows: approval.Hold, approval.CheckDeletes: approval.OK,
		approval.CheckFirstImport: "", approval.CheckMappingChanged: "",
	} {
		if levels[id] != level {
			t.Errorf("%s is %q, want %q", id, levels[id], level)
		}
	}
	if diff := cmp.Diff(r.names, map[string]string{r.changes[0].Member: "Ana Roy", r.changes[1].Member: "Ida Low"}); diff != "" {
		t.Errorf("names (-got +want):\n%s", diff)
	}
}

// One digest stands for one answer: it moves with the new file and with the rules, and with nothing else.
func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(old, new string, change func(*filediff.Options)) changeset.Digest {
		o := filediff.Options{Tenant: usual()}
		change(&o)
		return compare(t, t.TempDir(), header+old, header+new, o).Summary.Digest
	}
	same := func(*filediff.Options) {}
	want := digest(ana+bob, ana, same)
	for name, got := range map[string]changeset.Digest{
		"again":          digest(ana+bob, ana, same),
		"other names":    digest(ana+bob, ana, func(o *filediff.Options) { o.Old.Name, o.New.Name = "a 01.01.2026.csv", "b 02.01.2026.csv" }),
		"other contacts": digest(ana+bob, ana, func(o *filediff.Options) { o.Tenant.Contacts = []tenant.Contact{{Role: tenant.CSM, Name: "x"}} }),
		"one worker":     digest(ana+bob, ana, func(o *filediff.Options) { o.Workers = 1 }),
	} {
		if got != want {
			t.Errorf("%s: another digest", name)
		}
	}
	for name, got := range map[string]changeset.Digest{
		"nothing changes": digest(ana, ana, same), "another new file": digest(ana+bob, ana+ida, same),
		"another rule": digest(ana+bob, ana, func(o *filediff.Options) { o.Tenant.People.Missing = tenant.MissingDeactivate }),
	} {
		if got == want {
			t.Errorf("%s: the same digest", name)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, old, new string
		oldCode        roster.Code
		newCode        roster.Code
	}{
		{"the old one is empty", "", header + ana, roster.FileEmpty, ""},
		{"the new one is empty", header + ana, "", "", roster.FileEmpty},
		{"the new one has no rows", header + ana, header, "", roster.FileNoRows},
		{"the old one lacks a column", "first_name,last_name\nAna,Roy\n", header + ana, roster.ColumnMissing, ""},
		{"both", "", header, roster.FileEmpty, roster.FileNoRows},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found := map[string]roster.Code{}
			each := func(side string) func() func(roster.Finding) {
				return func() func(roster.Finding) { return func(f roster.Finding) { found[side] = f.Code } }
			}
			o := filediff.Options{Tenant: usual()}
			if test.oldCode != "" {
				o.Old.Each = each("old")
			}
			if test.newCode != "" && test.oldCode == "" {
				o.New.Each = each("new")
			}
			r := compare(t, t.TempDir(), test.old, test.new, o)
			if !r.Refused() || r.Old.Refused() != (test.oldCode != "") || r.New.Refused() != (test.newCode != "") {
				t.Errorf("refused: %t, the old one %t, the new one %t", r.Refused(), r.Old.Refused(), r.New.Refused())
			}
			for code, reading := range map[roster.Code]filediff.Reading{test.oldCode: r.Old, test.newCode: r.New} {
				if code != "" && reading.Totals[code] == 0 {
					t.Errorf("%s is not found, but %v", code, reading.Totals)
				}
			}
			if len(found) == 0 || len(r.changes) > 0 || r.Summary.Digest != "" || r.Checks != nil {
				t.Errorf("%d findings told one by one, %d changes, digest %q, checks %v", len(found), len(r.changes), r.Summary.Digest, r.Checks)
			}
			if len(r.Old.SHA256) != 64 || len(r.New.SHA256) != 64 {
				t.Errorf("digests of the files are %q and %q", r.Old.SHA256, r.New.SHA256)
			}
		})
	}
}

// What is wrong with reading ends it, says which file it was, and leaves nothing behind.
func TestReadingFails(t *testing.T) {
	t.Parallel()
	for which, want := range map[string]string{"old": "read the old file: ", "new": "read the new file: "} {
		for _, anywhere := range []bool{false, true} {
			dir := t.TempDir()
			o := sources(header+ana, header+ana, anywhere)
			o.TempDir = dir
			side := &o.Old
			if which == "new" {
				side = &o.New
			}
			side.In = io.MultiReader(strings.NewReader(header+ana), iotest.ErrReader(io.ErrUnexpectedEOF))
			_, err := filediff.Compare(t.Context(), o)
			if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: %v", which, err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				t.Errorf("%s: %d files are left: %v", which, len(entries), err)
			}
		}
	}
}

// Where a line that both files have shares an identifier with another of the new one, that is read a second time, from wherever it can be; otherwise each is read once.
func TestReadAgain(t *testing.T) {
	t.Parallel()
	shares := "Rob,Ng,bob@x.example,9,active,Oslo\n"
	for _, test := range []struct {
		name, new string
		want      int
	}{{"shared", header + ana + bob + shares + crowd(enough), 2}, {"not shared", header + ana + bob + crowd(enough), 1}} {
		for _, anywhere := range []bool{false, true} {
			o := sources(header+crowd(enough)+ana+bob+ida, test.new, anywhere)
			begun, found := 0, 0
			o.TempDir, o.New.Each = t.TempDir(), func() func(roster.Finding) {
				begun, found = begun+1, 0
				return func(roster.Finding) { found++ }
			}
			r, err := filediff.Compare(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if begun != test.want || found != 2*(test.want-1) {
				t.Errorf("%s, read at any place: %t: it was read %d times and told %d findings", test.name, anywhere, begun, found)
			}
		}
	}
}

// One of the two files may be one that can be read only once.
func TestOneIsReadOnce(t *testing.T) {
	t.Parallel()
	old, new := header+ana+bob+ida+crowd(enough), header+crowd(enough)+ida+strings.Replace(ana, "Bern", "Basel", 1)+strings.Replace(bob, "2", "7", 1)
	want := compare(t, t.TempDir(), old, new, filediff.Options{Tenant: usual()})
	for _, once := range []string{"old", "new"} {
		o := sources(old, new, true)
		o.OldDigest = true
		if once == "old" {
			o.Old.At = nil
		} else {
			o.New.At = nil
		}
		sameTold(t, compareOnce(t, t.TempDir(), old, new, o), want)
	}
}

// The digest of the new file is always told, that of the old one to who asks, or where the file is refused.
func TestOldDigest(t *testing.T) {
	t.Parallel()
	old, new := header+ana, header+bob
	sum := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	for _, test := range []struct {
		name, old string
		asked     bool
		want      string
	}{{"nobody asks", old, false, ""}, {"somebody asks", old, true, sum(old)}, {"refused", header, false, sum(header)}, {"refused at once", "PK\x03\x04" + old, false, sum("PK\x03\x04" + old)}} {
		o := sources(test.old, new, true)
		o.OldDigest, o.TempDir = test.asked, t.TempDir()
		r, err := filediff.Compare(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if r.Old.SHA256 != test.want || r.New.SHA256 != sum(new) {
			t.Errorf("%s: digests are %q and %q", test.name, r.Old.SHA256, r.New.SHA256)
		}
	}
}

// endless yields rows for ever, and tells once when somebody has begun to read them.
type endless struct {
	begun chan struct{}
	rows  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rows++; e.rows == 100 {
		close(e.begun)
	}
	if e.rows == 1 {
		return copy(p, header), nil
	}
	return copy(p, ana), nil
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	src := &endless{begun: make(chan struct{})}
	go func() {
		<-src.begun
		cancel()
	}()
	_, err := filediff.Compare(ctx, filediff.Options{
		Tenant: usual(), TempDir: t.TempDir(), Old: filediff.Source{In: strings.NewReader(header + ana)}, New: filediff.Source{In: src},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, it ends with %v", err)
	}
}

// A month of a company of some thousands comes out as it was made.
func TestMonth(t *testing.T) {
	t.Parallel()
	agreed := usual()
	agreed.Mapping = mapping.Mapping{}
	for _, c := range rostergen.Columns() {
		agreed.Mapping.Columns = append(agreed.Mapping.Columns, mapping.Column{Title: c.Title, Field: c.Field, Visibility: roster.Private})
	}
	company := rostergen.New(7, 20_000)
	old := text(t, company)
	month := company.Next(rostergen.Delta{Joiners: 300, Leavers: 200, Changed: 1000, OnLeave: 90, BackFromLeave: 80, NewAddress: 70})
	progress := 0
	r := compare(t, t.TempDir(), old, text(t, company), filediff.Options{Tenant: agreed, Progress: func(rows int) { progress = rows }})
	want := changeset.Totals{
		Create: len(month.Joiners), Update: len(month.Changed) + len(month.NewAddress), Delete: len(month.Leavers), Deactivate: len(month.OnLeave), Reactivate: len(month.BackFromLeave),
	}
	want.Unchanged = 20_000 - want.Changes() + want.Create
	if diff := cmp.Diff(r.Summary.Totals, want); diff != "" {
		t.Errorf("totals (-got +want):\n%s", diff)
	}
	if got := r.Summary.Fields[roster.Email]; got != len(month.NewAddress) {
		t.Errorf("%d addresses change, want %d", got, len(month.NewAddress))
	}
	leavers := map[string]string{}
	for _, p := range month.Leavers {
		leavers[p.Value(roster.Email)] = p.Value(roster.FirstName) + " " + p.Value(roster.LastName)
	}
	for _, c := range r.changes {
		if c.Op == changeset.Delete && r.names[c.Member] != leavers[c.Email] {
			t.Errorf("the name of somebody who left is %q", r.names[c.Member])
		}
	}
	if progress > company.Len() {
		t.Errorf("progress tells %d rows of %d", progress, company.Len())
	}
}

func text(t *testing.T, company *rostergen.Company) string {
	t.Helper()
	var b strings.Builder
	if err := company.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
