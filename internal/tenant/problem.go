package tenant

import "fmt"

// A Problem is a reason why a tenant's file can't be honoured.
type Problem struct {
	Path    string // where in the file, such as "upload.due.time" or "fields[3].values"
	Message string // what is wrong and what to do, for the CSM who wrote the file
	Unclear bool   // the setting can't be understood; otherwise it can, and is not accepted
}

// String returns the problem as one line.
func (p Problem) String() string { return fmt.Sprintf("%s: %s", p.Path, p.Message) }

// An unhonoured setting is in the contract of tenant files and not in the program yet. It is refused, since whoever wrote it counts on it.
type unhonoured struct {
	path   string
	value  string // "" is every value
	reason string
}

// notHonoured lists them all. What gets built leaves the list.
var notHonoured = []unhonoured{
	{"upload.source", "remote", "rosters are taken by the hosted SFTP server only: write hosted"},
	{"upload.source.remote", "", "rosters are taken by the hosted SFTP server only: write source: hosted"},
	{"approval.limits", "", "limits of a tenant's own are not honoured yet: leave it out, and the defaults hold"},
	{"approval.mode", string(ApproveWithinLimits), "approval without a person is not honoured yet: write always"},
	{"people.missing_after", "more", "removal after several absences is not honoured yet: write 1"},
	{"people.ineligible", string(MissingDeactivate), "deactivation of ineligible people is not honoured yet: write keep"},
	{"retention.deleted", "more", "deleted members can be restored for 30 days and no longer yet: write 30d, or leave it out"},
	{"people.invite", string(InviteOnStartDate), "invitations on the start date are not honoured yet: write after_approval or never"},
}

// NotHonoured returns why the setting at path is refused although the contract has it; ok is false where it is honoured. The value is the setting's own, "more"
// for a number above what is honoured, and "" for a whole mapping.
func NotHonoured(path, value string) (reason string, ok bool) {
	for _, u := range notHonoured {
		if u.path == path && (u.value == "" || u.value == value) {
			return u.reason, true
		}
	}
	return "", false
}
