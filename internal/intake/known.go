package intake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
)

// ErrKnownShared says that an identifier stands in a line that was known and in another one too, so that the file has to be read without Options.Known: what the known line says is needed, and was passed
// over.
var ErrKnownShared = errors.New("a line that was known shares an identifier with another")

// KnownLineSize is how many bytes of memory a line takes that is known.
const KnownLineSize = 80

// mostRepeated is how many lines may repeat others before none count as known: such a file would be read whole in the end.
const mostRepeated = 1 << 16

// A Known is lines of a file that was read before, with what came of each: of a line that stands in the next file again nothing is read but its hash. Only lines of which nothing was
// to be said are among them, and they count only where the next file is read in exactly the same way. What was done with their rows afterwards does not matter.
type Known struct {
	reading string
	seed    batch.Seed
	slots   []uint32      // of open addressing: one more than the place of a line; 0: free
	lines   [][]knownLine // by the batch of the roster
	count   int
	passed  atomic.Int64
}

// Passed returns how many lines were passed over because they were known. It may be called at any time.
func (k *Known) Passed() int { return int(k.passed.Load()) }

// A place of a known line is its batch's number and its own within that.
const (
	placeBits   = 16
	mostInBatch = 1<<placeBits - 1
	mostBatches = 1 << (32 - placeBits)
)

// A knownLine is the hash of a line, of the row that it comes to, its keys, and its state. It fills a line of the processor's cache, so that it is waited for once.
type knownLine struct {
	line, row batch.Hash
	id, email uint64
	state     batch.State
	_         [15]byte
}

// LoadKnown takes the lines of a roster, as many as memory bytes hold.
func LoadKnown(ctx context.Context, f *batch.RosterFile, memory int64) (*Known, error) {
	k := &Known{reading: f.Reading(), seed: f.Seed()}
	if k.reading == "" {
		return k, nil
	}
	l := knownLoad{file: f, lines: make([][]knownLine, min(f.Batches(), mostBatches)), repeated: map[batch.Hash]bool{}}
	l.left.Store(memory / KnownLineSize)
	var all sync.WaitGroup
	for range (Options{}).workers() {
		all.Go(func() { l.work(ctx) })
	}
	all.Wait()
	switch {
	case l.err != nil:
		return nil, fmt.Errorf("read known lines: %w", l.err)
	case len(l.repeated) >= mostRepeated:
		return k, nil
	}
	k.lines = l.lines
	k.index(l.repeated)
	return k, nil
}

// A knownLoad reads the lines of a roster, batches side by side.
type knownLoad struct {
	file  *batch.RosterFile
	lines [][]knownLine
	next  atomic.Int64 // batch
	left  atomic.Int64 // lines that there is room for

	mu       sync.Mutex
	repeated map[batch.Hash]bool // lines that repeat another, which are likely to do so again, and would end in ErrKnownShared
	err      error
}

func (l *knownLoad) work(ctx context.Context) {
	for {
		i := int(l.next.Add(1) - 1)
		if i >= len(l.lines) {
			return
		}
		err := ctx.Err()
		if err == nil {
			err = l.take(i)
		}
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.err = cmp.Or(l.err, err)
			l.next.Store(int64(len(l.lines)))
			return
		}
	}
}

// take takes the lines of a batch.
func (l *knownLoad) take(i int) error {
	b, err := l.file.Batch(i)
	if err != nil {
		return err
	}
	defer b.Release()
	room := min(b.Rows(), mostInBatch, int(max(l.left.Add(-int64(b.Rows()))+int64(b.Rows()), 0)))
	lines := make([]knownLine, 0, room)
	for row, kind := range b.Kind {
		hash := b.Line(row).Hash
		switch {
		case kind == batch.Dropped || b.IsLate(row):
			l.repeats(hash)
		case kind == batch.Accepted && !b.Hash(row).IsZero() && len(lines) < room:
			lines = append(lines, knownLine{line: hash, row: b.Hash(row), id: b.IDKey[row], email: b.EmailKey[row], state: b.State[row]})
		}
	}
	l.lines[i] = lines
	return nil
}

func (l *knownLoad) repeats(line batch.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.repeated) < mostRepeated {
		l.repeated[line] = true
	}
}

// index makes the lines findable.
func (k *Known) index(repeated map[batch.Hash]bool) {
	for _, lines := range k.lines {
		k.count += len(lines)
	}
	size := 16
	for size < 2*k.count {
		size *= 2
	}
	k.slots = make([]uint32, size)
	for i, lines := range k.lines {
		for n := range lines {
			line := &lines[n].line
			if len(repeated) > 0 && repeated[*line] {
				continue
			}
			at := int(line.Lo) & (size - 1)
			for k.slots[at] != 0 {
				at = (at + 1) & (size - 1)
			}
			k.slots[at] = uint32(i)<<placeBits | uint32(n) + 1
		}
	}
}

// at returns the line of a slot that is taken.
func (k *Known) at(slot uint32) *knownLine {
	return &k.lines[(slot-1)>>placeBits][(slot-1)&(1<<placeBits-1)]
}

// find returns what each line comes to; nil where it is not known. A look at a slot waits for memory, and so does one at a line: by looking at many, one after the other, they are waited for together.
func (k *Known) find(lines []batch.Hash, came []*knownLine) []*knownLine {
	came = came[:0]
	mask := len(k.slots) - 1
	for _, line := range lines {
		var l *knownLine
		if slot := k.slots[int(line.Lo)&mask]; slot != 0 {
			l = k.at(slot)
		}
		came = append(came, l)
	}
	for i, l := range came {
		if l != nil && l.line != lines[i] {
			came[i] = k.findNext(lines[i])
		}
	}
	return came
}

// findNext looks for a line behind the slot where it should be.
func (k *Known) findNext(line batch.Hash) *knownLine {
	mask := len(k.slots) - 1
	for at := (int(line.Lo) + 1) & mask; k.slots[at] != 0; at = (at + 1) & mask {
		if l := k.at(k.slots[at]); l.line == line {
			return l
		}
	}
	return nil
}

// knownLines returns the lines that count for the file, nil where there are none.
func (r *reader) knownLines() *Known {
	if k := r.o.Known; k != nil && k.count > 0 && r.o.Rows == nil && k.seed == r.rows.seed && k.reading == r.reading() {
		return k
	}
	return nil
}

// reading names all that decides what a line comes to: the program, the mapping, and how the file's columns stand.
func (r *reader) reading() string {
	named, err := json.Marshal(struct {
		Program   string
		Mapping   mapping.Mapping
		Delimiter rune
		Titles    []string
	}{program(), r.o.Mapping, rune(r.scan.delimiter), r.head.titles})
	if err != nil {
		return ""
	}
	h := xxh3.Hash128(named)
	return fmt.Sprintf("%016x%016x", h.Hi, h.Lo)
}

// program names the program that runs: of another one the rules may be others, and no number that somebody has to remember to change tells that as surely. It is the revision that the program was built of,
// or where that is not known a digest of the program itself; and where that can't be read, the process is told from all others.
var program = sync.OnceValue(func() string {
	if built := revision(); built != "" {
		return built
	}
	if sum, err := digestOfProgram(); err == nil {
		return sum
	}
	return rand.Text()
})

func digestOfProgram() (string, error) {
	file, err := openProgram()
	if err != nil {
		return "", err
	}
	defer file.Close()
	return digestOf(file)
}

// programHead is how much of a program holds the build ID that the go command puts at its start; the go command looks for it in as much.
const programHead = 32 << 10

// digestOf returns a digest of a program. A build ID is a digest of the whole: where the program has one its start tells it from every other, and the tens of megabytes behind that are not read.
func digestOf(file io.Reader) (string, error) {
	head, err := io.ReadAll(io.LimitReader(file, programHead))
	if err != nil {
		return "", err
	}
	h := xxh3.New()
	_, _ = h.Write(head)
	if !hasBuildID(head) {
		if _, err := io.Copy(h, file); err != nil {
			return "", err
		}
	}
	return strconv.FormatUint(h.Sum64(), 16), nil
}

// What stands in front of a build ID: in an ELF file the type and the name of a note, in others a text in front of the code.
const (
	elfBuildID   = "\x04\x00\x00\x00Go\x00\x00"
	otherBuildID = "\xff Go build ID: \""
)

// hasBuildID reports whether a program's start has its build ID.
func hasBuildID(head []byte) bool {
	return bytes.Contains(head, []byte(elfBuildID)) || bytes.Contains(head, []byte(otherBuildID))
}

// openProgram opens the program that runs, and on Linux not the one that has taken its place meanwhile.
func openProgram() (*os.File, error) {
	if file, err := os.Open("/proc/self/exe"); err == nil {
		return file, nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// revision is what the program was built of, by which compiler; "" where that was no revision as it stands in the repository.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["vcs.revision"] == "" || settings["vcs.modified"] != "false" {
		return ""
	}
	return settings["vcs.revision"] + " " + info.GoVersion
}
