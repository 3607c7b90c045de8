package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/clock"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/postgres/pgtest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(noon))
	pgtest.Tenant(t, url, "acme", "globex")
	key := inbox.Key{Fingerprint: "SHA256:one", Algorithm: "ssh-ed25519", PublicKey: "ssh-ed25519 AAAA", Label: "laptop", AddedAt: noon}
	ctx := t.Context()

	if err := db.AddKey(ctx, "acme", key); err != nil {
		t.Fatal(err)
	}
	if err := db.AddKey(ctx, "acme", key); !errors.Is(err, inbox.ErrKeyExists) {
		t.Errorf("adding it again: %v, want ErrKeyExists", err)
	}
	if err := db.AddKey(ctx, "nobody", key); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("adding it to no tenant: %v, want ErrNotFound", err)
	}
	if ok, err := db.KeyAllowed(ctx, "globex", key.Fingerprint); ok || err != nil {
		t.Errorf("it opens another tenant: %v, %v", ok, err)
	}
	if err := db.AddKey(ctx, "globex", key); err != nil {
		t.Errorf("adding it to another tenant: %v", err)
	}
	if err := db.TouchKey(ctx, "acme", key.Fingerprint, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	key.LastUsedAt = noon.Add(time.Hour)
	got, err := db.ListKeys(ctx, "acme")
	if diff := cmp.Diff(got, []inbox.Key{key}); diff != "" || err != nil {
		t.Errorf("keys: %v\n%s", err, diff)
	}
	if err := db.RemoveKey(ctx, "acme", key.Fingerprint); err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveKey(ctx, "acme", key.Fingerprint); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("removing it again: %v, want ErrNotFound", err)
	}
	if ok, err := db.KeyAllowed(ctx, "acme", key.Fingerprint); ok || err != nil {
		t.Errorf("it opens the tenant after it was removed: %v, %v", ok, err)
	}
	if ok, err := db.KeyAllowed(ctx, "globex", key.Fingerprint); !ok || err != nil {
		t.Errorf("it no longer opens the other tenant: %v, %v", ok, err)
	}
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(noon))
	pgtest.Tenant(t, url, "acme", "globex")
	ctx := t.Context()
	put := func(kind inbox.ReceiptKind, n int, text string) {
		t.Helper()
		r := inbox.Receipt{Name: "roster.csv", Kind: kind, ImportN: n, JSON: []byte("{}"), Text: []byte(text), ReceivedAt: noon}
		if err := db.PutReceipt(ctx, "acme", r); err != nil {
			t.Fatal(err)
		}
	}
	want := func(text string) {
		t.Helper()
		r, err := db.ReadReceipt(ctx, "acme", "roster.csv")
		if err != nil || string(r.Text) != text {
			t.Errorf("receipt says %q, %v; want %q", r.Text, err, text)
		}
	}
	put(inbox.CheckReceipt, 0, "first check")
	want("first check")
	put(inbox.ImportReceipt, 1, "import 1")
	want("import 1")
	put(inbox.CheckReceipt, 0, "second check")
	want("import 1")
	put(inbox.ImportReceipt, 2, "import 2")
	put(inbox.ImportReceipt, 1, "import 1, late")
	want("import 2")

	list, err := db.ListReceipts(ctx, "acme")
	wantList := []inbox.ReceiptInfo{{Name: "roster.csv", Kind: inbox.ImportReceipt, JSONBytes: 2, TextBytes: 8, WrittenAt: noon}}
	if diff := cmp.Diff(list, wantList); diff != "" || err != nil {
		t.Errorf("receipts: %v\n%s", err, diff)
	}
	if latest, err := db.LatestReceipt(ctx, "acme"); err != nil || latest.ImportN != 2 {
		t.Errorf("latest receipt is of import %d, %v; want 2", latest.ImportN, err)
	}
	if _, err := db.ReadReceipt(ctx, "globex", "roster.csv"); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("another tenant reads it: %v", err)
	}
	if _, err := db.LatestReceipt(ctx, "globex"); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("another tenant reads the latest: %v", err)
	}
}

func TestRecordArtifactTwice(t *testing.T) {
	t.Parallel()
	db, url := pgtest.New(t, clock.Fixed(noon))
	pgtest.Tenant(t, url, "acme")
	for range 2 {
		if err := db.Record(t.Context(), artifact.Ref{Tenant: "acme", Kind: artifact.Upload, SHA256: "x", Bytes: 1}); err != nil {
			t.Fatal(err)
		}
	}
}
