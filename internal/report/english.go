package report

import "rollcall.internal/internal/changeset"

var english = words{
	title:   "%s: the changes of import %s",
	summary: "Summary",
	masked:  "•••• (private)",
	private: "private", public: "public",

	organisation: "Organisation", importID: "Import", standing: "Where it stands", file: "File", received: "Received", digest: "SHA-256 of the file",
	rows: "Rows in the file", mappingVersion: "Mapping", changeSet: "Change set",
	mapping: "version %s of what was agreed", rowsAside: "%s (set aside: %s)",
	waits:   "The changes wait for approval until %s. If nobody approves them, nothing is changed.",
	working: "The changes are being made.",

	totals: "What it does", kind: "Kind", people: "People", meaning: "What that means",
	kinds: map[changeset.Op]string{
		changeset.Create: "Create", changeset.Update: "Update", changeset.Deactivate: "Deactivate", changeset.Reactivate: "Reactivate",
		changeset.Restore: "Restore", changeset.Delete: "Delete",
	},
	meanings: map[changeset.Op]string{
		changeset.Create:     "They are in the file and not in the directory: they are added.",
		changeset.Update:     "Something about them differs from the directory: it is changed to what the file says.",
		changeset.Deactivate: "They go on leave: they are hidden, and get no messages, until a file says that they are active.",
		changeset.Reactivate: "They are back from leave: they are shown again.",
		changeset.Restore:    "They were deleted and are in the file again: they come back with their profile.",
		changeset.Delete:     "They are in the directory and no longer in the file: they are deleted.",
	},
	unchanged: "Unchanged", unchangedMeans: "The file says of them what the directory says.",
	setAside: "Set aside", setAsideMeans: "Rows that could not be taken. Whoever stands in one stays as they are, and is not deleted.",
	asideTitle: "Set aside", noneOfKind: "Nobody.",
	conflicts: map[changeset.Conflict]string{
		changeset.IdentitySwapped: "Rows with the ID of a person who has another name and another address in the directory: %s. They are set aside until somebody decides who is meant.",
		changeset.AddressRecycled: "Rows with the address of a person who has another ID and another name in the directory: %s. They are set aside until somebody decides who is meant.",
		changeset.AddressTaken:    "Rows that ask for an address which another person has and keeps: %s. They are set aside.",
		changeset.AddressHeld:     "Rows that ask for an address which a deleted person still has, who can be restored: %s. They are set aside.",
		changeset.MatchedTwice:    "Rows that name the same person, one by ID and one by address: %s. They are set aside.",
	},

	know:            "Before you answer",
	invites:         "%s people would be invited by e-mail. An invitation that was sent can't be taken back.",
	invitesOne:      "One person would be invited by e-mail. An invitation that was sent can't be taken back.",
	invitesNone:     "Nobody would be invited by e-mail.",
	invited:         "%s people were invited by e-mail. An invitation that was sent can't be taken back.",
	invitedOne:      "One person was invited by e-mail. An invitation that was sent can't be taken back.",
	invitedNone:     "Nobody was invited by e-mail.",
	restorable:      "Whoever is deleted can be restored, with their profile, for %s days after the import is applied. After that, what is known of them is erased.",
	restorableUntil: "Whoever was deleted can be restored, with their profile, until %s. After that, what is known of them is erased.",
	nothingErased:   "Nobody is deleted.",
	privateLegend:   "“Private” marks what only administrators see later on. It is told here because you can't verify what you can't read: give this list to nobody who may not know it.",
	maskedLegend:    "“Private” marks what only administrators see later on. Its values are left out of this list; names, addresses and IDs are told, so that you know who is meant.",
	protected:       "Nobody who stands in the file, even in a row that could not be taken, is deleted by it.",
	doubtful:        "Rows in which it can't be told for sure who is meant: %s. Somebody who stands in one of them may be among the people to delete: look at each of these before you agree.",
	unlisted:        "The file has %s more findings than are listed here.",
	made:            "This list tells what was planned: %s of %s changes were made.",
	answer:          "Your answer",
	answerTo:        "Is this right? Tell %s: “this is right”, or what is wrong. Your answer is recorded with your name. Nothing is changed by answering.",
	answerToAnybody: "Is this right? Tell your customer success manager: “this is right”, or what is wrong. Your answer is recorded with your name. Nothing is changed by answering.",

	row: "Row", name: "Name", uniqueID: "Unique ID", email: "E-mail", column: "Column", before: "Before", after: "After", visibility: "Visibility", remark: "Remark", value: "Value",
	code: "Code", level: "Set aside is", wrong: "What is wrong, and what to do", invitation: "Invited by e-mail", eligibility: "Program Eligibility",
	wholeRow: "the row", oneValue: "the value", absent: "not in the file", yes: "yes", no: "no",
	asideIs: "%s (%s): %s",

	firstOf: "Shown are the first %s of %s. The list as a workbook (.xlsx) or as .csv holds all of them.", emptyValue: "(empty)", person: "Person", where: "Where this comes from",
	date: "2006-01-02 15:04",
}
