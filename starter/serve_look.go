package main

import (
	"context"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"

	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// lookPatience is how long an upload waits for a core to be looked at by.
const lookPatience = time.Second

// lookQuickly looks at an upload by the rules of the tenant's current file, unless that asks for no answer at CLOSE. The sentences are in the language of whoever uploads.
//
// A look takes a core for a second at the most, so there are no more at once than cores. Where many end their uploads in one second some are not looked at: their
// import will say the same a little later.
func lookQuickly(db *postgres.DB) sftpd.QuickLook {
	cores := semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))
	return func(ctx context.Context, id tenant.ID, _ string, content io.Reader) (string, error) {
		version, err := db.TenantFile(ctx, id, 0)
		if err != nil {
			return "", err
		}
		agreed, err := tenantfile.Stored(version.Source)
		if err != nil || !agreed.Upload.FailOnBadFile {
			return "", err
		}
		waiting, cancel := context.WithTimeout(ctx, lookPatience)
		defer cancel()
		if cores.Acquire(waiting, 1) != nil {
			return "", ctx.Err()
		}
		defer cores.Release(1)
		faults, err := intake.QuickLook(ctx, content, intake.Options{
			Mapping: agreed.Mapping, Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes, Lang: agreed.UploaderLocale(),
		})
		if err != nil || len(faults) == 0 {
			return "", err
		}
		return faults[0].Message, nil // a status has room for one sentence, and the receipt tells the rest
	}
}
