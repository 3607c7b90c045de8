package diff_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/batch/batchtest"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/diff/difftest"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A world is both sides of a comparison and how they are stored.
type world struct {
	fields  []roster.Field
	rows    []batch.Row // as they are read in the end
	members []directory.Member
	in      diff.Input

	stored         []batch.Row  // as they are written
	noted          map[int]bool // by number: rows of which reading says something
	dropped, aside []int32      // numbers of rows that were settled so
	seed, oldSeed  batch.Seed
	hashed         []roster.Field
	batchRows      int
}

var (
	someIDs    = []string{"", "", "1", "2", "3", "E-1001", "E-1002", "e-1002", "E-1003", "\u00e9-77", "e\u0301-77"}
	someFirsts = []string{"Ana", "ana", "Bob", "Ren\u00e9e", "Rene\u0301e", "REN\u00c9E"}
	someLasts  = []string{"Roy", "ROY", "Ng"}
	someEmails = []string{"a@x.example", "A@X.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example", "ren\u00e9e@x.example", "rene\u0301e@x.example", " ", "  "}
	someCities = []string{"Bern", "Rome", "", "E-1001", "a@x.example", "B@x.example"}
)

func pick(t *rapid.T, label string, from []string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

// drawValues draws what a row or a member says, field by field.
func drawValues(t *rapid.T) map[roster.Field]string {
	return map[roster.Field]string{
		roster.UniqueID: pick(t, "id", someIDs), roster.FirstName: pick(t, "first", someFirsts), roster.LastName: pick(t, "last", someLasts), roster.Email: pick(t, "email", someEmails),
		roster.Status: pick(t, "status", []string{"active", "active", "inactive", ""}), roster.ProgramEligibility: pick(t, "eligibility", []string{"eligible", "ineligible", ""}), roster.City: pick(t, "city", someCities),
	}
}

func drawMembers(t *rapid.T) (members []directory.Member) {
	states := []directory.State{directory.Invited, directory.Active, directory.Deactivated, directory.Deleted}
	for i := range rapid.IntRange(0, 9).Draw(t, "members") {
		m := directory.Member{ID: difftest.ID(i), Version: int64(i) - 1, Source: directory.FromRoster, State: rapid.SampledFrom(states).Draw(t, "state"), Values: drawValues(t)}
		if rapid.IntRange(0, 5).Draw(t, "source") == 0 {
			m.Source = directory.FromSelf
		}
		if m.State == directory.Deleted {
			m.DeletedUntil = now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "until")) * time.Hour)
		}
		if rapid.Bool().Draw(t, "no address twice") && slices.ContainsFunc(members, func(o directory.Member) bool {
			return roster.FoldEmail(o.Value(roster.Email)) == roster.FoldEmail(m.Value(roster.Email)) || o.Value(roster.UniqueID) != "" && o.Value(roster.UniqueID) == m.Value(roster.UniqueID)
		}) {
			continue
		}
		members = append(members, m)
	}
	return members
}

func drawRules(t *rapid.T) tenant.People {
	p := tenant.People{Missing: rapid.SampledFrom([]tenant.Missing{tenant.MissingDelete, tenant.MissingDeactivate, tenant.MissingKeep}).Draw(t, "missing")}
	switch rapid.IntRange(0, 3).Draw(t, "rule") {
	case 0:
		p.EligibleWhen = map[roster.Field][]string{roster.City: {"Bern", "Rome"}}
	case 1:
		p.EligibleWhen = map[roster.Field][]string{roster.City: {"Bern", ""}, roster.Status: {"active"}}
	}
	if rapid.Bool().Draw(t, "protects") {
		p.Protect = []string{"B@x.example", "rene\u0301e@x.example"}
	}
	return p
}

// drawRow draws a row: often a member as it is, or changed in a field.
func (w *world) drawRow(t *rapid.T, number int) batch.Row {
	values := drawValues(t)
	if len(w.members) > 0 && rapid.IntRange(0, 3).Draw(t, "known") > 0 {
		m := rapid.SampledFrom(w.members).Draw(t, "of")
		field := rapid.SampledFrom([]roster.Field{"", "", roster.UniqueID, roster.Email, roster.City, roster.FirstName, roster.Status}).Draw(t, "changed")
		for f := range values {
			if f != field {
				values[f] = m.Value(f)
			}
		}
	}
	r := batch.Row{Number: number, UniqueID: values[roster.UniqueID], Email: values[roster.Email]}
	if !slices.Contains(w.fields, roster.UniqueID) {
		r.UniqueID = ""
	}
	for _, f := range w.fields {
		absent := values[f] == "" && f.KeepsWhenBlank() || f != roster.Email && f != roster.UniqueID && rapid.IntRange(0, 12).Draw(t, "damaged") == 0
		c := batch.Cell{Text: values[f], Absent: absent}
		if absent {
			c.Text = ""
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

func (w *world) drawRows(t *rapid.T) {
	number := 1
	for range rapid.IntRange(0, 9).Draw(t, "rows") {
		if rapid.IntRange(0, 3).Draw(t, "same number") > 0 {
			number++
		}
		r := w.drawRow(t, number)
		repeats := len(w.stored) > 0 && w.stored[len(w.stored)-1].Number == number
		if repeats || rapid.IntRange(0, 4).Draw(t, "aside") == 0 {
			r = batch.Row{Number: number, Aside: true, UniqueID: pick(t, "aside id", someIDs), Email: pick(t, "aside email", append([]string{"", ""}, someEmails...))}
		}
		w.stored = append(w.stored, r)
		if !r.Aside && rapid.IntRange(0, 3).Draw(t, "reading says something") == 0 {
			w.noted[r.Number] = true
		}
		if r.Aside {
			w.rows = append(w.rows, r)
			continue
		}
		w.settle(t, r)
	}
}

// settle says what became of a row in the end.
func (w *world) settle(t *rapid.T, r batch.Row) {
	switch rapid.IntRange(0, 9).Draw(t, "settled") {
	case 0:
		w.dropped = append(w.dropped, int32(r.Number))
	case 1:
		w.aside = append(w.aside, int32(r.Number))
		w.rows = append(w.rows, batch.Row{Number: r.Number, Aside: true, UniqueID: r.UniqueID, Email: r.Email})
	default:
		w.rows = append(w.rows, r)
	}
}

func drawWorld(t *rapid.T) *world {
	all := [][]roster.Field{
		fields, withoutColumn, {roster.Email, roster.FirstName, roster.LastName, roster.City},
		{roster.UniqueID, roster.FirstName, roster.LastName, roster.Email}, {roster.FirstName, roster.Email, roster.City, roster.UniqueID, roster.LastName, roster.Status},
	}
	w := &world{noted: map[int]bool{}, fields: rapid.SampledFrom(all).Draw(t, "fields"), members: drawMembers(t)}
	seeds := []batch.Seed{0, 7, batch.WeakSeed()}
	w.seed, w.oldSeed = rapid.SampledFrom(seeds).Draw(t, "seed"), rapid.SampledFrom(seeds).Draw(t, "old seed")
	w.hashed = w.fields
	if rapid.IntRange(0, 3).Draw(t, "hashed otherwise") == 0 {
		w.hashed = slices.Clone(w.fields)
		slices.Reverse(w.hashed)
	}
	w.batchRows = rapid.IntRange(1, 4).Draw(t, "batch")
	w.in = diff.Input{
		People: drawRules(t), FileSHA256: "f", MappingDigest: "m", Now: now, Epoch: 9, TempDir: "", Workers: rapid.IntRange(1, 3).Draw(t, "workers"),
		Memory: rapid.SampledFrom([]int64{1, 4 << 10, 64 << 20}).Draw(t, "memory"),
	}
	w.drawRows(t)
	return w
}

// roster writes the rows as they are stored.
func (w *world) roster(t difftest.T, alloc memory.Allocator) *batch.RosterFile {
	t.Helper()
	var out bytes.Buffer
	rw, err := batch.NewRosterWriter(&out, w.fields, alloc)
	if err != nil {
		t.Fatal(err)
	}
	rw.SetSeed(w.seed)
	for rows := range slices.Chunk(w.stored, w.batchRows) {
		if err := rw.WriteBlock(w.block(t, rows)); err != nil {
			t.Fatal(err)
		}
	}
	if err := rw.Settle(w.dropped, batchtest.Aside(w.aside)); err != nil {
		t.Fatal(err)
	}
	if err := rw.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := batch.OpenRoster(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// block makes rows a block, each of which has a line of its own.
func (w *world) block(t difftest.T, rows []batch.Row) *batch.Block {
	b := batch.NewBlock(len(w.fields))
	for i, r := range rows {
		if err := b.Add(r, w.fields, w.seed); err != nil {
			t.Fatal(err)
		}
		if r.Aside {
			continue
		}
		if w.noted[r.Number] {
			b.Kind[i] = batch.Noted
		}
		line := w.lineOf(r)
		b.Offset[i], b.Length[i], b.LineHi[i], b.LineLo[i] = line.Offset, line.Length, line.Hash.Hi, line.Hash.Lo
	}
	return b
}

// lineOf says where a row that takes part stands.
func (w *world) lineOf(r batch.Row) batch.LineRef {
	return batch.LineRef{Number: int32(r.Number), Offset: int64(r.Number) * 100, Length: 100 + int32(r.Number), Hash: w.seed.Line(fmt.Append(nil, r.Number))}
}

// resolve is a batch.Resolver. It reads rows that take part or were set aside late, and nobody else.
func (w *world) resolve(lines []batch.LineRef, into *batch.Block) error {
	into.Reset()
	for i, line := range lines {
		k := slices.IndexFunc(w.stored, func(r batch.Row) bool { return !r.Aside && r.Number == int(line.Number) })
		if k < 0 || line != w.lineOf(w.stored[k]) || slices.Contains(w.dropped, line.Number) || i > 0 && line.Number <= lines[i-1].Number {
			return fmt.Errorf("nobody has a line %+v behind %d others", line, i)
		}
		if err := into.Add(w.stored[k], w.fields, w.seed); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) directory(t difftest.T, alloc memory.Allocator) *batch.Snapshot {
	t.Helper()
	var out bytes.Buffer
	head := batch.SnapshotHead{Fields: diff.Fields(w.fields, w.in.People), Hashed: w.hashed, Seed: w.oldSeed}
	sw, err := batch.NewSnapshotWriter(&out, head, alloc)
	if err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(w.members, w.batchRows) {
		b := batch.NewMemberBlock(len(head.Fields))
		for _, m := range some {
			if err := b.Add(m, head.Fields); err != nil {
				t.Fatal(err)
			}
		}
		if err := sw.WriteBlock(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := sw.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := batch.OpenSnapshot(bytes.NewReader(out.Bytes()), int64(out.Len()), alloc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A sparse directory has of the members of a batch no more than it is asked for.
type sparse struct{ *batch.Snapshot }

func (d sparse) Some(i int, wanted []int32) (*batch.Members, error) {
	b, err := d.Snapshot.Some(i, wanted)
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 || !slices.IsSorted(wanted) || len(slices.Compact(slices.Clone(wanted))) != len(wanted) {
		b.Release()
		return nil, fmt.Errorf("asked for %v of batch %d", wanted, i)
	}
	only := func(c batch.Column) batch.Column {
		var t batch.Texts
		for k := range c.Len() {
			if slices.Contains(wanted, int32(k)) {
				t.Append(c.Bytes(k))
			} else {
				t.Append(nil)
			}
		}
		return t.Column()
	}
	b.UniqueID, b.Email = only(b.UniqueID), only(b.Email)
	for k, c := range b.Values {
		b.Values[k] = only(c)
	}
	return b, nil
}

// The engine gives what the model gives, to the byte of the digest, however little memory it has, however many work at it, and whatever keys have one hash.
func TestCompareIsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		w := drawWorld(t)
		in := w.in
		members := w.directory(t, alloc)
		in.Roster, in.Directory, in.Resolve = w.roster(t, alloc), sparse{members}, w.resolve
		got, err := diff.Compare(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(in.Roster.Close(), members.Close()); err != nil {
			t.Fatal(err)
		}
		want, changes := compareModel(w.in, w.fields, w.rows, w.members)
		for range 2 {
			if d := cmp.Diff(changes, difftest.Changes(t, got)); d != "" {
				t.Fatalf("changes (-want +got):\n%s", d)
			}
		}
		if d := cmp.Diff(want, *got, cmpopts.IgnoreUnexported(diff.Result{})); d != "" {
			t.Fatalf("result (-want +got):\n%s", d)
		}
		if err := got.Close(); err != nil {
			t.Fatal(err)
		}
		if n := alloc.CurrentAlloc(); n != 0 {
			t.Fatalf("%d bytes of Arrow's memory were not given back", n)
		}
	})
}
