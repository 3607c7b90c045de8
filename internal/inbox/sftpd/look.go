package sftpd

import (
	"context"
	"io"

	"github.com/pkg/sftp"

	"rollcall.internal/internal/inbox"
	"rollcall.internal/internal/tenant"
)

// A QuickLook tells at once, while the client waits for the answer to its CLOSE, what is plainly wrong with a file: it returns a sentence for the client, or "" where
// nothing is. It must end within a few seconds whatever the file holds. What is not seen at a quick look is for the import to find.
//
// The file is stored and recorded before it is looked at, and is read by a run like any other: an answer that says failure means that the file is bad, not that it was
// lost, and the receipt that the run writes says why at length. An error is this side's fault, and not told to the client.
type QuickLook func(ctx context.Context, id tenant.ID, name string, content io.Reader) (fault string, err error)

// look takes a quick look at the first size bytes of an upload that has just been stored. Its error makes the CLOSE fail, which sftp -b and scp answer with an exit code, whereas
// no client shows a receipt of its own accord.
//
// What is uploaded under a temporary name is not looked at: a client that hears of a failure never renames it, and then nothing would ever read it and answer with a receipt.
func (u *upload) look(ctx context.Context, size int64) error {
	quick := u.session.server.QuickLook
	if quick == nil || u.row.Folder != inbox.Inbox || inbox.TemporaryName(u.row.Name) {
		return nil
	}
	fault, err := quick(ctx, u.row.Tenant, u.row.Name, io.NewSectionReader(u.file, 0, size))
	switch {
	case err != nil:
		u.session.log.Warn("look at upload", "delivery", u.row.ID, "error", err)
	case fault != "":
		u.session.log.Info("upload is refused at a quick look", "delivery", u.row.ID)
		return refuse(sftp.ErrSSHFxFailure, fault)
	}
	return nil
}
