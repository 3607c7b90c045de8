package activities

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/ledger"
	"rollcall.internal/internal/rostergen"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// slowly is an artifact store whose upload comes in parts, each of which waits to be let go.
type slowly struct {
	Artifacts
	file []byte
	part int
	next chan struct{}
}

func (s *slowly) Open(context.Context, artifact.Ref) (io.ReadCloser, error) {
	return io.NopCloser(&parts{slowly: s}), nil
}

func (s *slowly) Put(_ context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error) {
	n, err := io.Copy(io.Discard, r)
	return artifact.Ref{Tenant: id, Kind: kind, Bytes: n}, err
}

type parts struct {
	*slowly
	at, ready int
}

func (p *parts) Read(b []byte) (int, error) {
	if p.at == len(p.file) {
		return 0, io.EOF
	}
	if p.at == p.ready {
		<-p.next
		p.ready = min(p.at+p.part, len(p.file))
	}
	n := copy(b, p.file[p.at:p.ready])
	p.at += n
	return n, nil
}

// first is a ledger without an import before.
type first struct{ Imports }

func (first) LastRead(context.Context, tenant.ImportID, string) (artifact.Ref, error) {
	return artifact.Ref{}, nil
}

func acme(t *testing.T) tenant.File {
	t.Helper()
	data, err := os.ReadFile("../deploy/tenants/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := tenantfile.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Reading tells rows while it goes on, not only at its end, and ends where it stands when it is cancelled.
func TestReadingTellsRowsAndStops(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := rostergen.New(1, 60_000).WriteCSV(&file); err != nil {
		t.Fatal(err)
	}
	store := &slowly{file: file.Bytes(), part: 2 << 20, next: make(chan struct{})}
	a := &Activities{Imports: first{}, Artifacts: store, Memory: NewBudget(64 << 20)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan int, 10_000)
	ended := make(chan error, 1)
	go func() {
		_, err := a.read(ctx, &ledger.Import{ID: tenant.ImportID{Tenant: "acme", N: 1}}, acme(t), func(rows int) { told <- rows })
		ended <- err
	}()
	last := 0
	for range 4 {
		store.next <- struct{}{}
		last = rowsAbove(t, told, last)
	}
	if last >= 60_000 {
		t.Fatalf("%d rows were read of a part of the file", last)
	}
	cancel()
	close(store.next)
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled reading ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("reading went on after it was cancelled")
	}
}

// rowsAbove waits until more rows than before are told, and returns their number.
func rowsAbove(t *testing.T, told <-chan int, before int) int {
	t.Helper()
	for end := time.After(20 * time.Second); ; {
		select {
		case rows := <-told:
			if rows > before {
				return rows
			}
		case <-end:
			t.Fatalf("no more than %d rows were told", before)
		}
	}
}
