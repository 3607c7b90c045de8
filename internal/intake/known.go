package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/zeebo/xxh3"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/mapping"
)

// ErrKnownShared says that an identifier stands in a line that was known and in another one too, so that the file has to be read without Options.Known: what the known line says is needed, and was passed
// over.
var ErrKnownShared = errors.New("a line that was known shares an identifier with another")

// KnownLineSize is how many bytes of memory a line takes that is known.
const KnownLineSize = 64

// A Known is lines of a file that was read before, with what came of each: of a line that stands in the next file again nothing is read but its hash. Only lines of which nothing was
// to be said are among them, and they count only where the next file is read in exactly the same way. What was done with their rows afterwards does not matter.
type Known struct {
	reading string
	seed    batch.Seed
	slots   []uint32 // of open addressing: one more than the index among lines; 0: free
	lines   []knownLine
}

// A knownLine is the hash of a line, of the row that it comes to, and its keys.
type knownLine struct {
	line, row batch.Hash
	id, email uint64
}

// LoadKnown takes the lines of a roster, as many as memory bytes hold.
func LoadKnown(ctx context.Context, f *batch.RosterFile, memory int64) (*Known, error) {
	k := &Known{reading: f.Reading(), seed: f.Seed()}
	if k.reading == "" {
		return k, nil
	}
	most, repeated := int(memory/KnownLineSize), map[batch.Hash]bool{}
	for i := range f.Batches() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := k.take(f, i, most, repeated); err != nil {
			return nil, fmt.Errorf("read known lines: %w", err)
		}
	}
	k.index(repeated)
	return k, nil
}

// take adds the lines of a batch. A line that repeats another is likely to do so again, and would end in ErrKnownShared.
func (k *Known) take(f *batch.RosterFile, i, most int, repeated map[batch.Hash]bool) error {
	b, err := f.Keys(i)
	if err != nil {
		return err
	}
	defer b.Release()
	for row, kind := range b.Kind {
		line := b.Line(row)
		switch {
		case line.IsZero():
		case kind != batch.Accepted && kind != batch.Known:
			repeated[line] = true
		case len(k.lines) < most && !b.Hash(row).IsZero():
			k.lines = append(k.lines, knownLine{line: line, row: b.Hash(row), id: b.IDKey[row], email: b.EmailKey[row]})
		}
	}
	return nil
}

// index makes the lines findable.
func (k *Known) index(repeated map[batch.Hash]bool) {
	size := 16
	for size < 2*len(k.lines) {
		size *= 2
	}
	k.slots = make([]uint32, size)
	for i, l := range k.lines {
		if repeated[l.line] {
			continue
		}
		at := int(l.line.Lo) & (size - 1)
		for k.slots[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		k.slots[at] = uint32(i + 1)
	}
}

// find returns what a line comes to; nil where it is not known.
func (k *Known) find(line batch.Hash) *knownLine {
	if len(k.slots) == 0 {
		return nil
	}
	mask := len(k.slots) - 1
	for at := int(line.Lo) & mask; k.slots[at] != 0; at = (at + 1) & mask {
		if l := &k.lines[k.slots[at]-1]; l.line == line {
			return l
		}
	}
	return nil
}

// knownLines returns the lines that count for the file, nil where there are none.
func (r *reader) knownLines() *Known {
	if k := r.o.Known; k != nil && len(k.lines) > 0 && k.seed == r.rows.seed && k.reading == r.reading() {
		return k
	}
	return nil
}

// reading names all that decides what a line comes to: the program, the mapping, and how the file's columns stand. It is "" where the program can't be told from another.
func (r *reader) reading() string {
	program := program()
	if program == "" {
		return ""
	}
	named, err := json.Marshal(struct {
		Program   string
		Mapping   mapping.Mapping
		Delimiter rune
		Titles    []string
	}{program, r.o.Mapping, rune(r.scan.delimiter), r.head.titles})
	if err != nil {
		return ""
	}
	h := xxh3.Hash128(named)
	return fmt.Sprintf("%016x%016x", h.Hi, h.Lo)
}

// program names the program that runs: of another one the rules may be others, and no number that somebody has to remember to change tells that as surely. It is the revision that the program was built of,
// or where that is not known a digest of the program itself.
var program = sync.OnceValue(func() string {
	if built := revision(); built != "" {
		return built
	}
	file, err := openProgram()
	if err != nil {
		return ""
	}
	defer file.Close()
	h := xxh3.New()
	if _, err := io.Copy(h, file); err != nil {
		return ""
	}
	return strconv.FormatUint(h.Sum64(), 16)
})

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
