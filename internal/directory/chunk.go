package directory

import "rollcall.internal/internal/changeset"

// A Chunk is a part of an apply that is applied in one transaction: all of it or nothing.
type Chunk struct {
	Number   int // within the whole apply, from 0
	Stage    changeset.Stage
	Position int // of its first change among the changes that were released
	Changes  []changeset.Change
}

// A ChunkResult is what a chunk came to: changes applied, and changes set aside because their person was changed by someone else meanwhile.
type ChunkResult struct{ Applied, SetAside int }

// Chunks cuts released changes, in the order of changeset.Sort, into chunks of at most size changes of one stage each. It is a pure function of both, so that an apply that
// is resumed cuts the same chunks. Changes that move addresses stay together in one chunk however many they are: one frees the
// address that another takes, and addresses are unique at the end of each transaction.
func Chunks(changes []changeset.Change, size int) []Chunk {
	var chunks []Chunk
	for start := 0; start < len(changes); {
		end := start + 1
		for end < len(changes) && together(changes[start], changes[end], end-start < size) {
			end++
		}
		chunks = append(chunks, Chunk{Number: len(chunks), Stage: changes[start].Stage(), Position: start, Changes: changes[start:end]})
		start = end
	}
	return chunks
}

// together reports whether next belongs into the chunk that first begins; room says whether that has room.
func together(first, next changeset.Change, room bool) bool {
	if first.Stage() != next.Stage() || first.MovesAddress() != next.MovesAddress() {
		return false
	}
	return room || next.MovesAddress()
}
