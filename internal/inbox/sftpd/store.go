package sftpd

import (
	"context"
	"io"
	"time"

	"rollcall.internal/internal/artifact"
	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// opTimeout bounds one conversation with the database, and storeTimeout the storing or fetching of a file.
const (
	opTimeout    = 30 * time.Second
	storeTimeout = 15 * time.Minute
)

// A Store holds what the server must remember. Package postgres implements it; the comments there say what each method does, and when it gives which of the
// errors of package inbox.
type Store interface {
	Keys
	Deliveries
	Uploads
	Settler
	Receipts
}

// Keys say who may log in.
type Keys interface {
	KeyAllowed(ctx context.Context, id tenant.ID, fingerprint string) (bool, error)
	TouchKey(ctx context.Context, id tenant.ID, fingerprint string, at time.Time) error
}

// Deliveries are what clients see and name.
type Deliveries interface {
	Deliveries(ctx context.Context, id tenant.ID, folder inbox.Folder, now time.Time) ([]inbox.Delivery, error)
	Delivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) (inbox.Delivery, error)
	RenameDelivery(ctx context.Context, id tenant.ID, from, to inbox.Place, replace bool, now time.Time) error
	RemoveDelivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) error
	TouchDelivery(ctx context.Context, id tenant.ID, at inbox.Place, now time.Time) error
}

// Uploads are deliveries on their way in.
type Uploads interface {
	OpenDelivery(ctx context.Context, d inbox.Delivery, held time.Time) error
	HoldDeliveries(ctx context.Context, id tenant.ID, written map[inbox.ID]time.Time, held time.Time) error
	EndDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, end inbox.Ending) error
	DropDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, now time.Time) error
	BreakDelivery(ctx context.Context, id tenant.ID, delivery inbox.ID, now time.Time) error
}

// A Settler does what is due in any tenant.
type Settler interface {
	SettleDeliveries(ctx context.Context, settings inbox.Settings, now time.Time) (settled int, err error)
	BreakAbandoned(ctx context.Context, now time.Time) (broken int, err error)
}

// Receipts are what clients read.
type Receipts interface {
	ListReceipts(ctx context.Context, id tenant.ID) ([]inbox.ReceiptInfo, error)
	ReadReceipt(ctx context.Context, id tenant.ID, name string) (inbox.Receipt, error)
	LatestReceipt(ctx context.Context, id tenant.ID) (inbox.Receipt, error)
}

// Artifacts hold the bytes of closed and broken uploads. What Put returned is durable.
type Artifacts interface {
	Put(ctx context.Context, id tenant.ID, kind artifact.Kind, r io.Reader) (artifact.Ref, error)
	Open(ctx context.Context, ref artifact.Ref) (io.ReadCloser, error)
}

// An Exec answers what a logged-in client asks to execute: it writes to out and returns the exit status. With ok false it is refused like anything
// else.
type Exec func(ctx context.Context, id tenant.ID, command string, out io.Writer) (status uint32, ok bool)
