package sftpd

import (
	"strings"

	"github.com/pkg/sftp"

	"rollcall.internal/internal/inbox"
)

// A kind says what stands at a path.
type kind int

const (
	folder kind = iota // "/", "/check" or "/reports"
	file               // an upload, there or not
	report             // a file of /reports, there or not
)

// A location is what a client's path means. Name is empty for the folder itself.
type location struct {
	kind kind
	inbox.Place
	reports bool // of a folder: it is /reports
}

// The folders that stand in the login folder.
const (
	checkName   = "check"
	reportsName = "reports"
)

// locate reads a path, which pkg/sftp made absolute and clean. A path that goes deeper than the folders here is no such file; a name that is not one for a file is
// refused in words.
func locate(path string) (location, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) == 1 && parts[0] == "":
		return location{kind: folder, Place: inbox.Place{Folder: inbox.Inbox}}, nil
	case len(parts) == 1 && parts[0] == checkName:
		return location{kind: folder, Place: inbox.Place{Folder: inbox.Check}}, nil
	case len(parts) == 1 && parts[0] == reportsName:
		return location{kind: folder, reports: true}, nil
	case len(parts) > 2 || len(parts) == 2 && parts[0] != checkName && parts[0] != reportsName:
		return location{}, inbox.ErrNotFound
	}
	at := location{kind: file, Place: inbox.Place{Folder: inbox.Inbox}}
	name, suffix := parts[len(parts)-1], ""
	if len(parts) == 2 && parts[0] == reportsName {
		at.kind = report
		name, suffix = cutReport(name)
	} else if len(parts) == 2 {
		at.Folder = inbox.Check
	}
	name, err := inbox.CleanName(name)
	if err != nil {
		return location{}, refuse(sftp.ErrSSHFxFailure, err.Error())
	}
	at.Name = name + suffix
	return at, nil
}

// cutReport parts the name of a report into its file's, to which the limits of names apply, and what is added to it.
func cutReport(name string) (of, suffix string) {
	for _, suffix := range []string{jsonSuffix, textSuffix} {
		if of, ok := strings.CutSuffix(name, suffix); ok {
			return of, suffix
		}
	}
	return name, ""
}

// errNoChecks is what a client hears of whatever it tries to put into /check, or to change there. A file that was taken and never answered would be a promise.
var errNoChecks = refuse(sftp.ErrSSHFxOpUnsupported, "files are not checked here yet: nothing can be uploaded to this folder")

// locateUpload reads the path of a file that clients write.
func locateUpload(path string) (inbox.Place, error) {
	at, err := locate(path)
	switch {
	case err != nil:
		return inbox.Place{}, err
	case at.kind == folder:
		return inbox.Place{}, refuse(sftp.ErrSSHFxFailure, "this is a folder")
	case at.kind == report:
		return inbox.Place{}, refuse(sftp.ErrSSHFxPermissionDenied, "reports are to read")
	case at.Folder == inbox.Check:
		return inbox.Place{}, errNoChecks
	}
	return at.Place, nil
}
