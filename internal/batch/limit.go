package batch

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A limited allocator gives no more memory at once than a file can have use for. Arrow's reader takes the length of a buffer from the file and asks for as much memory before it looks
// whether the file goes that far: of one that is damaged that may be terabytes, and the end of the process.
type limited struct {
	memory.Allocator
	most int
}

// limit returns alloc for the reading of a file of size bytes.
func limit(alloc memory.Allocator, size int64) memory.Allocator {
	const rounding = 1 << 10 // Arrow asks for a little more than it needs
	return limited{alloc, int(size) + rounding}
}

var errTooMuch = errors.New("a buffer is larger than the file")

// Allocate implements memory.Allocator. What is too much is a panic, as all else is that Arrow's reader can't do: see recovered.
func (l limited) Allocate(size int) []byte {
	if size < 0 || size > l.most {
		panic(errTooMuch)
	}
	return l.Allocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (l limited) Reallocate(size int, b []byte) []byte {
	if size < 0 || size > l.most {
		panic(errTooMuch)
	}
	return l.Allocator.Reallocate(size, b)
}
