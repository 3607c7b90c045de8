package diff_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/diff"
	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

var full = flag.Bool("full", false, "compare a million people, and not only a hundred thousand")

// A sample is how the rows of a large comparison differ from its members.
type sample string

const (
	usual     sample = "usual"     // 1 % new, 1 % gone, 5.5 % changed
	allNew    sample = "new"       // nobody is in the directory
	changed   sample = "changed"   // every row changes a value
	entangled sample = "entangled" // unique IDs were sorted without the other columns
	exchanged sample = "exchanged" // everybody wants the address of another, the last of one who keeps it
)

var largeFields = []roster.Field{
	roster.UniqueID, roster.FirstName, roster.LastName, roster.Email, roster.Status, roster.ProgramEligibility, roster.City, roster.Country, roster.Department, roster.BusinessUnit,
	roster.JobFunction, roster.JobFamily, roster.ManagementLevel, roster.HireStartDate, roster.MostRecentRoleStartDate, roster.SupervisorOrganization, roster.FirstLevelSupervisor,
	roster.SecondLevelSupervisor, roster.PeopleManagerStatus, roster.Locale,
}

// A largePerson is the texts of person n, in the order of largeFields.
func largePerson(cells []string, n int) []string {
	first, last := [...]string{"Ana", "Bob", "Ren\u00e9e", "Wei", "Olu"}[n%5], fmt.Sprintf("Roy-%d", n%9973)
	return append(cells[:0], fmt.Sprintf("E%08d", n), first, last, fmt.Sprintf("person.%d@acme.example", n), "active", "eligible", [...]string{"Bern", "Montr\u00e9al", "Oslo"}[n%3], "CH",
		fmt.Sprintf("Department %d", n%97), "Unit "+first, "Engineering", "Software", fmt.Sprintf("Level %d", n%7), fmt.Sprintf("20%02d-03-%02d", n%25, 1+n%28), "2024-01-01", fmt.Sprintf("Org %d", n%311),
		fmt.Sprintf("Chief %d", n%1013), fmt.Sprintf("Head %d", n%101), "no", "en-US")
}

// A large is both sides of a comparison in files, and what the rows say in memory.
type large struct {
	rows, members *os.File
	blocks        []*batch.Block
}

// largeSides writes both sides of n people: rows in another order than members.
func largeSides(t testing.TB, n int, s sample) *large {
	t.Helper()
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	l := &large{rows: sideFile(t), members: sideFile(t)}
	rw, err := batch.NewRosterWriter(l.rows, largeFields, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	sw, err := batch.NewSnapshotWriter(l.members, batch.SnapshotHead{Fields: largeFields, Hashed: largeFields}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	b, m := batch.NewBlock(len(largeFields)), batch.NewMemberBlock(len(largeFields))
	var cells []string
	for i, person := range order {
		cells = largePerson(cells, person)
		addLargeRow(b, s.change(cells, person, n), i+firstNumber)
		if s != allNew {
			cells = largePerson(cells, i)
			addLargeMember(m, cells, i)
		}
		if b.Rows() < batch.Rows && i < n-1 {
			continue
		}
		if err := errors.Join(rw.WriteBlock(b), sw.WriteBlock(m)); err != nil {
			t.Fatal(err)
		}
		l.blocks, b = append(l.blocks, b), batch.NewBlock(len(largeFields))
		m.Reset()
	}
	if err := errors.Join(rw.Close(), sw.Close()); err != nil {
		t.Fatal(err)
	}
	return l
}

// firstNumber is the number of the first row: the header is row 1.
const firstNumber = 2

// resolve is a batch.Resolver.
func (l *large) resolve(lines []batch.LineRef, into *batch.Block) error {
	into.Reset()
	for _, line := range lines {
		i := int(line.Number) - firstNumber
		b, k := l.blocks[i/batch.Rows], i%batch.Rows
		into.Number, into.Kind = append(into.Number, line.Number), append(into.Kind, batch.Accepted)
		into.UniqueID.Append(b.UniqueID.Bytes(k))
		into.Email.Append(b.Email.Bytes(k))
		for f := range b.Cells {
			if f != 0 && f != 3 {
				into.Cells[f].Append(b.Cells[f].Bytes(k))
			}
		}
	}
	return nil
}

// resolveAsFiles is resolve, and takes the microsecond that reading a row from a file does.
func (l *large) resolveAsFiles(lines []batch.LineRef, into *batch.Block) error {
	start := time.Now()
	err := l.resolve(lines, into)
	for time.Since(start) < time.Duration(len(lines))*time.Microsecond {
	}
	return err
}

// change changes a person's cells as the sample has it.
func (s sample) change(cells []string, person, n int) []string {
	switch {
	case s == changed:
		cells[6] = "Basel"
	case s == entangled:
		cells[0] = fmt.Sprintf("E%08d", (person+n/3)%n)
	case s == exchanged && person > 0:
		cells[3] = fmt.Sprintf("person.%d@acme.example", (person+7)%n)
	case s == usual && person%100 == 0:
		cells[0], cells[3] = fmt.Sprintf("N%08d", person), fmt.Sprintf("new.%d@acme.example", person)
	case s == usual && person%100 <= 5:
		cells[6], cells[8] = "Basel", "Another department"
	case s == usual && person%200 == 6:
		cells[4] = "inactive"
	}
	return cells
}

func addLargeRow(b *batch.Block, cells []string, number int) {
	hash := batch.Hash{}
	for i, c := range cells {
		hash = hash.With(batch.Seed(0).Cell([]byte(c)))
		if i != 0 && i != 3 {
			b.Cells[i].AppendString(c)
		}
	}
	b.Number, b.Kind = append(b.Number, int32(number)), append(b.Kind, batch.Accepted)
	b.UniqueID.AppendString(cells[0])
	b.Email.AppendString(cells[3])
	b.IDKey, b.EmailKey = append(b.IDKey, batch.Seed(0).Key([]byte(cells[0]))), append(b.EmailKey, batch.Seed(0).Email([]byte(cells[3])))
	b.RowHi, b.RowLo = append(b.RowHi, hash.Hi), append(b.RowLo, hash.Lo)
	b.State = append(b.State, batch.SaysActive|batch.SaysEligible)
	b.LineHi, b.LineLo, b.Offset, b.Length = append(b.LineHi, 0), append(b.LineLo, 0), append(b.Offset, 0), append(b.Length, 0)
}

func addLargeMember(m *batch.MemberBlock, cells []string, n int) {
	m.ID, m.Version, m.Presence = append(m.ID, batch.NumberID(n)), append(m.Version, 3), append(m.Presence, batch.PresenceOf(directory.Active))
	m.FromRoster, m.DeletedUntil = append(m.FromRoster, true), append(m.DeletedUntil, 0)
	m.UniqueID.AppendString(cells[0])
	m.Email.AppendString(cells[3])
	for i, c := range cells {
		if i != 0 && i != 3 {
			m.Values[i].AppendString(c)
		}
	}
}

func sideFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "side")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// open opens both sides.
func (l *large) open(t testing.TB) (*batch.RosterFile, *batch.Snapshot) {
	t.Helper()
	size := func(f *os.File) int64 {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	r, err := batch.OpenRoster(l.rows, size(l.rows), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	s, err := batch.OpenSnapshot(l.members, size(l.members), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

func (l *large) input(t testing.TB) diff.Input {
	r, s := l.open(t)
	return diff.Input{Roster: r, Resolve: l.resolve, Directory: s, People: tenant.People{Missing: tenant.MissingDelete}, FileSHA256: "f", MappingDigest: "m", Now: now}
}

// Memory stays within what was given where no row can be settled by its hash: all are new, all changed, all entangled. Held in memory the open rows and changes alone would be over 60 MB. And what
// comes out is what comes out with memory to spare.
func TestMemoryIsBounded(t *testing.T) {
	const people, given, most = 150_000, 4 << 20, 24 << 20
	for _, s := range []sample{allNew, changed, entangled, exchanged} {
		in := largeSides(t, people, s).input(t)
		roomy, err := diff.Compare(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if err := roomy.Close(); err != nil {
			t.Fatal(err)
		}
		in.Memory, in.TempDir, in.Workers = given, t.TempDir(), 2
		var tight *diff.Result
		peak := livePeak(func() { tight, err = diff.Compare(context.Background(), in) })
		if err != nil {
			t.Fatal(err)
		}
		if tight.Summary.Digest != roomy.Summary.Digest || fmt.Sprint(tight.Summary) != fmt.Sprint(roomy.Summary) {
			t.Errorf("%s: with little memory %+v, with much %+v", s, tight.Summary, roomy.Summary)
		}
		if left, err := os.ReadDir(in.TempDir); err != nil || len(left) > 0 {
			t.Errorf("%s: %d files with a name in the temporary folder, %v", s, len(left), err)
		}
		if err := tight.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d changes, %d set aside, %.1f MiB live at most", s, tight.Summary.Totals.Changes(), tight.Summary.Totals.SetAside, float64(peak)/(1<<20))
		if peak > most {
			t.Errorf("%s: %d bytes live, want at most %d", s, peak, most)
		}
	}
}

// livePeak returns how many more bytes were live at most, at the end of a collection, while do ran. Collections follow each other closely meanwhile.
func livePeak(do func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	runtime.GC()
	live := func() int64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before, peak := live(), int64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, live()-before)
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return peak
}

// cpu is the processor's time that the process took so far.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkCompare(b *testing.B) {
	people := 100_000
	if *full {
		people = 1_000_000
	}
	for _, s := range []sample{usual, allNew, changed, entangled} {
		b.Run(fmt.Sprintf("%s/%d", s, people), func(b *testing.B) {
			l := largeSides(b, people, s)
			in := l.input(b)
			in.Resolve = l.resolveAsFiles
			start := cpu(b)
			for b.Loop() {
				result, err := diff.Compare(context.Background(), in)
				if err != nil {
					b.Fatal(err)
				}
				if err := result.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

// BenchmarkRead is what reading both sides once takes by itself: Compare does it twice.
func BenchmarkRead(b *testing.B) {
	people := 100_000
	if *full {
		people = 1_000_000
	}
	r, d := largeSides(b, people, usual).open(b)
	start := cpu(b)
	for b.Loop() {
		for i := range r.Batches() {
			batch, err := r.Batch(i)
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
		for i := range d.Batches() {
			batch, err := d.Members(i)
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}
