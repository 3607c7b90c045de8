package filediff_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall.internal/internal/filediff"
)

// sources are two texts, which can be read at any place or only once.
func sources(old, new string, anywhere bool) filediff.Options {
	o := filediff.Options{Tenant: usual(), Old: filediff.Source{In: strings.NewReader(old)}, New: filediff.Source{In: strings.NewReader(new)}}
	if anywhere {
		o.Old.At, o.Old.Size = strings.NewReader(old), int64(len(old))
		o.New.At, o.New.Size = strings.NewReader(new), int64(len(new))
	}
	return o
}

// A file that is not any more what was read of it ends the comparison, which says which one it is.
func TestChanged(t *testing.T) {
	t.Parallel()
	old, new := header+ana+bob+ida, header+strings.Replace(ana, "Bern", "Basel", 1)+ida+"Eve,Fox,eve@x.example,4,active,Lima\n"
	for _, test := range []struct{ name, old, new, want string }{
		{"a line of the old one", strings.Replace(old, "Bern", "Lyon", 1), new, "the old file was changed"},
		{"a removed person's line of the old one", strings.Replace(old, "Oslo", "Lyon", 1), new, "the old file was changed"},
		{"the old one is shorter", old[:len(header)+10], new, "the old file was changed"},
		{"the old one is empty", "", new, "the old file was changed"},
		{"the old one's header", strings.Replace(old, "city", "town", 1), new, "the old file was changed"},
		{"a line of the new one", old, strings.Replace(new, "Basel", "Lyons", 1), "the new file was changed"},
		{"a new person's line", old, strings.Replace(new, "Lima", "Lyon", 1), "the new file was changed"},
		{"the new one is shorter", old, new[:len(header)+10], "the new file was changed"},
		{"the new one's header", old, strings.Replace(new, "city", "town", 1), "the new file was changed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := sources(old, new, true)
			o.TempDir = t.TempDir()
			o.Old.At, o.Old.Size = strings.NewReader(test.old), int64(len(test.old))
			o.New.At, o.New.Size = strings.NewReader(test.new), int64(len(test.new))
			_, err := filediff.Compare(t.Context(), o)
			if !errors.Is(err, filediff.ErrChanged) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("it ends with %v", err)
			}
			for _, text := range []string{"ana", "Bern", "Basel", "Lyon"} {
				if strings.Contains(err.Error(), text) {
					t.Errorf("the error has %q of a row", text)
				}
			}
			if entries, err := os.ReadDir(o.TempDir); err != nil || len(entries) > 0 {
				t.Errorf("%d files are left: %v", len(entries), err)
			}
		})
	}
}

// A swappedFile is another file from some moment on.
type swappedFile struct {
	first, then io.ReaderAt
	swapped     atomic.Bool
}

func (s *swappedFile) ReadAt(p []byte, off int64) (int, error) {
	if s.swapped.Load() {
		return s.then.ReadAt(p, off)
	}
	return s.first.ReadAt(p, off)
}

// Names are in the old file alone. When that has changed meanwhile there are none.
func TestNamesOfChangedFile(t *testing.T) {
	t.Parallel()
	old, new := header+ana+bob, header+ana
	o := sources(old, new, true)
	swapped := &swappedFile{first: strings.NewReader(old), then: strings.NewReader(strings.Replace(old, "Bob", "Rob", 1))}
	o.Old.At, o.TempDir = swapped, t.TempDir()
	r, err := filediff.Compare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all := changes(t, r)
	if names, err := r.Names(t.Context(), all); err != nil || names[all[0].Member] != "Bob Ng" {
		t.Errorf("%d names: %v", len(names), err)
	}
	swapped.swapped.Store(true)
	if _, err := r.Names(t.Context(), all); !errors.Is(err, filediff.ErrChanged) || !strings.Contains(err.Error(), "the old file was changed") {
		t.Errorf("of a file that changed the names end with %v", err)
	}
}
