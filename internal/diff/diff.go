package diff

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/changeset"
	"rollcall.internal/internal/roster"
	"rollcall.internal/internal/tenant"
)

// A Directory is all members of a tenant in columns, deleted ones included, as they were at one moment: a batch.Snapshot, or what stands for one. No two of them have one unique ID, and no two one address once
// it is folded. Its methods may be called by many goroutines at once.
type Directory interface {
	Head() batch.SnapshotHead
	Batches() int
	// Members returns batch i; the caller releases it.
	Members(i int) (*batch.Members, error)
	// Keys returns batch i as Members does, but of its columns of text only those of some fields; all others have no rows. The caller releases it.
	Keys(i int, fields ...roster.Field) (*batch.Members, error)
	// Some returns batch i as Members does, but what it holds of members other than those at the wanted places within the batch, which ascend, need not be there: their texts may be "". The caller releases it.
	Some(i int, wanted []int32) (*batch.Members, error)
}

// An Input is what a comparison reads.
type Input struct {
	Roster *batch.RosterFile
	// Resolve reads what rows say from the file that the roster is the index of. It is asked for rows that hashes alone do not settle; where there are such rows and it is nil, that is batch.ErrNoResolver.
	Resolve batch.Resolver
	// Directory is the tenant's members as they were at the directory's Epoch. It has every field of the roster, and those that decide who is eligible.
	Directory Directory
	Epoch     int64
	People    tenant.People
	// FileSHA256 and MappingDigest name where the roster came from; the change set's digest covers them.
	FileSHA256, MappingDigest string
	// Now decides who can still be restored.
	Now time.Time

	// Memory is about how many bytes a comparison takes at most; what needs more goes to files without a name in TempDir. Default to 192 MiB and the system's folder.
	Memory  int64
	TempDir string
	// Workers is how many goroutines compute. Defaults to GOMAXPROCS. What comes out does not depend on it.
	Workers int
	// Progress is called now and then, by one goroutine at a time, with the number of rows compared so far. Defaults to nobody.
	Progress func(rows int)
	// Alloc is the allocator of what a comparison makes of Arrow. It makes nothing of it today: both sides are read by the allocators that they were opened with.
	Alloc memory.Allocator
}

// DefaultMemory is how many bytes a comparison takes at most where nothing else is said. It lets a worker of 512 MiB compare: what is not collected yet comes on top of what is in use.
const DefaultMemory = 192 << 20

// A Result is a change set, in order, with its counts. It does not need the roster and the directory any more. Whoever got it closes it.
type Result struct {
	Summary changeset.Summary
	// Unmatched counts rows set aside that match nobody by the one identifier that can be read of them, so that they may be about anybody.
	Unmatched int
	// Protected counts people who are missing and stay because the tenant's file protects them.
	Protected int
	// Rekeys counts people whose unique ID changes; AddressesWithoutID new people who may be somebody that is to be removed and whose
	// unique ID or address the row lacks: somebody of the same name where one of the two has no unique ID, or whose identifier stands in another column.
	Rekeys, AddressesWithoutID int

	changes *sorter
}

// Changes yields the changes in the order of changeset.Sort. They can be read more than once, until Close. The loop ends at the first error.
func (r *Result) Changes() iter.Seq2[changeset.Change, error] {
	return r.changes.changes(allStages)
}

// Close gives back what the changes are kept in. A second call does nothing.
func (r *Result) Close() error { return r.changes.close() }

// errCollided says that two keys have one hash, or that two may: the comparison has to be repeated under another seed.
var errCollided = errors.New("two keys have one hash")

// mostSeeds bounds how often a comparison is repeated. With ten million people a side, one in some ten thousand comparisons needs a second seed, and one in some hundred where everybody's address changes.
const mostSeeds = 4

// Compare computes what the roster would change. It stops with the context's error where it is cancelled, and with the reader's where reading fails.
func Compare(ctx context.Context, in Input) (*Result, error) {
	if in.Memory <= 0 {
		in.Memory = DefaultMemory
	}
	if in.Workers <= 0 {
		in.Workers = runtime.GOMAXPROCS(0)
	}
	seed := in.Roster.Seed()
	for attempt := 1; ; attempt++ {
		result, err := compare(ctx, in, seed)
		if !errors.Is(err, errCollided) || attempt == mostSeeds {
			return result, err
		}
		seed = seed.Next()
	}
}

// Fields returns the fields that a directory needs to have for a roster of these fields and a tenant's rules: the roster's, those that a person is told by, and those that decide who is eligible.
func Fields(of []roster.Field, people tenant.People) []roster.Field {
	fields := slices.Clone(of)
	need := []roster.Field{roster.Email, roster.UniqueID, roster.FirstName, roster.LastName, roster.Status, roster.ProgramEligibility}
	for f := range people.EligibleWhen {
		need = append(need, f)
	}
	slices.Sort(need[6:])
	for _, f := range need {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	return fields
}
