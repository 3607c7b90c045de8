package intake

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"

	"rollcall.internal/internal/batch"
	"rollcall.internal/internal/roster"
)

// A claimLog finds the rows that share a unique ID or an address, once the last was read. In memory are two hashes of each row, 16 bytes a person. Rows of which
// a hash stands twice are only suspects; what they are compared by, their identifiers and the hash of what they say, lies in a file, some 50 bytes a row
// that are written once and hardly ever read. It is a file without a name: it holds personal data, and is gone with the process however that ends. Small
// rosters stay in memory.
type claimLog struct {
	blocks []claimBlock
	rows   int
	small  []byte   // the file while it is small
	file   *os.File // nil while it is small
	size   int64
}

// A claimBlock is the claims of a block of rows.
type claimBlock struct {
	first       int // the place of its first row among all
	rows        int
	at          int64 // in the file
	size        int
	ids, emails []uint64
}

// logInMemory is the size up to which the claims need no file.
const logInMemory = 1 << 20

// add takes the claims of the next rows, and keeps nothing of their texts.
func (l *claimLog) add(s sealed) error {
	if s.rows == 0 {
		return nil
	}
	l.blocks = append(l.blocks, claimBlock{first: l.rows, rows: s.rows, at: l.size, size: len(s.texts), ids: s.ids, emails: s.emails})
	l.rows, l.size = l.rows+s.rows, l.size+int64(len(s.texts))
	if l.file == nil && l.size <= logInMemory {
		l.small = append(l.small, s.texts...)
		return nil
	}
	return l.write(s.texts)
}

func (l *claimLog) write(texts []byte) error {
	if l.file == nil {
		if err := l.create(); err != nil {
			return err
		}
	}
	if _, err := l.file.Write(texts); err != nil {
		return fmt.Errorf("write claims: %w", err)
	}
	return nil
}

// create makes the file, of what was in memory until now.
func (l *claimLog) create() error {
	file, err := os.CreateTemp("", "rollcall-intake-*")
	if err != nil {
		return fmt.Errorf("create claims: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return errors.Join(fmt.Errorf("unlink claims: %w", err), file.Close())
	}
	if _, err := file.Write(l.small); err != nil {
		return errors.Join(fmt.Errorf("write claims: %w", err), file.Close())
	}
	l.file, l.small = file, nil
	return nil
}

func (l *claimLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// shared returns the claims of all rows that share an identifier with another, in the order of the file.
func (l *claimLog) shared(ctx context.Context) ([]claim, error) {
	suspects := append(l.twice(func(b *claimBlock) []uint64 { return b.ids }), l.twice(func(b *claimBlock) []uint64 { return b.emails })...)
	if len(suspects) == 0 {
		return nil, ctx.Err()
	}
	slices.Sort(suspects)
	claims, err := l.load(ctx, slices.Compact(suspects))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(claims, func(c claim) bool { return c.known }) {
		return nil, ErrKnownShared
	}
	return sharing(claims), nil
}

// A keyAt is the key of the row at a place among all.
type keyAt struct {
	key uint64
	at  int
}

// twice returns the places of rows whose key is not the only one of its kind. It sorts only those that may not be: a bit for each of many more places than there are
// keys tells most of the others.
func (l *claimLog) twice(keys func(*claimBlock) []uint64) (places []int) {
	var kept []keyAt
	low := newSieve(l.rows)
	for i := range l.blocks {
		for _, k := range keys(&l.blocks[i]) {
			if k != 0 {
				low.mark(k)
			}
		}
	}
	for i := range l.blocks {
		b := &l.blocks[i]
		for n, k := range keys(b) {
			if k != 0 && low.again(k) {
				kept = append(kept, keyAt{k, b.first + n})
			}
		}
	}
	high := newSieve(len(kept))
	for _, k := range kept {
		high.mark(bits.Reverse64(k.key))
	}
	kept = slices.DeleteFunc(kept, func(k keyAt) bool { return !high.again(bits.Reverse64(k.key)) })
	slices.SortFunc(kept, func(a, b keyAt) int { return cmp.Compare(a.key, b.key) })
	for i, k := range kept {
		if i > 0 && kept[i-1].key == k.key || i+1 < len(kept) && kept[i+1].key == k.key {
			places = append(places, k.at)
		}
	}
	return places
}

// A sieve has two bits for each of at least 16 places a key: a key was marked there, and another.
type sieve struct {
	once, more []uint64
	mask       uint64
}

func newSieve(keys int) *sieve {
	words := 1 << bits.Len(uint(max(keys, 1)/4))
	return &sieve{once: make([]uint64, words), more: make([]uint64, words), mask: uint64(words)*64 - 1}
}

func (s *sieve) mark(key uint64) {
	at := key & s.mask
	bit := uint64(1) << (at & 63)
	word := &s.once[at>>6]
	if *word&bit != 0 {
		s.more[at>>6] |= bit
	}
	*word |= bit
}

func (s *sieve) again(key uint64) bool {
	at := key & s.mask
	return s.more[at>>6]&(1<<(at&63)) != 0
}

// load returns the claims of the rows at these places, which ascend.
func (l *claimLog) load(ctx context.Context, places []int) ([]claim, error) {
	claims := make([]claim, 0, len(places))
	var buf []byte
	for _, b := range l.blocks {
		n, _ := slices.BinarySearch(places, b.first+b.rows)
		if n == 0 {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var err error
		if buf, err = l.read(b, buf); err != nil {
			return nil, err
		}
		for _, at := range places[:n] {
			claims = append(claims, b.claim(buf, at-b.first))
		}
		places = places[n:]
	}
	return claims, nil
}

// read returns the bytes of a block, in buf if there is room.
func (l *claimLog) read(b claimBlock, buf []byte) ([]byte, error) {
	if l.file == nil {
		return l.small[b.at : b.at+int64(b.size)], nil
	}
	buf = slices.Grow(buf[:0], b.size)[:b.size]
	if _, err := io.ReadFull(io.NewSectionReader(l.file, b.at, int64(b.size)), buf); err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	return buf, nil
}

// claim returns the claim of row i of the block.
func (b claimBlock) claim(buf []byte, i int) claim {
	p := buf[i*claimSize : (i+1)*claimSize]
	ids := buf[b.rows*claimSize:]
	emails := ids[binary.LittleEndian.Uint32(buf[(b.rows-1)*claimSize+6:]):]
	return claim{
		row: int(binary.LittleEndian.Uint32(p)), id: string(textAt(buf, ids, i, 6)), address: string(textAt(buf, emails, i, 10)), by: p[4], aside: p[5] == batch.Aside, known: p[4]&byKnown != 0,
		content: batch.Hash{Hi: binary.LittleEndian.Uint64(p[14:]), Lo: binary.LittleEndian.Uint64(p[22:])},
	}
}

// textAt returns the text of row i, whose end stands at the offset within the row's claim.
func textAt(buf, texts []byte, i, offset int) []byte {
	from := uint32(0)
	if i > 0 {
		from = binary.LittleEndian.Uint32(buf[(i-1)*claimSize+offset:])
	}
	return texts[from:binary.LittleEndian.Uint32(buf[i*claimSize+offset:])]
}

// sharing leaves out the suspects that share no more than a hash.
func sharing(suspects []claim) []claim {
	ids, addresses := map[string]int{}, map[string]int{}
	for _, c := range suspects {
		if c.by&byID != 0 {
			ids[c.id]++
		}
		if c.by&byEmail != 0 {
			addresses[roster.FoldEmail(c.address)]++
		}
	}
	return slices.DeleteFunc(suspects, func(c claim) bool {
		return (c.by&byID == 0 || ids[c.id] < 2) && (c.by&byEmail == 0 || addresses[roster.FoldEmail(c.address)] < 2)
	})
}
