package batch

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rollcall.internal/internal/directory"
	"rollcall.internal/internal/roster"
)

const (
	snapshotLayout = "snapshot/1"
	hashedKey      = "rollcall.hashed" // the fields that the hash of a row covers, in their order

	// writeSize is how many bytes are written at once. Arrow writes every buffer and its padding by itself, a hundred times a batch: each would be a system call, or a turn of a pipe.
	writeSize = 128 << 10
)

// A Presence is what a comparison needs to know of a member's state.
type Presence = uint8

// The presences: who is neither deactivated nor deleted is present.
const (
	Present Presence = iota
	Deactivated
	Deleted
)

// PresenceOf returns the presence of a member in state s.
func PresenceOf(s directory.State) Presence {
	switch s {
	case directory.Deactivated:
		return Deactivated
	case directory.Deleted:
		return Deleted
	}
	return Present
}

// A MemberID is a member's id as it is stored: a UUID.
type MemberID [16]byte

// MemberBlock is members in columns, as they are written: all its columns are of one length.
type MemberBlock struct {
	ID           []MemberID
	Version      []int64
	Presence     []Presence
	FromRoster   []bool  // see directory.FromRoster
	DeletedUntil []int64 // microseconds since 1970, 0 for who is not deleted
	// UniqueID and Email are the identifiers; they are also the values of these two fields.
	UniqueID, Email Texts
	// Values are the other fields by their index; those of the two identifiers stay empty. A member that has no value has "".
	Values []Texts
}

// NewMemberBlock returns an empty block for members of so many fields.
func NewMemberBlock(fields int) *MemberBlock { return &MemberBlock{Values: make([]Texts, fields)} }

// Rows returns the number of members.
func (b *MemberBlock) Rows() int { return len(b.ID) }

// Reset empties b and keeps its memory.
func (b *MemberBlock) Reset() {
	b.ID, b.Version, b.Presence, b.FromRoster, b.DeletedUntil = b.ID[:0], b.Version[:0], b.Presence[:0], b.FromRoster[:0], b.DeletedUntil[:0]
	b.UniqueID.Reset()
	b.Email.Reset()
	for i := range b.Values {
		b.Values[i].Reset()
	}
}

// Full reports whether b is as large as a record batch ought to be. Whoever writes a block as soon as it is full gives the same members the same bytes.
func (b *MemberBlock) Full() bool { return b.Rows() >= Rows || b.bytes() >= batchBytes }

// bytes returns the size of the texts.
func (b *MemberBlock) bytes() int {
	n := len(b.UniqueID.Data) + len(b.Email.Data)
	for i := range b.Values {
		n += len(b.Values[i].Data)
	}
	return n
}

var snapshotColumns = []arrow.Field{
	{Name: "member", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}}, {Name: "version", Type: arrow.PrimitiveTypes.Int64},
	{Name: "presence", Type: arrow.PrimitiveTypes.Uint8}, {Name: "from_roster", Type: arrow.PrimitiveTypes.Uint8}, {Name: "deleted_until", Type: arrow.PrimitiveTypes.Int64},
	{Name: "id_key", Type: arrow.PrimitiveTypes.Uint64}, {Name: "email_key", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "row_hi", Type: arrow.PrimitiveTypes.Uint64}, {Name: "row_lo", Type: arrow.PrimitiveTypes.Uint64},
	{Name: "unique_id", Type: arrow.BinaryTypes.String}, {Name: "email", Type: arrow.BinaryTypes.String},
}

// A SnapshotHead says what the members of a snapshot are told by.
type SnapshotHead struct {
	// Fields are the fields whose values the snapshot has, email and unique ID among them.
	Fields []roster.Field
	// Hashed are those of them that the hash of a member covers, in the order of the mapping that it is compared under.
	Hashed []roster.Field
	Seed   Seed
}

// SnapshotSchema is the layout of a snapshot.
func SnapshotSchema(h SnapshotHead) *arrow.Schema {
	columns := slices.Clone(snapshotColumns)
	for _, f := range h.Fields {
		if !identifies(f) {
			columns = append(columns, arrow.Field{Name: fieldPrefix + string(f), Type: arrow.BinaryTypes.String})
		}
	}
	md := arrow.NewMetadata([]string{layoutKey, fieldsKey, hashedKey, seedKey}, []string{snapshotLayout, joinFields(h.Fields), joinFields(h.Hashed), h.Seed.String()})
	return arrow.NewSchema(columns, &md)
}

// A SnapshotWriter writes a snapshot: all members of a tenant, deleted ones included, at one moment. It is used by one goroutine, and its Close is called whatever happens; what was
// written may be on its way until then.
type SnapshotWriter struct {
	head    SnapshotHead
	hasher  hasher
	values  []int // indices of those of head.Fields that have a column of their own
	file    *ipc.FileWriter
	out     *bodyWriter // below file
	schema  *arrow.Schema
	pending *MemberBlock // of Add
	copier  *copier      // of CopyRuns; nil where nothing is being copied

	// Memory for the batch that is written.
	offsets [][]int32
	keys    [4][]uint64
	ids     []byte
	from    []uint8

	closed   bool
	closeErr error
}

// NewSnapshotWriter returns a writer of a snapshot to w.
func NewSnapshotWriter(w io.Writer, head SnapshotHead, alloc memory.Allocator) (*SnapshotWriter, error) {
	h, err := newHasher(head)
	if err != nil {
		return nil, fmt.Errorf("write snapshot: %w", err)
	}
	out := &SnapshotWriter{head: head, hasher: h, schema: SnapshotSchema(head), pending: NewMemberBlock(len(head.Fields))}
	for i, f := range head.Fields {
		if !identifies(f) {
			out.values = append(out.values, i)
		}
	}
	out.out = &bodyWriter{w: bufio.NewWriterSize(w, writeSize)}
	file, err := ipc.NewFileWriter(&counter{w: out.out}, ipc.WithSchema(out.schema), ipc.WithAllocator(alloc))
	if err != nil {
		return nil, fmt.Errorf("write snapshot: %w", err)
	}
	out.file = file
	return out, nil
}

// Add takes the next member, whose id must be a UUID, and keeps nothing of it. It is the slow way to WriteBlock.
func (w *SnapshotWriter) Add(m directory.Member) error {
	if err := w.endCopy(); err != nil {
		return err
	}
	if err := w.pending.Add(m, w.head.Fields); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	if w.pending.Full() {
		return w.flush()
	}
	return nil
}

// Add adds a member.
func (b *MemberBlock) Add(m directory.Member, fields []roster.Field) error {
	id, err := ParseMemberID(m.ID)
	if err != nil {
		return err
	}
	until := int64(0)
	if m.State == directory.Deleted {
		until = m.DeletedUntil.UnixMicro()
	}
	b.ID, b.Version, b.Presence = append(b.ID, id), append(b.Version, m.Version), append(b.Presence, PresenceOf(m.State))
	b.FromRoster, b.DeletedUntil = append(b.FromRoster, m.Source == directory.FromRoster), append(b.DeletedUntil, until)
	b.UniqueID.AppendString(m.Value(roster.UniqueID))
	b.Email.AppendString(m.Value(roster.Email))
	for i, f := range fields {
		if !identifies(f) {
			b.Values[i].AppendString(m.Value(f))
		}
	}
	return nil
}

// flush writes what was added.
func (w *SnapshotWriter) flush() error {
	if w.pending.Rows() == 0 {
		return nil
	}
	defer w.pending.Reset()
	return w.write(w.pending)
}

// endCopy writes what was copied.
func (w *SnapshotWriter) endCopy() error {
	if w.copier == nil {
		return nil
	}
	defer func() { w.copier = nil }()
	return w.copier.close()
}

// WriteBlock writes b as a record batch, with its hashes. It keeps nothing of b.
func (w *SnapshotWriter) WriteBlock(b *MemberBlock) error {
	if err := errors.Join(w.endCopy(), w.flush()); err != nil {
		return err
	}
	if b.Rows() == 0 {
		return nil
	}
	return w.write(b)
}

func (w *SnapshotWriter) write(b *MemberBlock) error {
	n := b.Rows()
	w.ids, w.from = b.appendIDs(w.ids[:0], w.from[:0])
	w.hasher.hash(b, &w.keys)
	columns := numbered(n, w.ids, b.Version, b.Presence, w.from, b.DeletedUntil, w.keys)
	texts := []*Texts{&b.UniqueID, &b.Email}
	for _, i := range w.values {
		texts = append(texts, &b.Values[i])
	}
	for len(w.offsets) < len(texts) {
		w.offsets = append(w.offsets, nil)
	}
	for i, t := range texts {
		var a *array.String
		a, w.offsets[i] = t.array(w.offsets[i])
		columns = append(columns, a)
	}
	rec := w.record(columns, n)
	defer rec.Release()
	return w.writeRecord(rec, nil)
}

// numbered wraps the columns of n members that hold no text, in the order of the file.
func numbered(n int, ids []byte, version []int64, presence []Presence, fromRoster []uint8, until []int64, hashes [4][]uint64) []arrow.Array {
	columns := []arrow.Array{
		fixedArray(snapshotColumns[0].Type, n, ids), fixedArray(arrow.PrimitiveTypes.Int64, n, arrow.Int64Traits.CastToBytes(version)),
		fixedArray(arrow.PrimitiveTypes.Uint8, n, presence), fixedArray(arrow.PrimitiveTypes.Uint8, n, fromRoster),
		fixedArray(arrow.PrimitiveTypes.Int64, n, arrow.Int64Traits.CastToBytes(until)),
	}
	for _, c := range hashes {
		columns = append(columns, fixedArray(arrow.PrimitiveTypes.Uint64, n, arrow.Uint64Traits.CastToBytes(c)))
	}
	return columns
}

// record makes a record batch of columns and releases these.
func (w *SnapshotWriter) record(columns []arrow.Array, n int) arrow.Record {
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	return array.NewRecord(w.schema, columns, int64(n))
}

// writeRecord writes a record batch, which lies in body as it is to be written; nil: it lies elsewhere.
func (w *SnapshotWriter) writeRecord(rec arrow.Record, body []byte) error {
	w.out.body = body
	if err := w.file.Write(rec); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	return nil
}

// appendIDs adds to columns what is kept otherwise in a block than in a file.
func (b *MemberBlock) appendIDs(ids []byte, fromRoster []uint8) ([]byte, []uint8) {
	ids, fromRoster = slices.Grow(ids, 16*b.Rows()), slices.Grow(fromRoster, b.Rows())
	for i := range b.Rows() {
		from := uint8(0)
		if b.FromRoster[i] {
			from = 1
		}
		ids, fromRoster = append(ids, b.ID[i][:]...), append(fromRoster, from)
	}
	return ids, fromRoster
}

// Close writes what is pending and the footer. A second call does nothing and answers the same.
func (w *SnapshotWriter) Close() error {
	if w.closed {
		return w.closeErr
	}
	w.closed = true
	w.closeErr = errors.Join(w.endCopy(), w.flush())
	err := w.file.Close()
	if err == nil {
		err = w.out.w.Flush()
	}
	if err != nil && w.closeErr == nil {
		w.closeErr = fmt.Errorf("write snapshot: %w", err)
	}
	return w.closeErr
}

// A Snapshot is a snapshot that was written, read in columns. Its methods may be called by many goroutines at once.
type Snapshot struct {
	bodies *bodies
	head   SnapshotHead
}

// OpenSnapshot opens the snapshot of size bytes at r, which has to stay readable until Close.
func OpenSnapshot(r io.ReaderAt, size int64, alloc memory.Allocator) (*Snapshot, error) {
	file, err := open(r, size, alloc, snapshotLayout)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	defer file.Close() //nolint:errcheck // its schema is all that is wanted of it
	md := file.Schema().Metadata()
	s := &Snapshot{head: SnapshotHead{Fields: splitFields(metadataOf(md, fieldsKey)), Hashed: splitFields(metadataOf(md, hashedKey))}}
	s.head.Seed, err = parseSeed(metadataOf(md, seedKey))
	if err == nil && !file.Schema().Equal(SnapshotSchema(s.head)) {
		err = ErrLayout
	}
	if err == nil {
		s.bodies, err = openBodies(r, size, file.Schema(), alloc)
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return s, nil
}

// Close gives back what OpenSnapshot took, but not the reader below. Members stay good until their Release. A second call does nothing.
func (s *Snapshot) Close() error {
	s.bodies.close()
	return nil
}

// Head says what the members are told by.
func (s *Snapshot) Head() SnapshotHead { return s.head }

// Batches returns the number of batches.
func (s *Snapshot) Batches() int { return len(s.bodies.blocks) }

// Members returns batch i, counted from 0. The caller releases it.
func (s *Snapshot) Members(i int) (*Members, error) {
	body, err := s.bodies.read(i)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return s.place(body)
}

// Some returns batch i, as Members does. Columns are read whole: what a few members hold lies apart by a column each, so that reading it piece by piece would take longer.
func (s *Snapshot) Some(i int, _ []int32) (*Members, error) { return s.Members(i) }

// Keys returns batch i as Members does, but of its columns of text only those of some fields, which is much less to read; all others have no rows. The caller releases it.
func (s *Snapshot) Keys(i int, fields ...roster.Field) (*Members, error) {
	columns := textColumns(s.head.Fields, firstSnapshotText)
	body, err := s.bodies.readColumns(i, wantedColumns(firstSnapshotText, s.head.Fields, columns, fields))
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return s.place(body)
}

// firstSnapshotText is the first column of text: the unique ID, behind which the address and the fields follow.
const firstSnapshotText = 9

// Members is members in columns, as they are read: see MemberBlock. None of its columns must be written to. All of it is good until Release: its memory is used for other members then.
type Members struct {
	IDs                           []byte // 16 bytes a member
	Version                       []int64
	Presence                      []Presence
	FromRoster                    []uint8 // 1 where a roster brought the member
	DeletedUntil                  []int64
	IDKey, EmailKey, RowHi, RowLo []uint64
	UniqueID, Email               Column
	Values                        []Column // of all fields, by their index

	release  func()
	retained atomic.Int32
}

// place makes members of what was read of them.
func (s *Snapshot) place(body *body) (*Members, error) {
	p := placer{body: body}
	m := &Members{release: sync.OnceFunc(body.release), Values: make([]Column, len(s.head.Fields))}
	m.IDs, m.Version, m.Presence, m.FromRoster, m.DeletedUntil = p.bytes(0), p.int64s(1), p.bytes(2), p.bytes(3), p.int64s(4)
	for i, c := range []*[]uint64{&m.IDKey, &m.EmailKey, &m.RowHi, &m.RowLo} {
		*c = p.uint64s(5 + i)
	}
	m.UniqueID, m.Email = p.text(firstSnapshotText), p.text(firstSnapshotText+1)
	for i, column := range textColumns(s.head.Fields, firstSnapshotText) {
		switch s.head.Fields[i] {
		case roster.UniqueID:
			m.Values[i] = m.UniqueID
		case roster.Email:
			m.Values[i] = m.Email
		default:
			m.Values[i] = p.text(column)
		}
	}
	if p.err == nil && (m.UniqueID.valid != nil || m.Email.valid != nil || slices.ContainsFunc(m.Values, func(c Column) bool { return c.valid != nil })) {
		p.err = fmt.Errorf("%w: a member has null for a text", ErrLayout)
	}
	if p.err != nil {
		m.Release()
		return nil, fmt.Errorf("read snapshot: %w", p.err)
	}
	return m, nil
}

// Rows returns the number of members.
func (m *Members) Rows() int { return len(m.Version) }

// ID returns the id of member i.
func (m *Members) ID(i int) string { return MemberID(m.IDs[16*i : 16*i+16]).String() }

// Until returns the time until which member i, who is deleted, can be restored.
func (m *Members) Until(i int) time.Time { return time.UnixMicro(m.DeletedUntil[i]).UTC() }

// Retain puts off the release: there is to be one Release more.
func (m *Members) Retain() { m.retained.Add(1) }

// OnRelease has f called when the members are released, whose columns share memory with something else.
func (m *Members) OnRelease(f func()) { m.release = sync.OnceFunc(f) }

// Release gives the memory back, unless somebody else retains it.
func (m *Members) Release() {
	if m.retained.Add(-1) < 0 && m.release != nil {
		m.release()
	}
}

// String returns the id as a UUID is written.
func (id MemberID) String() string {
	b := make([]byte, 0, 36)
	for _, part := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if len(b) > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return string(b)
}

// ParseMemberID reads what String writes.
func ParseMemberID(s string) (id MemberID, err error) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, errors.New("a member's id is no UUID")
	}
	at := 0
	for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		n, err := hex.Decode(id[at:], []byte(part))
		if err != nil {
			return MemberID{}, errors.New("a member's id is no UUID")
		}
		at += n
	}
	return id, nil
}

// NumberID returns an id that stands for a number, for people who are in no directory.
func NumberID(n int) (id MemberID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}
