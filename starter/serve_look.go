package main

import (
	"context"
	"io"

	"rollcall.internal/internal/inbox/sftpd"
	"rollcall.internal/internal/intake"
	"rollcall.internal/internal/postgres"
	"rollcall.internal/internal/tenant"
	"rollcall.internal/internal/tenant/tenantfile"
)

// lookQuickly looks at an upload by the rules of the tenant's current file, unless that asks for no answer at CLOSE. The sentences are in the language of whoever uploads.
func lookQuickly(db *postgres.DB) sftpd.QuickLook {
	return func(ctx context.Context, id tenant.ID, _ string, content io.Reader) (string, error) {
		version, err := db.TenantFile(ctx, id, 0)
		if err != nil {
			return "", err
		}
		agreed, err := tenantfile.Decode(version.Source)
		if err != nil || !agreed.Upload.FailOnBadFile {
			return "", err
		}
		faults, err := intake.QuickLook(ctx, content, intake.Options{
			Mapping: agreed.Mapping, Delimiter: agreed.Upload.Delimiter, MaxRows: agreed.Upload.MaxRows, MaxBytes: agreed.Upload.MaxBytes, Lang: agreed.UploaderLocale(),
		})
		if err != nil || len(faults) == 0 {
			return "", err
		}
		return faults[0].Message, nil // a status has room for one sentence, and the receipt tells the rest
	}
}
