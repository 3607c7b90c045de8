package diff

import (
	"encoding/binary"
	"testing"
)

// spooled spools so many numbered records into one partition, and returns how many blocks they take and how many bytes of memory, of which there are so many.
func spooled(t *testing.T, records int, memory int64) (blocks int, took int64) {
	t.Helper()
	file, left := &spillFile{}, newAllowance(memory)
	defer file.close()
	s := newSpool(file, left, 1, 1, 1<<30)
	w, record := s.spooler(), make([]byte, fullRecord)
	for i := range records {
		binary.LittleEndian.PutUint32(record, uint32(i))
		if err := w.add(0, record); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.finish(); err != nil {
		t.Fatal(err)
	}
	next := 0
	err := s.read(0, func(b []byte) error {
		for ; len(b) > 0; b = b[fullRecord:] {
			if got := int(binary.LittleEndian.Uint32(b)); got != next {
				t.Fatalf("record %d comes where %d should", got, next)
			}
			next++
		}
		return nil
	})
	if err != nil || next != records {
		t.Fatalf("%d records come back, want %d: %v", next, records, err)
	}
	return len(s.blocks[0]), memory - left.left.Load()
}

// Few records take little memory, many take no more than twice theirs, and those that have no room are written a full block at a time.
func TestSpoolBlocksGrow(t *testing.T) {
	t.Parallel()
	const full, records = 16 << 10, 10_000
	for records, most := range map[int]int64{1: firstBlock, 100: 2 * 100 * fullRecord, records: records*fullRecord + 2*full} {
		if _, took := spooled(t, records, 1<<30); took > most {
			t.Errorf("%d records take %d bytes, want at most %d", records, took, most)
		}
	}
	const growing = 5 // blocks of 512 bytes to 8 KiB
	if blocks, took := spooled(t, records, 0); blocks > growing+1+records/(full/fullRecord) || took != 0 {
		t.Errorf("%d blocks are in the file, of %d bytes each at most, and %d bytes in memory", blocks, full, took)
	}
}
