package batch_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"rollcall.internal/internal/batch"
)

// A roster of the layout before, and one that has its columns but not its name or the other way about, are refused.
func TestOtherLayoutsAreRefused(t *testing.T) {
	t.Parallel()
	schema := batch.RosterSchema(fields, 0, "")
	named := func(name string) *arrow.Metadata {
		md := schema.Metadata()
		values := md.ToMap()
		values["rollcall.layout"] = name
		md = arrow.MetadataFrom(values)
		return &md
	}
	former := slices.Delete(slices.Clone(schema.Fields()), 2, 3) // no state, and a column of cells
	former = append(former, arrow.Field{Name: "field.city", Type: arrow.BinaryTypes.String, Nullable: true})
	for name, schema := range map[string]*arrow.Schema{
		"before": arrow.NewSchema(former, named("roster/2")), "before by its name": arrow.NewSchema(schema.Fields(), named("roster/2")), "before by its columns": arrow.NewSchema(former, named("roster/3")),
		"to come": arrow.NewSchema(schema.Fields(), named("roster/4")),
	} {
		file := encoded(t, schema, nil)
		if f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), checked(t)); !errors.Is(err, batch.ErrLayout) {
			t.Errorf("the layout %s: %v, want %v", name, err, batch.ErrLayout)
			if err == nil {
				f.Close() //nolint:errcheck // it should not be there
			}
		}
	}
	file := encoded(t, arrow.NewSchema(schema.Fields(), named("roster/3")), nil)
	if err := open(t, file, checked(t)).Close(); err != nil {
		t.Error(err)
	}
}

// Rows that no file can have are refused: those of a kind that there is not, or that say what became of others amid the rows, and lines that lie nowhere.
func TestImpossibleRowsAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(b *batch.Block){
		"of no kind":             func(b *batch.Block) { b.Kind[1] = batch.LateAside + 1 },
		"of no kind at first":    func(b *batch.Block) { b.Kind[0] = 255 },
		"dropped among others":   func(b *batch.Block) { b.Kind[1] = batch.Dropped },
		"accepted among dropped": func(b *batch.Block) { b.Kind[0], b.Kind[1] = batch.Dropped, batch.LateAside },
		"all of them late": func(b *batch.Block) {
			b.Kind[0], b.Kind[1], b.Kind[2] = batch.LateAside, batch.Dropped, batch.LateAside
		},
		"before the file":          func(b *batch.Block) { b.Offset[2] = -1 },
		"of less than no bytes":    func(b *batch.Block) { b.Length[0] = -1 },
		"behind all that there is": func(b *batch.Block) { b.Offset[2], b.Length[2] = math.MaxInt64, 1 },
	} {
		good, bad := &batch.Block{}, &batch.Block{}
		for i := range 3 {
			if err := errors.Join(bad.Add(batch.Row{Number: i + 2}, nil, 0), good.Add(batch.Row{Number: i + 5}, nil, 0)); err != nil {
				t.Fatal(err)
			}
		}
		change(bad)
		f := open(t, write(t, checked(t), nil, inBlocks(bad, good)), checked(t))
		b, err := f.Batch(0)
		if !errors.Is(err, batch.ErrLayout) {
			t.Errorf("rows %s: %v, want %v", name, err, batch.ErrLayout)
		}
		if err == nil {
			b.Release()
		}
		if b, err = f.Batch(1); err != nil {
			t.Errorf("rows behind ones %s: %v", name, err)
		} else {
			b.Release()
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	end := &batch.Block{}
	for i := range 2 {
		if err := end.Add(batch.Row{Number: i + 2}, nil, 0); err != nil {
			t.Fatal(err)
		}
		end.Kind[i] = batch.LateAside + batch.Kind(i)
	}
	file := write(t, checked(t), nil, inBlocks(end))
	if f, err := batch.OpenRoster(bytes.NewReader(file), int64(len(file)), checked(t)); !errors.Is(err, batch.ErrLayout) {
		t.Errorf("at the end rows of no kind: %v, want %v", err, batch.ErrLayout)
		if err == nil {
			f.Close() //nolint:errcheck // it should not be there
		}
	}
}
